"""A federation in miniature for trying the checks: namespaces in place of guests, one nft ruleset per router.

It has the networks, addresses and declared flows of the real stack files and real packets, but no hypervisor, no guest
firewall and no software; so it is made in seconds and can be wrecked in every way a sabotage needs.
"""

from __future__ import annotations

import subprocess
from ipaddress import ip_address, ip_interface
from pathlib import Path

from samdrift.federation.derived import Guest, Interface
from samdrift.federation.network import networks_of
from samdrift.federation.record import Federation
from samdrift.state import State
from tests.checks.probe.station import Station
from tests.checks.scene import Scene
from tests.checks.service import declared_ports, declared_targets

FORWARD = """
table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    iif lo accept
    iifname { "transit", "adm", "ped" } fib daddr . iif type != local meta pkttype host drop
    ct state established,related accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, nd-router-solicit } accept
    iifname { "transit", "svc" } icmp type echo-request accept
    iifname { "transit", "svc" } icmpv6 type echo-request accept
    iifname { "transit", "svc" } meta l4proto { tcp, udp } th dport 53 accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    %s
  }
}
"""


class Bench(Scene):
    """A scene whose guests are namespaces on this machine."""

    def __init__(self, federation: Federation, *, name: str) -> None:
        super().__init__(federation=federation, state=State(name, Path("/nonexistent")))
        self.namespace = name

    def enter(self) -> list[str]:
        return ["ip", "netns", "exec", self.namespace]

    def station(self, guest: str) -> Station:
        return self._stations[guest]

    def open(self) -> Bench:
        """Lay the networks and start every guest."""
        subprocess.run(["ip", "netns", "add", self.namespace], check=True)
        for stack in self.federation.stacks:
            for network in networks_of(self.federation, stack):
                self._in(["ip", "link", "add", network.vnet, "type", "bridge"])
                self._in(["ip", "link", "set", network.vnet, "up"])
        for guest in self.guests.values():
            self._start(guest)
        for member in self.members:
            self._route_to(member.key)
        return self

    def close(self) -> None:
        super().close()
        subprocess.run(["ip", "netns", "delete", self.namespace], check=True)

    def _in(self, command: list[str]) -> None:
        subprocess.run([*self.enter(), *command], check=True)

    def run(self, guest: str, *command: str, given: str = "") -> str:
        """Run a command inside a guest; its output."""
        done = self._stations[guest].ask("shell.run", command=list(command), given=given)
        assert done["code"] == 0, done["err"]
        return str(done["out"])

    def _start(self, guest: Guest) -> None:
        station = self._stations[guest.name] = Station(guest.name, [*self.enter(), "unshare", "--net"])
        for number, leg in enumerate(guest.interfaces):
            self.wall.ask(
                "wire.plug",
                pid=station.ask("wire.own_pid"),
                bridge=leg.vnet,
                mac=leg.mac.lower(),
                addresses=[str(leg.ipv4), str(leg.ipv6)],
                routers=[str(one) for one in (leg.gateway4, leg.gateway6) if one],
                inside=leg.name,
                end=f"veth{guest.vm_id}i{number}",
            )
        if len(guest.interfaces) > 1:
            for switch in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
                self.run(guest.name, "sysctl", "-qw", f"{switch}=1")
            self.run(guest.name, "nft", "-f", "-", given=FORWARD % "\n    ".join(self._rules(guest)))
        for port in sorted(declared_ports(self, guest.name)):
            station.ask("listener.open_at", port=port)

    def _route_to(self, member: str) -> None:
        gateway = self.guests[f"{member}-gw"]
        transit = gateway.interface("transit")
        for name in ("adm", "ped"):
            leg: Interface = gateway.interface(name)
            for prefix, via in ((leg.ipv4, transit.ipv4), (leg.ipv6, transit.ipv6)):
                network, router = ip_interface(prefix).network, ip_interface(via).ip
                self.run("edge", "ip", "route", "add", str(network), "via", str(router))

    def _rules(self, guest: Guest) -> list[str]:
        """Clients to what the hall declares for them, by host; the bastion's echo to clients."""
        clients, hall = ('"transit"', '"svc"') if guest.name == "edge" else ('{ "adm", "ped" }', '"transit"')
        reached = {ip_address(one["address"]) for one in declared_targets(self)}
        return [
            *(f"iifname {clients} {'ip' if one.version == 4 else 'ip6'} daddr {one} accept" for one in reached),
            f"iifname {hall} oifname {clients} icmp type echo-request accept",
            f"iifname {hall} oifname {clients} icmpv6 type echo-request accept",
        ]
