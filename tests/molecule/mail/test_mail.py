"""The mail store as its people use it, as the gateway hands mail in, and as strangers find it."""

import json
import os
import secrets
import shlex
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.checks import post
from tests.checks.probe.station import ProbeError, Station

On = Callable[..., str]

STATE = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "."))
HOST, GATEWAY = "mail.osterlen.example", "mx1.osterlen.example"
OWNER, COLLEAGUE, STRANGER = "ystad.s1", "ystad.s2", "tomelilla.s1"
PUPIL, OTHER_PUPIL = "ystad.p1", "ystad.p2"
PEOPLE = (OWNER, COLLEAGUE, STRANGER, PUPIL, OTHER_PUPIL)
ANNA = f"anna@{post.OUTSIDE}"
PLAYER = "/root/gateway/gateway.py"
PASSWORD = f"Nonce-{secrets.token_urlsafe(12)}-1"


def secret(name: str) -> str:
    return (STATE / "secrets" / name).read_text()


def certificate_of(value: str) -> str:
    return value[value.index("-----BEGIN CERTIFICATE") :]


def gateways_certificate() -> tuple[str, str]:
    """A chain and its key as the gateway gets them from pki."""
    issuer = secret("root.ca")
    signer = x509.load_pem_x509_certificate(certificate_of(issuer).encode())
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, GATEWAY)]))
        .issuer_name(signer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(GATEWAY)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .sign(load_pem_private_key(issuer.encode(), None), hashes.SHA256())  # type: ignore[arg-type]
    )
    shown = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return made.public_bytes(Encoding.PEM).decode(), shown


@pytest.fixture(scope="session", autouse=True)
def played() -> Iterator[None]:
    """The gateway is played; people have a password, and have accepted the agreement."""
    files = dict(zip(("chain.pem", "key.pem"), gateways_certificate(), strict=True))
    files["authority.pem"] = certificate_of(secret("root.ca"))
    files["gateway.py"] = Path(__file__).with_name("gateway.py").read_text()
    with station("mx1") as mx1, station("dc1") as dc1, station("sso") as sso, station("ystad-adm") as seat:
        version = json.loads(command(sso, "cat", "/etc/samdrift/agreement.json"))["version"]
        for name, text in files.items():
            write(mx1, f"/root/gateway/{name}", text)
        write(seat, "/run/authority.pem", files["authority.pem"])
        command(mx1, "systemd-run", "-q", "--unit=gateway", "python3", PLAYER, "serve")
        for person in PEOPLE:
            command(dc1, "samba-tool", "user", "setpassword", person, given=f"{PASSWORD}\n{PASSWORD}\n")
            assert sso.ask("agreement.accept", user=person, version=version, patience=60.0) == "noted"
        yield
        command(mx1, "systemctl", "stop", "gateway")


def station(host: str, *before: str) -> Station:
    ssh = ["ssh", "-F", str(STATE / "ssh" / "config"), "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", host, *before]
    return Station(host, ssh, through_shell=True)


def command(place: Station, *words: str, given: str = "") -> str:
    told = place.ask("shell.run", command=list(words), given=given, patience=60.0)
    assert told["code"] == 0, (words, told)
    return str(told["out"])


def write(place: Station, path: str, text: str) -> None:
    command(place, "mkdir", "-p", str(Path(path).parent))
    command(place, "tee", path, given=text)


@pytest.fixture(scope="module")
def seat() -> Iterator[Station]:
    """Where people sit; the computer trusts the federation's authority, and nothing else."""
    with station("ystad-adm", "env", "SSL_CERT_FILE=/run/authority.pem") as found:
        yield found


@pytest.fixture(scope="module")
def store() -> Iterator[Station]:
    with station("mail") as found:
        yield found


@pytest.fixture(scope="module")
def address() -> dict[str, str]:
    """Mail address of each account, as the directory knows it."""
    with station("dc1") as dc1:
        found = {}
        for person in PEOPLE:
            shown = command(dc1, "samba-tool", "user", "show", person, "--attributes=mail")
            found[person] = next(line.split()[1] for line in shown.splitlines() if line.startswith("mail:"))
    return found


def handed(on: On, one: post.Letter, recipient: str, *words: str, sender: str = ANNA) -> tuple[str, int, str]:
    """The gateway hands a message in."""
    arguments = shlex.join(["hand", sender, recipient, *words])
    step, code, told = json.loads(on("mx1", f"echo {one.text} | base64 -d | python3 {PLAYER} {arguments}"))
    return step, code, told


def insisted(on: On, one: post.Letter, recipient: str, seconds: float = 180.0) -> str:
    """Where it ended, handed in again as long as the answer is "later" (RFC 5321, 4.5.4.1)."""
    deadline = time.monotonic() + seconds
    while True:
        step, code, _ = handed(on, one, recipient)
        if code // 100 != 4 or time.monotonic() > deadline:
            return step


def taken(on: On, word: str, seconds: int = 30) -> list[dict[str, Any]]:
    """What the gateway took with this word in it."""
    look = f"grep -l {word} /root/gateway/taken/*.json"
    files = on("mx1", f"for n in $(seq {seconds}); do {look} && exit; sleep 1; done; true").split()
    return [json.loads(on("mx1", f"cat {file}")) for file in files]


def mailbox(seat: Station, word: str, *, user: str = OWNER, seconds: float = 30.0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = seat.ask(
        "mailbox.wait", host=HOST, user=user, password=PASSWORD, word=word, seconds=seconds, patience=seconds + 60
    )
    return found


def submitted(seat: Station, one: post.Letter, sender: str, recipient: str, **changed: Any) -> dict[str, Any]:
    facts = {"address": HOST, "port": 587, "user": OWNER, "password": PASSWORD, **changed}
    told: dict[str, Any] = seat.ask(
        "letter.send", sender=sender, recipients=[recipient], message=one.text, patience=60.0, **facts
    )
    return told


@pytest.mark.parametrize("family", ["4", "6"])
def test_what_the_gateway_hands_in_is_in_the_inbox(on: On, seat: Station, address: dict[str, str], family: str) -> None:
    local, _, domain = address[OWNER].partition("@")
    for recipient in (address[OWNER], f"{local}+skolan@{domain}", f"{local.upper()}@{domain}"):
        one = post.letter(ANNA, recipient)
        assert handed(on, one, recipient, family)[0] == "taken"
        assert [found["folder"] for found in mailbox(seat, one.word)] == ["INBOX"]


def test_signing_in_takes_account_or_address_and_no_wrong_password(seat: Station, address: dict[str, str]) -> None:
    for user in (OWNER, address[OWNER], address[OWNER].upper()):
        assert mailbox(seat, "nothing", user=user, seconds=0) == []
    with pytest.raises(ProbeError, match="AUTHENTICATIONFAILED"):
        seat.ask("mailbox.wait", host=HOST, user=OWNER, password="not the password", word="-", patience=60.0)


def test_who_guesses_wrong_keeps_nobody_else_waiting(seat: Station) -> None:
    """From the same address; `door.mailbox` waits no longer than a mail program does."""
    for number in range(6):
        wrong = {"user": f"nobody{number}", "password": f"Aa1-{number}"}
        assert not seat.ask("door.mailbox", host=HOST, patience=60.0, **wrong)
    assert seat.ask("door.mailbox", host=HOST, user=OWNER, password=PASSWORD, patience=60.0)


def test_what_the_gateway_marks_lies_apart(on: On, seat: Station, address: dict[str, str]) -> None:
    one = post.letter(ANNA, address[OWNER])
    marked = post.Letter(one.word, b"X-Spam: Yes\r\n" + one.octets)
    assert handed(on, marked, address[OWNER])[0] == "taken"
    assert [found["folder"] for found in mailbox(seat, one.word)] == ["Junk"]
    assert "svbin" not in on("mail", "journalctl -u dovecot --no-pager"), "the filter is compiled for each letter"


def test_a_first_letter_and_its_reader_do_not_fall_over_each_other(store: Station) -> None:
    """A mailbox that nobody opened yet is made by both at once. With an index of the folders one time in 150 fell."""
    program = "/root/first_letters.py"
    write(store, program, (Path(__file__).parent / "first_letters.py").read_text())
    told = json.loads(command(store, "python3", program, COLLEAGUE, f"/var/mail/ystad/{COLLEAGUE}", "200"))
    assert told == {"letters": 200, "sessions": 200, "panics": 0}


@pytest.mark.parametrize(("words", "code"), [(("strange",), 554), (("plain",), 530)])
def test_the_gateways_address_alone_opens_nothing(
    on: On, address: dict[str, str], words: tuple[str, ...], code: int
) -> None:
    assert handed(on, post.letter(ANNA, address[OWNER]), address[OWNER], *words)[1] == code


@pytest.mark.parametrize("host", ["ystad-adm", "pki", "db"])
def test_nobody_else_hands_mail_in(host: str, address: dict[str, str]) -> None:
    """Under TLS, for somebody who has a mailbox."""
    lines = [f"MAIL FROM:<{ANNA}>", f"RCPT TO:<{address[OWNER]}>"]
    dialogue = "import smtplib, ssl; c = ssl._create_unverified_context(); s = smtplib.SMTP('10.0.0.15', 25)\n"
    dialogue += f"s.starttls(context=c); s.ehlo(); print(*[s.docmd(line)[0] for line in {lines}])"
    with station(host) as place:
        assert command(place, "python3", "-c", dialogue).split() == ["250", "554"]


def test_the_store_relays_for_nobody_and_knows_who_is_not_there(on: On, address: dict[str, str]) -> None:
    for recipient, code in (("victim@bank.example", 554), ("nobody.here@ystad.example", 550), (address[OWNER], 250)):
        assert handed(on, post.letter(ANNA, recipient), recipient)[1] == code, recipient


def test_a_disabled_account_has_no_mailbox_and_no_way_in(on: On, seat: Station, address: dict[str, str]) -> None:
    try:
        on("dc1", f"samba-tool user disable {COLLEAGUE}")
        assert handed(on, post.letter(ANNA, address[COLLEAGUE]), address[COLLEAGUE])[1] == 550
        with pytest.raises(ProbeError, match="AUTHENTICATIONFAILED"):
            mailbox(seat, "-", user=COLLEAGUE, seconds=0)
    finally:
        on("dc1", f"samba-tool user enable {COLLEAGUE}")
    assert mailbox(seat, "nothing", user=COLLEAGUE, seconds=0) == []


@pytest.mark.parametrize("port", [465, 587])
@pytest.mark.parametrize("recipient", [ANNA, COLLEAGUE])
def test_what_people_send_goes_to_the_gateway(
    on: On, seat: Station, address: dict[str, str], port: int, recipient: str
) -> None:
    """Also to a colleague, whose mailbox is on the very same host: nothing passes the filter by."""
    target = address.get(recipient, recipient)
    one = post.letter(address[OWNER], target)
    assert submitted(seat, one, address[OWNER], target, port=port)["step"] == "taken"
    (found,) = taken(on, one.word)
    assert [line.partition(":")[2].split()[0] for line in found["envelope"]] == [f"<{address[OWNER]}>", f"<{target}>"]
    if recipient == COLLEAGUE:
        assert mailbox(seat, one.word, user=COLLEAGUE, seconds=0) == []


@pytest.mark.parametrize("port", [465, 587])
@pytest.mark.parametrize(
    "forged",
    [
        (COLLEAGUE, COLLEAGUE, 553),
        (STRANGER, STRANGER, 553),
        (OWNER, COLLEAGUE, 550),
        (OWNER, "Chefen <%s>", 550),
        (OWNER, ANNA, 550),
        (ANNA, ANNA, 553),
        ("postmaster@ystad.example", "postmaster@ystad.example", 553),
        ("", OWNER, 550),
    ],
)
def test_nobody_writes_as_somebody_else(
    seat: Station, address: dict[str, str], port: int, forged: tuple[str, str, int]
) -> None:
    """In the envelope, which the hosts see, or in the message, which people see."""
    envelope, written, code = forged
    shown = written % address[STRANGER] if "%" in written else address.get(written, written)
    told = submitted(seat, post.letter(shown, ANNA), address.get(envelope, envelope), ANNA, port=port)
    assert told["code"] == code, told


def test_a_second_from_hides_nothing(seat: Station, address: dict[str, str]) -> None:
    one = post.letter(address[OWNER], ANNA)
    for line in (f"From: {address[STRANGER]}", f"Sender: {address[STRANGER]}", f"from:{address[COLLEAGUE]}"):
        twice = post.Letter(one.word, f"{line}\r\n".encode() + one.octets)
        assert submitted(seat, twice, address[OWNER], ANNA)["code"] == 550


def test_whoever_did_not_sign_in_under_tls_sends_nothing(seat: Station, address: dict[str, str]) -> None:
    one = post.letter(address[OWNER], ANNA)
    assert submitted(seat, one, address[OWNER], ANNA, user="")["code"] == 530
    assert submitted(seat, one, address[OWNER], ANNA, password="not the password")["code"] == 535
    offered = seat.ask("letter.converse", address=HOST, port=587, lines=["EHLO seat", "AUTH PLAIN AAAA"])
    assert "AUTH" not in offered[1]
    assert offered[2][:1] == "5"


def test_no_door_without_tls(seat: Station) -> None:
    """The control: those with TLS greet."""
    ports = (80, 110, 143, 995, 2000, 4190, 11211, 20000, 20001)
    targets = [{"address": HOST, "protocol": "tcp", "port": port} for port in (*ports, 465, 587, 993)]
    targets = [{**one, "address": "10.0.0.15"} for one in targets]
    told = seat.ask("sender.burst", targets=targets, word="nonce")
    assert {one["port"] for one in told if one["result"] == "answered"} == {465, 587, 993}


def test_while_the_directory_is_silent_mail_waits(on: On, seat: Station, address: dict[str, str]) -> None:
    """Nobody gets a bounce for a mailbox that is there; an unknown one is not told to be unknown either."""
    one = post.letter(ANNA, address[OWNER])
    try:
        on("dc1", "systemctl stop samba-ad-dc")
        for recipient in (address[OWNER], "nobody.here@ystad.example"):
            step, code, _ = handed(on, one, recipient)
            assert (step, code) == ("recipient", 451)
        told = on("mail", f"doveadm auth login {OWNER} x 2>&1 || true")
        assert "temp" in told.lower(), told
    finally:
        on("dc1", "systemctl start samba-ad-dc; for n in $(seq 60); do samdrift-directory ready 1 && break; done")
    assert insisted(on, one, address[OWNER]) == "taken"
    assert mailbox(seat, one.word)


def test_what_was_taken_survives_stops_and_kills(on: On, seat: Station, address: dict[str, str]) -> None:
    """Of the gateway, of Dovecot, and of Postfix in the middle of it."""
    out, inward = post.letter(address[OWNER], ANNA), post.letter(ANNA, address[OWNER])
    try:
        on("mx1", "systemctl stop gateway")
        assert submitted(seat, out, address[OWNER], ANNA)["step"] == "taken"
        on("mx1", f"systemd-run -q --unit=gateway python3 {PLAYER} serve")
        on("mail", "systemctl stop dovecot")
        assert handed(on, inward, address[OWNER])[0] == "taken"
        on("mail", "systemctl kill -s KILL postfix && sleep 1")
    finally:
        on("mail", "systemctl restart postfix && systemctl start dovecot")
    on("mail", "postqueue -f")
    assert taken(on, out.word)
    assert len(mailbox(seat, inward.word)) == 1


def test_what_is_for_postmaster_and_for_systems_is_taken(on: On, store: Station) -> None:
    one = post.letter(ANNA, "postmaster@ystad.example")
    assert handed(on, one, "postmaster@ystad.example")[0] == "taken"
    search = f"for n in $(seq 30); do grep -rq {one.word} /var/mail/hall/postmaster && exit; sleep 1; done; exit 1"
    command(store, "sh", "-c", search)
    for recipient in ("servicedesk@ystad.example", "servicedesk@osterlen.example", "abuse@osterlen.example"):
        assert handed(on, post.letter(ANNA, recipient), recipient)[0] == "taken", recipient
    assert "relay:[desk.osterlen.example]:25" in command(store, "postconf", "-h", "transport_maps")
    command(store, "postsuper", "-d", "ALL")  # there is no desk here


def test_a_deleted_message_can_be_brought_back(on: On, seat: Station, address: dict[str, str]) -> None:
    """By the operator, within days; to its owner it is gone. And from a backup, as a folder of its own."""
    one = post.letter(ANNA, address[OWNER])
    assert handed(on, one, address[OWNER])[0] == "taken"
    assert mailbox(seat, one.word)
    on("mail", f"rm -rf /run/kept && cp -a /var/mail/ystad/{OWNER} /run/kept")
    on("mail", f"doveadm expunge -u {OWNER} mailbox INBOX text {one.word}")
    assert mailbox(seat, one.word, seconds=0) == []
    on("mail", f"doveadm -o acl_ignore=yes move -u {OWNER} INBOX mailbox EXPUNGED text {one.word}")
    assert [found["folder"] for found in mailbox(seat, one.word, seconds=0)] == ["INBOX"]
    on("mail", f"samdrift-mailbox /run/kept /var/mail/ystad/{OWNER}")
    assert len(mailbox(seat, one.word, seconds=0)) == 2


def test_webmail_speaks_swedish_and_shows_the_inbox(on: On, seat: Station, address: dict[str, str]) -> None:
    """By the portal, which asks in the webmail's stead; it reads as the person with the token that it was given."""
    front = seat.ask("webmail.front", host=HOST, patience=60.0)
    assert (front["status"], front["language"]) == (200, "sv")
    assert front["url"].startswith("https://sso.osterlen.example/")
    one = post.letter(ANNA, address[OWNER])
    assert handed(on, one, address[OWNER])[0] == "taken"
    for user in (OWNER, address[OWNER]):
        shown = seat.ask(
            "webmail.inbox", host=HOST, user=user, password=PASSWORD, word=one.word, seconds=20, patience=90
        )
        assert (shown["in"], shown["account"]) == (True, OWNER), shown
        assert any(one.word in subject for subject in shown["subjects"])
        assert shown["page"]["language"] == "sv"
        assert "Koppla ner" in shown["page"]["text"]
    assert not seat.ask("webmail.inbox", host=HOST, user=OWNER, password="wrong", patience=60.0)["in"]


def test_what_is_written_in_the_webmail_goes_to_the_gateway(on: On, seat: Station, address: dict[str, str]) -> None:
    word = secrets.token_hex(8)
    who = {"host": HOST, "user": OWNER, "password": PASSWORD}
    seat.ask("webmail.sends", **who, sender=address[OWNER], recipient=ANNA, subject=word, patience=90.0)
    (found,) = taken(on, word)
    assert f"<{address[OWNER]}>" in found["envelope"][0]


def test_a_reload_sends_nobody_away(on: On) -> None:
    """Each member that joins is one: who reads mail then reads on, and who comes is let in."""
    program = f"""
import imaplib, subprocess
def sign_in():
    one = imaplib.IMAP4_SSL("{HOST}")
    one.login("{OWNER}", "{PASSWORD}")
    return one
before = sign_in()
subprocess.run(["systemctl", "reload", "dovecot.service", "postfix.service"], check=True)
for one in (sign_in(), before):
    print(one.select("INBOX")[0])
"""
    assert on("mail", f"python3 - <<'END'\n{program}\nEND").split() == ["OK", "OK"]


def test_the_webmail_takes_what_is_new_while_people_use_it(on: On) -> None:
    """One of the two after the other, as a deploy does it; each page is asked for until then."""
    units = "samdrift-webmail@20000.service samdrift-webmail@20001.service"
    pages = f"curl -s -m 20 -o /dev/null -w '%{{http_code}}\\n' https://{HOST}/SOGo/"
    ask = f"while [ -e /run/asking ]; do {pages} || echo lost; sleep 0.1; done > /root/told & "
    restart = f"for u in {units}; do systemctl restart $u; done"
    told = on("mail", f"touch /run/asking; {ask} {restart}; rm /run/asking; wait; cat /root/told")
    assert len(told.split()) > 20
    assert set(told.split()) == {"302"}


def test_the_webmail_has_no_door_beside_the_portal(on: On) -> None:
    """Not for the directory's password, and not for a token of another application's."""
    for path in ("connect", "dav/", "dav/ystad.s1/Calendar/", "Microsoft-Server-ActiveSync"):
        told = f"curl -s -o /dev/null -w '%{{http_code}}' -u {OWNER}:{PASSWORD} -X POST https://{HOST}/SOGo/{path}"
        assert on("sso", told) == "403", path
    plain = f"curl -s -o /dev/null -w '%{{http_code}}' https://{HOST}/SOGo/so/{OWNER}/Mail/view"
    assert on("sso", f"{plain} -H 'Sec-Fetch-Site: same-origin' -H 'Sec-Fetch-Mode: cors'") != "403"
    assert on("sso", f"{plain} -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: navigate'") != "403"
    for said in ("-X POST -H 'Sec-Fetch-Mode: navigate'", "-H 'Sec-Fetch-Mode: no-cors'"):
        assert on("sso", f"{plain} -H 'Sec-Fetch-Site: cross-site' {said}") == "403", said


def token_for(seat: Station, client: str, callback: str, user: str = OWNER, key: str = "") -> str:
    """What the portal gives an application for the person."""
    facts = {"issuer": "https://sso.osterlen.example", "client": client, "secret": secret(f"portal-{client}")}
    who = {"callback": callback, "user": user, "password": PASSWORD, "key": key}
    told: str = seat.ask("entrance.token", **facts, **who, scope="openid mail", patience=90.0)
    return told


def doors(seat: Station, user: str, **shown: str) -> dict[str, bool]:
    told: dict[str, bool] = seat.ask("mail_door.tried", host=HOST, user=user, patience=90.0, **shown)
    return told


OPEN, SHUT = {"imap": True, "submission": True}, {"imap": False, "submission": False}
CALLBACK = f"https://{HOST}/SOGo/"


def test_a_token_of_mails_own_opens_and_no_other(seat: Station) -> None:
    token = token_for(seat, "webmail", CALLBACK)
    assert doors(seat, OWNER, token=token) == OPEN
    assert doors(seat, COLLEAGUE, token=token) == SHUT
    assert doors(seat, OWNER, token=f"{token[:-4]}0000") == SHUT
    other = token_for(seat, "desk", "https://desk.osterlen.example/oidc/callback")
    assert doors(seat, OWNER, token=other) == SHUT


def test_who_was_signed_out_has_a_token_of_nothing(on: On, seat: Station) -> None:
    token = token_for(seat, "webmail", CALLBACK)
    assert doors(seat, OWNER, token=token) == OPEN
    on("sso", f"samdrift-portal end {OWNER}")
    assert doors(seat, OWNER, token=token) == SHUT


def test_a_password_made_in_the_portal_opens_mail_until_it_is_removed(on: On, seat: Station) -> None:
    """As a mail program uses it: under a name of its own, and sending as its owner."""
    who = {"url": "https://sso.osterlen.example/mailpasswords", "user": OWNER, "password": PASSWORD}
    made = seat.ask("entrance.mail_password", **who, name="telefon", patience=90.0)
    user, word = made["user"], made["password"]
    assert user == f"{OWNER}/telefon"
    try:
        assert doors(seat, user, password=word) == OPEN
        assert doors(seat, user, password=PASSWORD) == SHUT
        assert doors(seat, f"{COLLEAGUE}/telefon", password=word) == SHUT
    finally:
        on("sso", f"samdrift-portal mail-password remove {OWNER} telefon")
    assert doors(seat, user, password=word) == SHUT
    assert doors(seat, OWNER, password=PASSWORD) == OPEN


def test_a_privileged_persons_password_opens_no_mail(on: On, seat: Station) -> None:
    """A second factor is nothing where one door does not ask for it; with it the person comes in."""
    assert doors(seat, STRANGER, password=PASSWORD) == OPEN
    told = on("sso", f"samdrift-portal second-factor add {STRANGER}")
    key = parse_qs(urlsplit(told.splitlines()[0]).query)["secret"][0]
    on("dc1", f"samba-tool group addmembers priv-operators {STRANGER}")
    try:
        assert doors(seat, STRANGER, password=PASSWORD) == SHUT
        token = token_for(seat, "webmail", CALLBACK, STRANGER, key)
        assert doors(seat, STRANGER, token=token) == OPEN
    finally:
        on("dc1", f"samba-tool group removemembers priv-operators {STRANGER}")
        on("sso", f"samdrift-portal second-factor remove {STRANGER}")


@pytest.mark.parametrize("group", ["agreement-2026-1", "ystad-staff"])
def test_who_has_not_accepted_or_lost_the_role_has_no_way_in(on: On, seat: Station, group: str) -> None:
    """By a password and by a token from before; mail for the person is taken all the same."""
    token = token_for(seat, "webmail", CALLBACK, COLLEAGUE)
    assert doors(seat, COLLEAGUE, token=token) == OPEN
    on("dc1", f"samba-tool group removemembers {group} {COLLEAGUE}")
    try:
        assert doors(seat, COLLEAGUE, password=PASSWORD) == SHUT
        assert doors(seat, COLLEAGUE, token=token) == SHUT
    finally:
        on("dc1", f"samba-tool group addmembers {group} {COLLEAGUE}")
    assert doors(seat, COLLEAGUE, password=PASSWORD) == OPEN


def test_the_calendar_keeps_what_is_written_into_it_in_swedish(seat: Station) -> None:
    word, day = f"Möte {secrets.token_hex(4)}", f"{datetime.now(UTC).date() + timedelta(days=1)}"
    facts = {"user": COLLEAGUE, "password": PASSWORD, "title": word, "day": day}
    found = seat.ask("webmail.appoints", host=HOST, patience=60.0, **facts)
    assert [one["calendar"] for one in found["shown"] if one["title"] == word] == ["Personlig kalender"]
    assert (found["page"]["status"], found["page"]["language"]) == (200, "sv")
    assert "Kalender" in found["page"]["text"]


def test_a_mail_program_is_signed_out_once_its_person_would_not_be_let_in(on: On, seat: Station) -> None:
    """And nobody else's; nor is anybody's while the directory does not answer."""
    look = "systemctl start samdrift-mail-sessions.service"
    for person in (OWNER, COLLEAGUE):
        seat.ask("mailbox.stay", host=HOST, user=person, password=PASSWORD, patience=60.0)
    addresses = "getent ahosts dc1.ad.osterlen.example | cut -d ' ' -f 1 | sort -u"
    away = f"for one in $({addresses}); do ip route %s prohibit $one; done"
    on("mail", away % "add")
    try:
        on("mail", look)
        assert [seat.ask("mailbox.open_still", user=person) for person in (OWNER, COLLEAGUE)] == [True, True]
    finally:
        on("mail", away % "del")
    on("dc1", f"samba-tool group removemembers ystad-staff {COLLEAGUE}")
    try:
        on("mail", look)
        assert seat.ask("mailbox.open_still", user=COLLEAGUE, seconds=10.0) is False
        assert seat.ask("mailbox.open_still", user=OWNER) is True
    finally:
        on("dc1", f"samba-tool group addmembers ystad-staff {COLLEAGUE}")
        for person in (OWNER, COLLEAGUE):
            seat.ask("mailbox.leave", user=person)


def test_the_address_book_is_of_the_own_member_and_of_the_own_kind(seat: Station, address: dict[str, str]) -> None:
    """A pupil finds who works at the member, and no other pupil; with whom a folder may be shared is no way round."""
    searches = {person: address[person].split(".")[1] for person in (OWNER, PUPIL, OTHER_PUPIL, STRANGER)}

    def known(person: str) -> dict[str, set[str]]:
        found = seat.ask(
            "webmail.known", host=HOST, user=person, password=PASSWORD, searches=list(searches.values()), patience=60.0
        )
        return {
            place: {one for one, name in searches.items() if address[one] in found[place][name]}
            for place in ("recipients", "people")
        }

    assert known(COLLEAGUE) == {"recipients": {OWNER, PUPIL, OTHER_PUPIL}, "people": {OWNER}}
    assert known(PUPIL) == {"recipients": {OWNER}, "people": set()}


def test_nothing_failed_and_no_secret_lies_open(on: On) -> None:
    failed = on("mail", "systemctl --failed --no-legend").splitlines()
    assert [line for line in failed if "samdrift-backup" not in line] == []  # there is no backup store here
    for name in ("directory-mail", "database-webmail", "portal-webmail"):
        found = on("mail", f"grep -rlsF -- '{secret(name)}' /etc /run /var/log /root /tmp | xargs -r stat -c '%a %n'")
        assert found
        assert all(line[2] == "0" for line in found.splitlines()), found
