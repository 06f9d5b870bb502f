"""The monitor: everything declared is asked, what stops becomes a case that closes by itself, operators look."""

import json
import os
import secrets
import shlex
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from samdrift.availability import chain
from tests.checks.probe.station import Station

On = Callable[..., str]
AGREED = 300.0
"""Seconds within which a failure is a case (MON-01)."""
PAGE = "/usr/local/share/request-tracker5/html/NoAuth/SatisfactionIndex.html"
COMPILED = "/var/cache/request-tracker5/mason_data/obj"
SAMPLES = "/var/lib/samdrift-samples"
INTERVAL = 30
ASK = """
import base64, json, sys, urllib.request
word = base64.b64encode(b"monitor:" + open("/etc/samdrift/monitor.password", "rb").read()).decode()
url = "https://desk.osterlen.example/REST/2.0" + sys.argv[1]
call = urllib.request.Request(url, headers={"Authorization": "Basic " + word})
print(urllib.request.urlopen(call, timeout=60).read().decode())
"""
HOST = "monitor.osterlen.example"
STATE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
SSH = ("ssh", "-F", str(STATE / "ssh" / "config"), "-o", "BatchMode=yes", "-o", "LogLevel=ERROR")
REACH = """
import json, socket, sys
found = []
for port in map(int, sys.argv[2:]):
    try:
        socket.create_connection((sys.argv[1], port), timeout=5).close()
        found.append(port)
    except OSError:
        pass
print(json.dumps(found))
"""
TELL = """
import sys, urllib.request
call = urllib.request.Request("http://127.0.0.1:9097/", data=sys.argv[1].encode())
assert urllib.request.urlopen(call, timeout=120).status == 200
"""


def asked(on: On, path: str) -> Any:
    return json.loads(on("monitor", f"python3 -c {shlex.quote(ASK)} {shlex.quote(path)}"))


def cases(on: On, words: str) -> list[dict[str, Any]]:
    query = urllib.parse.quote(f"Subject LIKE '{words}'")
    found: list[dict[str, Any]] = asked(on, f"/tickets?query={query}&fields=Subject,Status,Queue,CustomFields")["items"]
    return found


def waited(on: On, words: str, *, is_over: bool) -> list[dict[str, Any]]:
    """The cases about this once the last of them is closed, or open."""
    began = time.monotonic()
    while True:
        found = cases(on, words)
        if found and (found[-1]["Status"] == "resolved") is is_over:
            return found
        assert time.monotonic() - began < AGREED, (
            f"{words}: {found} {on('monitor', 'journalctl -u samdrift-cases -n 20')}"
        )
        time.sleep(5)


def queried(on: On, query: str) -> list[dict[str, Any]]:
    url = f"http://127.0.0.1:9090/api/v1/query?query={query}"
    read = f"import urllib.request as u; print(u.urlopen({url!r}).read().decode())"
    found: list[dict[str, Any]] = json.loads(on("monitor", f"python3 -c {shlex.quote(read)}"))["data"]["result"]
    return found


def samples(on: On) -> list[str]:
    return on("monitor", f"cat {SAMPLES}/*.jsonl").splitlines()


def moments(lines: list[str]) -> list[int]:
    """Each once, in order."""
    return list(dict.fromkeys(json.loads(line)["at"] for line in lines if json.loads(line)["kind"] == "sample"))


def test_every_host_and_every_site_is_asked_and_answers(on: On) -> None:
    deadline = time.monotonic() + 90
    while True:
        up = {one["metric"]["host"]: one["value"][1] for one in queried(on, "max%20by(host)(up)")}
        looks = {one["metric"]["look"]: one["value"][1] for one in queried(on, "samdrift_look_up")}
        missing = queried(on, "ALERTS")
        if len(up) == 10 and looks and {*up.values(), *looks.values()} == {"1"} and not missing:
            break
        assert time.monotonic() < deadline, (up, looks, missing, on("monitor", "journalctl -u samdrift-record -n 20"))
        time.sleep(5)
    assert {"edge", "pki", "dc1", "sso", "db", "desk", "monitor", "ystad-gw", "ystad-adm"} < set(up)
    assert {"resolve-udp 53", "echo", "helpdesk-portal 443", "people"} <= set(looks)
    assert [one["value"][1] for one in queried(on, "probe_success")] == ["1"]
    declared = {(one["metric"]["host"], one["metric"]["name"]) for one in queried(on, "samdrift_unit_declared")}
    assert {("dc1", "samba-ad-dc.service"), ("desk", "apache2.service"), ("ystad-gw", "nftables.service")} < declared


def test_a_workplace_signs_in_and_says_why_not(on: On) -> None:
    ask = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9116/probe?transaction=sign-in').read().decode())"

    def signed_in() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(on("ystad-adm", f"python3 -c {shlex.quote(ask)}"))
        return found

    assert signed_in()["ok"], signed_in()
    try:
        on("ystad-adm", "mv /etc/krb5.keytab /etc/krb5.keytab.away")
        assert "keytab" in signed_in()["why"].lower()
    finally:
        on("ystad-adm", "mv /etc/krb5.keytab.away /etc/krb5.keytab")
    assert signed_in()["ok"]


def test_nobody_but_the_monitor_is_told(on: On) -> None:
    """Prometheus itself listens to its own host alone."""
    heard = on(
        "monitor", "ss -Htln '( sport = :9090 or sport = :9093 or sport = :9097 or sport = :9098 or sport = :9115 )'"
    )
    assert heard.count("127.0.0.1") == 5, heard
    assert "0.0.0.0:90" not in heard


def test_from_elsewhere_there_are_the_pages_under_tls_and_nothing_else(on: On) -> None:
    tried = on("desk", f"python3 -c {shlex.quote(REACH)} {HOST} 443 80 9090 9093 9097 9098 9115")
    assert json.loads(tried) == [443]
    assert "HTTP/1.1 400 " in on("desk", f"curl -s -i http://{HOST}:443/")


def test_nobody_looks_who_does_not_come_from_the_portal(on: On) -> None:
    """A browser is sent there; what asks for no page is told so, and nothing is changed in passing."""
    for path in (
        "/",
        "/larm/",
        "/larm/api/v2/alerts",
        "/prometheus/classic/alerts",
        "/prometheus/api/v1/query?query=up",
    ):
        asks = f"curl -s -o /dev/null -w '%{{http_code}} %{{redirect_url}}' 'https://{HOST}{path}'"
        told = on("desk", f"{asks} -H 'Accept: text/html'").split()
        assert told[0] == "302", (path, told)
        assert told[1].startswith("https://sso.osterlen.example/oauth2/authorize?"), told
        assert "client_id=monitoring" in told[1]
        assert on("desk", f"{asks} -H 'Accept: application/json'").split() == ["401"], path
    for said in ("", "-H 'Sec-Fetch-Site: cross-site'", "-H 'Sec-Fetch-Site: same-origin'"):
        silence = f"curl -s -o /dev/null -w '%{{http_code}}' -X POST -H 'Accept: application/json' {said}"
        assert on("desk", f"{silence} https://{HOST}/larm/api/v2/silences") in ("401", "403"), said
    assert json.loads(on("monitor", "curl -s http://127.0.0.1:9093/api/v2/silences")) == []


def test_an_operator_looks_with_a_second_factor_and_nobody_else(on: On) -> None:
    password = f"Aa1-{secrets.token_hex(12)}"
    operator, other = "ystad.s1", "ystad.p1"
    for name in (operator, other):
        on("dc1", f"samba-tool user setpassword {name} --newpassword={password}")
    on("dc1", f"samba-tool group addmembers priv-operators {operator}")
    told = on("sso", f"samdrift-portal second-factor add {operator}")
    key = urllib.parse.parse_qs(urllib.parse.urlsplit(told.splitlines()[0]).query)["secret"][0]
    seat = Station("desk", [*SSH, "desk"], through_shell=True)

    def comes_in(path: str, user: str, **shown: str) -> dict[str, Any]:
        who = {"url": f"https://{HOST}{path}", "user": user, "password": password, **shown}
        found: dict[str, Any] = seat.ask("entrance.comes_in", patience=120.0, **who)
        return found

    assert not comes_in("/", other)["in"]
    assert not comes_in("/", operator)["in"]
    page = comes_in("/prometheus/classic/targets", operator, key=key)
    assert (page["in"], "10.0.0.13:9100" in page["text"]) == (True, True), page


@contextmanager
def stopped(on: On, host: str, unit: str) -> Iterator[None]:
    on(host, f"systemctl stop {unit}")
    try:
        yield
    finally:
        on(host, f"systemctl start {unit}")


@contextmanager
def other_words(on: On) -> Iterator[None]:
    """A success page that a program without its database could have made."""
    # RT keeps its pages in a form of its own, and does not look whether they are still the same.
    read = f"find {COMPILED} -name SatisfactionIndex.html.obj -delete && systemctl restart apache2"
    try:
        on("desk", f"cp {PAGE} /root/page && echo Välkommen > {PAGE} && {read}")
        yield
    finally:
        on("desk", f"cp /root/page {PAGE} && {read}")


def queue_and_system(on: On, case: dict[str, Any]) -> tuple[str, list[str]]:
    fields = {one["name"]: one["values"] for one in asked(on, f"/ticket/{case['id']}")["CustomFields"]}
    return asked(on, f"/queue/{case['Queue']['id']}")["Name"], fields["System"]


def test_failures_are_one_case_each_that_closes_by_itself(on: On) -> None:
    """A unit that stopped, and a page with other words; both at once, for each takes minutes."""
    unit, page = "chrony.service på pki", "Servicedesk fungerar inte hos Ystad"
    with stopped(on, "pki", "chrony.service"), other_words(on):
        found = {words: waited(on, words, is_over=False) for words in (unit, page)}
    assert [len(found[words]) for words in (unit, page)] == [1, 1]
    assert queue_and_system(on, found[unit][0]) == ("Servicedesk", ["Nät och Internet"])
    assert queue_and_system(on, found[page][0]) == ("Ystad", ["Verksamhetssystem"])
    for words in (unit, page):
        waited(on, words, is_over=True)
    why = [json.loads(line)["down"] for line in samples(on) if '"down"' in line]
    assert any("wrong content" in one.get("helpdesk-portal 443", "") for one in why)


def test_a_failure_that_comes_back_opens_its_case_again(on: On) -> None:
    """Told as Alertmanager tells it."""
    number, word = secrets.token_hex(8), secrets.token_hex(4)
    alert: dict[str, Any] = {
        "fingerprint": number,
        "startsAt": "2026-11-28T03:00:00Z",
        "endsAt": "2026-11-28T03:05:00Z",
    }
    alert |= {"labels": {"alertname": "HostDown", "service": "network"}, "annotations": {"summary": word}}
    for status in ("firing", "firing", "resolved", "resolved", "firing"):
        body = json.dumps({"alerts": [{**alert, "status": status}]})
        on("monitor", f"python3 -c {shlex.quote(TELL)} {shlex.quote(body)}")
        (case,) = cases(on, word)
        assert (case["Status"] == "resolved") is (status == "resolved")
    on("monitor", f"python3 -c {shlex.quote(TELL)} {shlex.quote(body.replace('firing', 'resolved'))}")


def test_samples_are_chained_and_a_change_tells(on: On) -> None:
    lines = samples(on)
    assert chain.broken(lines) is None
    kept = moments(lines)
    assert len(kept) > 5
    assert {after - before for before, after in pairwise(kept)} == {INTERVAL}
    down = next(number for number, line in enumerate(lines) if "wrong content" in line)
    changed = json.loads(lines[down]) | {"down": {}}
    assert chain.broken([*lines[:down], json.dumps(changed), *lines[down + 1 :]])
    assert chain.broken([*lines[:down], *lines[down + 1 :]])


def test_a_restart_takes_no_moment_from_anybody(on: On) -> None:
    """In the midst of one, while the sites are asked."""
    midst = f"import time; time.sleep((3 - time.time()) % {INTERVAL}); print(int(time.time()))"
    moment = int(on("monitor", f"python3 -c {shlex.quote(midst)} && systemctl restart samdrift-record")) - 3
    deadline = time.monotonic() + 100
    while (kept := moments(samples(on)))[-1] <= moment:
        assert time.monotonic() < deadline
        time.sleep(5)
    assert kept[-3:] == [moment - INTERVAL, moment, moment + INTERVAL]


def test_who_keeps_samples_goes_on_after_a_kill(on: On) -> None:
    before = len(samples(on))
    on("monitor", "systemctl kill -s KILL samdrift-record")
    deadline = time.monotonic() + 100
    while len(samples(on)) < before + 2:  # a plan and a sample
        assert time.monotonic() < deadline
        time.sleep(5)
    assert chain.broken(samples(on)) is None


@pytest.mark.parametrize("host", ["monitor", "ystad-adm", "pki"])
def test_nothing_of_it_failed(on: On, host: str) -> None:
    failed = on(host, "systemctl --failed --no-legend").splitlines()
    assert [line for line in failed if "samdrift-backup" not in line] == []  # there is no backup store here
