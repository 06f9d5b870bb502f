"""Which Pulumi is used: an installed one that is new enough, else the one built here."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from samdrift.toolchain import build, pins

SHIMS = pins.SOURCES / "bin"


@dataclass(frozen=True)
class Toolchain:
    """A usable Pulumi.

    `pulumi` is the engine's executable; `plugin` the built provider, None where an installed engine fetches its own.
    """

    pulumi: Path
    version: str
    plugin: Path | None

    @property
    def is_built(self) -> bool:
        """Whether this is the engine of the cache, which needs the environment of `samdrift env`."""
        return self.plugin is not None


def ensure(progress: Callable[[str], None]) -> Toolchain:
    """Return the toolchain to use, building what is missing; `progress` gets a line every few seconds.

    Raises ToolchainError with one sentence where neither a new enough `pulumi` nor a Go that can build one is found.
    """
    if found := installed():
        return found
    engine, provider = pins.engine(), pins.provider()
    return Toolchain(
        pulumi=build.build(engine, progress) / engine.files[0],
        version=engine.version,
        plugin=build.build(provider, progress) / provider.files[0],
    )


def seconds_built() -> float | None:
    """Return how long engine and provider took to build on this machine; None where they were not built."""
    known = [build.seconds(part) for part in (pins.engine(), pins.provider())]
    return sum(one for one in known if one is not None) if any(known) else None


def installed() -> Toolchain | None:
    """Return the first `pulumi` on PATH that is at least as new as the pinned one and has its Python language host."""
    for pulumi in candidates():
        version = version_of(pulumi)
        if pins.numbers(version) >= pins.numbers(pins.engine().version) and has_language_host(pulumi):
            return Toolchain(pulumi=pulumi, version=version, plugin=None)
    return None


def candidates() -> Iterator[Path]:
    """Yield every `pulumi` on PATH that is not this project's own."""
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        pulumi = Path(entry or ".") / "pulumi"
        is_own = pulumi.parent.resolve() == SHIMS or pulumi.resolve().is_relative_to(build.cache().resolve())
        if not is_own and pulumi.is_file() and os.access(pulumi, os.X_OK) and not is_shim(pulumi):
            yield pulumi.absolute()


def is_shim(pulumi: Path) -> bool:
    """Whether `pulumi` is another checkout's `toolchain/bin/pulumi`."""
    with pulumi.open("rb") as stream:
        return b"samdrift" in stream.read(200)


def version_of(pulumi: Path) -> str:
    """Return `3.256.0`, or `0` where the program does not answer."""
    answer = subprocess.run(
        [pulumi, "version"],
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip().removeprefix("v") if answer.returncode == 0 else "0"


def has_language_host(pulumi: Path) -> bool:
    """Pulumi's distributions have it beside the engine; a package manager may put only links on PATH."""
    return any((path.parent / "pulumi-language-python").exists() for path in (pulumi, pulumi.resolve()))
