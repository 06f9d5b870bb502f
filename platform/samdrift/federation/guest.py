"""The guests of each stack: placed, addressed, sized, with their roles."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from samdrift.federation import addressing, flow, hall, municipality, placement
from samdrift.federation.derived import Guest, Interface, Network, NetworkName
from samdrift.federation.hall import HallGuest
from samdrift.federation.network import hall_network, networks_of
from samdrift.federation.record import AnyStack, Federation, Hall, Member, Vault


@dataclass(frozen=True)
class _Shape:
    role: str
    cores: int
    memory_mib: int
    disk_gib: int
    start_order: int
    cpu_units: int = 100


# Memory is a ceiling: an idle guest of these kinds uses 15 to 120 MiB. The hall's guests stand in hall.py.
_SHAPES = {
    "gw": _Shape("gateway", cores=1, memory_mib=256, disk_gib=4, start_order=2),
    "workplace": _Shape("workplace", cores=1, memory_mib=512, disk_gib=6, start_order=4),
    "vault": _Shape("vault", cores=1, memory_mib=256, disk_gib=8, start_order=3),
}


@dataclass(frozen=True)
class _Leg:
    network: Network
    number: int
    gateway: tuple[IPv4Address | None, IPv6Address | None] = (None, None)


def guests_of(federation: Federation, stack: AnyStack) -> tuple[Guest, ...]:
    """The guests this stack declares, in the order of their numbers."""
    if isinstance(stack, Hall):
        return _hall(federation)
    if isinstance(stack, Vault):
        return (_vault(federation, stack),)
    return _member(federation, stack)


def all_guests(federation: Federation) -> tuple[Guest, ...]:
    """The guests of all stacks."""
    return tuple(guest for stack in federation.stacks for guest in guests_of(federation, stack))


def router(network: Network) -> tuple[IPv4Address, IPv6Address]:
    """The router's addresses in a network."""
    return addressing.host4(network.ipv4, addressing.ROUTER).ip, addressing.host6(network.ipv6, addressing.ROUTER).ip


def hall_address(federation: Federation, name: str) -> tuple[IPv4Address, IPv6Address]:
    """The addresses of a guest of the hall, in the network it is known in."""
    row = hall.BY_NAME[name]
    network = hall_network(federation, row.network)
    return addressing.host4(network.ipv4, row.number).ip, addressing.host6(network.ipv6, row.number).ip


def outside_addresses(federation: Federation) -> tuple[IPv4Address, IPv6Address]:
    """Addresses of the guest that plays the rest of the world."""
    return hall_address(federation, "outside")


def _hall(federation: Federation) -> tuple[Guest, ...]:
    return tuple(_hall_guest(federation, row) for row in hall.present(federation.hall))


def _hall_guest(federation: Federation, row: HallGuest) -> Guest:
    nets = {network.name: network for network in networks_of(federation, federation.hall)}
    network = nets[row.network]
    made = _guest(
        federation,
        federation.hall,
        name=row.name,
        shape=_Shape(row.role, row.cores, row.memory_mib, row.disk_gib, row.start_order, row.cpu_units),
        vm_id=row.vm_id,
        offset=row.offset,
        domain=federation.hall.ad_domain if row.in_directory else None,
        legs=_edge_legs(federation, nets)
        if row.role == "edge"
        else (_Leg(network, row.number, gateway=router(network)),),
    )
    return _with_forwards(federation, made) if row.role == "edge" else made


def _edge_legs(federation: Federation, nets: dict[NetworkName, Network]) -> tuple[_Leg, ...]:
    wan = federation.hall.wan
    played = federation.hall.outside and not wan.gateway4
    upstream = outside_addresses(federation) if played else (wan.gateway4, wan.gateway6)
    # The first leg is the one towards the engineer.
    inside = tuple(_Leg(nets[name], addressing.ROUTER) for name in ("mgt", "transit", "svc", "dmz", "vault"))
    return (*inside, _Leg(nets["wan"], addressing.ROUTER, gateway=upstream))


def _vault(federation: Federation, vault: Vault) -> Guest:
    network = hall_network(federation, "vault")
    return _guest(
        federation,
        vault,
        name="vault",
        shape=_SHAPES["vault"],
        vm_id=addressing.VAULT_ID,
        offset=placement.VAULT_OFFSET,
        disk_gib=vault.disk_gib,
        legs=(_Leg(network, addressing.VAULT, gateway=router(network)),),
    )


def _member(federation: Federation, member: Member) -> tuple[Guest, ...]:
    nets = {network.name: network for network in networks_of(federation, member)}
    transit = hall_network(federation, "transit")
    ordinal = municipality.ordinal(member.code)
    gateway = _guest(
        federation,
        member,
        name=f"{member.key}-gw",
        shape=_SHAPES["gw"],
        vm_id=addressing.member_vm_id(member.code, "gw"),
        offset=placement.member_offset(ordinal, "gw"),
        legs=(
            _Leg(transit, addressing.transit_number(ordinal), gateway=router(transit)),
            _Leg(nets["adm"], addressing.ROUTER),
            _Leg(nets["ped"], addressing.ROUTER),
        ),
    )
    gateway = _with_forwards(federation, gateway)
    if "workplace" not in member.services:
        return (gateway,)
    workplaces = tuple(
        _guest(
            federation,
            member,
            name=f"{member.key}-{part}",
            shape=_SHAPES["workplace"],
            vm_id=addressing.member_vm_id(member.code, part),
            offset=placement.member_offset(ordinal, part),
            domain=federation.hall.ad_domain,
            legs=(_Leg(nets[part], addressing.WORKPLACE, gateway=router(nets[part])),),
        )
        for part in ("adm", "ped")
    )
    return (gateway, *workplaces)


def _guest(
    federation: Federation,
    stack: AnyStack,
    *,
    name: str,
    shape: _Shape,
    vm_id: int,
    offset: int,
    legs: tuple[_Leg, ...],
    domain: str | None = None,
    disk_gib: int | None = None,
) -> Guest:
    facts = federation.hall
    member = stack if isinstance(stack, Member) else None
    search = domain or (member.domain if member else facts.domain)
    kind = facts.hypervisor.directory if shape.role == "directory" else "lxc"
    privileged = shape.role == "directory" and kind == "lxc"
    # Central equipment is the federation's, workplace equipment the member's (CLI-06).
    owner = member.key if member and shape.role == "workplace" else federation.name
    return Guest(
        name=name,
        fqdn=f"{name}.{search}",
        stack=stack.name,
        member=member.key if member else None,
        vm_id=vm_id,
        node=placement.place(offset, nodes=facts.hypervisor.nodes),
        kind=kind,
        unprivileged=not privileged,
        nesting=not privileged,
        cores=shape.cores,
        cpu_units=shape.cpu_units,
        memory_mib=shape.memory_mib,
        disk_gib=disk_gib or shape.disk_gib,
        interfaces=tuple(_interface(leg, vm_id=vm_id, position=position) for position, leg in enumerate(legs)),
        roles=_roles(name, shape.role),
        tags=("samdrift", f"fed-{federation.name}", f"stack-{stack.name}", f"role-{shape.role}", f"owner-{owner}"),
        start_order=shape.start_order,
        disposable=any(entry.guest == name for entry in facts.disposable),
        nameservers=_nameservers(federation, shape.role, legs=legs, asks_directory=domain is not None),
        search=search,
    )


def _roles(name: str, role: str) -> tuple[str, ...]:
    """In the order in which they are installed.

    Who plays the rest of the world is nobody's to watch; to the vault nothing of the hall opens a connection.
    """
    watched = () if role in ("outside", "vault") else ("watched",)
    probing = ("probe",) if role == "workplace" else ()
    kept = ("backup",) if name in hall.BY_NAME and hall.is_kept(hall.BY_NAME[name]) else ()
    return ("base", *watched, role, *probing, *kept)


def _interface(leg: _Leg, *, vm_id: int, position: int) -> Interface:
    return Interface(
        name=leg.network.name,
        vnet=leg.network.vnet,
        mac=addressing.mac(vm_id, position),
        ipv4=addressing.host4(leg.network.ipv4, leg.number),
        ipv6=addressing.host6(leg.network.ipv6, leg.number),
        gateway4=leg.gateway[0],
        gateway6=leg.gateway[1],
    )


def _nameservers(federation: Federation, role: str, *, legs: tuple[_Leg, ...], asks_directory: bool) -> tuple[str, ...]:
    """Who is in the directory asks its hosts; edge and outside resolve for themselves; all others ask edge.

    A directory host finds the other by name and must not need edge for it.
    """
    if asks_directory:
        return tuple(str(hall_address(federation, name)[0]) for name in hall.DIRECTORY)
    if role in {"edge", "outside"}:
        return ("127.0.0.1",)
    return (str(router(legs[0].network)[0]),)


def _with_forwards(federation: Federation, guest: Guest) -> Guest:
    """A router with what it forwards at each leg; it follows from its rules, which need the router first."""
    forwards = flow.forwarded(federation, guest)
    legs = tuple(leg.model_copy(update={"forwards": forwards[leg.name]}) for leg in guest.interfaces)
    return guest.model_copy(update={"interfaces": legs})
