"""Where this machine gets its own Debian packages: read from its apt configuration, never from code.

The template is built from there, and the guests' package proxy fetches from there.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pvelab.runtime.command import run
from pvelab.runtime.errors import MachineError

_DEBIAN_NAMES = ("bullseye", "bookworm", "trixie", "forky", "sid", "oldstable", "stable", "testing", "unstable")
_REPOSITORY_SUFFIXES = ("", "-updates", "-security", "-backports", "-proposed-updates", "/updates")


@dataclass(frozen=True)
class Mirror:
    """Addresses without a trailing slash, and what apt was told about reaching them."""

    archive: str
    """`http://deb.debian.org/debian`."""
    security: str
    """`http://deb.debian.org/debian-security`."""
    options: tuple[tuple[str, str], ...] = ()
    """apt options in force here that guests need too: a frozen one wants `("Acquire::Check-Valid-Until", "false")`."""
    proxy: str | None = None
    """The machine's own way to the mirror (`Acquire::http::Proxy`); a guest never learns it."""


@dataclass(frozen=True)
class Source:
    """One `deb` source: its address and suites."""

    uri: str
    suites: tuple[str, ...]


def parse_one_line(text: str) -> list[Source]:
    """The `deb` entries of a one-line-style file (sources.list(5))."""
    sources = []
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if not words or words[0] != "deb":
            continue
        if len(words) > 1 and words[1].startswith("["):
            while len(words) > 1 and not words[1].endswith("]"):
                del words[1]
            del words[1:2]
        if len(words) >= 3:
            sources.append(Source(uri=words[1], suites=(words[2],)))
    return sources


def parse_deb822(text: str) -> list[Source]:
    """The enabled `deb` entries of a deb822-style file (sources.list(5))."""
    sources = []
    for stanza in _stanzas(text):
        if "deb" not in stanza.get("types", "").split() or stanza.get("enabled", "yes").lower() in ("no", "false"):
            continue
        suites = tuple(stanza.get("suites", "").split())
        sources += [Source(uri=uri, suites=suites) for uri in stanza.get("uris", "").split()]
    return sources


def _stanzas(text: str) -> Iterable[dict[str, str]]:
    stanza: dict[str, str] = {}
    field = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if stanza:
                yield stanza
            stanza, field = {}, ""
        elif line[0] in " \t":
            stanza[field] = f"{stanza.get(field, '')} {line.strip()}"
        elif ":" in line:
            field, value = line.split(":", 1)
            field = field.strip().lower()
            stanza[field] = value.strip()


def choose(sources: Iterable[Source]) -> tuple[str, str] | None:
    """The archive and the security address among a machine's sources; None when none of them is Debian's.

    >>> choose([Source("http://m.example/debian", ("trixie",)), Source("http://s.example/ds", ("trixie-security",))])
    ('http://m.example/debian', 'http://s.example/ds')
    """
    archive = security = None
    for source in sources:
        uri = _plain(source.uri)
        if uri is None or not any(suite.startswith(name) for suite in source.suites for name in _DEBIAN_NAMES):
            continue
        if not all(_is_debian_suite(suite) for suite in source.suites):
            continue  # somebody else's repository that names its suites after Debian's and adds to them
        if any(suite.endswith(("-security", "/updates")) for suite in source.suites):
            security = security or uri
        elif uri.rstrip("/").endswith("debian"):
            archive = archive or uri
    if archive is None:
        return None
    return archive, security or f"{archive}-security"


def _is_debian_suite(suite: str) -> bool:
    return any(suite == name + suffix for name in _DEBIAN_NAMES for suffix in _REPOSITORY_SUFFIXES)


def _plain(uri: str) -> str | None:
    if uri.startswith("mirror+file:"):  # cloud images keep the addresses in a file of their own
        try:
            listed = Path(uri.removeprefix("mirror+file:")).read_text().split()
        except OSError:
            return None
        uri = listed[0] if listed else ""
    return uri.rstrip("/") if uri.startswith(("http://", "https://")) else None


def read(root: Path = Path("/etc/apt")) -> Mirror:
    """This machine's mirror. `PVELAB_MIRROR` and `PVELAB_SECURITY_MIRROR` stand before the apt configuration.

    Raises MachineError when neither names a Debian archive (a machine that is not Debian).
    """
    sources: list[Source] = []
    for path in [root / "sources.list", *sorted((root / "sources.list.d").glob("*"))]:
        if path.is_file() and path.suffix in (".list", ".sources"):
            text = path.read_text(errors="replace")
            sources += parse_deb822(text) if path.suffix == ".sources" else parse_one_line(text)
    found = choose(sources)
    archive = os.environ.get("PVELAB_MIRROR") or (found and found[0])
    if not archive:
        raise MachineError(f"{root} names no Debian archive: set PVELAB_MIRROR to one, such as http://HOST/debian")
    security = os.environ.get("PVELAB_SECURITY_MIRROR") or (found[1] if found else f"{archive}-security")
    options, proxy = _apt_options()
    return Mirror(archive=archive.rstrip("/"), security=security.rstrip("/"), options=options, proxy=proxy)


def _apt_options() -> tuple[tuple[tuple[str, str], ...], str | None]:
    passed = ("Acquire::Check-Valid-Until", "Acquire::Check-Date")
    options, proxy = [], None
    for line in run(["apt-config", "dump"]).stdout.splitlines():
        key, _, value = line.rstrip(";").partition(" ")
        value = value.strip('"')
        if key in passed and value.lower() in ("false", "0", "no"):
            options.append((key, "false"))
        elif key == "Acquire::http::Proxy" and value not in ("", "DIRECT"):
            proxy = value
    return tuple(sorted(options)), proxy
