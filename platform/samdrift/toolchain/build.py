"""Build the parts from pinned Go modules into the cache, once per machine.

    $XDG_CACHE_HOME/samdrift/toolchain/<part>-<digest>/    finished, never changed again
                                       <part>.lock         held while a process builds the part
                                       <part>.log          what `go` said last time

A build goes into a folder of its own and is renamed at the end, so what has the final name is whole. An interrupted
build continues, because Go keeps every downloaded module and every compiled package.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from samdrift.toolchain import go, pins
from samdrift.toolchain.pins import Part

Progress = Callable[[str], None]

SECONDS = "seconds"
"""File beside a finished part: how long it took, for `samdrift bench`."""
BRIDGE = "samdrift/toolchain/provider/bridge"
VERSION_OF_SDK = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"


def cache() -> Path:
    """Return the folder of all builds (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "samdrift" / "toolchain"


def folder(part: Part) -> Path:
    """Return where the finished part is, or will be."""
    return cache() / f"{part.name}-{part.digest}"


def is_built(part: Part) -> bool:
    return all(os.access(folder(part) / name, os.X_OK) for name in part.files)


def seconds(part: Part) -> float | None:
    """Return how long the last, successful try to build the part took; None where it is not built here."""
    file = folder(part) / SECONDS
    return float(file.read_text()) if file.exists() else None


def build(part: Part, progress: Progress, compile_part: Callable[[Part, Path, Progress], None] | None = None) -> Path:
    """Build `part` unless the cache has it, and return its folder; other processes wait and then find it.

    `compile_part(part, into, progress)` makes the part's files in the folder `into`; by default Go does.
    Raises ToolchainError where Go is missing, too old, or fails.
    """
    target = folder(part)
    if is_built(part):
        return target
    with locked(part, progress):
        if is_built(part):  # by the process that held the lock
            return target
        unfinished = cache() / f"{part.name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        began = time.monotonic()
        (compile_part or COMPILE[part.name])(part, unfinished, progress)
        took = time.monotonic() - began
        (unfinished / SECONDS).write_text(f"{took:.1f}\n")
        progress(f"{part.name}: built in {took:.0f} s")
        shutil.rmtree(target, ignore_errors=True)
        unfinished.rename(target)
    return target


@contextmanager
def locked(part: Part, progress: Progress) -> Iterator[None]:
    """Hold the part's lock; the kernel frees it when the holder ends, however it ends.

    The programs it starts hold it too (go.py): a `go` whose parent was killed still writes to the same folders.
    """
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{part.name}.lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"{part.name}: another process is building it, waiting")
            fcntl.flock(stream, fcntl.LOCK_EX)
        os.set_inheritable(stream.fileno(), True)
        yield


def compile_engine(part: Part, into: Path, progress: Progress) -> None:
    """Compile the engine and put the language host's launcher beside it, where the engine looks first."""
    run = go.Run(part.name, log=cache() / f"{part.name}.log", progress=progress)
    flags = f"-s -w -X {VERSION_OF_SDK}=v{part.version}"
    command = [*pins.BUILD_FLAGS, "-ldflags", flags, "-o", str(into / "pulumi"), f"{pins.ENGINE_MODULE}/cmd/pulumi"]
    run("build", "-v", *command, folder=part.sources)
    shutil.copy(part.sources / "pulumi-language-python", into)


def compile_provider(part: Part, into: Path, progress: Progress) -> None:
    """Generate the schema and compile the provider with it, in a copy: the repository's folder stays as it is."""
    run = go.Run(part.name, log=cache() / f"{part.name}.log", progress=progress)
    copy = cache() / f"{part.name}.sources"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(part.sources, copy)
    flags = [*pins.BUILD_FLAGS, "-ldflags", f"-s -w -X {BRIDGE}.Version={part.version}"]
    run("build", "-v", *flags, "-o", str(copy / "generate.bin"), "./generate", folder=copy)
    run.program([str(copy / "generate.bin"), "schema", "--out", "."], folder=copy)
    run("build", "-v", *flags, "-o", str(into / part.files[0]), ".", folder=copy)
    shutil.rmtree(copy)


COMPILE = {"engine": compile_engine, "provider": compile_provider}
