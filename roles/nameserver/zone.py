"""The text of a public zone: pure, so that unit tests read what the world is told."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from roles.nameserver.settings import Settings

STRING = 255
"""Characters of one string of a TXT record (RFC 1035, 3.3); longer values are several strings, read as one."""
NO_MAIL = "v=spf1 -all"
Line = tuple[str, str, str]
"""A name relative to the zone (`@` is the zone), a type, and data as a zone file has it."""


def hall_zone(settings: Settings) -> str:
    """Return the zone of the hall's domain: it names the hosts that all zones point to."""
    lines = [
        *_host(settings.host, settings.published),
        (settings.host, "TXT", txt(NO_MAIL)),
        *_host(settings.mail_gateway, settings.published),
        # Bounces have no sender; receivers then ask for the name that the gateway greets with (RFC 7208, 2.3).
        (settings.mail_gateway, "TXT", txt("v=spf1 a -all")),
        *_mail(settings, settings.dkim),
        # Without this nobody sends reports about one domain to a mailbox in another (RFC 7489, 7.1).
        *((f"{domain}._report._dmarc", "TXT", txt("v=DMARC1")) for domain in settings.mailing),
    ]
    return _text(settings, settings.domain, lines)


def member_zone(settings: Settings, member: dict[str, Any]) -> str:
    """Return a member's zone: what follows from its mail service, and the records of its own."""
    records = [(one["name"], one["type"], _data(one)) for one in member["records"]]
    if member["dkim"] is not None:
        stated = [*_mail(settings, member["dkim"]), *_silent(records)]
    elif any(one["name"] == "@" and _says_mail(one) for one in member["records"]):
        stated = []  # Its mail is somewhere else: what is true of that, only the member knows.
    else:
        taken = {name for name, _, _ in records}
        stated = [
            ("@", "TXT", txt(NO_MAIL)),
            *((name, "TXT", data) for name, data in _no_mail(settings) if name not in taken),
            *_silent(records),
        ]
    return _text(settings, member["domain"], [*stated, *records])


def txt(value: str) -> str:
    """Return a value as the strings of a TXT record.

    >>> txt("v=spf1 -all")
    '"v=spf1 -all"'
    """
    escaped = (part.replace("\\", "\\\\").replace('"', '\\"') for part in _parts(value))
    return " ".join(f'"{part}"' for part in escaped)


def _parts(value: str) -> list[str]:
    return [value[start : start + STRING] for start in range(0, len(value), STRING)]


def _host(name: str, addresses: dict[str, str]) -> list[Line]:
    return [(name, "A", addresses["ipv4"]), (name, "AAAA", addresses["ipv6"])]


def _mail(settings: Settings, key: str) -> list[Line]:
    """Where mail of a domain goes, who sends it, with which signature, and that everything else is forged."""
    four, six = settings.published["ipv4"], settings.published["ipv6"]
    return [
        ("@", "MX", f"10 {settings.mail_gateway}.{settings.domain}."),
        ("@", "TXT", txt(f"v=spf1 ip4:{four} ip6:{six} -all")),
        ("_dmarc", "TXT", txt(_dmarc(settings))),
        (f"{settings.selector}._domainkey", "TXT", txt(f"v=DKIM1; k=rsa; p={key}")),
    ]


def _no_mail(settings: Settings) -> list[tuple[str, str]]:
    """Of a domain that sends no mail: everything that claims to be from it is forged, and no key signs it."""
    return [("_dmarc", txt(_dmarc(settings, reports=False))), ("*._domainkey", txt("v=DKIM1; p="))]


def _dmarc(settings: Settings, *, reports: bool = True) -> str:
    # Strict alignment: a host of a member's own that somebody took over cannot write in the member's name.
    words = "v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s"
    return f"{words}; rua=mailto:{settings.contact}@{settings.domain}" if reports else words


def _silent(records: Iterable[Line]) -> Iterator[Line]:
    """A statement for each host that it sends no mail, unless the member states something of it itself."""
    records = list(records)
    spoken = {name for name, kind, _ in records if kind == "TXT"} | {"@"}
    for name in dict.fromkeys(name for name, kind, _ in records if kind in ("A", "AAAA")):
        if name not in spoken:
            yield name, "TXT", txt(NO_MAIL)


def _says_mail(record: dict[str, str]) -> bool:
    return record["type"] == "MX" or (record["type"] == "TXT" and record["value"].startswith("v=spf1"))


def _data(record: dict[str, str]) -> str:
    if record["type"] == "TXT":
        return txt(record["value"])
    # Names in values are whole names; in a zone file only a dot at the end says so.
    return f"{record['value']}." if record["type"] in ("CNAME", "MX") else record["value"]


def _text(settings: Settings, domain: str, lines: Iterable[Line]) -> str:
    server = f"{settings.host}.{settings.domain}."
    body = [f"{name} IN {kind} {data}" for name, kind, data in [("@", "NS", server), *lines]]
    # Follows from the content, so a second deploy changes nothing. It may go backwards: there is no second server that
    # would compare it.
    serial = zlib.crc32("\n".join(body).encode()) or 1
    # The last number is how long resolvers remember that a name does not exist (RFC 2308): a new one is seen soon.
    start = f"@ IN SOA {server} {settings.contact}.{settings.domain}. {serial} 7200 900 1209600 300"
    head = ["; managed by roles/nameserver; change there", f"$ORIGIN {domain}.", "$TTL 3600"]
    return "\n".join([*head, start, *body]) + "\n"
