"""Where people come in: every address that a flow opens to their computers, who may enter, and whom the lab invents.

From the same records as flows, portal and accounts: nothing is listed a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from jinja2 import Environment, StrictUndefined

from samdrift.federation import catalogue, entitlement
from samdrift.federation.application import APPLICATIONS, PORTAL, Application
from samdrift.federation.end import CLIENTS
from samdrift.federation.guest import guests_of
from samdrift.federation.record import Federation, Flow
from samdrift.identity.sample.people import people

FOR_PEOPLE = {"https": "", "imaps": "IMAP", "smtps": "SMTP", "smtp-starttls": "SMTP, STARTTLS"}
"""What browsers and mail programs speak. Everything else is spoken by the workplace itself."""

EVERYBODY = "everybody in the directory"
LETTERS = {"staff": "s", "pupils": "p"}


@dataclass(frozen=True)
class Door:
    """One address."""

    title: str
    """As people read it, Swedish."""
    address: str
    who: str
    networks: str
    """From which of a member's networks it is reached."""
    members: str
    """Keys of the members that have switched the service on."""


@dataclass(frozen=True)
class SamplePerson:
    """Somebody whom the lab invents."""

    account: str
    name: str
    mail: str
    member: str
    kind: str


PASSWORD = "samdrift ssh dc1 samba-tool user setpassword ACCOUNT"
"""A password is nobody's until somebody sets the first one."""


def doors(federation: Federation) -> tuple[Door, ...]:
    """Every encrypted address that people's computers reach: service by service, then the platform's own."""
    fqdn = {guest.name: guest.fqdn for guest in guests_of(federation, federation.hall)}
    return tuple(
        Door(*_named(titel, host, fqdn[host], port, speech), ", ".join(_networks(flow)), members)
        for titel, members, flows in _opened(federation)
        for flow in flows
        if _networks(flow)
        for port, speech in flow.tls
        if speech in FOR_PEOPLE
        for host in flow.target
        if host in fqdn
    )


def samples(federation: Federation, *, each: int = 3) -> tuple[SamplePerson, ...]:
    """The first few of each kind at each member that has invented people."""
    return tuple(_samples(federation, each))


def to_json(federation: Federation) -> dict[str, Any]:
    """The same for a program."""
    return {
        "doors": [asdict(one) for one in doors(federation)],
        "sample_people": [asdict(one) for one in samples(federation)],
        "password": PASSWORD,
    }


def to_html(federation: Federation) -> str:
    """One page; web addresses are links."""
    page = Environment(undefined=StrictUndefined, autoescape=True).from_string(_PAGE)
    facts = {"doors": doors(federation), "people": samples(federation), "password": PASSWORD}
    return page.render(name=federation.name, **facts)


def _opened(federation: Federation) -> Iterator[tuple[str, str, tuple[Flow, ...]]]:
    """Title, members and flows: of each service, then of the platform itself, which no member switches on."""
    for service in (catalogue.BY_NAME[name] for name in catalogue.OFFERED):
        yield service.titel, _members(federation, service.name), service.flows
    yield "Plattformen", "all", catalogue.PLATFORM_FLOWS


def _members(federation: Federation, service: str) -> str:
    having = [one.key for one in federation.members if service in one.services]
    return "all" if len(having) == len(federation.members) else ", ".join(having)


def _networks(flow: Flow) -> list[str]:
    return [name for name in CLIENTS if name in flow.source]


def _named(titel: str, host: str, fqdn: str, port: str, speech: str) -> tuple[str, str, str]:
    """Title, address, and who may enter."""
    found = next((one for one in APPLICATIONS if one.guest == host), None)
    if speech != "https":
        return f"{titel}: {FOR_PEOPLE[speech]}", f"{fqdn}:{port}", _who(found)
    address = f"https://{fqdn}/" if port == "443" else f"https://{fqdn}:{port}/"
    if host == PORTAL:
        return "Inloggning", address, EVERYBODY
    return (found.title if found else titel), address, _who(found)


def _who(application: Application | None) -> str:
    if application is None:
        return EVERYBODY
    kinds = [kind for kind in entitlement.kinds() if application.opens_to(kind)]
    groups = ", ".join(kinds or application.groups)
    return f"{groups}; with a second factor" if application.second_factor else groups


def _samples(federation: Federation, each: int) -> Iterator[SamplePerson]:
    for member in federation.members:
        sizes = (member.people or federation.hall.people).model_dump()
        for kind, letter in LETTERS.items():
            for one in people(member.key, kind, letter, min(each, sizes[kind])):
                account, name = f"{member.key}.{one.number}", f"{one.first} {one.last}"
                yield SamplePerson(account, name, one.address(member.domain), member.key, kind)


_PAGE = """<!DOCTYPE html>
<html lang="sv">
<head>
<meta charset="utf-8">
<title>{{ name }}</title>
<style>
body { font-family: sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }
th, td { text-align: left; padding: .3em 1em .3em 0; border-bottom: 1px solid #ddd }
</style>
</head>
<body>
<h1>{{ name }}</h1>
<table>
<tr><th>Tjänst</th><th>Adress</th><th>Vem</th><th>Från</th><th>Kommuner</th></tr>
{% for one in doors %}
<tr><td>{{ one.title }}</td><td>{% if one.address.startswith("https:") -%}
<a href="{{ one.address }}">{{ one.address }}</a>{% else %}{{ one.address }}{% endif %}</td>
<td>{{ one.who }}</td><td>{{ one.networks }}</td><td>{{ one.members }}</td></tr>
{% endfor %}
</table>
{% if people %}
<h2>Påhittade personer</h2>
<p>Ett första lösenord: <code>{{ password }}</code></p>
<table>
<tr><th>Konto</th><th>Namn</th><th>E-post</th><th>Kommun</th><th>Slag</th></tr>
{% for one in people %}
<tr><td>{{ one.account }}</td><td>{{ one.name }}</td><td>{{ one.mail }}</td><td>{{ one.member }}</td>
<td>{{ one.kind }}</td></tr>
{% endfor %}
</table>
{% endif %}
</body>
</html>
"""
