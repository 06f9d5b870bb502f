"""The guests of each stack: placed, addressed, sized, with their roles."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from samdrift.federation import addressing, flow, municipality, placement
from samdrift.federation.derived import Guest, Interface, Network
from samdrift.federation.network import hall_network, networks_of
from samdrift.federation.record import AnyStack, Federation, Hall, Member, Vault


@dataclass(frozen=True)
class _Shape:
    role: str
    cores: int
    memory_mib: int
    disk_gib: int
    start_order: int


# Memory is a ceiling: an idle guest of these kinds uses 15 to 120 MiB. Directory hosts need room for Samba's processes.
_SHAPES = {
    "edge": _Shape("edge", cores=2, memory_mib=384, disk_gib=4, start_order=1),
    "gw": _Shape("gateway", cores=1, memory_mib=256, disk_gib=4, start_order=2),
    "dc": _Shape("directory", cores=2, memory_mib=1024, disk_gib=8, start_order=2),
    "workplace": _Shape("workplace", cores=1, memory_mib=512, disk_gib=6, start_order=4),
    "outside": _Shape("outside", cores=1, memory_mib=384, disk_gib=4, start_order=3),
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


def outside_addresses(federation: Federation) -> tuple[IPv4Address, IPv6Address]:
    """Addresses of the guest that plays the rest of the world."""
    wan = hall_network(federation, "wan")
    return addressing.host4(wan.ipv4, addressing.OUTSIDE).ip, addressing.host6(wan.ipv6, addressing.OUTSIDE).ip


def _hall(federation: Federation) -> tuple[Guest, ...]:
    hall = federation.hall
    nets = {network.name: network for network in networks_of(federation, hall)}
    wan = hall.wan
    upstream = (wan.gateway4, wan.gateway6) if wan.gateway4 or not hall.outside else outside_addresses(federation)
    edge = _guest(
        federation,
        hall,
        name="edge",
        part="edge",
        vm_id=addressing.HALL_IDS["edge"],
        offset=placement.HALL_OFFSETS["edge"],
        legs=(
            _Leg(nets["mgt"], addressing.ROUTER),
            _Leg(nets["transit"], addressing.ROUTER),
            _Leg(nets["svc"], addressing.ROUTER),
            _Leg(nets["dmz"], addressing.ROUTER),
            _Leg(nets["vault"], addressing.ROUTER),
            _Leg(nets["wan"], addressing.ROUTER, gateway=upstream),
        ),
    )
    guests = [_with_forwards(federation, edge)]
    guests += [
        _guest(
            federation,
            hall,
            name=name,
            part="dc",
            vm_id=addressing.HALL_IDS[name],
            offset=placement.HALL_OFFSETS[name],
            domain=hall.ad_domain,
            legs=(_Leg(nets["svc"], number, gateway=router(nets["svc"])),),
        )
        for name, number in addressing.DIRECTORY.items()
    ]
    if hall.outside:
        guests.append(
            _guest(
                federation,
                hall,
                name="outside",
                part="outside",
                vm_id=addressing.HALL_IDS["outside"],
                offset=placement.HALL_OFFSETS["outside"],
                legs=(_Leg(nets["wan"], addressing.OUTSIDE, gateway=router(nets["wan"])),),
            )
        )
    return tuple(guests)


def _vault(federation: Federation, vault: Vault) -> Guest:
    network = hall_network(federation, "vault")
    return _guest(
        federation,
        vault,
        name="vault",
        part="vault",
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
        part="gw",
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
            part="workplace",
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
    part: str,
    vm_id: int,
    offset: int,
    legs: tuple[_Leg, ...],
    domain: str | None = None,
    disk_gib: int | None = None,
) -> Guest:
    hall = federation.hall
    shape = _SHAPES[part]
    member = stack if isinstance(stack, Member) else None
    search = domain or (member.domain if member else hall.domain)
    directory_kind = hall.hypervisor.directory if part == "dc" else "lxc"
    privileged = part == "dc" and directory_kind == "lxc"
    # Central equipment is the federation's, workplace equipment the member's (CLI-06).
    owner = member.key if member and part == "workplace" else federation.name
    return Guest(
        name=name,
        fqdn=f"{name}.{search}",
        stack=stack.name,
        member=member.key if member else None,
        vm_id=vm_id,
        node=placement.place(offset, nodes=hall.hypervisor.nodes),
        kind=directory_kind,
        unprivileged=not privileged,
        nesting=not privileged,
        cores=shape.cores,
        memory_mib=shape.memory_mib,
        disk_gib=disk_gib or shape.disk_gib,
        interfaces=tuple(_interface(leg, vm_id=vm_id, position=position) for position, leg in enumerate(legs)),
        roles=("base",) if shape.role == "vault" else ("base", shape.role),
        tags=("samdrift", f"fed-{federation.name}", f"stack-{stack.name}", f"role-{shape.role}", f"owner-{owner}"),
        start_order=shape.start_order,
        disposable=any(entry.guest == name for entry in hall.disposable),
        nameservers=_nameservers(federation, part=part, legs=legs),
        search=search,
    )


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


def _nameservers(federation: Federation, *, part: str, legs: tuple[_Leg, ...]) -> tuple[str, ...]:
    """Who is in the directory asks its hosts; edge and outside resolve for themselves; all others ask edge.

    A directory host finds the other by name and must not need edge for it.
    """
    if part in {"workplace", "dc"}:
        svc = hall_network(federation, "svc").ipv4
        return tuple(str(addressing.host4(svc, number).ip) for number in addressing.DIRECTORY.values())
    if part in {"edge", "outside"}:
        return ("127.0.0.1",)
    return (str(router(legs[0].network)[0]),)


def _with_forwards(federation: Federation, guest: Guest) -> Guest:
    """A router with what it forwards at each leg; it follows from its rules, which need the router first."""
    forwards = flow.forwarded(federation, guest)
    legs = tuple(leg.model_copy(update={"forwards": forwards[leg.name]}) for leg in guest.interfaces)
    return guest.model_copy(update={"interfaces": legs})
