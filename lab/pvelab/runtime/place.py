"""Where the parts of one lab lie on the machine."""

from dataclasses import dataclass
from pathlib import Path

RUN = Path("/run/pvelab")


@dataclass(frozen=True)
class Place:
    """Folders of one lab. `state` survives a reboot, `run` does not; `cache` is shared with other labs."""

    name: str
    state: Path
    cache: Path

    @property
    def run(self) -> Path:
        """Mount points and sockets, reachable by the shifted root of unprivileged guests."""
        return RUN / self.name

    @property
    def lxc(self) -> Path:
        """LXC's own path: the name of the guests' command sockets begins with it."""
        return self.run / "lxc"

    @property
    def guests(self) -> Path:
        """One folder per guest."""
        return self.state / "guests"

    def guest(self, vmid: int) -> Path:
        """The guest's folder: disk.img, guest.json, snapshots/, logs."""
        return self.guests / str(vmid)

    def image(self, vmid: int) -> Path:
        """The guest's disk: an image, sparse, of the size the guest was promised."""
        return self.guest(vmid) / "disk.img"

    def unfinished(self, vmid: int) -> Path:
        """Exists while the guest is being made: what a process left that died meanwhile is no guest."""
        return self.guest(vmid) / "unfinished"

    def snapshot(self, vmid: int, name: str) -> Path:
        """A snapshot's image."""
        return self.guest(vmid) / "snapshots" / f"{name}.img"

    def disk_mount(self, vmid: int) -> Path:
        """Where the image is mounted, inside the guest's mount namespace only."""
        return self.run / str(vmid) / "disk"

    def root_mount(self, vmid: int) -> Path:
        """Where the file tree is mounted, inside the guest's mount namespace only."""
        return self.run / str(vmid) / "root"

    def lxc_name(self, vmid: int) -> str:
        """The guest's name for LXC's tools."""
        return f"{self.name}-{vmid}"

    @property
    def isolated(self) -> Path:
        """Names of the bridges whose ports do not see each other, one a line."""
        return self.run / "isolated"
