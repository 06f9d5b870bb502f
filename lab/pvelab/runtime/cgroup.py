"""Control groups of a lab's guests, on machines with version 1 (controllers apart) and version 2 (one tree).

Every guest has `pvelab/<lab>/<vmid>` (what counts and limits it; the guest's own tree hangs below, in `ns`, so that its
root cannot lift the limits) and `pvelab/<lab>/<vmid>.monitor` (LXC's process outside the guest).
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
INNER = "ns"
FREEZE_S = 10
WEIGHT = 4
"""Of the guests together, in shares of the processor that a session of the machine has."""


class Cgroups:
    """The control groups of one lab."""

    def __init__(self, lab: str, root: Path = ROOT) -> None:
        self.lab = lab
        self.version = 2 if (root / "cgroup.controllers").exists() else 1
        self._hierarchies = [root] if self.version == 2 else _version1(root)

    def relative(self, vmid: int) -> str:
        """The guest's group as LXC's configuration names it."""
        return f"pvelab/{self.lab}/{vmid}"

    def file(self, vmid: int, controller: str, name: str) -> Path:
        """A file of the guest's group; `controller` chooses the tree on version 1."""
        return self._hierarchy(controller) / self.relative(vmid) / name

    def has_swap_accounting(self) -> bool:
        """Whether a limit on swap can be set on this machine."""
        if self.version == 1:
            return (self._hierarchy("memory") / "memory.memsw.limit_in_bytes").exists()
        return any(
            (self._hierarchies[0] / where / "memory.swap.max").exists() for where in ("system.slice", "init.scope")
        )

    def read(self, vmid: int, controller: str, name: str) -> str:
        """A file's text, empty when it does not exist (the guest has gone)."""
        try:
            return self.file(vmid, controller, name).read_text()
        except OSError:
            return ""

    def monitors(self) -> dict[int, int]:
        """Guest -> process id of its LXC monitor, for every guest that runs."""
        found: dict[int, int] = {}
        for hierarchy in self._hierarchies:
            for group in (hierarchy / "pvelab" / self.lab).glob("*.monitor"):
                if group.stem.isdigit() and (pids := _pids(group)):
                    found.setdefault(int(group.stem), pids[0])
        return found

    def monitor(self, vmid: int) -> int | None:
        """Process id of the guest's LXC monitor while it runs."""
        for hierarchy in self._hierarchies:
            if pids := _pids(hierarchy / f"{self.relative(vmid)}.monitor"):
                return pids[0]
        return None

    def init(self, vmid: int) -> int | None:
        """Process id of the guest's init; None while it does not run (or is between two boots)."""
        monitor = self.monitor(vmid)
        if monitor is None:
            return None
        for pid in _children(monitor):
            if _is_init(pid):
                return pid
        return None

    def processes(self) -> set[int]:
        """Every process of the lab's guests and their monitors."""
        found: set[int] = set()
        for hierarchy in self._hierarchies:
            for folder, _, _ in os.walk(hierarchy / "pvelab" / self.lab):
                found.update(_pids(Path(folder)))
        return found

    def groups(self) -> Iterator[Path]:
        """The lab's top group in each tree where it exists."""
        for hierarchy in self._hierarchies:
            if (top := hierarchy / "pvelab" / self.lab).is_dir():
                yield top

    def weigh(self) -> None:
        """Let all guests together weigh as much as `WEIGHT` commands beside them.

        The kernel shares the processor out level by level, so that twenty-five guests got no more of it together than
        one of the engineer's commands, who has a computer of his own where the hall is a real one. As much as each by
        itself would be too much: while the guests were busy, no command came to an end.
        """
        name, usual = ("cpu.weight", 100) if self.version == 2 else ("cpu.shares", 1024)
        for group in ("pvelab", f"pvelab/{self.lab}"):
            (self._hierarchy("cpu") / group / name).write_text(str(WEIGHT * usual))

    def freeze(self, vmid: int, *, frozen: bool) -> None:
        """Hold all processes of the guest still, or let them go on. Raises OSError when the guest has gone."""
        if self.version == 2:
            control, word = self.file(vmid, "freezer", "cgroup.freeze"), str(int(frozen))
            state, settled = self.file(vmid, "freezer", "cgroup.events"), f"frozen {int(frozen)}"
        else:
            control = state = self.file(vmid, "freezer", "freezer.state")
            word = settled = "FROZEN" if frozen else "THAWED"
        control.write_text(word)
        deadline = time.monotonic() + FREEZE_S
        while settled not in state.read_text():
            if time.monotonic() >= deadline:
                raise OSError(f"control group of CT {vmid} does not become {settled}")
            time.sleep(0.01)

    def remove(self, vmid: int | None = None) -> None:
        """Remove the groups of one guest, or of the whole lab, that hold no process."""
        for top in list(self.groups()):
            if vmid is None:
                _prune(top)
                _rmdir(top.parent)
            else:
                _prune(top / str(vmid))
                _prune(top / f"{vmid}.monitor")

    def _hierarchy(self, controller: str) -> Path:
        if self.version == 2:
            return self._hierarchies[0]
        return next((path for path in self._hierarchies if controller in path.name.split(",")), self._hierarchies[0])


def _version1(root: Path) -> list[Path]:
    mounted = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        words = line.split()
        kind = words[words.index("-") + 1]
        if kind in ("cgroup", "cgroup2") and Path(words[4]).parent == root:
            mounted.append(Path(words[4]))
    return mounted


def _pids(group: Path) -> list[int]:
    try:
        return [int(word) for word in (group / "cgroup.procs").read_text().split()]
    except OSError:
        return []


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _is_init(pid: int) -> bool:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return line.split()[-1] == "1" and len(line.split()) > 2
    except OSError:
        pass
    return False


def _prune(top: Path) -> None:
    for folder, _, _ in os.walk(top, topdown=False):
        _rmdir(Path(folder))


def _rmdir(group: Path) -> None:
    try:
        group.rmdir()
    except OSError:
        return  # it holds processes or groups of others
