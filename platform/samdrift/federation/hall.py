"""The guests of the hall: one row a guest, and everything that follows from being one is computed from the row.

A new hall guest is a row here. Numbers (`vm_id`, `number`) are never moved and never given a second time: host keys,
addresses in other people's firewalls and backups hang on them.
"""

from __future__ import annotations

from dataclasses import dataclass

from samdrift.federation.derived import NetworkName
from samdrift.federation.record import Hall


@dataclass(frozen=True)
class HallGuest:
    """What is decided for one guest. `network` is the one it has its leg in; of edge, the one it is known in."""

    name: str
    role: str
    vm_id: int
    network: NetworkName
    number: int
    """Host number in `network`: the last part of its addresses."""
    offset: int
    """Guests that stand in for each other have neighbouring ones: on different nodes wherever there are two."""
    cores: int = 1
    memory_mib: int = 256
    """A ceiling, not what it uses."""
    disk_gib: int = 4
    start_order: int = 3
    cpu_units: int = 100
    """Weight beside the other guests while a node's processors are busy; 100 is Proxmox VE's own."""
    public: bool = False
    """Strangers check its certificate: where the hall's stack file names an authority outside, it comes from there."""
    in_directory: bool = False
    """Named in the directory's own domain, and asks its hosts for names."""


GUESTS: tuple[HallGuest, ...] = (
    # Nobody gets anywhere without edge, nor past the directory hosts: what all others wait for goes first.
    HallGuest("edge", "edge", 101, "mgt", 1, offset=0, cores=2, memory_mib=384, start_order=1, cpu_units=400),
    # Room for Samba's processes and the directory itself: with 900 people 0.5 GB in all, at the end of a first import
    # of 18,000 1.1, and while so many were taken away 1.7.
    *(
        HallGuest(
            name, "directory", vm_id, "svc", number, offset=offset, cores=2, memory_mib=2048, disk_gib=8,
            start_order=2, cpu_units=400, in_directory=True,
        )
        for name, vm_id, number, offset in (("dc1", 111, 11, 1), ("dc2", 112, 12, 2))
    ),
    # Room for the webmail and its database.
    HallGuest("mail", "mail", 115, "svc", 15, offset=0, cores=2, memory_mib=1024, disk_gib=16, start_order=3),
    # Room for the portal's seven processes, each of which takes 70 MiB and more: with 512 they were killed while they
    # answered.
    HallGuest("sso", "portal", 114, "svc", 14, offset=1, cores=2, memory_mib=1024),
    HallGuest("pki", "pki", 113, "svc", 13, offset=2, start_order=2),
    # Room for the scanner with all of the world's signatures; with the lab's few it needs 100 MiB.
    HallGuest("mx1", "relay", 130, "dmz", 10, offset=1, cores=2, memory_mib=2048, disk_gib=8, public=True),
    # Room for RT: its four processes grow to 190 MiB each, and every regular job is another one for a while. With 1024
    # they were killed while they answered.
    HallGuest("desk", "helpdesk", 116, "svc", 16, offset=1, cores=2, memory_mib=1536, disk_gib=8),
    HallGuest("db", "database", 117, "svc", 17, offset=2, cores=2, memory_mib=768, disk_gib=8, start_order=2),
    HallGuest("ns1", "nameserver", 131, "dmz", 11, offset=2, start_order=2),
    # Room for two generations of everything, and for what a new one takes beside them.
    HallGuest("backup", "repository", 118, "svc", 18, offset=1, memory_mib=512, disk_gib=16, start_order=2),
    # Room for two weeks of measurements (the samples themselves are on disk), for what people ask of them, and 30 MiB
    # for apache before them.
    HallGuest("monitor", "monitor", 119, "svc", 19, offset=2, memory_mib=640, disk_gib=8),
    HallGuest("cdir", "citizens", 120, "svc", 20, offset=1),
    # Nothing else runs where personal numbers are read.
    HallGuest("accounts", "accounts", 121, "svc", 21, offset=2, memory_mib=384),
    HallGuest("outside", "outside", 190, "wan", 9, offset=0, memory_mib=384),
)  # fmt: skip

BY_NAME: dict[str, HallGuest] = {guest.name: guest for guest in GUESTS}
PUBLIC: tuple[str, ...] = tuple(guest.name for guest in GUESTS if guest.public)
DIRECTORY: tuple[str, ...] = tuple(guest.name for guest in GUESTS if guest.role == "directory")


def is_kept(row: HallGuest) -> bool:
    """Whether the guest brings what its roles declare to the backup store: the shared systems, the store itself not.

    What edge and the guests of the dmz hold is made anew from code, and they are nearest to the outside.
    """
    return row.network == "svc" and row.role != "repository"


def present(hall: Hall) -> tuple[HallGuest, ...]:
    """The guests this hall has: nobody plays the rest of the world where there is one."""
    return tuple(guest for guest in GUESTS if guest.name != "outside" or hall.outside)
