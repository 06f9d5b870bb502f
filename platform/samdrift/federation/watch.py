"""What is watched, from where: computed from the catalogue, so that what is declared is watched because it is declared.

A *look* is one thing a person's computer does at a port that a flow opens to it: the monitor has it done at each
member's own workplaces, and keeps every answer. Services that no such computer speaks to have none: of these the hosts
are watched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from samdrift.federation import catalogue, hall, monitoring
from samdrift.federation.application import PORTAL
from samdrift.federation.derived import Guest
from samdrift.federation.end import CLIENTS
from samdrift.federation.guest import guests_of, hall_address, router
from samdrift.federation.network import hall_network
from samdrift.federation.record import Federation, Flow, Page

NETWORK = "network"
"""What the platform itself opens to people's computers, as if it were a service."""

TRANSACTIONS: dict[str, tuple[str, str]] = {
    "sign-in": ("directory", "The workplace signs in at the directory anew, with its own account"),
    "people": ("workplace", "The workplace knows the directory's people"),
}
"""What is tried as a whole, its result looked at: name, the service it is part of, and what is done."""

SYSTEM_OF = {
    "directory": "Konto och inloggning",
    "help-desk": "Verksamhetssystem",
    "mail": "E-post och kalender",
    "spam-filter": "E-post och kalender",
    "workplace": "Dator och utskrift",
    NETWORK: "Nät och Internet",
}
"""Service -> the help desk's word for what a case is about (`support.SYSTEMS`); of others it is `Verksamhetssystem`."""

_MODULES = {"ldaps": "tls", "imaps": "imaps", "smtps": "smtps", "smtp-starttls": "smtp-starttls"}


@dataclass(frozen=True)
class Look:
    """One thing that is tried from a member's network; it succeeds when any of its targets answers as it shall."""

    name: str
    service: str
    networks: tuple[str, ...]
    """Whose computers do this: `adm`, `ped`."""
    module: str
    """Of the blackbox exporter's modules (`modules`), or `transaction` for one of `TRANSACTIONS`."""
    targets: dict[str, str]
    """Host -> what the module takes: an address and port, or an address of a page."""

    def as_setting(self) -> dict[str, Any]:
        """In JSON types."""
        return {**asdict(self), "networks": list(self.networks)}


def looks(federation: Federation) -> tuple[Look, ...]:
    """Everything that is tried for some member; a member's are those of the services it has switched on."""
    fqdn = {guest.name: guest.fqdn for guest in guests_of(federation, federation.hall)}
    # The monitor's own pages are nothing that members have: without them no member's network is down. That they are
    # served is seen by their unit.
    platform = [flow for flow in catalogue.PLATFORM_FLOWS if monitoring.HOST not in flow.target]
    found = [look for flow in platform for look in _of_flow(federation, NETWORK, flow, fqdn)]
    for name in catalogue.OFFERED:
        for flow in catalogue.BY_NAME[name].flows:
            found += _of_flow(federation, name, flow, fqdn)
    # The host is none of the hall's alone: whoever signs in asks any of them.
    found += [Look(name, service, CLIENTS, "transaction", {"": name}) for name, (service, _) in TRANSACTIONS.items()]
    return tuple(found)


def modules(federation: Federation, guest: Guest) -> dict[str, Any]:
    """Modules of the blackbox exporter on a member's workplace: what is said, and what must be answered.

    Certificates are proved as a person's computer proves them. Addresses are IPv4: NET-03 looks at both families.
    """
    four = {"preferred_ip_protocol": "ip4"}
    portal = hall_address(federation, PORTAL)[0]
    name = f"{PORTAL}.{federation.hall.domain}"
    # What a record of that name looks like in full (RFC 1035, 5.1), with the address that was planned.
    record = rf"^{name.replace('.', '[.]')}[.]\t[0-9]+\tIN\tA\t{str(portal).replace('.', '[.]')}$"
    asked = {
        "query_name": name,
        "query_type": "A",
        "valid_rcodes": ["NOERROR"],
        "validate_answer_rrs": {"fail_if_none_matches_regexp": [record]},
        **four,
    }
    greets: list[dict[str, Any]] = [{"expect": "^220 "}, {"send": "EHLO probe.invalid"}]
    signs_in = [{"expect": "^250[- ]AUTH "}, {"send": "QUIT"}, {"expect": "^221 "}]
    reads = [{"expect": r"^\* OK"}, {"send": "a LOGOUT"}, {"expect": r"^\* BYE"}]
    secure = {"tls": True, "tls_config": {}}
    switches = [{"expect": "^250[- ]STARTTLS"}, {"send": "STARTTLS"}, {"expect": "^220 "}, {"starttls": True}]
    found: dict[str, Any] = {
        "echo": {"prober": "icmp", "icmp": four},
        "tcp": {"prober": "tcp", "tcp": four},
        "tls": {"prober": "tcp", "tcp": {**four, **secure}},
        "imaps": {"prober": "tcp", "tcp": {**four, **secure, "query_response": reads}},
        "smtps": {"prober": "tcp", "tcp": {**four, **secure, "query_response": [*greets, *signs_in]}},
        "smtp-starttls": {
            "prober": "tcp",
            "tcp": {**four, "query_response": [*greets, *switches, greets[1], *signs_in]},
        },
        "names-udp": {"prober": "dns", "dns": {**asked, "transport_protocol": "udp"}},
        "names-tcp": {"prober": "dns", "dns": {**asked, "transport_protocol": "tcp"}},
    }
    member = next((one for one in federation.members if one.key == guest.member), None)
    for flow, page in _pages():
        text = page.shows.replace("{member}", member.municipality if member else "")
        found[page_module(flow, page)] = {
            "prober": "http",
            "http": {
                **four,
                "fail_if_not_ssl": True,
                "fail_if_body_not_matches_regexp": [text],
                # The webmail tells a browser that it does not know to go away.
                "headers": {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
            },
        }
    return found


def page_module(flow: Flow, page: Page) -> str:
    """Name of the module that reads this page."""
    return f"page-{flow.name}-{page.port}"


def unlooked(federation: Federation) -> tuple[str, ...]:
    """Offered services that no member's computer speaks to: nothing is measured of them where people sit."""
    seen = {look.service for look in looks(federation)}
    return tuple(name for name in catalogue.OFFERED if name not in seen)


def service_of(role: str) -> str:
    """The service that hosts of this role carry; `network` for those that carry all."""
    return next((one.name for one in catalogue.SERVICES if role in one.roles), NETWORK)


def _pages() -> Iterator[tuple[Flow, Page]]:
    for name in catalogue.OFFERED:
        for flow in catalogue.BY_NAME[name].flows:
            for page in flow.pages:
                yield flow, page


def _of_flow(federation: Federation, service: str, flow: Flow, fqdn: dict[str, str]) -> Iterator[Look]:
    networks = tuple(name for name in CLIENTS if name in flow.source)
    hosts = [name for name in flow.target if name in fqdn]
    if not networks or not hosts:
        return

    def look(port: str, module: str, targets: dict[str, str]) -> Look:
        return Look(f"{flow.name} {port}".strip(), service, networks, module, targets)

    if flow.protocol == "icmp":
        yield look("", "echo", {host: _address(federation, host) for host in hosts})
        return
    speech = dict(flow.tls)
    # A range is opened for what a host gives out by number: nobody need listen on each.
    for port in (one for one in flow.ports if "-" not in one):
        said = speech.get(port, "")
        plain = {host: f"{_address(federation, host)}:{port}" for host in hosts}
        if said == "https":
            for page in (one for one in flow.pages if one.port == port):
                at = "" if port == "443" else f":{port}"
                pages = {host: f"https://{fqdn[host]}{at}{page.path}" for host in hosts}
                yield look(port, page_module(flow, page), pages)
        elif said in _MODULES:
            # By name, as people know it: the certificate must be of that name.
            yield look(port, _MODULES[said], {host: f"{fqdn[host]}:{port}" for host in hosts})
        elif port == "53":
            yield look(port, f"names-{flow.protocol}", plain)
        elif flow.protocol == "tcp":
            yield look(port, "tcp", plain)


def _address(federation: Federation, host: str) -> str:
    """IPv4 address of a host of the hall as the members' computers know it."""
    if host == hall.GUESTS[0].name:
        return str(router(hall_network(federation, "transit"))[0])
    return str(hall_address(federation, host)[0])
