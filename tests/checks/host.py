"""What root does at a host. Every change is undone, whatever happened meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.checks.scene import Scene


def run(scene: Scene, host: str, *command: str, given: str = "") -> str:
    """Run a command on a host as root and return its output; OSError where it fails."""
    done = scene.station(host).ask("shell.run", command=list(command), given=given, patience=90.0)
    if done["code"] != 0:
        raise OSError(f"{host}: {' '.join(command)}: {done['err'].strip()}")
    return str(done["out"])


def answers(scene: Scene, host: str) -> bool:
    """Whether a host that was switched off lets somebody in again; asked anew each time."""
    scene.leave(host)
    try:
        return bool(scene.station(host).ask("shell.run", command=["true"], patience=30.0)["code"] == 0)
    except (RuntimeError, OSError):
        return False


@contextmanager
def stopped(scene: Scene, host: str, unit: str) -> Iterator[None]:
    """Stop a unit, and start it again."""
    run(scene, host, "systemctl", "stop", unit)
    try:
        yield
    finally:
        run(scene, host, "systemctl", "start", unit)


@contextmanager
def first_rule(scene: Scene, router: str, *words: str) -> Iterator[None]:
    """Put a rule before all others of a router's forward chain, and take it away again."""
    table = "edge" if router == "edge" else "gateway"
    told = run(scene, router, "nft", "-e", "-a", "insert", "rule", "inet", table, "forward", *words)
    handle = told.rpartition("# handle ")[2].split()[0]
    try:
        yield
    finally:
        run(scene, router, "nft", "delete", "rule", "inet", table, "forward", "handle", handle)


def written(scene: Scene, host: str, path: str, text: str, *, unit: str | None = None) -> AbstractContextManager[None]:
    """As `changed`, with all of the new text."""
    return changed(scene, host, path, lambda _: text, unit=unit)


@contextmanager
def changed(
    scene: Scene,
    host: str,
    path: str,
    change: Callable[[str], str],
    *,
    unit: str | None = None,
) -> Iterator[None]:
    """Change a file in place, so that owner and mode stay, and put the old text back.

    + unit: reads the file when it starts

    Raises: LookupError where there is nothing to change.
    """
    right = run(scene, host, "cat", path)
    wrong = change(right)
    if wrong == right:
        raise LookupError(f"{path} on {host} holds nothing to change")

    def put(text: str) -> None:
        run(scene, host, "tee", path, given=text)
        if unit:
            run(scene, host, "systemctl", "restart", unit)

    try:
        put(wrong)
        yield
    finally:
        put(right)
