"""The running platform as the checks meet it: what was agreed (stack files), and places to observe from.

Expected values come from the stack files alone; the handover only tells the way to a host.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network

from samdrift import lab
from samdrift.federation.derived import Guest, Network
from samdrift.federation.guest import all_guests, router
from samdrift.federation.load import load_federation
from samdrift.federation.network import hall_network, networks_of
from samdrift.federation.record import Federation, Member
from samdrift.secret import public
from samdrift.state import State
from tests.checks.probe.station import Station

SSH_OPTIONS = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5")


def new_word() -> str:
    """Return a random value that nothing on the platform can know before."""
    return f"probe-{secrets.token_hex(8)}"


@dataclass(frozen=True)
class Place:
    """A station with its interface and addresses in the network it observes from."""

    name: str
    station: Station
    interface: str
    ipv4: str
    ipv6: str
    network: Network | None = None
    """Where a computer of nobody's is plugged in; None for a guest."""

    @property
    def addresses(self) -> tuple[str, str]:
        """Both addresses."""
        return self.ipv4, self.ipv6


@dataclass
class Scene:
    """Gives every place once and keeps it for the rest of the run."""

    federation: Federation
    state: State
    _stations: dict[str, Station] = field(default_factory=dict)
    _plugs: dict[tuple[str, int], Place] = field(default_factory=dict)

    @cached_property
    def guests(self) -> Mapping[str, Guest]:
        """Every guest that the stack files declare, by name."""
        return {guest.name: guest for guest in all_guests(self.federation)}

    @property
    def members(self) -> tuple[Member, ...]:
        """The members, in order of their keys."""
        return self.federation.members

    @property
    def authority(self) -> str:
        """Certificate of the federation's own authority, PEM."""
        return public("root.ca", self.state.secret("root.ca"))

    def member(self, key: str) -> Member:
        """Return the member of this key."""
        return next(one for one in self.members if one.key == key)

    def network(self, name: str, member: Member | None = None) -> Network:
        """Return the member's network of this class, or the hall's of this name."""
        if member is None:
            return hall_network(self.federation, name)
        return next(one for one in networks_of(self.federation, member) if one.name == name)

    def at(self, guest: str, interface: str | None = None) -> Place:
        """Return the place inside a guest; the leg is its first one unless named."""
        record = self.guests[guest]
        leg = record.interface(interface) if interface else record.interfaces[0]
        return Place(guest, self.station(guest), leg.name, str(leg.ipv4.ip), str(leg.ipv6.ip))

    def station(self, guest: str) -> Station:
        """Return the station inside a guest, by SSH; a new one where the way to the last was shut by another check."""
        if guest in self._stations and self._stations[guest].has_ended:
            self.leave(guest)
        if guest not in self._stations:
            command = ["ssh", "-F", str(self.state.ssh / "config"), *SSH_OPTIONS, guest]
            self._stations[guest] = Station(guest, command, through_shell=True)
        return self._stations[guest]

    def leave(self, guest: str) -> None:
        """Close the station inside a guest that was restarted; the next question goes to a new one."""
        if guest in self._stations:
            self._stations.pop(guest).close()

    def enter(self) -> list[str]:
        """Return what stands before a command to run it in the lab's network namespace."""
        return [lab.PVELAB, "enter", "--name", self.state.name, "--"]

    @property
    def wall(self) -> Station:
        """The station among the lab's bridges: sees every frame, lays cables."""
        if "wall" not in self._stations:
            self._stations["wall"] = Station("the lab's bridges", self.enter())
        return self._stations["wall"]

    def plug(self, network: Network, number: int = 1) -> Place:
        """Return a computer of nobody's plugged into this network: no firewall of its own, random free addresses."""
        key = (network.vnet, number)
        if key not in self._plugs:
            station = Station(f"plug {number} in {network.vnet}", [*self.enter(), "unshare", "--net"])
            self._stations[f"plug {key}"] = station
            taken = {address for place in self._plugs.values() for address in place.addresses}
            four, six = free_addresses(network.ipv4, network.ipv6, taken=taken)
            self.wall.ask(
                "wire.plug",
                pid=station.ask("wire.own_pid"),
                bridge=network.vnet,
                mac=f"02:{secrets.token_bytes(5).hex(':')}",
                addresses=[f"{four}/{network.ipv4.prefixlen}", f"{six}/{network.ipv6.prefixlen}"],
                routers=[str(one) for one in router(network)],
            )
            self._plugs[key] = Place(station.name, station, "eth0", four, six, network)
        return self._plugs[key]

    def close(self) -> None:
        """Leave every place."""
        for station in self._stations.values():
            station.close()
        self._stations.clear()
        self._plugs.clear()


@contextmanager
def scene_at(state: State) -> Iterator[Scene]:
    """Give the platform of a state folder as its stack files declare it; every place is left afterwards."""
    found = Scene(federation=load_federation(state.stacks), state=state)
    try:
        yield found
    finally:
        found.close()


def free_addresses(ipv4: IPv4Network, ipv6: IPv6Network, *, taken: Collection[str]) -> tuple[str, str]:
    """Return random host addresses of the upper half, of which the address plan gives nobody one.

    In a small network the same number comes up again often enough to make a control fail now and then.
    """
    while True:
        four = str(ipv4.network_address + random.randrange(ipv4.num_addresses // 2, ipv4.num_addresses - 2))
        six = str(ipv6.network_address + random.randrange(0x1_0000, 0xFFFF_FFFF))
        if not {four, six} & {*taken}:
            return four, six
