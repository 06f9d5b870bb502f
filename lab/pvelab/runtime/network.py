"""The lab's networks: one bridge per VNet, and the desk's own interfaces, inside the lab's namespace.

The bridges carry no address. The desk sits on a port of its own (a veth pair, both ends in the namespace), so its
frames are forwarded and filtered like any guest's.
"""

import ipaddress
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pvelab.runtime.errors import MachineError
from pvelab.runtime.model import DeskSpec, RouteSpec, VnetSpec
from pvelab.runtime.namespace import Namespace
from pvelab.runtime.place import Place

REJECT_MARK = 0x8000_0000
"""Bit that every frame of a filtered interface carries (see firewall/compile.py)."""
REJECT_TABLE = 100


class Networks:
    """The bridges of one lab."""

    def __init__(
        self, place: Place, namespace: Namespace, *, desk: Sequence[DeskSpec] = (), routes: Sequence[RouteSpec] = ()
    ) -> None:
        self.place, self.namespace = place, namespace
        self.desk, self.routes = _merge(desk), tuple(routes)

    def open(self) -> None:
        """Give the namespace the route that rejected packets' answers need.

        The kernel builds a TCP reset only when it finds a route to the sender, although it then sends it out of the
        port the packet came from. A table that only marked packets see leads to an interface that swallows the rest.
        """
        self.namespace.run(["ip", "link", "add", "void", "type", "dummy"], check=False)
        kind = (
            "dummy" if self._link("void") else "bridge"
        )  # a kernel without dummy interfaces: an empty bridge does too
        if kind == "bridge":
            self.namespace.run(["ip", "link", "add", "void", "type", "bridge"])
        self.namespace.run(["ip", "link", "set", "void", "up"])
        mark = f"{REJECT_MARK:#x}/{REJECT_MARK:#x}"
        for family in ("-4", "-6"):
            self.namespace.run(["ip", family, "route", "replace", "default", "dev", "void", "table", str(REJECT_TABLE)])
            rule = ["fwmark", mark, "lookup", str(REJECT_TABLE), "priority", "40000"]
            self.namespace.run(["ip", family, "rule", "delete", *rule], check=False)
            self.namespace.run(["ip", family, "rule", "add", *rule])

    def bridges(self) -> set[str]:
        """Names of the bridges that exist now."""
        shown = self.namespace.run(["ip", "-json", "link", "show", "type", "bridge"]).stdout
        return {link["ifname"] for link in json.loads(shown or "[]") if link.get("ifname")} - {"void"}

    def apply(self, vnets: Iterable[VnetSpec]) -> None:
        """Make the bridges equal to the running SDN configuration.

        Refuses, before anything is changed, to remove one that is in use. What another failure leaves half done, the
        next call completes.
        """
        wanted = {vnet.id: vnet for vnet in vnets}
        present = self.bridges()
        for gone in sorted(present - set(wanted)):
            if used := sorted(port for port in self._ports(gone) if port != _port(gone)):
                raise MachineError(f"VNet '{gone}' is in use by {', '.join(used)}: it cannot be removed")
        lines = []
        for gone in sorted(present - set(wanted)):
            if self._link(_port(gone)):
                lines.append(f"link delete {_port(gone)}")
            lines.append(f"link delete {gone}")
        for new in sorted(set(wanted) - present):
            # No multicast snooping: without a querier it would lose neighbour discovery sooner or later.
            lines.append(f"link add {new} type bridge forward_delay 0 mcast_snooping 0")
        for vnet in wanted.values():
            lines.append(f"link set {vnet.id} addrgenmode none mtu {vnet.mtu or 1500} up")
        self._batch(lines)
        for vnet in wanted.values():  # also those that a call before made and did not come to quieten
            self._quiet(vnet.id)
        self._isolate(wanted)
        for desk in self.desk:
            if desk.vnet in wanted:
                self._seat(desk)
        self._route()

    def _seat(self, desk: DeskSpec) -> None:
        name, port = f"desk-{desk.vnet}", _port(desk.vnet)
        if not self._link(name):
            self._batch([f"link add {name} type veth peer name {port}"])
            self._quiet(port)
        self._batch([f"link set {port} master {desk.vnet} addrgenmode none up", f"link set {name} addrgenmode none up"])
        present = {f"{entry['local']}/{entry['prefixlen']}" for entry in self._addresses(name)}
        wanted = {str(ipaddress.ip_interface(address)) for address in desk.addresses}
        lines = [f"address delete {address} dev {name}" for address in sorted(present - wanted)]
        for address in sorted(wanted - present):
            lines.append(f"address add {address} dev {name}" + (" nodad" if ":" in address else ""))
        self._batch(lines)

    def _route(self) -> None:
        # A route waits for its network: its next hop can be reached only once the desk has an address there.
        for route in self.routes:
            family = "-6" if ":" in route.prefix else "-4"
            self.namespace.run(["ip", family, "route", "replace", route.prefix, "via", route.via], check=False)

    def _isolate(self, wanted: dict[str, VnetSpec]) -> None:
        isolated = sorted(vnet.id for vnet in wanted.values() if vnet.isolate_ports)
        self.place.isolated.parent.mkdir(parents=True, exist_ok=True)
        self.place.isolated.write_text("".join(f"{name}\n" for name in isolated))
        lines = []
        # An isolated network isolates its guests from each other, not from the desk (the node's own side).
        for vnet in wanted.values():
            state = "on" if vnet.isolate_ports else "off"
            lines += [
                f"link set dev {port} isolated {state}" for port in self._ports(vnet.id) if port != _port(vnet.id)
            ]
        if lines:
            self.namespace.run(["bridge", "-batch", "-"], text="\n".join([*lines, ""]))

    def _quiet(self, name: str) -> None:
        def write() -> None:
            Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")

        self.namespace.call(write)

    def _ports(self, bridge: str) -> list[str]:
        shown = self.namespace.run(["ip", "-json", "link", "show", "master", bridge]).stdout
        return [link["ifname"] for link in json.loads(shown or "[]") if link.get("ifname")]

    def _link(self, name: str) -> bool:
        return self.namespace.run(["ip", "link", "show", name], check=False).returncode == 0

    def _addresses(self, name: str) -> list[dict[str, Any]]:
        shown = self.namespace.run(["ip", "-json", "address", "show", "dev", name]).stdout
        return [entry for link in json.loads(shown or "[]") if link for entry in link.get("addr_info", [])]

    def _batch(self, lines: list[str]) -> None:
        if lines:
            self.namespace.run(["ip", "-batch", "-"], text="\n".join([*lines, ""]))


def _port(vnet: str) -> str:
    return f"port-{vnet}"


def _merge(desk: Sequence[DeskSpec]) -> tuple[DeskSpec, ...]:
    merged: dict[str, tuple[str, ...]] = {}
    for spec in desk:
        merged[spec.vnet] = (*merged.get(spec.vnet, ()), *spec.addresses)
    return tuple(DeskSpec(vnet=vnet, addresses=tuple(dict.fromkeys(addresses))) for vnet, addresses in merged.items())
