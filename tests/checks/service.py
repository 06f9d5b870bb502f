"""What every client may reach: the shared services, from the catalogue and the members' agreements."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, get_args

from samdrift.federation import catalogue, hall, watch
from samdrift.federation.monitoring import PROBE_PORT
from samdrift.federation.record import Flow, Tls
from tests.checks.scene import Place, Scene

CLIENTS = {"adm", "ped"}


def declared_targets(scene: Scene, *networks: str, member: str | None = None) -> list[dict[str, Any]]:
    """Return every single TCP port and echo that flows open to hosts of the hall, both families.

    From these networks of a member (`adm`, `ped`), or from either for none; of the services the member has switched on.

    Ranges of ports are left out: they are opened for what a host gives out by number, and nobody need listen on each.
    """
    return [
        {"name": host, "address": address, "protocol": flow.protocol, "port": int(port)}
        for flow in _for_clients(scene.member(member).services if member else catalogue.OFFERED)
        if flow.protocol != "udp" and set(flow.source) & ({*networks} or CLIENTS)
        for host in flow.target
        if host in scene.guests
        for address in addresses_for_clients(scene, host)
        for port in _single_ports(flow)
    ]


def encrypted_ports(scene: Scene, network: str) -> list[dict[str, Any]]:
    """Return every port of the hall at which people's computers in `network` (`adm`, `ped`) speak TLS, both families.

    Where, as whom, and what.
    """
    return [
        {"name": scene.guests[host].fqdn, "address": address, "port": int(port), "speech": speech}
        for flow in _for_clients()
        if network in flow.source
        for port, speech in flow.tls
        if speech in get_args(Tls)
        for host in flow.target
        if host in scene.guests
        for address in addresses_for_clients(scene, host)
    ]


def unexplained_ports(scene: Scene) -> list[str]:
    """Return the ports that clients reach, of which no flow says whether TLS protects them, or why it does not."""
    return [
        f"{host} {flow.protocol}/{port}"
        for flow in _for_clients()
        for host in flow.target
        if host in scene.guests
        for port in set(flow.ports) - {port for port, _ in flow.tls}
    ]


def _for_clients(services: tuple[str, ...] = catalogue.OFFERED) -> list[Flow]:
    flows = (*catalogue.PLATFORM_FLOWS, *(flow for name in services for flow in catalogue.BY_NAME[name].flows))
    return [flow for flow in flows if set(flow.source) & CLIENTS]


def _single_ports(flow: Flow) -> tuple[str, ...]:
    return tuple(port for port in flow.ports if "-" not in port) or (("0",) if flow.protocol == "icmp" else ())


def addresses_for_clients(scene: Scene, host: str) -> tuple[str, str]:
    """Return a hall host's addresses as clients know them: edge by its leg towards the members."""
    leg = scene.guests[host].interface("transit" if host == "edge" else "svc")
    return str(leg.ipv4.ip), str(leg.ipv6.ip)


def shared_services(scene: Scene) -> list[dict[str, Any]]:
    """Return a few declared targets that have to answer beside every probe that must not: LDAP, and edge's echo.

    `service` says which of them stand in for each other: the hosts of one role, as their clients go on to the next.
    """
    return [
        {**one, "service": f"{hall.BY_NAME[one['name']].role} over IPv{ip_address(one['address']).version}"}
        for one in declared_targets(scene)
        if one["port"] == 389 or (one["name"], one["port"]) == ("edge", 0)
    ]


def looks_of(scene: Scene, site: Place) -> list[dict[str, Any]]:
    """Return what people do at a workplace of a member, as the monitor tries it there; by each host by itself.

    `service` says which hosts stand in for each other. Pages are read, mail hosts are spoken to.
    """
    member = scene.member(scene.guests[site.name].member or "")
    return [
        {"name": look.name, "service": look.name, "module": look.module, "target": target, "port": PROBE_PORT}
        for look in watch.looks(scene.federation)
        if site.interface in look.networks and look.service in (*member.services, watch.NETWORK)
        if look.module not in ("transaction", "echo")  # one needs rights, the others are sent by themselves
        for target in look.targets.values()
    ]


def declared_ports(scene: Scene, host: str) -> set[int]:
    """Return every single TCP port of a hall host that flows open to clients."""
    return {one["port"] for one in declared_targets(scene) if (one["name"], one["protocol"]) == (host, "tcp")}
