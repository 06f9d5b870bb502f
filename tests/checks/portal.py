"""The sign-on portal as people and applications meet it: a browser in a member's network, codes that are redeemed."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from samdrift.federation import application
from samdrift.federation.application import Application
from samdrift.federation.network import networks_of
from samdrift.federation.record import Federation, Member
from tests.checks.probe.station import ProbeError, Station
from tests.checks.register import Person
from tests.checks.scene import Scene

PATIENCE = 60.0
"""Seconds that a page may take to come to what is waited for; a person would have called the help desk."""
WAITS = "document.querySelector('[trspan=waitingmessage]')"
"""The portal still looks for a ticket, and another page comes after this one."""
FORM, MENU, AGREEMENT, CODE = (
    f"(!{WAITS} && document.querySelector('{one}'))" for one in ("#userfield", "#appslist", "#agreement", "#extcode")
)
AGREEMENT_WORD = "Användaravtal"
"""Heading of the page that asks for the agreement."""
SETTLED = f"!{WAITS} && document.querySelector('main, #errorcontent')"
"""Whatever the portal has to say, once it has stopped to look for a ticket."""


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser of their own in a member's network."""

    scene: Scene
    station: Station
    authority: str

    def start(self, *, ticket: str = "") -> None:
        """Begin with a browser that knows nothing, but may show a ticket."""
        dc = self.scene.at("dc1").ipv4
        self.station.ask(
            "browser.start",
            authority=self.authority,
            resolver=dc,
            krb5=_krb5(self.scene.federation, dc),
            ticket=ticket,
            negotiate=f"*.{self.scene.federation.hall.domain}",
            patience=PATIENCE,
        )

    def goes(self, url: str, until: str = SETTLED, *, stop: str = "") -> dict[str, Any]:
        """Type an address."""
        page: dict[str, Any] = self.station.ask(
            "browser.visit", url=url, until=until, stop=stop, seconds=PATIENCE, patience=PATIENCE + 30
        )
        if page["error"] and not stop:
            raise ProbeError(f"{self.station.name}: {url}: {page['error']}")
        return page

    def does(self, script: str, until: str = SETTLED) -> dict[str, Any]:
        """Do something in the page."""
        page: dict[str, Any] = self.station.ask(
            "browser.act", script=script, until=until, seconds=PATIENCE, patience=PATIENCE + 30
        )
        return page

    def page(self) -> dict[str, Any]:
        """Look at the page as it is."""
        page: dict[str, Any] = self.station.ask("browser.page", patience=PATIENCE)
        return page

    def shows(self, what: str) -> bool:
        """Whether the page has this; its words are no sign: they come in English and are then translated."""
        page: dict[str, Any] = self.station.ask("browser.page", until=what, seconds=1.0, patience=PATIENCE)
        return bool(page["there"])

    def signs_in(self, person: Person, until: str) -> dict[str, Any]:
        """Fill in the form, as soon as it is there."""
        if not (page := self.does("", FORM))["there"]:
            raise ProbeError(f"{self.station.name}: no form to sign in at {page['url']}: {page['text'][:200]!r}")
        fields = {"#userfield": person.name, "#passwordfield": person.password}
        typed = "".join(f"document.querySelector({name!r}).value = {value!r};" for name, value in fields.items())
        return self.does(f"{typed} document.querySelector('#lform').submit()", until)

    def answers(self, word: str, until: str) -> dict[str, Any]:
        """Accept or decline the user agreement."""
        return self.does(f"document.querySelector('#agreement button[value={word}]').click()", until)

    def enters_code(self, code: str, until: str) -> dict[str, Any]:
        """Enter what the app of one-time passwords shows."""
        return self.does(f"{CODE}.value = {code!r}; {CODE}.form.submit()", until)

    def opens(self, one: Application) -> dict[str, Any]:
        """Go where the application sends people who are not signed in; return the page they end at.

        `code` is what they bring back, empty where the portal does not let them through. It is brought to the check,
        not to the application, which would redeem it.
        """
        asked = self.station.ask("oidc.ask", issuer=self.issuer, client=one.name, callback=self.callback(one))
        page = self.goes(asked["url"], f"{self.left} || ({SETTLED})", stop=self.callback(one))
        brought = dict(parse_qsl(urlsplit(page["url"]).query)) if page["url"].startswith(self.callback(one)) else {}
        return {**page, "code": brought.get("code", "") if brought.get("state") == asked["state"] else ""}

    def redeems(self, one: Application, code: str) -> dict[str, Any]:
        """What the portal then tells the application of the person."""
        told: dict[str, Any] = self.station.ask(
            "oidc.redeem",
            issuer=self.issuer,
            address=self.scene.at(application.PORTAL).ipv4,
            authority=self.authority,
            client=one.name,
            secret=_secret(self.scene, one.secret),
            code=code,
            callback=self.callback(one),
            patience=PATIENCE,
        )
        return told

    @property
    def issuer(self) -> str:
        """The portal's address."""
        return application.issuer(self.scene.federation)

    @property
    def left(self) -> str:
        """That the browser is no longer at the portal."""
        return f"location.host != '{self.issuer.removeprefix('https://')}'"

    def callback(self, one: Application) -> str:
        """Where the portal sends people back to."""
        return one.address(self.scene.federation) + one.callback


@contextmanager
def visitor(scene: Scene, member: Member, network: str = "adm") -> Iterator[Visitor]:
    """Give somebody at the member, in a browser without a ticket."""
    place = scene.plug(next(one for one in networks_of(scene.federation, member) if one.name == network), 7)
    found = Visitor(scene, place.station, scene.authority)
    found.start()
    try:
        yield found
    finally:
        found.station.ask("browser.stop", patience=PATIENCE)


def for_kind(kind: str) -> list[Application]:
    """The applications that the role of these people opens."""
    return [one for one in application.APPLICATIONS if one.opens_to(kind)]


def noted(scene: Scene, person: Person) -> list[str]:
    """What is kept of the person's acceptances, a JSON line each."""
    told = scene.station(application.PORTAL).ask("shell.run", command=["samdrift-agreement", "list", person.name])
    return str(told["out"]).splitlines()


def give_second_factor(scene: Scene, person: Person) -> str:
    """Give somebody a second factor as the help desk does; return its key."""
    command = ["samdrift-portal", "second-factor", "add", person.name]
    told = scene.station(application.PORTAL).ask("shell.run", command=command)
    return parse_qs(urlsplit(str(told["out"]).splitlines()[0]).query)["secret"][0]


def token(scene: Scene, one: Application, person: Person) -> str:
    """What the portal gives the application for the person, who signs in, with a second factor if there is one."""
    told: str = scene.station(f"{person.member.key}-adm").ask(
        "entrance.token",
        issuer=application.issuer(scene.federation),
        client=one.name,
        secret=_secret(scene, one.secret),
        callback=one.address(scene.federation) + one.callback,
        user=person.name,
        password=person.password,
        key=person.key,
        patience=PATIENCE + 30,
    )
    return told


def totp(key: str) -> str:
    """The one-time password of now (RFC 6238)."""
    digest = hmac.new(base64.b32decode(key), struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def _secret(scene: Scene, name: str) -> str:
    return (scene.state.root / "secrets" / name).read_text()


def _krb5(federation: Federation, kdc: str) -> str:
    realm, domain = federation.hall.realm, federation.hall.domain
    return (
        f"[libdefaults]\ndefault_realm = {realm}\nrdns = false\ndns_canonicalize_hostname = false\n"
        f"[realms]\n{realm} = {{\nkdc = {kdc}\n}}\n[domain_realm]\n.{domain} = {realm}\n"
    )
