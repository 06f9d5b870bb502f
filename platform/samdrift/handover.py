"""The host records: the only seam between the infrastructure's half and the hosts' half.

A stack's program exports them (`hosts`); they are kept as `handover/<stack>.json` in the state directory; inventories
read them. Records carry references to secrets, never secrets. The format has a version, and each record the digest of
the stack files it was made from: what is not what the files and the code of today would give is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from samdrift.federation import addressing, catalogue, municipality
from samdrift.federation.derived import Guest
from samdrift.federation.guest import guests_of
from samdrift.federation.load import load_federation
from samdrift.federation.network import hall_network, networks_of
from samdrift.federation.record import AnyStack, Federation, Member, PublicRecord, Record, Support, Vault
from samdrift.federation.setting import settings_of

VERSION = 1

ENGINEER_KEY = "id_ed25519"
VAULT_KEY = "vault_ed25519"
"""The vault has a key of its own, which opens nothing else: who enters the hall's hosts does not thereby enter it."""


class HandoverError(Exception):
    """A file of host records cannot be used; one sentence that says which command to run."""


class HostInterface(Record):
    """One leg of a host, as it was declared."""

    name: str
    network: str
    vnet: str
    mac: str
    ipv4: str
    """Address with prefix length: `10.80.96.1/21`."""
    ipv6: str
    gateway4: str | None
    gateway6: str | None


class Ssh(Record):
    """How the engineer reaches a host: its address, and the host to jump from (None: directly from the desk)."""

    address: str
    user: str = "root"
    jump: str | None
    key: str = ENGINEER_KEY
    """Name of the engineer's key that opens it, in the state folder's `ssh/`."""


class Announcement(Record):
    """What the hall must know of a member, carried by its gateway: for edge's routes and sets, the directory's OUs."""

    key: str
    name: str
    code: str
    domain: str
    services: tuple[str, ...]
    adm4: str
    adm6: str
    ped4: str
    ped6: str
    via4: str
    via6: str
    staff: int
    pupils: int
    school: str | None
    support: Support
    records: tuple[PublicRecord, ...] = ()

    @property
    def has_zone(self) -> bool:
        """Whether its zone is held here: a member that moved neither mail nor records has its zone where it was."""
        return "mail" in self.services or bool(self.records)


class HostRecord(Record):
    """One host: where it is, how it is reached, which roles it has and with which settings."""

    version: Literal[1] = 1
    federation: str
    stack: str
    digest: str
    """SHA-256 over the facts of the hall's and the own stack file, the own inventory and the service catalogue."""
    name: str
    fqdn: str
    member: str | None
    node: str
    vm_id: int
    kind: Literal["lxc", "vm"]
    interfaces: tuple[HostInterface, ...]
    ssh: Ssh
    nameservers: tuple[str, ...]
    roles: dict[str, dict[str, Any]]
    announces: Announcement | None = None


_RECORDS: TypeAdapter[tuple[HostRecord, ...]] = TypeAdapter(tuple[HostRecord, ...])


def host_records(federation: Federation, stack: AnyStack) -> tuple[HostRecord, ...]:
    """The records of a stack's guests: what its program exports."""
    digest = digest_of(federation, stack)
    return tuple(_record(federation, stack, guest, digest=digest) for guest in guests_of(federation, stack))


def digest_of(federation: Federation, stack: AnyStack) -> str:
    """Digest of the facts that a stack's records follow from. Comments and layout of the files do not count."""
    facts = [one.model_dump(mode="json", exclude={"file"}) for one in (federation.hall, stack)]
    facts += [one.model_dump(mode="json") for one in (*catalogue.PLATFORM_FLOWS, *catalogue.BY_NAME.values())]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def write_json(records: Iterable[HostRecord]) -> str:
    """Records as the text of a handover file."""
    return json.dumps(_plain(records), indent=2, ensure_ascii=False) + "\n"


def _plain(records: Iterable[HostRecord]) -> list[dict[str, Any]]:
    return [record.model_dump(mode="json") for record in records]


def read_handover(path: Path, stacks_dir: Path) -> tuple[HostRecord, ...]:
    """The records of one stack.

    Raises: HandoverError where the file is missing, unreadable, of another version, or older than the stack files;
    LoadError where the stack files themselves have mistakes.
    """
    records = _parse(path)
    if not records:
        raise HandoverError(f"{path} holds no host record; run: samdrift up {path.stem}")
    return _fresh(path, records, load_federation(stacks_dir, records[0].federation))


def read_all(handover_dir: Path, stacks_dir: Path) -> tuple[HostRecord, ...]:
    """The records of all stacks that are up, the hall's with the members filled in.

    Raises: as `read_handover`.
    """
    files = sorted(handover_dir.glob("*.json"))
    found = {path: _parse(path) for path in files}
    federations = {
        name: load_federation(stacks_dir, name)
        for name in {record.federation for records in found.values() for record in records}
    }
    fresh = [_fresh(path, records, federations[records[0].federation]) for path, records in found.items() if records]
    return fill_members(record for records in fresh for record in records)


def fill_members(records: Iterable[HostRecord]) -> tuple[HostRecord, ...]:
    """The same records with what the members' gateways announce put into the settings of the roles that must know.

    The one place where the hall comes to know of its members: a join or a leave changes settings of hosts, no resource.
    """
    everyone = tuple(records)
    announced = sorted((one.announces for one in everyone if one.announces), key=lambda one: one.key)
    return tuple(_filled(record, announced) for record in everyone)


def _filled(record: HostRecord, announced: list[Announcement]) -> HostRecord:
    told = {
        role: {**settings, "members": [view for one in announced if (view := _TOLD[role](one)) is not None]}
        for role, settings in record.roles.items()
        if role in _TOLD
    }
    return record.model_copy(update={"roles": {**record.roles, **told}}) if told else record


def _for_edge(one: Announcement) -> dict[str, Any]:
    networks = one.model_dump(exclude={"key", "domain", "services", "staff", "pupils", "school", "records", "support"})
    return {**networks, "domain": one.domain if one.has_zone else None, "mail": "mail" in one.services}


def _for_nameserver(one: Announcement) -> dict[str, Any] | None:
    key = {"public": f"dkim-{one.key}.rsa"} if "mail" in one.services else None
    records = [record.model_dump() for record in one.records]
    return {"domain": one.domain, "dkim": key, "records": records} if one.has_zone else None


def _for_outside(one: Announcement) -> dict[str, Any] | None:
    return {"domain": one.domain} if one.has_zone else None


def _for_directory(one: Announcement) -> dict[str, Any] | None:
    if "directory" not in one.services:
        return None
    return {"key": one.key, "name": one.name, "domain": one.domain}


def _for_accounts(one: Announcement) -> dict[str, Any] | None:
    if "directory" not in one.services:
        return None
    invented = one.staff or one.pupils
    return {
        "key": one.key,
        "name": one.name,
        "domain": one.domain,
        "sample": {"staff": one.staff, "pupils": one.pupils} if invented else None,
        "school": one.school,
        "school_token": {"secret": f"school-{one.key}"},
        "hr_key": {"public": f"hr-{one.key}.ed25519"},
    }


def _for_mail(one: Announcement) -> dict[str, Any] | None:
    return one.model_dump(include={"key", "name", "domain"}) if "mail" in one.services else None


def _for_helpdesk(one: Announcement) -> dict[str, Any] | None:
    return one.model_dump(include={"key", "name", "domain", "support"}) if "help-desk" in one.services else None


def _for_relay(one: Announcement) -> dict[str, Any] | None:
    return {"domain": one.domain, "dkim": {"secret": f"dkim-{one.key}.rsa"}} if "mail" in one.services else None


def _for_monitor(one: Announcement) -> dict[str, Any]:
    adm, ped = (ip_network(prefix) for prefix in (one.adm4, one.ped4))
    sites = [
        {"name": f"{one.key}-{kind}", "network": kind, "address": str(network[addressing.WORKPLACE])}
        for kind, network in (("adm", adm), ("ped", ped))
        if "workplace" in one.services
    ]
    gateway = {"name": f"{one.key}-gw", "address": one.via4}
    return {"key": one.key, "name": one.name, "services": list(one.services), "gateway": gateway, "sites": sites}


_TOLD: dict[str, Callable[[Announcement], dict[str, Any] | None]] = {
    "edge": _for_edge,
    "nameserver": _for_nameserver,
    "outside": _for_outside,
    "directory": _for_directory,
    "accounts": _for_accounts,
    "mail": _for_mail,
    "helpdesk": _for_helpdesk,
    "relay": _for_relay,
    "monitor": _for_monitor,
}
"""What a role's setting `members` says of one member; None where the member has not switched the role's service on."""


def _parse(path: Path) -> tuple[HostRecord, ...]:
    command = f"run: samdrift up {path.stem}"
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise HandoverError(f"{path} does not exist: the stack is not up; {command}") from None
    except ValueError:
        raise HandoverError(f"{path} is not JSON: it was cut off or changed by hand; {command}") from None
    versions = (
        {entry.get("version") for entry in plain if isinstance(entry, dict)} if isinstance(plain, list) else set()
    )
    if versions - {VERSION}:
        found = ", ".join(sorted(map(str, versions)))
        raise HandoverError(f"{path} has host records of version {found}, this samdrift reads {VERSION}; {command}")
    try:
        return _RECORDS.validate_python(plain)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise HandoverError(f"{path} is no list of host records ({where}: {first['msg']}); {command}") from None


def _fresh(path: Path, records: tuple[HostRecord, ...], federation: Federation) -> tuple[HostRecord, ...]:
    name = records[0].stack
    try:
        stack = federation.stack(name)
    except LookupError:
        raise HandoverError(
            f"{path} is of {name}, which has no stack file any more: put the file back, then run: samdrift down {name}"
        ) from None
    # The digest for what a stack makes without its hosts being told; the rest for what the code says of them by now.
    if _plain(records) != _plain(host_records(federation, stack)):
        raise HandoverError(
            f"{path} is older than the stack files, the catalogue or what follows from them; run: samdrift up {name}"
        )
    return records


def _record(federation: Federation, stack: AnyStack, guest: Guest, *, digest: str) -> HostRecord:
    return HostRecord(
        federation=federation.name,
        stack=stack.name,
        digest=digest,
        name=guest.name,
        fqdn=guest.fqdn,
        member=guest.member,
        node=guest.node,
        vm_id=guest.vm_id,
        kind=guest.kind,
        interfaces=tuple(
            HostInterface(
                name=leg.name,
                network=leg.name,
                vnet=leg.vnet,
                mac=leg.mac,
                ipv4=str(leg.ipv4),
                ipv6=str(leg.ipv6),
                gateway4=str(leg.gateway4) if leg.gateway4 else None,
                gateway6=str(leg.gateway6) if leg.gateway6 else None,
            )
            for leg in guest.interfaces
        ),
        # The first leg is the one towards the bastion: edge's in mgt, a gateway's in transit.
        ssh=Ssh(
            address=str(guest.interfaces[0].ipv4.ip),
            jump=None if "edge" in guest.roles else "edge",
            key=VAULT_KEY if isinstance(stack, Vault) else ENGINEER_KEY,
        ),
        nameservers=guest.nameservers,
        roles=settings_of(federation, guest),
        announces=_announcement(federation, stack) if "gateway" in guest.roles and isinstance(stack, Member) else None,
    )


def _announcement(federation: Federation, member: Member) -> Announcement:
    adm, ped = networks_of(federation, member)
    transit = hall_network(federation, "transit")
    number = addressing.transit_number(municipality.ordinal(member.code))
    people = member.people or federation.hall.people
    return Announcement(
        key=member.key,
        name=member.municipality,
        code=member.code,
        domain=member.domain,
        services=member.services,
        adm4=str(adm.ipv4),
        adm6=str(adm.ipv6),
        ped4=str(ped.ipv4),
        ped6=str(ped.ipv6),
        via4=str(addressing.host4(transit.ipv4, number).ip),
        via6=str(addressing.host6(transit.ipv6, number).ip),
        staff=people.staff,
        pupils=people.pupils,
        school=member.school,
        support=member.support or federation.hall.support,
        records=member.records,
    )
