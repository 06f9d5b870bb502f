"""The standard template: a small Debian 13 with systemd, SSH and Python, built once per machine and recipe."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pvelab.runtime import mirror
from pvelab.runtime.command import environment
from pvelab.runtime.errors import MachineError
from pvelab.runtime.mirror import Mirror
from pvelab.runtime.model import Log
from pvelab.runtime.requirement import ARCHIVE_KEYRING

SUITE = "trixie"
VERSION = "13.0-1"
PACKAGES = (
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "python3",  # pyinfra's facts and our own set-up run it
    "ifupdown",  # reads /etc/network/interfaces, which Proxmox VE writes into a Debian guest
    "iproute2",
    "iputils-ping",
    "libcap2-bin",
    "netbase",
    "procps",
    "sudo",
    "ca-certificates",
    "less",
    "locales",
    "tzdata",
    # What every Debian server gets, here once instead of once a guest: two cores carry a whole hall.
    "chrony",
    "unattended-upgrades",
)
LOCALE = "sv_SE.UTF-8"
"""Made here as well: it is four seconds of a processor for every guest."""
MASKED_UNITS = (
    # Units that cannot do their work in a container: they would only fail or wait.
    "systemd-modules-load.service",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "sys-kernel-config.mount",
    "dev-hugepages.mount",
    "systemd-journald-audit.socket",
    "systemd-udevd.service",
    "systemd-udev-trigger.service",
    "systemd-hwdb-update.service",
    "proc-sys-fs-binfmt_misc.automount",
)
# Generic names, so that a template does not tie guests to one machine: the package proxy maps them to the mirror.
SOURCES = """\
Types: deb
URIs: http://deb.debian.org/debian
Suites: trixie trixie-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.debian.org/debian-security
Suites: trixie-security
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


def apt_conf(machine: Mirror) -> str:
    """The guests' apt settings: patience for a locked dpkg, no translations, and what the machine's mirror asks for."""
    lines = [
        "// Written when the template was built.",
        'DPkg::Lock::Timeout "120";',
        'Acquire::Languages "none";',
        'APT::Install-Recommends "true";',
    ]
    return "\n".join([*lines, *(f'{key} "{value}";' for key, value in machine.options), ""])


def finish_script(machine: Mirror) -> str:
    """What is done to the unpacked tree ($1) as the last step, before it is packed."""
    masked = "\n".join(f'ln -sf /dev/null "$1/etc/systemd/system/{unit}"' for unit in MASKED_UNITS)
    return f"""set -eu
# The package itself does this only when libcap2-bin happened to be configured before it.
chroot "$1" setcap cap_net_raw+ep /usr/bin/ping
chroot "$1" sed -i 's/^# *{LOCALE} /{LOCALE} /' /etc/locale.gen
chroot "$1" locale-gen
# A clock may not be set in a container: whoever configures it starts it.
chroot "$1" systemctl disable chrony.service
rm -f "$1"/etc/ssh/ssh_host_*_key "$1"/etc/ssh/ssh_host_*_key.pub
rm -f "$1"/etc/hostname "$1"/etc/resolv.conf "$1"/var/lib/dbus/machine-id "$1"/etc/apt/apt.conf.d/99mmdebstrap
rm -f "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*
: > "$1/etc/machine-id"
: > "$1/etc/resolv.conf"
printf 'localhost\\n' > "$1/etc/hostname"
printf '127.0.0.1\\tlocalhost\\n::1\\tlocalhost ip6-localhost ip6-loopback\\n' > "$1/etc/hosts"
printf 'auto lo\\niface lo inet loopback\\n' > "$1/etc/network/interfaces"
cat > "$1/etc/apt/sources.list.d/debian.sources" <<'END'
{SOURCES}END
cat > "$1/etc/apt/apt.conf.d/50pvelab" <<'END'
{apt_conf(machine)}END
{masked}
# The lists stay, under the names that the guests' own sources give them: reading them is most of an apt-get update.
cd "$1/var/lib/apt/lists"
rm -rf partial auxfiles lock
{renamed(machine.archive, "deb.debian.org_debian")}
{renamed(machine.security, "security.debian.org_debian-security")}
rm -f "$1"/var/cache/apt/*.bin
"""


def renamed(uri: str, prefix: str) -> str:
    """The shell words that give the lists fetched from this address the beginning of another one's.

    >>> renamed("http://mirror.example/debian", "deb.debian.org_debian")
    'for list in mirror.example_debian_dists_*; do mv -n "$list" "deb.debian.org_debian_dists_${list#*_dists_}"; done'
    """
    own = uri.split("://", 1)[1].replace("/", "_")
    return f'for list in {own}_dists_*; do mv -n "$list" "{prefix}_dists_${{list#*_dists_}}"; done'


def recipe_digest(machine: Mirror) -> str:
    """Twelve hex digits of everything that decides the template's contents."""
    recipe = [SUITE, VERSION, PACKAGES, finish_script(machine), machine.archive, machine.security]
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:12]


def archive_name() -> str:
    """The archive's name as a Proxmox VE storage lists it."""
    return f"debian-13-standard_{VERSION}_amd64.tar.zst"


def folder(cache: Path) -> Path:
    """Where archives lie; one folder per recipe, so a changed recipe never meets an old archive."""
    return cache / "templates"


def find(cache: Path, machine: Mirror) -> Path | None:
    """The built archive, if the cache has it."""
    path = folder(cache) / recipe_digest(machine) / archive_name()
    return path if path.exists() else None


def present(cache: Path) -> Path | None:
    """The archive of this machine's recipe, if it was built. Where no mirror is known there is no recipe either."""
    try:
        machine = mirror.read()
    except MachineError:
        return None
    return find(cache, machine)


def build(cache: Path, log: Log) -> Path:
    """The standard template's archive, built when the cache lacks it. Safe when two processes ask at once.

    Raises MachineError with mmdebstrap's last words and the path of its log.
    """
    machine = mirror.read()
    with _lock(folder(cache) / ".lock", log):
        if found := find(cache, machine):
            return found
        target = folder(cache) / recipe_digest(machine) / archive_name()
        target.parent.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        log(f"building template {target.name} from {machine.archive}")
        for recipe in folder(cache).glob("*/"):  # under the lock nobody else can be at work, on any recipe
            for stale in recipe.glob(".unfinished-*"):
                stale.unlink()
            _clear_work(recipe)
        unfinished = target.with_name(f".unfinished-{os.getpid()}.tar.zst")
        try:
            _mmdebstrap(machine, unfinished, target.parent / "build.log", log)
            unfinished.rename(target)
        finally:
            unfinished.unlink(missing_ok=True)
            _clear_work(target.parent)
        log(f"template {target.name} built in {time.monotonic() - started:.0f} s")
        return target


# Mounts and processes of its own, which end with us: a build outlives neither Ctrl-C nor a kill of the daemon.
_ENCLOSED: tuple[str, ...] = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "slave")
_ENCLOSED += ("--pid", "--fork", "--mount-proc", "--kill-child", "--")


def _work(parent: Path) -> Path:
    folder = parent / "work"
    folder.mkdir(exist_ok=True, mode=0o755)
    return folder


def _clear_work(parent: Path) -> None:
    # Below a mount, removing would reach into the machine. Ours end with the build, however it ends (see `_ENCLOSED`).
    if f" {parent}/work/" in Path("/proc/self/mountinfo").read_text():
        raise MachineError(f"something is mounted below {parent}/work: unmount it first")
    shutil.rmtree(parent / "work", ignore_errors=True)


def _mmdebstrap(machine: Mirror, target: Path, log_file: Path, log: Log) -> None:
    sources = [
        f"deb {machine.archive} {SUITE} main contrib",
        f"deb {machine.archive} {SUITE}-updates main contrib",
        f"deb {machine.security} {SUITE}-security main contrib",
    ]
    options = [f'--aptopt={key} "{value}"' for key, value in machine.options]
    if machine.proxy:
        options.append(f'--aptopt=Acquire::http::Proxy "{machine.proxy}"')
    argv = [
        *_ENCLOSED,
        "mmdebstrap",
        "--variant=minbase",
        "--architectures=amd64",
        f"--include={','.join(PACKAGES)}",
        f"--keyring={ARCHIVE_KEYRING}",
        *options,
        '--aptopt=Acquire::Languages "none"',
        f"--customize-hook={finish_script(machine)}",
        "--skip=cleanup/apt/lists",
        SUITE,
        str(target),
        *sources,
    ]
    with log_file.open("w") as record:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=record,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={**environment(), "TMPDIR": str(_work(target.parent))},
            start_new_session=True,
        )
        assert process.stderr is not None
        last = ""
        try:
            for line in process.stderr:
                record.write(line)
                if line.startswith("I: "):
                    log(line.removeprefix("I: ").strip())
                if line.strip():
                    last = line.strip()
        except BaseException:
            process.terminate()
            raise
        finally:
            process.wait()
    if process.returncode != 0:
        raise MachineError(f"mmdebstrap failed ({process.returncode}): {last}; its whole output is in {log_file}")


_THREADS = threading.Lock()


@contextmanager
def _lock(path: Path, log: Log) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with _THREADS, path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log("another process builds the template: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
