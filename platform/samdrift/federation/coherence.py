"""Whether the facts of all stack files fit together: official codes, domains, prefixes, services, decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from ipaddress import IPv4Network

from samdrift.federation import addressing, catalogue, database, municipality, publication
from samdrift.federation import hall as hall_guests
from samdrift.federation.document import Document, Path_
from samdrift.federation.end import CLIENTS, SELECTORS, forbidden, unreachable_packages
from samdrift.federation.inventory import unmapped
from samdrift.federation.mistake import Mistake, shown
from samdrift.federation.network import prefix4
from samdrift.federation.record import AnyStack, Disposable, Flow, Hall, Member, Vault, Waiver
from samdrift.federation.schema import one_of

Report = Callable[..., Mistake]

KEY_LENGTH = 11
"""A workplace is called `<key>-adm`, and a computer's account in the directory has 15 characters at most."""


def check(stacks: tuple[AnyStack, ...], *, documents: Mapping[str, Document], today: date) -> list[Mistake]:
    """Every mistake that is visible only with all files side by side, or with the official register."""
    halls = [stack for stack in stacks if isinstance(stack, Hall)]
    members = [stack for stack in stacks if isinstance(stack, Member)]
    mistakes: list[Mistake] = []
    for hall in halls:
        mistakes += _hall(hall, _reporter(hall, documents), stacks=stacks, today=today)
    for member in members:
        report = _reporter(member, documents)
        if len(member.key) > KEY_LENGTH:
            accepted = f"a key of at most {KEY_LENGTH} characters: {member.key}-adm is a computer's name, at most 15"
            mistakes.append(Mistake(member.file, 0, "", f"the key {member.key!r}", accepted))
        mistakes += _municipality(member, report)
        mistakes += _domain(member, report, stacks=stacks)
        mistakes += _prefix(member, report, members=members, halls=halls)
        mistakes += _services(member, report)
        mistakes += _records(member, report)
        mistakes += _flows(member.flows, report, selectors=CLIENTS, packages=None)
        document = documents.get(f"{member.file.split('/')[0]}/inventory/{member.key}.yaml")
        if document is not None:
            mistakes += _inventory(member, document)
    return mistakes


def _reporter(stack: AnyStack, documents: Mapping[str, Document]) -> Report:
    document = documents[stack.file]

    def report(*path: str | int, found: str, accepted: str) -> Mistake:
        return document.mistake(("config", "samdrift:stack", *path), found=found, accepted=accepted)

    return report


def _hall(hall: Hall, report: Report, *, stacks: tuple[AnyStack, ...], today: date) -> Iterator[Mistake]:
    hypervisor = hall.hypervisor
    if len(set(hypervisor.nodes)) != len(hypervisor.nodes):
        yield report("hypervisor", "nodes", found="a node twice", accepted="each node once")
    if hypervisor.uplinks.adm == hypervisor.uplinks.ped:
        accepted = f"a bridge other than adm's ({hypervisor.uplinks.adm}): the two networks are physically two"
        yield report("hypervisor", "uplinks", "ped", found=shown(hypervisor.uplinks.ped), accepted=accepted)
    if hypervisor.directory == "vm" and hypervisor.image is None:
        accepted = "the volume id of a disk image: directory hosts are VMs here"
        yield report("hypervisor", "image", found="nothing", accepted=accepted)
    if hall.wan.ipv4.overlaps(addressing.HALL4):
        yield report("wan", "ipv4", found=shown(str(hall.wan.ipv4)), accepted=f"a prefix outside {addressing.HALL4}")
    for key, gateway, prefix in (
        ("gateway4", hall.wan.gateway4, hall.wan.ipv4),
        ("gateway6", hall.wan.gateway6, hall.wan.ipv6),
    ):
        if gateway is not None and gateway not in prefix:
            yield report("wan", key, found=shown(str(gateway)), accepted=f"an address in {prefix}")
    if hall.packages and (why := forbidden("adm", "packages", packages=hall.packages)):
        yield report("packages", found=shown(hall.packages), accepted=f"an address that clients may reach: {why}")
    if hall.packages and (why := unreachable_packages(hall.packages)):
        yield report("packages", found=shown(hall.packages), accepted=why)
    yield from _flows(hall.flows, report, selectors=SELECTORS, packages=hall.packages)
    yield from _published(hall, report)
    yield from _databases(hall, report)
    guests = _guest_names(stacks)
    yield from _decisions(hall.waivers, report, "waivers", guests=guests, today=today)
    yield from _decisions(hall.disposable, report, "disposable", guests=guests, today=today)


def _decisions(
    decisions: Sequence[Waiver | Disposable],
    report: Report,
    key: str,
    *,
    guests: tuple[str, ...],
    today: date,
) -> Iterator[Mistake]:
    ids: set[str] = set()
    for number, decision in enumerate(decisions):
        field, guest = ("subject", decision.subject) if isinstance(decision, Waiver) else ("guest", decision.guest)
        if guest not in guests:
            yield report(key, number, field, found=shown(guest), accepted=one_of(guests, wrong=guest))
        if decision.ends < today:
            accepted = f"a day not before today ({today}): renew the decision or remove what it excuses"
            yield report(key, number, "ends", found=str(decision.ends), accepted=accepted)
        identity = decision.id if isinstance(decision, Waiver) else decision.guest
        if identity in ids:
            yield report(key, number, found=f"{identity} a second time", accepted="each once; ids are never reused")
        ids.add(identity)


def _flows(
    flows: tuple[Flow, ...], report: Report, *, selectors: tuple[str, ...], packages: str | None
) -> Iterator[Mistake]:
    taken = {entry.name for entry in catalogue.PLATFORM_FLOWS} | {
        entry.name for service in catalogue.SERVICES for entry in service.flows
    }
    for number, entry in enumerate(flows):
        if entry.name in taken:
            yield report("flows", number, "name", found=shown(entry.name), accepted="a name no other flow has")
        taken.add(entry.name)
        if (entry.protocol == "icmp") == bool(entry.ports):
            accepted = "no ports with icmp, one or more with tcp and udp"
            yield report("flows", number, "ports", found=shown(list(entry.ports)), accepted=accepted)
        for ports in entry.ports:
            low, _, high = ports.partition("-")
            if not int(low) <= int(high or low) <= 65535:
                yield report("flows", number, "ports", found=shown(ports), accepted="ports up to 65535, low-high")
        known = True
        for field, names in (("source", entry.source), ("target", entry.target)):
            for position, name in enumerate(names):
                if name not in selectors:
                    known = False
                    yield report(
                        "flows", number, field, position, found=shown(name), accepted=one_of(selectors, wrong=name)
                    )
        if not known:
            continue
        for source in entry.source:
            for target in entry.target:
                if why := forbidden(source, target, packages=packages):
                    yield report("flows", number, found=f"{source} to {target}", accepted=f"no such flow: {why}")


def _published(hall: Hall, report: Report) -> Iterator[Mistake]:
    for number, entry in enumerate(hall.flows):
        if "wan" in entry.source and publication.ZONE in entry.target:
            accepted = "guests by name: a port of edge's leads to one host"
            yield report("flows", number, "target", found=shown(publication.ZONE), accepted=accepted)
    offered = (flow for name in catalogue.OFFERED for flow in catalogue.BY_NAME[name].flows)
    for flow, why in publication.claimed_twice(
        (*catalogue.PLATFORM_FLOWS, *publication.for_authority(hall), *offered, *hall.flows)
    ):
        if flow in hall.flows:
            accepted = f"a port that nobody else has on the Internet's side: {why}"
            yield report("flows", hall.flows.index(flow), "ports", found=shown(list(flow.ports)), accepted=accepted)


def _databases(hall: Hall, report: Report) -> Iterator[Mistake]:
    taken = {*database.RESERVED, *(one.name for one in database.SYSTEMS)}
    names = tuple(hall_guests.BY_NAME)
    for number, entry in enumerate(hall.databases):
        if entry.name in taken:
            accepted = "a name that no other system has, nor PostgreSQL itself"
            yield report("databases", number, "name", found=shown(entry.name), accepted=accepted)
        taken.add(entry.name)
        for position, host in enumerate(entry.hosts):
            where = ("databases", number, "hosts", position)
            if host not in names:
                yield report(*where, found=shown(host), accepted=one_of(names, wrong=host))
            elif why := forbidden(host, database.HOST):
                yield report(*where, found=shown(host), accepted=f"no such way: {why}")


def _municipality(member: Member, report: Report) -> Iterator[Mistake]:
    register = municipality.official()
    if member.synthetic or member.code in municipality.SYNTHETIC:
        if not member.synthetic:
            accepted = "synthetic: true with this code, or an official code"
            yield report("code", found=shown(member.code), accepted=accepted)
        elif member.code not in municipality.SYNTHETIC:
            accepted = f"{municipality.SYNTHETIC[0]} to {municipality.SYNTHETIC[-1]} for a synthetic member"
            yield report("code", found=shown(member.code), accepted=accepted)
        elif any(row.name == member.municipality for row in register.values()):
            accepted = "for a synthetic member a name no municipality has"
            yield report("name", found=shown(member.municipality), accepted=accepted)
        return
    named = [row for row in register.values() if row.name == member.municipality]
    if member.code not in register:
        hint = f"{named[0].code}, the code of {named[0].name}" if named else "an official municipality code"
        yield report("code", found=shown(member.code), accepted=hint)
    elif register[member.code].name != member.municipality:
        accepted = f"{register[member.code].name}, the official name of {member.code}"
        hint = f" (or code {named[0].code} for {named[0].name})" if named else ""
        yield report("name", found=shown(member.municipality), accepted=accepted + hint)


def _domain(member: Member, report: Report, *, stacks: tuple[AnyStack, ...]) -> Iterator[Mistake]:
    for other in stacks:
        if other.key == member.key or isinstance(other, Vault):
            continue
        if other.domain == member.domain:
            yield report("domain", found=shown(member.domain), accepted=f"a domain other than that of {other.name}")
        if isinstance(other, Member) and other.code == member.code:
            yield report("code", found=shown(member.code), accepted=f"a code other than that of {other.name}")
        if isinstance(other, Hall) and f".{member.domain}".endswith(f".{other.ad_domain}"):
            accepted = f"a domain outside {other.ad_domain}, the directory's own"
            yield report("domain", found=shown(member.domain), accepted=accepted)
    if member.orderer.mail.rsplit("@", maxsplit=1)[-1] != member.domain:
        accepted = (
            f"a mailbox in {member.domain}: the orderer is the member's, not the operating organisation's (GOV-03)"
        )
        yield report("orderer", "mail", found=shown(member.orderer.mail), accepted=accepted)


def _prefix(member: Member, report: Report, *, members: list[Member], halls: list[Hall]) -> Iterator[Mistake]:
    if not member.code.isdecimal() or (member.prefix is None and not _known(member)):
        return
    own = prefix4(member)
    if member.prefix is not None and not any(own.subnet_of(space) for space in addressing.member_space4()):
        accepted = f"a private prefix (RFC 1918) that does not overlap the hall's {addressing.HALL4}"
        yield report("prefix", found=shown(str(own)), accepted=accepted)
    taken: list[tuple[str, IPv4Network]] = [(hall.name, hall.wan.ipv4) for hall in halls]
    taken += [
        (other.name, prefix4(other))
        for other in members
        if other.key != member.key and other.code != member.code and (other.prefix is not None or _known(other))
    ]
    for name, other in taken:
        # Both stacks are named, once: where one of two has an override, there.
        if own.overlaps(other) and (member.prefix is not None):
            accepted = f"a prefix that does not overlap {other} of {name}"
            yield report("prefix", found=f"{own} of {member.name}", accepted=accepted)


def _known(member: Member) -> bool:
    return member.code in municipality.official() or member.code in municipality.SYNTHETIC


def _services(member: Member, report: Report) -> Iterator[Mistake]:
    for number, name in enumerate(member.services):
        service = catalogue.BY_NAME.get(name)
        if service is None:
            yield report("services", number, found=shown(name), accepted=one_of(catalogue.OFFERED, wrong=name))
        elif service.status != "offered":
            accepted = f"an offered service ({one_of(catalogue.OFFERED)}); {name} is planned"
            yield report("services", number, found=shown(name), accepted=accepted)
        else:
            if name in member.services[:number]:
                yield report("services", number, found=f"{name} a second time", accepted="each service once")
            for required in service.requires:
                if required not in member.services:
                    yield report("services", number, found=shown(name), accepted=f"{name} together with {required}")
            for why in unmapped(member.inventory, name):
                accepted = f"{name} only when the member's rows for it are mapped (ONB-01): {why}"
                yield report("services", number, found=shown(name), accepted=accepted)


def _records(member: Member, report: Report) -> Iterator[Mistake]:
    """A member's own records beside those that follow from its mail service (docs/dns.md)."""
    ours = {("@", "MX"), ("_dmarc", "TXT"), ("s1._domainkey", "TXT")} if "mail" in member.services else set()
    for number, record in enumerate(member.records):
        others = [one for position, one in enumerate(member.records) if one.name == record.name and position != number]
        is_sender = record.name == "@" and record.type == "TXT" and record.value.startswith("v=spf1")
        if (record.name, record.type) in ours or (is_sender and ours):
            accepted = "no such record: it follows from the service mail"
            yield report("records", number, found=f"{record.type} of {record.name}", accepted=accepted)
        if record in member.records[:number]:
            yield report("records", number, found=f"{record.name} a second time", accepted="each record once")
        elif record.type == "CNAME" and (others or record.name in {"@", *(name for name, _ in ours)}):
            accepted = "a CNAME only where no other record is (RFC 1034, 3.6.2)"
            yield report("records", number, found=f"CNAME of {record.name}", accepted=accepted)


def _inventory(member: Member, document: Document) -> Iterator[Mistake]:
    ids: set[str] = set()
    for number, item in enumerate(member.inventory):
        path: Path_ = ("items", number)
        if item.id in ids:
            yield document.mistake((*path, "id"), found=f"{item.id} a second time", accepted="each id once")
        ids.add(item.id)
        if item.category not in catalogue.CATEGORIES:
            accepted = one_of(catalogue.CATEGORIES, wrong=item.category)
            yield document.mistake((*path, "category"), found=shown(item.category), accepted=accepted)
        if item.target_service is not None and item.target_service not in catalogue.BY_NAME:
            accepted = one_of(catalogue.BY_NAME, wrong=item.target_service)
            yield document.mistake((*path, "target_service"), found=shown(item.target_service), accepted=accepted)
        if item.decision != "undecided" and item.decided_by is None:
            yield document.mistake((*path, "decided_by"), found="nothing", accepted=f"who decided to {item.decision}")
        if item.decision == "replace" and item.target_service is None:
            yield document.mistake((*path, "target_service"), found="nothing", accepted="the service that replaces it")
        if item.decision == "exception" and item.reason is None:
            yield document.mistake((*path, "reason"), found="nothing", accepted="why it stays outside the platform")


def _guest_names(stacks: tuple[AnyStack, ...]) -> tuple[str, ...]:
    names = ["vault"] if any(isinstance(stack, Vault) for stack in stacks) else []
    for stack in stacks:
        if isinstance(stack, Hall):
            names += [guest.name for guest in hall_guests.present(stack)]
        elif isinstance(stack, Member):
            names += [f"{stack.key}-{part}" for part in addressing.MEMBER_IDS]
    return tuple(names)
