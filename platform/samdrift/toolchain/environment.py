"""The environment variables with which plain `pulumi` works, and the folder in the installation's state they point to.

    <state>/pulumi/home/                Pulumi's own folder: plugin, logs, selected stack
                  backend/              the stacks' states (file backend)
                  passphrase            mode 0600, made at first use
                  keys/                 a project without program: each stack's salt, kept out of the repository
                  stacks/               each stack file as the engine reads it: the repository's and the salt
                  certificates.pem      the system's roots and the lab's authority

All of it is readable by its owner only.
"""

import os
import secrets
import ssl
import sys
from contextlib import suppress
from pathlib import Path

from samdrift.toolchain import pins
from samdrift.toolchain.error import ToolchainError
from samdrift.toolchain.locate import SHIMS, Toolchain

USUAL_ROOTS = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def environment(toolchain: Toolchain, state: Path, ca_file: Path | None) -> dict[str, str]:
    """Return what to add to the environment; makes what is missing in `state`.

    `state` is the installation's folder; `ca_file` the lab's certificate authority (PEM), None in production.
    Raises ToolchainError where no root certificates are found.
    """
    folder = state.absolute() / "pulumi"
    for part in ("home", "backend", "keys", "stacks"):
        (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
    variables = {
        "PATH": os.pathsep.join(search_path(toolchain)),
        "SAMDRIFT_ROOT": str(pins.REPOSITORY),
        "SAMDRIFT_STATE": str(state.absolute()),
        "SAMDRIFT_PYTHON": sys.executable,
        "SAMDRIFT_PULUMI": str(toolchain.pulumi),
        "PULUMI_BACKEND_URL": backend(folder / "backend", is_lab=ca_file is not None),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase(folder / "passphrase")),
        # Commands that do not read the stack file (`stack export`, `config`) take the salt from the state.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        # `stack rm` would delete the repository's stack file.
        "PULUMI_OPTION_PRESERVE_CONFIG": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_SUPPRESS_NEO_LINK": "true",
    }
    if toolchain.plugin is not None:
        link_plugin(folder / "home", toolchain.plugin)
        variables["PULUMI_HOME"] = str(folder / "home")
        variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    if ca_file is not None:
        variables["SSL_CERT_FILE"] = str(certificates(folder / "certificates.pem", ca_file))
    return variables


def backend(folder: Path, *, is_lab: bool) -> str:
    """Return the backend's URL: files in the state, or what an organisation has set itself (`s3://…`, `https://…`).

    A lab never takes what is set: its stacks have the names of the real ones. A `file:` URL may be another lab's.
    """
    stated = os.environ.get("PULUMI_BACKEND_URL", "")
    return stated if stated and not stated.startswith("file:") and not is_lab else f"file://{folder}"


def search_path(toolchain: Toolchain) -> list[str]:
    """Return PATH with the shim and the engine's folder first, each once, however often this is evaluated.

    The engine warns about a language host that PATH finds elsewhere than beside it.
    """
    first = [str(SHIMS), str(toolchain.pulumi.parent)]
    return first + [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry not in first]


def passphrase(path: Path) -> Path:
    """Make the passphrase of this installation, once; two processes at once agree on one."""
    if not path.exists():
        part = path.with_name(f".passphrase.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(32))
        with suppress(FileExistsError):
            os.link(part, path)
        part.unlink()
    return path


def link_plugin(home: Path, plugin: Path) -> None:
    """Put the built provider where the engine looks for it: the folder must be real, the file may be a link."""
    place = home / "plugins" / f"resource-proxmoxve-v{pins.provider().version}"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    link = place / plugin.name
    if not link.is_symlink() or link.readlink() != plugin:
        part = place / f".{plugin.name}.{os.getpid()}"
        part.symlink_to(plugin)
        part.replace(link)


def certificates(bundle: Path, ca_file: Path) -> Path:
    """Write the system's roots followed by the lab's authority, and return the file."""
    content = roots(besides=bundle).read_bytes().rstrip() + b"\n" + ca_file.read_bytes()
    if not bundle.exists() or bundle.read_bytes() != content:
        part = bundle.with_name(f".{bundle.name}.{os.getpid()}")
        part.write_bytes(content)
        part.replace(bundle)
    return bundle


def roots(besides: Path) -> Path:
    """Return the file of root certificates in use, unless that is `besides` or another installation's bundle."""
    stated = os.environ.get("SSL_CERT_FILE", "")
    for name in (stated, ssl.get_default_verify_paths().openssl_cafile, *USUAL_ROOTS):
        if name and Path(name).is_file() and Path(name).name != besides.name:
            return Path(name)
    raise ToolchainError("No file of root certificates is found: install the package ca-certificates.")
