"""What is watched follows from what is declared: catalogue, guests, members."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import roles
from roles.monitor import deploy
from roles.monitor.deploy import PAGES, TARGETS
from roles.monitor.deploy import TEMPLATES as MONITOR
from roles.monitor.settings import Settings
from roles.operations import front, unit
from roles.operations.setting import SettingError
from roles.operations.template import render
from roles.probe.deploy import TEMPLATES as PROBE
from roles.probe.deploy import configuration
from roles.probe.settings import Settings as ProbeSettings
from roles.watched.deploy import TEMPLATES as WATCHED
from roles.watched.settings import Settings as Watched
from samdrift import entrance
from samdrift.federation import catalogue, hall, monitoring, support, watch
from samdrift.federation.end import CLIENTS
from samdrift.federation.load import load_federation
from samdrift.federation.setting.monitor import system_of
from samdrift.handover import HostRecord, fill_members, host_records
from samdrift.secret import resolved

FEDERATION = load_federation(Path(__file__).resolve().parents[2] / "stacks", "ystad-osterlen")
LOOKS = {one.name: one for one in watch.looks(FEDERATION)}
PORTAL = {
    "issuer": "https://sso.osterlen.example",
    "client": "monitoring",
    "callback": "https://monitor.osterlen.example/oidc/callback",
    "secret": "Sd1-a-long-secret",
    "seal": "Sd1-a-long-seal",
}


def records() -> dict[str, HostRecord]:
    everyone = fill_members(one for stack in FEDERATION.stacks for one in host_records(FEDERATION, stack))
    return {record.name: record for record in everyone}


RECORDS = records()


def settings(**changes: Any) -> Settings:
    facts = resolved(RECORDS["monitor"].roles["monitor"], read=lambda name: f"Sd1-a-long-{name}")
    return Settings(**{**facts, **changes})


def text(dest: str, found: Settings | None = None) -> str:
    values: dict[str, object] = {"settings": found or settings(), "samples": "/samples", "facts": "/facts"}
    values |= {"front": front.FRONT, "pages": PAGES, "targets": TARGETS}
    return render(templates=MONITOR, dest=dest, values={**values, "user": "keeper", "password": "/password"})


def modules(guest: str = "ystad-adm") -> dict[str, Any]:
    found: dict[str, Any] = RECORDS[guest].roles["probe"]["modules"]
    return found


def test_every_single_port_that_people_reach_is_tried() -> None:
    """But for UDP other than names: nobody there answers a question that is none; and for the monitor's own pages."""
    opened = {
        f"{flow.name} {port}".strip()
        for flow in (*catalogue.PLATFORM_FLOWS, *(f for n in catalogue.OFFERED for f in catalogue.BY_NAME[n].flows))
        if {*flow.source} & {*CLIENTS} and {*flow.target} & {*hall.BY_NAME}
        for port in (flow.ports or ("",))
        if "-" not in port and (flow.protocol != "udp" or port == "53")
    }
    assert opened - {name for name in LOOKS if LOOKS[name].module != "transaction"} == {"monitor-pages 443"}
    assert {name for name in LOOKS if LOOKS[name].module != "transaction"} < opened


def test_a_dead_page_of_the_monitors_is_no_members_network_down() -> None:
    """It is a unit that stopped, which the desk hears of as such."""
    assert not [one for one in LOOKS.values() if monitoring.HOST in one.targets]
    assert 'unit.running(name="Pages", unit=front.UNIT)' in Path(str(deploy.__file__)).read_text()


def test_every_page_is_known_by_what_it_shows() -> None:
    for name in catalogue.OFFERED:
        for flow in catalogue.BY_NAME[name].flows:
            speaks = {port for port, speech in flow.tls if speech == "https"}
            assert {page.port for page in flow.pages} == speaks, flow.name


def test_every_module_is_there_and_every_page_has_its_own_text() -> None:
    found = modules()
    assert {one.module for one in LOOKS.values()} - {"transaction"} <= set(found)
    for module in found.values():
        if module["prober"] == "http":
            assert module["http"]["fail_if_not_ssl"]
            for pattern in module["http"]["fail_if_body_not_matches_regexp"]:
                assert "{member}" not in pattern
                re.compile(pattern)
    assert '"Ystad":' in str(modules()["page-helpdesk-portal-443"])
    assert '"Tomelilla":' in str(modules("tomelilla-ped")["page-helpdesk-portal-443"])


def test_a_wrong_answer_to_a_name_is_no_answer() -> None:
    (pattern,) = modules()["names-udp"]["dns"]["validate_answer_rrs"]["fail_if_none_matches_regexp"]
    assert re.search(pattern, "sso.osterlen.example.\t300\tIN\tA\t10.0.0.14")
    assert not re.search(pattern, "sso.osterlen.example.\t300\tIN\tA\t10.0.0.140")
    assert not re.search(pattern, "ssoxosterlen.example.\t300\tIN\tA\t10.0.0.14")


def test_either_directory_host_will_do() -> None:
    assert set(LOOKS["directory-tcp 636"].targets) == set(hall.DIRECTORY)


def test_services_without_a_look_are_told() -> None:
    assert watch.unlooked(FEDERATION) == ("database", "spam-filter", "backup")


def test_the_desk_knows_every_system() -> None:
    known = {one.title for one in support.SYSTEMS}
    assert {system_of(name) for name in (*catalogue.OFFERED, watch.NETWORK)} <= known


def test_every_guest_is_asked_or_echoed() -> None:
    """All but the one that plays the rest of the world."""
    found = settings()
    asked = {one["host"] for one in found.targets} | {one["name"] for one in found.echoed}
    assert asked == set(RECORDS) - {"outside"}
    assert {name for name, record in RECORDS.items() if "watched" in record.roles} == asked - {"vault"}
    assert {one["labels"]["host"] for all_ in found.asked.values() for one in all_} == asked
    jobs = yaml.safe_load(text("/etc/prometheus/prometheus.yml"))["scrape_configs"]
    assert {job["job_name"] for job in jobs} == {"hosts", "samples", "echo"}
    lists = [name for job in jobs for one in job.get("file_sd_configs", ()) for name in one["files"]]
    assert lists == [f"{TARGETS}/{job}.json" for job in found.asked]


def test_a_member_that_leaves_is_asked_no_more() -> None:
    assert not [one for one in settings(members=[]).targets if one["member"]]


def test_every_failure_has_a_word_and_a_weight() -> None:
    rules = yaml.safe_load(text("/etc/prometheus/samdrift.rules.yml"))["groups"][0]["rules"]
    for rule in rules:
        assert rule["for"] == "45s"
        assert int(rule["labels"]["priority"]) in (10, 20, 30, 40)
        assert {"summary", "description"} <= set(rule["annotations"])
    hidden = yaml.safe_load(text("/etc/prometheus/alertmanager.yml"))["inhibit_rules"]
    named = {rule["alert"] for rule in rules}
    spoken = set(re.findall(r"[A-Z]\w+(?:Down|Silent|DownEverywhere)", json.dumps(hidden)))
    assert spoken <= named


def test_what_follows_from_a_failure_waits_for_it() -> None:
    """A cut line may be seen at its gateway a round of questions later than behind it, and is over before."""
    found = settings()
    told = yaml.safe_load(text("/etc/prometheus/alertmanager.yml"))
    assert int(told["route"]["group_wait"].rstrip("s")) >= 2 * found.scrape_s
    hides = {rule["target_matchers"][0] for rule in told["inhibit_rules"] if rule.get("equal") == ["member"]}
    assert hides == {"behind = gateway", "alertname = ServiceDown"}
    rules = yaml.safe_load(text("/etc/prometheus/samdrift.rules.yml"))["groups"][0]["rules"]
    (down,) = (rule for rule in rules if rule["alert"] == "HostDown")
    assert int(down["keep_firing_for"].rstrip("s")) >= 2 * found.interval_s + found.scrape_s


@pytest.mark.parametrize("name", ["samdrift-record", "samdrift-cases"])
def test_programs_are_python(name: str) -> None:
    compile(text(f"/usr/local/sbin/{name}"), name, "exec")


def test_the_probe_is_python_and_its_configuration_yaml() -> None:
    found = ProbeSettings(**RECORDS["ystad-adm"].roles["probe"])
    program = render(templates=PROBE, dest="/usr/local/sbin/samdrift-transaction", values={"settings": found})
    compile(program, "samdrift-transaction", "exec")
    assert all(f'"{name}"' in program for name in watch.TRANSACTIONS)
    assert yaml.safe_load(configuration(found))["modules"]["echo"]["timeout"] == "8s"


def test_no_secret_is_in_what_everybody_may_read() -> None:
    everybody = (
        front.SITE,
        "/etc/default/prometheus",
        "/etc/prometheus/prometheus.yml",
    )
    told = [json.dumps(settings().facts), repr(settings()), *map(text, everybody)]
    assert not [one for one in told if "Sd1-a-long" in one]


def test_people_are_let_in_by_the_portal_alone() -> None:
    """Each path that is served: the whole, which is the front's, and what is said anew of a part."""
    values: dict[str, object] = {"portal": settings().portal, "chain": "/chain.pem", "key": "/key.pem"}
    before = render(templates=front.TEMPLATES, dest=front.FRONT, values=values)
    assert before.count("Sd1-a-long") == 2
    own = text(front.SITE)
    assert f"Include {front.FRONT}" in own
    site = before + own
    parts = re.findall(r"<Location (\S+)>(.*?)</Location>", site, flags=re.DOTALL)
    assert {path for path, _ in parts} == {"/", "/prometheus/", "/larm/api/v2/"}
    assert all("Require valid-user" in said for _, said in parts)
    assert "AuthType None" not in site
    assert "OIDCRedirectURI https://monitor.osterlen.example/oidc/callback" in site
    # Beside the API anybody who is signed in could stop them, or have their configuration read again.
    assert set(re.findall(r"ProxyPass (\S+)", site)) == {"/prometheus/", "/larm/api/v2/"}
    assert "web.enable" not in text("/etc/default/prometheus") + text("/etc/default/prometheus-alertmanager")


@pytest.mark.parametrize("name", ["prometheus", "prometheus-alertmanager"])
def test_what_apache_stands_before_listens_to_its_own_host(name: str) -> None:
    said = text(f"/etc/default/{name}")
    assert re.findall(r"--web.listen-address=(\S+):\d+", said) == ["127.0.0.1"]
    # The API's paths are those of before: checks, commands and Prometheus itself ask at them.
    assert "--web.route-prefix=/ " in said
    assert re.search(r"--web.external-url=https://monitor\.osterlen\.example/(prometheus|larm)/ ", said)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"interval_s": 90}, "SLA-03"),
        ({"hosts": []}, "at least one host"),
        ({"desk": {"host": "desk.osterlen.example", "user": "monitor", "password": "short"}}, "12 characters"),
        ({"seconds": 20}, "a third"),
        ({"services": {}}, "is accepted"),
        ({"fqdn": "monitor"}, "monitor.fqdn"),
        ({"portal": {"issuer": "http://sso.osterlen.example"}}, "monitor.portal.issuer"),
        ({"portal": {**PORTAL, "seal": 'not "plain" at all'}}, "monitor.portal.seal"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        settings(**changes)


def test_the_start_page_has_what_people_enter() -> None:
    addresses = {one.address: one for one in entrance.doors(FEDERATION)}
    for address in ("https://sso.osterlen.example/", "https://desk.osterlen.example/", "mail.osterlen.example:993"):
        assert address in addresses
    assert addresses["https://desk.osterlen.example/"].who == "staff, elected, consultants, pupils"
    assert addresses["mail.osterlen.example:993"].who == "staff, elected, pupils"
    monitor = addresses["https://monitor.osterlen.example/"]
    assert (monitor.title, monitor.who) == ("Övervakning", "priv-operators; with a second factor")
    assert (monitor.networks, monitor.members) == ("adm", "all")
    page = entrance.to_html(FEDERATION)
    assert page.count("<a href=") == 4
    known = entrance.samples(FEDERATION)
    assert len(known) == 18
    assert all(one.mail in page for one in known)


def test_no_unit_that_a_role_runs_is_left_out() -> None:
    """What is declared and never told of would be a failure for ever."""
    dest = "/etc/default/prometheus-node-exporter"
    values: dict[str, object] = {"settings": Watched(), "watched": unit.WATCHED}
    arguments = render(templates=WATCHED, dest=dest, values=values)
    include, exclude = re.findall(r"unit-(?:include|exclude)=(\S+)", arguments)
    sources = "".join(file.read_text() for file in Path(str(roles.__file__)).parent.glob("*/*.py"))
    units = set(re.findall(r'"([a-z0-9@-]+\.(?:service|timer|socket))"', sources))
    assert len(units) > 30
    assert not [one for one in units if not re.fullmatch(include, one) or re.fullmatch(exclude, one)]
