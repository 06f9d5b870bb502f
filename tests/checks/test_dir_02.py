"""DIR-02: citizens have a directory of their own, which opens nothing inside."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from samdrift.compliance.evidence import Evidence
from tests.checks.register import binds, directory_name, joined, new_person, signs_in, workplaces
from tests.checks.scene import Scene
from tests.checks.watch import first

HOST, BASE = "cdir", "o=citizens"
ROOT = ["-Q", "-Y", "EXTERNAL", "-H", "ldapi:///"]
SERVICE = "accounts"
"""Where an e-service would stand: a host of the hall's services that is neither directory."""


@dataclass(frozen=True)
class Citizen:
    """A citizen nobody knew before this run."""

    name: str
    password: str

    @property
    def dn(self) -> str:
        """As e-services name it."""
        return f"uid={self.name},ou=people,{BASE}"


@pytest.fixture
def citizen(scene: Scene) -> Iterator[Citizen]:
    """Made as an e-service's registration does, gone afterwards."""
    found = Citizen(f"q{secrets.token_hex(4)}", f"Aa1-{secrets.token_urlsafe(18)}")
    entry = (
        f"dn: {found.dn}\nobjectClass: inetOrgPerson\nuid: {found.name}\ncn: Nonce Probe\nsn: Probe\n"
        f"mail: {found.name}@internet.example\nuserPassword: {found.password}\n"
    )
    station = scene.station(HOST)
    done = station.ask("shell.run", command=["ldapadd", *ROOT], given=entry)
    if done["code"] != 0:
        raise OSError(f"{HOST} takes no citizen: {done['err']}")
    yield found
    station.ask("shell.run", command=["ldapdelete", *ROOT, found.dn])


@pytest.mark.requirement("DIR-02")
def test_dir_02_a_citizens_account_opens_nothing_inside(scene: Scene, citizen: Citizen, evidence: Evidence) -> None:
    """An account that anybody may ask for must never be one that a colleague's door knows."""
    fqdn, domain = scene.guests[HOST].fqdn, scene.federation.hall.ad_domain
    seats = workplaces(scene)
    evidence.need(len(seats) + 6)
    evidence.control(f"the citizen signs in to {fqdn}", alive=binds(scene, SERVICE, fqdn, citizen.dn, citizen.password))
    evidence.control("not with another password", alive=not binds(scene, SERVICE, fqdn, citizen.dn, "wrong-1-word"))
    inside = new_person(scene.members[0], "staff")
    wrong = []
    with joined(scene, [inside]):
        for seat in seats:
            evidence.case()
            told = scene.station(seat).ask(
                "sign_in.attempt", user=citizen.name, password=citizen.password, patience=90.0
            )
            wrong += [f"{seat} lets a citizen in"] if told["step"] == "signed in" else []
        evidence.control(f"{inside.name} signs in at {seats[0]}", alive=signs_in(scene, seats[0], inside))
        for host in ("dc1", "dc2"):
            directory = directory_name(scene, host)
            upn = f"{inside.name}@{domain}"
            evidence.control(
                f"{inside.name} binds at {host}", alive=binds(scene, SERVICE, directory, upn, inside.password)
            )
            for name in (f"{citizen.name}@{domain}", citizen.dn):
                evidence.case()
                let_in = _binds(scene, directory, name, citizen.password)
                wrong += [f"{host} lets a citizen in as {name}"] if let_in else []
        evidence.case()
        let_in = scene.station(seats[0]).ask(
            "door.mailbox", host=scene.guests["mail"].fqdn, user=citizen.name, password=citizen.password, patience=60.0
        )
        wrong += ["the mail store lets a citizen in"] if let_in else []
        evidence.case()
        dn = scene.station("dc1").ask("account.shown", name=inside.name, attributes=[])["dn"][0]
        wrong += [f"{HOST} lets {inside.name} in"] if _binds(scene, fqdn, dn, inside.password) else []
    assert not wrong, first(wrong)


@pytest.mark.requirement("DIR-02")
def test_dir_02_nobody_is_in_both(scene: Scene, citizen: Citizen, evidence: Evidence) -> None:
    """A copy of one directory in the other is a trust that nobody decided."""
    command = ["ldapsearch", *ROOT, "-LLL", "-o", "ldif-wrap=no", "-b", f"ou=people,{BASE}", "uid", "mail"]
    listed = scene.station(HOST).ask("shell.run", command=command)["out"].splitlines()
    evidence.control(f"{HOST} lists the citizen made just now", alive=f"uid: {citizen.name}" in listed)
    evidence.need(2)
    found = []
    for theirs, ours in (("uid", "sAMAccountName"), ("mail", "mail")):
        names = scene.station("dc1").ask("account.names", attribute=ours, patience=60.0)
        evidence.control(f"the internal directory lists {len(names)} by {ours}", alive=len(names) > 0)
        citizens = {line.partition(": ")[2].lower() for line in listed if line.startswith(f"{theirs}: ")}
        evidence.case()
        both = sorted(citizens & {name.lower() for name in names})
        found += [f"{theirs} {', '.join(both[:3])} is in both directories"] if both else []
    assert not found, first(found)


def _binds(scene: Scene, host: str, name: str, password: str) -> bool:
    """As `binds`, where a name that this directory cannot even read is refused too (RFC 4511, 4.1.9: 32, 34, 53)."""
    code = scene.station(SERVICE).ask("ldap.bind", host=host, name=name, password=password, patience=30.0)
    if code not in (0, 32, 34, 49, 53):
        raise OSError(f"{host} answers a bind with LDAP's result {code}")
    return bool(code == 0)
