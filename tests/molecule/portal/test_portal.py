"""The portal as people meet it, in a real browser at the desk; and as an application meets it, which redeems a code."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from samdrift.secret import public
from tests.checks.probe.station import Station
from tests.molecule.lab import PVELAB, lab_name
from tests.molecule.scenario import read

STATE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
ISSUER, ADDRESS, RESOLVER = "https://sso.osterlen.example", "10.0.0.14", "10.0.0.1"
FORM, MENU, AGREEMENT = (f"document.querySelector('{one}')" for one in ("#userfield", "#appslist", "#agreement"))
LEFT = "location.host != 'sso.osterlen.example'"
STAFF, OTHER, OPERATOR = "ystad.s1", "ystad.s2", "ystad.s3"
KRB5 = """[libdefaults]
default_realm = AD.OSTERLEN.EXAMPLE
rdns = false
dns_canonicalize_hostname = false
[realms]
AD.OSTERLEN.EXAMPLE = {
kdc = 10.0.0.11
}
[domain_realm]
.osterlen.example = AD.OSTERLEN.EXAMPLE
"""


def secret(name: str) -> str:
    return (STATE / "secrets" / name).read_text()


def given(host: str, command: str, text: str) -> str:
    """What a host says to a command that reads `text`: no password is an argument."""
    words = ["ssh", "-F", str(STATE / "ssh" / "config"), host, command]
    return subprocess.run(words, input=text, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.fixture(scope="module")
def password() -> str:
    """Of all three, who have accepted nothing yet; one of them operates the platform."""
    word = f"Nonce-1-{secrets.token_urlsafe(9)}"
    for person in (STAFF, OTHER, OPERATOR):
        given("dc1", f"samba-tool user setpassword {person}", f"{word}\n{word}\n")
        given("dc1", f"samba-tool group removemembers agreement-2026-1 {person} 2>&1 || true", "")
    given("dc1", f"samba-tool group addmembers priv-operators {OPERATOR}", "")
    given("sso", f"samdrift-portal second-factor remove {OPERATOR} 2> /dev/null || true", "")
    return word


@pytest.fixture(scope="module")
def root() -> str:
    return public("root.ca", secret("root.ca"))


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.station = Station("desk", [PVELAB, "enter", "--name", lab_name(read("portal")), "--"])

    def start(self, **options: Any) -> None:
        self.station.ask("browser.start", authority=self.root, resolver=RESOLVER, patience=60, **options)

    def goes(self, url: str, until: str) -> dict[str, Any]:
        page: dict[str, Any] = self.station.ask("browser.visit", url=url, until=until, seconds=60, patience=90)
        return page

    def does(self, script: str, until: str) -> dict[str, Any]:
        page: dict[str, Any] = self.station.ask("browser.act", script=script, until=until, seconds=60, patience=90)
        return page

    def signs_in(self, user: str, password: str, until: str) -> dict[str, Any]:
        fields = {"#userfield": user, "#passwordfield": password}
        typed = "".join(f"document.querySelector({name!r}).value = {value!r};" for name, value in fields.items())
        return self.does(f"{typed} document.querySelector('#lform').submit()", until)

    def answers(self, word: str, until: str) -> dict[str, Any]:
        return self.does(f"document.querySelector('button[value={word}]').click()", until)

    def enters_code(self, code: str, until: str) -> dict[str, Any]:
        field = "document.querySelector('#extcode')"
        return self.does(f"{field}.value = {code!r}; {field}.form.submit()", until)

    def calls(self) -> tuple[int, int]:
        """Of 48 calls at once, enough to meet every process of the portal: how many are answered as signed in, and how
        many are told that the sign-in is over; that takes the browser's cookie, and the later ones are asked anew.
        """
        calls = "Promise.all([...Array(48)].map(() => fetch('/').then(one => one.text())))"
        parsed = "new DOMParser().parseFromString(one, 'text/html')"
        over = '[trmsg="1"]'  # PE_SESSIONEXPIRED of LemonLDAP::NG; its words are put in by the page
        menus, ended = (f"all.filter(one => {parsed}.querySelector('{what}')).length" for what in ("#appslist", over))
        page = self.does(
            f"document.title = ''; {calls}.then(all => {{ document.title = `called ${{{menus}}} ${{{ended}}}` }})",
            "document.title.startsWith('called')",
        )
        _, signed_in, told = page["title"].split()
        return int(signed_in), int(told)

    def asked_by(self, client: str, callback: str) -> str:
        return str(self.station.ask("oidc.ask", issuer=ISSUER, client=client, callback=callback)["url"])

    def portal_as(self, client: str, call: str, **arguments: Any) -> dict[str, Any]:
        """What the portal answers an application."""
        who: dict[str, Any] = {"issuer": ISSUER, "address": ADDRESS, "authority": self.root, "client": client}
        answer: dict[str, Any] = self.station.ask(call, secret=secret(f"portal-{client}"), **who, **arguments)
        return answer


@pytest.fixture
def person(root: str) -> Iterator[Person]:
    found = Person(root)
    found.start()
    yield found
    found.station.close()


def code_of(page: dict[str, Any]) -> str:
    return dict(parse_qsl(urlsplit(page["url"]).query)).get("code", "")


def totp(key: str) -> str:
    """The code of now (RFC 6238)."""
    digest = hmac.new(base64.b32decode(key), struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


DESK = "https://desk.osterlen.example/oidc/callback"


def test_a_wrong_password_is_refused(person: Person, password: str) -> None:
    person.goes(f"{ISSUER}/", FORM)
    page = person.signs_in(STAFF, "not the password", "document.body.innerText.includes('Fel')")
    assert "Fel användarnamn eller lösenord" in page["text"]
    assert page["asks"]


def test_an_application_opens_after_the_agreement_and_not_before(person: Person, password: str, on: Any) -> None:
    """From the application to the portal and back; who declines stays outside and is asked again."""
    url = person.asked_by("desk", DESK)
    assert person.goes(url, FORM)["there"]
    assert person.signs_in(STAFF, password, AGREEMENT)["there"]
    assert person.goes(f"{ISSUER}/", FORM)["asks"], "the sign-in was complete before the agreement was accepted"
    person.goes(url, FORM)
    person.signs_in(STAFF, password, AGREEMENT)
    assert "Inga tjänster är öppna" in person.answers("decline", "document.body.innerText.includes('Inga')")["text"]
    assert STAFF not in on("dc1", "samba-tool group listmembers agreement-2026-1")
    assert person.goes(url, FORM)["asks"]
    person.signs_in(STAFF, password, AGREEMENT)
    page = person.answers("accept", LEFT)
    assert page["url"].startswith(DESK), page
    told = person.portal_as("desk", "oidc.redeem", code=code_of(page), callback=DESK)
    assert (told["person"]["sub"], told["person"]["groups"]) == (STAFF, ["service-help-desk"])
    assert verified(told["token"], person)
    again = person.portal_as("desk", "oidc.redeem", code=code_of(page), callback=DESK)
    assert again["status"] == 400, "a code was redeemed twice"
    # The next application opens without a question: one sign-in.
    mail = "https://mail.osterlen.example/SOGo/"
    assert person.goes(person.asked_by("webmail", mail), LEFT)["url"].startswith(mail)


def verified(token: str, person: Person) -> bool:
    """Whether the portal's published key signed it."""
    url = f"{ISSUER}/oauth2/jwks"
    _, text = person.station.ask("oidc.call", url=url, address=ADDRESS, authority=person.root)
    head, body, signature = token.split(".")
    kid = json.loads(unpadded(head))["kid"]
    key = next(one for one in json.loads(text)["keys"] if one["kid"] == kid)
    numbers = RSAPublicNumbers(*(int.from_bytes(unpadded(key[part])) for part in ("e", "n")))
    numbers.public_key().verify(unpadded(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), SHA256())
    return True


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_acceptance_is_kept_with_time_version_and_text(on: Callable[..., str]) -> None:
    noted = [json.loads(line) for line in on("sso", f"samdrift-agreement list {STAFF}").splitlines()]
    assert noted
    text = json.loads(on("sso", "cat /etc/samdrift/agreement.json"))["text"]
    assert (noted[-1]["version"], noted[-1]["text"]) == ("2026-1", hashlib.sha256(text.encode()).hexdigest())
    assert STAFF in on("dc1", "samba-tool group listmembers agreement-2026-1")
    on("sso", "samdrift-agreement verify")
    on("sso", "su -s /bin/sh www-data -c 'cat /var/lib/samdrift-agreement/notes.jsonl' 2>&1", ok=False)


def test_a_ticket_of_the_workplace_opens_the_portal_without_a_question(person: Person, password: str) -> None:
    cache = "export KRB5CCNAME=FILE:$(mktemp)"
    ticket = given("sso", f"{cache}; kinit {STAFF} > /dev/null; base64 -w0 ${{KRB5CCNAME#FILE:}}", f"{password}\n")
    person.start(krb5=KRB5, ticket=ticket.strip(), negotiate="*.osterlen.example")
    page = person.goes(person.asked_by("desk", DESK), LEFT)
    assert page["url"].startswith(DESK), page


def test_nobody_enters_what_their_role_does_not_open(person: Person, password: str) -> None:
    person.goes(f"{ISSUER}/", FORM)
    page = person.signs_in(STAFF, password, MENU)
    assert "Servicedesk" in page["text"]
    assert "Övervakning" not in page["text"]
    callback = "https://monitor.osterlen.example/oidc/callback"
    page = person.goes(person.asked_by("monitoring", callback), "document.body.innerText.includes('behörighet')")
    assert page["there"], page
    page = person.goes(
        person.asked_by("desk", "https://elsewhere.example/"), "document.body.innerText.includes('till')"
    )
    assert page["url"].startswith(ISSUER), "people are sent to an address that nobody registered"


def test_a_privileged_person_needs_a_second_factor_given_by_somebody_else(
    person: Person, password: str, on: Callable[..., str]
) -> None:
    person.goes(f"{ISSUER}/", FORM)
    page = person.signs_in(OPERATOR, password, "document.body.innerText.includes('två steg')")
    assert page["there"], page
    assert person.goes(f"{ISSUER}/2fregisters/totp", FORM)["asks"], "a password alone makes a second factor"
    told = on("sso", f"samdrift-portal second-factor add {OPERATOR}")
    key = parse_qs(urlsplit(told.splitlines()[0]).query)["secret"][0]
    person.start()
    person.goes(f"{ISSUER}/", FORM)
    assert person.signs_in(OPERATOR, password, "document.querySelector('#extcode')")["there"]
    wrong = f"{(int(totp(key)) + 1) % 1_000_000:06d}"
    assert "Koden är fel" in person.enters_code(wrong, "document.body.innerText.includes('fel')")["text"]
    assert person.enters_code(totp(key), AGREEMENT)["there"]
    assert "Övervakning" in person.answers("accept", MENU)["text"]
    callback = "https://monitor.osterlen.example/oidc/callback"
    page = person.goes(person.asked_by("monitoring", callback), LEFT)
    told_of = person.portal_as("monitoring", "oidc.redeem", code=code_of(page), callback=callback)
    assert told_of["claims"]["acr"] == "loa-5", told_of


def test_who_leaves_is_signed_out_everywhere(person: Person, password: str, on: Callable[..., str]) -> None:
    """The open sign-in and the token that an application holds, before their own end."""
    person.goes(person.asked_by("desk", DESK), FORM)
    page = person.signs_in(OTHER, password, AGREEMENT)
    assert page["there"], page
    page = person.answers("accept", LEFT)
    token = person.portal_as("desk", "oidc.redeem", code=code_of(page), callback=DESK)["access"]
    assert person.portal_as("desk", "oidc.introspect", token=token)["active"] is True
    person.goes(f"{ISSUER}/", MENU)
    assert person.calls() == (48, 0)
    on("dc1", f"samba-tool user disable {OTHER}")
    try:
        on("sso", "systemctl start samdrift-portal-sweep")
        menus, ended = person.calls()
        assert menus == 0, "a process that answered a moment ago still takes the person for signed in"
        assert ended
        assert person.portal_as("desk", "oidc.introspect", token=token)["active"] is False
        assert person.goes(f"{ISSUER}/", FORM)["asks"]
    finally:
        on("dc1", f"samba-tool user enable {OTHER}")


def test_a_new_version_asks_everybody_again(person: Person, password: str, on: Callable[..., str]) -> None:
    """Also who is signed in, at the next step."""
    restart = "systemctl restart lemonldap-ng-fastcgi-server"
    file = "/etc/lemonldap-ng/conf/lmConf-1.json"
    person.goes(f"{ISSUER}/", FORM)
    if not person.signs_in(STAFF, password, f"{MENU} || {AGREEMENT}")["text"].count("Servicedesk"):
        person.answers("accept", MENU)
    on("sso", f"cp -p {file} /root/right.json && sed -i 's/2026-1/2026-2/' {file} && {restart}")
    try:
        assert person.goes(f"{ISSUER}/", AGREEMENT)["there"]
        person.start()
        person.goes(person.asked_by("desk", DESK), FORM)
        assert person.signs_in(STAFF, password, AGREEMENT)["there"]
    finally:
        on("sso", f"mv /root/right.json {file} && {restart}")


def test_a_mail_program_gets_a_password_of_its_own_and_loses_it(
    person: Person, password: str, on: Callable[..., str]
) -> None:
    """Shown once, kept as a digest, good under its own name alone; and only mail itself may ask."""
    phone, tablet = (f"{kind}-{secrets.token_hex(3)}" for kind in ("telefon", "platta"))
    made = "document.querySelector('#made-password')"
    person.goes(f"{ISSUER}/mailpasswords", FORM)
    page = person.signs_in(STAFF, password, f"{AGREEMENT} || document.querySelector('#mailpasswords')")
    if "Användaravtal" in page["text"]:
        person.answers("accept", "document.querySelector('#mailpasswords')")

    def make(name: str, until: str) -> dict[str, Any]:
        person.goes(f"{ISSUER}/mailpasswords", "document.querySelector('#make')")
        script = f"document.querySelector('#name').value = {name!r}; document.querySelector('#make').submit()"
        return person.does(script, until)

    assert make(phone, made)["there"]
    word = str(person.does("document.title = document.querySelector('#made-password').innerText", made)["title"])
    assert "redan" in make(phone, "document.body.innerText.includes('redan')")["text"]
    assert "bokst" in make("Min telefon", "document.body.innerText.includes('bokst')")["text"]

    def asked(user: str, given: str, key: str = secret("portal-webmail")) -> tuple[int, dict[str, Any]]:
        form = {"grant_type": "password", "username": user, "password": given}
        data = urlencode({**form, "client_id": "webmail", "client_secret": key})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        where: dict[str, Any] = {"url": f"{ISSUER}/mailcheck", "address": ADDRESS, "authority": person.root}
        status, text = person.station.ask("oidc.call", **where, data=data, headers=kind)
        return status, json.loads(text)

    status, told = asked(f"{STAFF}/{phone}", word)
    assert (status, told["active"], told["sub"], told["login"]) == (200, True, STAFF, f"{STAFF}/{phone}")
    for user, given in ((f"{STAFF}/{phone}", f"{word}x"), (f"{STAFF}/{tablet}", word), (f"{OTHER}/{phone}", word)):
        assert asked(user, given)[1]["active"] is False
    assert asked(STAFF, password)[1]["active"] is False
    assert asked(f"{STAFF}/{phone}", word, "wrong")[0] == 401
    assert on("sso", f"grep -rls {word} /var/lib/lemonldap-ng /var/log || true") == ""
    assert phone in on("sso", f"samdrift-portal mail-password list {STAFF}")
    body = f"new URLSearchParams({{token: 'x', remove: {phone!r}}})"
    forged = f"fetch('/mailpasswords', {{method: 'POST', body: {body}}}).then(one => one.status)"
    person.does(forged, "true")
    assert asked(f"{STAFF}/{phone}", word)[1]["active"], "a page without the token took a password away"
    listed = "document.querySelector('input[name=remove]')"
    person.goes(f"{ISSUER}/mailpasswords", listed)
    assert person.does(f"{listed}.form.submit()", f"document.querySelector('#make') && !{listed}")["there"]
    assert asked(f"{STAFF}/{phone}", word)[1]["active"] is False
    # The help desk, when a telephone is lost.
    make(tablet, made)
    on("sso", f"samdrift-portal mail-password remove {STAFF} {tablet}")
    assert on("sso", f"samdrift-portal mail-password list {STAFF}") == ""


def test_a_token_tells_which_application_it_is_for(person: Person, password: str) -> None:
    """Mail takes those with its scope, which no other application gets, whatever it asks for."""
    person.goes(f"{ISSUER}/", FORM)
    page = person.signs_in(STAFF, password, f"{MENU} || {AGREEMENT}")
    if "Användaravtal" in page["text"]:
        person.answers("accept", MENU)
    for client, callback, has in (("desk", DESK, False), ("webmail", "https://mail.osterlen.example/SOGo/", True)):
        url = person.asked_by(client, callback).replace("openid+profile", "openid+mail+profile")
        assert "mail+profile" in url
        page = person.goes(url, LEFT)
        token = person.portal_as(client, "oidc.redeem", code=code_of(page), callback=callback)["access"]
        told = person.portal_as("webmail", "oidc.introspect", token=token)
        assert ("mail" in told["scope"].split()) is has, told


def test_the_portals_account_may_note_acceptances_and_nothing_else(on: Callable[..., str]) -> None:
    """With its own password, from its own host: its right is one attribute of one kind of group."""
    look = """
import json, ssl, ldap3
facts = json.load(open('/etc/samdrift/agreement.json'))
tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file='/etc/ssl/certs/ca-certificates.crt')
server = ldap3.Server(facts['servers'][0], port=636, use_ssl=True, tls=tls)
link = ldap3.Connection(server, facts['user'], facts['password'], auto_bind=True)
root = facts['group'].split('OU=Agreements,')[1]
for group in (facts['group'], f'CN=privileged,OU=Groups,{root}'):
    link.modify(group, {'member': [(ldap3.MODIFY_ADD, [f'CN=ystad.p1,OU=Pupils,OU=ystad,OU=Members,{root}'])]})
    print(link.result['description'])
link.modify(facts['group'], {'description': [(ldap3.MODIFY_REPLACE, ['x'])]})
print(link.result['description'])
"""
    said = on("sso", f"python3 - <<'E'\n{look}\nE").split()
    assert said[0] in ("success", "entryAlreadyExists", "attributeOrValueExists")
    assert said[1:] == ["insufficientAccessRights"] * 2


def test_no_secret_lies_open_and_nothing_failed(on: Callable[..., str]) -> None:
    failed = on("sso", "systemctl --failed --no-legend --plain").splitlines()
    assert [one for one in failed if not one.startswith("samdrift-backup")] == []  # the store is not of this scenario
    for name in ("directory-sso", "directory-agreement", "portal-key", "portal-desk"):
        found = on("sso", f"grep -rlsF -- '{secret(name)}' /etc /run /var /root /tmp | xargs -r stat -c '%a %n'")
        assert found, f"{name} is nowhere: the search is blind"
        assert all(line.split()[0] in ("600", "640", "400") for line in found.splitlines()), found
