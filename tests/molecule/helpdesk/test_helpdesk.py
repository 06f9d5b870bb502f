"""The help desk, asked by people of the directory and by programs from another host of the hall."""

import json
import os
import re
import secrets
import shlex
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.checks.probe.station import Station

STATE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
HOST = "desk.osterlen.example"
PASSWORD = f"Aa1-{secrets.token_hex(12)}"
ASKER, AGENT, OTHER, LATER = "ystad.s1", "tomelilla.s1", "simrishamn.s1", "ystad.s2"
SECRETS = "640 /etc/request-tracker5/RT_SiteConfig.d/80-samdrift-secret.pm"
SIGN_ON = "600 /etc/apache2/samdrift-front.conf"
KEYS: dict[str, str] = {}
"""Of second factors: of whoever answers cases, and of whoever is about to."""
SEND = """
import smtplib, ssl, sys, json
facts = json.loads(sys.argv[1])
try:
    with smtplib.SMTP(facts["to"], 25, source_address=(facts["from"], 0), timeout=60) as call:
        call.starttls(context=ssl.create_default_context())
        call.ehlo()
        print(call.sendmail(facts["sender"], [facts["recipient"]], facts["message"].encode()))
except smtplib.SMTPException as error:
    print(type(error).__name__, error)
"""


def secret(name: str) -> str:
    return (STATE / "secrets" / name).read_text()


@pytest.fixture(scope="module", autouse=True)
def _people() -> None:
    """Passwords and second factors as the desk gives them out, and one person who answers cases."""
    on = of_the_module()
    for name in (ASKER, AGENT, OTHER):
        on("dc1", f"samba-tool user setpassword {name} --newpassword={PASSWORD}")
    on("dc1", f"samba-tool group addmembers desk-service {AGENT}")
    for name in (AGENT, OTHER):
        on("sso", f"samdrift-portal second-factor remove {name} 2> /dev/null || true")
        told = on("sso", f"samdrift-portal second-factor add {name}")
        KEYS[name] = parse_qs(urlsplit(told.splitlines()[0]).query)["secret"][0]
    on("desk", "systemctl start samdrift-helpdesk-people")


def of_the_module() -> Callable[..., str]:
    """The fixture `on` for a fixture that lives longer."""
    import tests.molecule.conftest

    run: Callable[..., str] = tests.molecule.conftest.on.__wrapped__()  # type: ignore[attr-defined]
    return run


def asked(on: Callable[..., str], function: str, **facts: Any) -> Any:
    """Call a function of the checks' own probe of the desk, on pki."""
    return seat().ask(f"case.{function}", patience=120.0, **facts)


@cache
def seat() -> Station:
    ssh = ["ssh", "-F", str(STATE / "ssh" / "config"), "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "pki"]
    return Station("pki", ssh, through_shell=True)


def person(name: str) -> dict[str, str]:
    return {"host": HOST, "user": name, "password": PASSWORD, "key": KEYS.get(name, "")}


def api(on: Callable[..., str], path: str, method: str = "GET", body: Any = None, *, who: str = AGENT) -> Any:
    return asked(on, "ask", **person(who), path=path, method=method, body=body)


def opened(on: Callable[..., str], word: str, system: str = "E-post och kalender") -> int:
    told = asked(on, "open_case", **person(ASKER), subject=f"Fråga {word}", text="Å, vad gör jag?", system=system)
    assert told["case"], told["page"][-800:]
    return int(told["case"])


def test_a_person_asks_and_a_technician_of_another_member_answers(on: Callable[..., str]) -> None:
    word, answer = secrets.token_hex(6), secrets.token_hex(6)
    number = opened(on, word)
    found = api(on, f"/ticket/{number}?fields[Queue]=Name")["answer"]
    assert found["Subject"] == f"Fråga {word}"
    assert api(on, f"/queue/{found['Queue']['id']}")["answer"]["Name"] == "Ystad"
    fields = {one["name"]: one["values"] for one in found["CustomFields"]}
    assert fields["System"] == ["E-post och kalender"]
    assert fields["Kommun"] == ["Ystad"]
    assert found["SLA"] == "Ystad, E-post och kalender, Normal"
    groups = [api(on, f"/group/{one['id']}")["answer"]["Name"] for one in found["AdminCc"]]
    assert groups == ["Tjänster och servrar"]
    assert (
        api(on, f"/ticket/{number}/correspond", "POST", {"Content": answer, "ContentType": "text/plain"})["code"] == 201
    )
    assert answer in asked(on, "shown", **person(ASKER), case=number)["text"]
    assert word not in asked(on, "shown", **person(OTHER), case=number)["text"]


def test_who_is_not_known_is_not_let_in(on: Callable[..., str]) -> None:
    assert asked(on, "enters", **person(ASKER))
    assert not asked(on, "enters", **{**person(AGENT), "key": ""}), "who answers cases comes in by a password alone"
    for user, password in ((ASKER, "wrong"), (ASKER, ""), ("root", "password"), ("svc-desk", secret("directory-desk"))):
        assert not asked(on, "enters", host=HOST, user=user, password=password), user


def test_a_case_is_closed_with_an_answer_only_and_stays_the_desks(on: Callable[..., str]) -> None:
    number = opened(on, secrets.token_hex(6))

    def put(**fields: Any) -> dict[str, Any]:
        api(on, f"/ticket/{number}", "PUT", fields)
        found: dict[str, Any] = api(on, f"/ticket/{number}")["answer"]
        return found

    assert put(Status="resolved")["Status"] == "new"
    assert put(Status="supplier")["Status"] == "new"
    assert put(Owner=AGENT)["Owner"]["id"] == AGENT
    for nobody in (ASKER, "Nobody"):
        assert put(Owner=nobody)["Owner"]["id"] == AGENT
    assert put(Status="supplier")["Status"] == "supplier"
    assert put(Status="resolved")["Status"] == "supplier"
    told = on("desk", f"runuser -u www-data -- samdrift-helpdesk clock {number} 49")
    assert "tyst" in told
    assert put(Status="open")["Status"] == "open"
    assert put(Status="resolved")["Status"] == "open"
    api(on, f"/ticket/{number}/correspond", "POST", {"Content": "Nu går det.", "ContentType": "text/plain"})
    assert put(Status="resolved")["Status"] == "resolved"


@pytest.mark.parametrize(("status", "longer"), [("stalled", timedelta(hours=3)), ("supplier", timedelta())])
def test_the_clock_stands_still_only_while_the_user_is_waited_for(
    on: Callable[..., str], status: str, longer: timedelta
) -> None:
    """A supplier who is slow is the desk's own matter; the user's silence is not."""
    number = opened(on, secrets.token_hex(6), system="Nät och Internet")
    api(on, f"/ticket/{number}", "PUT", {"Owner": AGENT})
    agreed = allowed(on, number)
    api(on, f"/ticket/{number}", "PUT", {"Status": status})
    of_case = f"objecttype = 'RT::Ticket' AND objectid = {number}"
    earlier(on, "tickets", f"id = {number}", hours=4)
    earlier(on, "transactions", f"{of_case} AND type <> 'Status'", hours=4)
    earlier(on, "transactions", f"{of_case} AND type = 'Status'", hours=3)
    api(on, f"/ticket/{number}", "PUT", {"Status": "open"})
    assert abs(allowed(on, number) - agreed - longer) < timedelta(seconds=90)


def allowed(on: Callable[..., str], number: int) -> timedelta:
    """What the case's clock allows from its beginning."""
    found = api(on, f"/ticket/{number}")["answer"]
    due, created = (datetime.fromisoformat(found[name].replace("Z", "+00:00")) for name in ("Due", "Created"))
    return due - created


def earlier(on: Callable[..., str], table: str, which: str, *, hours: int) -> None:
    """Let rows have been written so long ago."""
    line = f"UPDATE {table} SET created = created - interval '{hours} hours' WHERE {which}"
    assert on("db", f"runuser -u postgres -- psql -Atd desk -c {shlex.quote(line)}").strip() != "UPDATE 0"


def test_the_user_is_asked_and_the_answer_counts(on: Callable[..., str]) -> None:
    number = opened(on, secrets.token_hex(6))
    before = asked(on, "published", host=HOST)["Ystad"]["answers"]
    api(on, f"/ticket/{number}/correspond", "POST", {"Content": "Nu går det.", "ContentType": "text/plain"})
    api(on, f"/ticket/{number}", "PUT", {"Status": "resolved"})
    queued = letters(on)
    link = re.search(rf"https://{HOST}/NoAuth/Satisfaction\.html\?case={number}&amp;key=[0-9a-f]+", queued)
    assert link, queued[-2000:]
    told = asked(on, "satisfied", link=link[0].replace("&amp;", "&"), answer=5)
    assert "Hur gick det?" in told["asked"]
    assert "Tack" in told["told"]
    assert asked(on, "published", host=HOST)["Ystad"]["answers"] == before + 1
    forged = link[0].replace("&amp;", "&")[:-4] + "0000"
    assert "Länken gäller inte" in asked(on, "satisfied", link=forged, answer=1)["asked"]


def letters(on: Callable[..., str]) -> str:
    """Every letter that waits to leave, its encodings undone."""
    program = (
        "import email, email.policy, subprocess, json\n"
        "listed = subprocess.run(['postqueue', '-j'], capture_output=True, text=True).stdout.splitlines()\n"
        "for one in map(json.loads, listed):\n"
        "    octets = subprocess.run(['postcat', '-qhb', one['queue_id']], capture_output=True).stdout\n"
        "    message = email.message_from_bytes(octets, policy=email.policy.default)\n"
        "    print(message['From'], message['To'], message['Subject'])\n"
        "    for part in message.walk():\n"
        "        if part.get_content_maintype() == 'text':\n"
        "            print(part.get_content())\n"
    )
    return on("desk", f"python3 -c {shlex.quote(program)}")


@pytest.fixture
def mail(on: Callable[..., str]) -> Any:
    """pki plays the mail store: it has its address for a while."""
    on("pki", "ip address replace 10.0.0.15/32 dev svc")

    def send(sender: str, recipient: str, subject: str, *, source: str = "10.0.0.15") -> str:
        head = f"From: {sender}\nTo: {recipient}\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8"
        message = f"{head}\n\nHej å hå\n"
        facts = {"from": source, "to": HOST, "sender": sender, "recipient": recipient, "message": message}
        return on("pki", f"python3 -c {shlex.quote(SEND)} {shlex.quote(json.dumps(facts))}").strip()

    yield send
    on("pki", "ip address del 10.0.0.15/32 dev svc")


def queue_of(on: Callable[..., str], word: str) -> str:
    """Whose the one case with this word is, as soon as it is there."""
    words = f"/tickets?query=Subject%20LIKE%20'{word}'&fields=Queue&fields[Queue]=Name"
    items: list[dict[str, Any]] = []
    deadline = time.monotonic() + 60
    while not items and time.monotonic() < deadline:
        items = api(on, words)["answer"]["items"]
    assert len(items) == 1, items
    return str(items[0]["Queue"]["Name"])


@pytest.mark.parametrize(
    ("sender", "recipient", "queue"),
    [
        ("anna@ystad.example", "servicedesk@osterlen.example", "Ystad"),
        ("anna@ystad.example", "servicedesk@tomelilla.example", "Ystad"),
        ("bo@internet.example", "servicedesk@tomelilla.example", "Tomelilla"),
        ("bo@internet.example", "servicedesk@osterlen.example", "Servicedesk"),
    ],
)
def test_mail_becomes_a_case_of_the_senders_member(
    on: Callable[..., str], mail: Callable[..., str], sender: str, recipient: str, queue: str
) -> None:
    word = secrets.token_hex(6)
    assert mail(sender, recipient, f"Word {word}") == "{}"
    assert queue_of(on, word) == queue


def test_mail_comes_from_the_store_and_to_the_desk_only(on: Callable[..., str], mail: Callable[..., str]) -> None:
    assert "SMTP" in mail("a@ystad.example", "servicedesk@ystad.example", "x", source="10.0.0.13")
    assert "Recipients" in mail("a@ystad.example", "anna@ystad.example", "x")


def test_a_program_opens_a_case_by_the_api(on: Callable[..., str]) -> None:
    facts = {"host": HOST, "user": "monitor", "password": secret("desk-monitor"), "basic": True}
    told = asked(
        on,
        "ask",
        **facts,
        path="/ticket",
        method="POST",
        body={"Queue": "Servicedesk", "Subject": "db", "Content": "x"},
    )
    assert told["code"] == 201, told
    # A person has no password there, and whoever shows none is not sent anywhere: programs read no pages.
    for wrong in ({"password": "wrong"}, {"user": ASKER, "password": PASSWORD}, {"user": AGENT, "password": PASSWORD}):
        assert asked(on, "ask", **{**facts, **wrong}, path="/ticket/1")["code"] == 401
    assert on("sso", f"curl -s -o /dev/null -w '%{{http_code}}' https://{HOST}/REST/2.0/queues/all") == "401"


def test_rt_itself_asks_nobody_for_a_password(on: Callable[..., str]) -> None:
    """Its form is a page of the portal's now; what is for everybody stays so."""
    for path, code in (("/", "302"), ("/NoAuth/Login.html", "302"), ("/NoAuth/SatisfactionIndex.html", "200")):
        told = on("sso", f"curl -s -o /dev/null -w '%{{http_code}} %{{redirect_url}}' https://{HOST}{path}").split()
        assert told[0] == code, (path, told)
        assert code != "302" or told[1].startswith("https://sso.osterlen.example/oauth2/authorize?"), told


def test_swedish_is_spoken(on: Callable[..., str]) -> None:
    number = opened(on, secrets.token_hex(6))
    assert "Ärende mottaget" in letters(on)
    assert "Skapad" in asked(on, "shown", **person(ASKER), case=number)["text"]


def test_who_leaves_the_group_answers_no_more(on: Callable[..., str]) -> None:
    on("dc1", f"samba-tool group addmembers priv-agents {OTHER}")
    assert f"Servicedesk: {OTHER}" in on("desk", "samdrift-helpdesk people")
    assert api(on, "/queues/all", who=OTHER)["answer"]["total"] == 4
    on("dc1", f"samba-tool group removemembers priv-agents {OTHER}")
    assert f"{OTHER} answers no cases any more" in on("desk", "samdrift-helpdesk people")
    assert on("desk", "samdrift-helpdesk people") == ""


def test_whom_mail_brought_while_the_directory_was_silent_comes_in_later(on: Callable[..., str]) -> None:
    """RT called the person by the address then, and takes no second user who has it."""
    found = re.search(r"^mail: (\S+)", on("dc1", f"samba-tool user show {LATER} --attributes=mail"), re.MULTILINE)
    assert found
    address = found[1]
    on("dc1", f"samba-tool user setpassword {LATER} --newpassword={PASSWORD}")
    silent = (
        "use lib '/usr/share/request-tracker5/lib'; use RT; RT::LoadConfig(); RT::Init();"
        "RT->Config->Set(ExternalInfoPriority => []); my $u = RT::User->new(RT->SystemUser);"
        f"my ($ok, $why) = $u->Create(Name => '{address}', EmailAddress => '{address}'); die $why unless $ok;"
    )
    on("desk", f"perl -e {shlex.quote(silent)}")
    assert not asked(on, "enters", **person(LATER))
    assert on("desk", "samdrift-helpdesk people").strip() == f"{address} is {LATER}"
    assert asked(on, "enters", **person(LATER))
    assert on("desk", "samdrift-helpdesk people") == ""


def test_what_members_agree_holds_at_once_and_no_process_ends(on: Callable[..., str]) -> None:
    """Processes of RT take seconds to begin: nobody waits for them because somebody else joins."""
    file = "/etc/request-tracker5/members.json"
    right = on("desk", f"cat {file}")
    agreed = json.loads(right)
    for member in agreed["members"]:
        member["support"] |= {"answered": [10] * 4, "solved": [10] * 4}
    usual = api(on, f"/ticket/{opened(on, secrets.token_hex(6))}")["answer"]["Due"]
    before = on("desk", "pgrep -f rt-server.fcgi").split()
    try:
        on("desk", f"cat > {file} <<'END'\n{json.dumps(agreed)}\nEND")
        assert api(on, f"/ticket/{opened(on, secrets.token_hex(6))}")["answer"]["Due"] < usual
    finally:
        on("desk", f"cat > {file} <<'END'\n{right}\nEND")
    assert {*before} <= {*on("desk", "pgrep -f rt-server.fcgi").split()}


def test_what_was_changed_by_hand_is_told_and_put_right(on: Callable[..., str]) -> None:
    assert on("desk", "samdrift-helpdesk check") == ""
    code = (
        "use lib '/usr/share/request-tracker5/lib'; use RT; RT::LoadConfig(); RT::Init();"
        "my $q = RT::Queue->new(RT->SystemUser); $q->Load('Ystad'); $q->SetLifecycle('default');"
        "my $u = RT::User->new(RT->SystemUser); $u->Load('root'); $u->SetDisabled(0);"
    )
    on("desk", f"perl -e {shlex.quote(code)}")
    assert on("desk", "samdrift-helpdesk check").splitlines() == [
        "RT's own administrator is switched off",
        "Lifecycle of queue Ystad",
    ]
    on("desk", "samdrift-helpdesk apply")
    assert on("desk", "samdrift-helpdesk check") == ""


def test_no_secret_lies_open(on: Callable[..., str]) -> None:
    files = {"portal-desk": SIGN_ON, "desk-seal": SIGN_ON}
    for name in ("database-desk", "directory-desk", "desk-satisfaction", "desk-monitor", *files):
        found = on(
            "desk",
            f"grep -rlsF -- '{secret(name)}' /etc /run /var/log /var/cache /root /tmp | xargs -r stat -c '%a %n'",
        )
        assert found.splitlines() == [files.get(name, SECRETS)], name
    assert on("desk", "systemctl --failed --no-legend").strip() == ""
