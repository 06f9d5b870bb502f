"""The network checks, their probes and the verdicts on real packets: a federation in miniature, whole and broken."""

import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from samdrift.compliance.evidence import Ending, Evidence, judge
from samdrift.compliance.verdict import Verdict
from samdrift.federation.load import load_federation
from tests.checks import test_net_01, test_net_02, test_net_03, test_net_07
from tests.checks.probe.remote import capture
from tests.checks.probe.station import ProbeError, Station, StationLost
from tests.checks.service import declared_ports
from tests.unit.bench import Bench

pytestmark = pytest.mark.lab
ROOT = Path(__file__).resolve().parents[2]
MEMBER = "ystad"
FRAMES = 4000
"""What all networks together carry in the seconds for which a busy machine lets a reader wait."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    if os.geteuid() != 0:
        pytest.fail("needs root: it makes network namespaces")
    made = Bench(load_federation(ROOT / "stacks"), name=f"bench-{os.getpid()}")
    try:
        yield made.open()
    finally:
        made.close()


def verdict_of(check: Callable[..., None], bench: Bench) -> tuple[Verdict, tuple[str, ...]]:
    evidence = Evidence(subject=MEMBER)
    try:
        check(member=MEMBER, scene=bench, evidence=evidence)
    except AssertionError as error:
        return judge(Ending.ASSERTED, evidence, reason=str(error))
    except TimeoutError as error:
        return judge(Ending.TIMED_OUT, evidence, reason=str(error))
    return judge(Ending.PASSED, evidence)


@contextmanager
def rule(bench: Bench, guest: str, *words: str) -> Iterator[None]:
    """Put a rule before all others of a router's forward chain."""
    before = bench.run(guest, "nft", "list", "ruleset")
    bench.run(guest, "nft", "insert", "rule", "inet", "filter", "forward", *words)
    yield
    bench.run(guest, "nft", "-f", "-", given=f"flush ruleset\n{before}")


@contextmanager
def cable(bench: Bench, one: str, other: str) -> Iterator[None]:
    name = bench.wall.ask("wire.join", one=one, other=other)
    yield
    bench.wall.ask("wire.cut", name=name)


def lines(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """NET-03 without what needs software on the hosts: name servers and a package proxy."""
    monkeypatch.setattr(test_net_03, "unnamed", lambda *_: [])
    monkeypatch.setattr(test_net_03, "slow", lambda *_: [])
    return test_net_03.test_net_03_every_site_reaches_the_hall


def test_net_01_tells_separation_from_a_hole(bench: Bench) -> None:
    check = test_net_01.test_net_01_pedagogical_cannot_reach_administrative
    found, sentences = verdict_of(check, bench)
    assert found is Verdict.PASS, sentences[-1]
    with rule(bench, f"{MEMBER}-gw", "iifname", "ped", "oifname", "adm", "meta", "nfproto", "ipv6", "accept"):
        found, sentences = verdict_of(check, bench)
    assert found is Verdict.FAIL
    assert "fd5a:6d64:1286:1:" in sentences[-1], sentences[-1]


def test_net_01_with_a_dead_control_did_not_finish(bench: Bench) -> None:
    """No packet arrives because none is let out: that is no separation anybody has shown."""
    with rule(bench, f"{MEMBER}-gw", "iifname", "ped", "drop"):
        found, sentences = verdict_of(test_net_01.test_net_01_pedagogical_cannot_reach_administrative, bench)
    assert found is Verdict.DNF, sentences
    assert any(one.startswith("control DEAD") for one in sentences)


def test_frames_wait_for_a_capture_whose_turn_is_late() -> None:
    """On a busy machine it comes seconds later, and what it lost it may not judge: the check would be DNF."""
    with capture._open("lo") as taker, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(FRAMES):
            sender.sendto(b"x" * 200, ("127.0.0.1", 9))
        taken, lost = struct.unpack("II", taker.getsockopt(capture.SOL_PACKET, capture.PACKET_STATISTICS, 8))
    assert taken >= FRAMES
    assert lost == 0


def test_net_02_sees_a_cable_between_the_networks(bench: Bench) -> None:
    check = test_net_02.test_net_02_no_frame_crosses
    found, sentences = verdict_of(check, bench)
    assert found is Verdict.PASS, sentences[-1]
    with cable(bench, "a1286", "p1286"):
        found, sentences = verdict_of(check, bench)
    assert found is Verdict.FAIL
    assert "the tap on p1286 saw" in sentences[-1]


def test_net_03_measures_the_line(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    check = lines(monkeypatch)
    found, sentences = verdict_of(check, bench)
    assert found is Verdict.PASS, sentences[-1]
    # Twice a fifth of all echoes: by lot so many hosts do not answer at all that a verdict names no other reason.
    monkeypatch.setattr(test_net_03, "unreached", lambda *_: [])
    with rule(bench, f"{MEMBER}-gw", "numgen", "random", "mod", "5", "==", "0", "drop"):
        found, sentences = verdict_of(check, bench)
    assert found is Verdict.FAIL
    assert "lost" in sentences[-1]


def test_net_07_sees_a_way_from_member_to_member(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the sweep of all ports, which takes its time and is the real platform's."""
    monkeypatch.setattr(test_net_07, "sweep", lambda *_: [])
    check = test_net_07.test_net_07_members_and_management_are_isolated
    found, sentences = verdict_of(check, bench)
    assert found is Verdict.PASS, "\n".join(sentences)
    between = ("iifname", "transit", "oifname", "transit", "accept")
    with rule(bench, "edge", *between), rule(bench, f"{MEMBER}-gw", "accept"), rule(bench, "tomelilla-gw", "accept"):
        found, sentences = verdict_of(check, bench)
    assert found is Verdict.FAIL
    assert "tomelilla" in sentences[-1] or "1270" in sentences[-1]


def test_sweep_finds_exactly_the_open_ports(bench: Bench) -> None:
    origin = bench.plug(bench.network("ped", bench.member(MEMBER)))
    targets = [*bench.at("dc1").addresses, *bench.at("edge", "mgt").addresses]
    source = {"4": origin.ipv4, "6": origin.ipv6}
    told = origin.station.ask("scan.ports", targets=targets, source=source, patience=120.0)
    ports = sorted(declared_ports(bench, "dc1"))
    assert [told[address]["open"] for address in targets] == [ports, ports, [], []]
    assert told[targets[0]]["refused"] == 65535 - len(ports)


def test_two_owners_of_one_address_are_told(bench: Bench) -> None:
    gateway, workplace = bench.at(f"{MEMBER}-gw", "adm"), bench.at(f"{MEMBER}-adm")
    thief = bench.plug(bench.network("adm", bench.member(MEMBER)), 3)
    command = ["ip", "address", "add", f"{workplace.ipv4}/21", "dev", "eth0"]
    thief.station.ask("shell.run", command=command)
    asked: dict[str, Any] = {"interface": "adm", "own": gateway.ipv4, "addresses": [*workplace.addresses]}
    owners = gateway.station.ask("neighbour.owners", **asked)
    assert [len(owners[address]) for address in workplace.addresses] == [2, 1]
    live = thief.station.ask(
        "neighbour.sweep", interface="eth0", own=thief.ipv4, prefixes=["10.80.96.0/21", "fd5a:6d64:1286:1::/64"]
    )
    assert {*gateway.addresses, *workplace.addresses, *thief.addresses} - set(live) <= {*thief.addresses}


def test_station_that_dies_or_stalls_is_lost() -> None:
    with Station("here", []) as station:
        with pytest.raises(ProbeError, match=r"here: shell\.run: FileNotFoundError"):
            station.ask("shell.run", command=["/no/such/program"])
        with pytest.raises(StationLost, match=r"did not answer shell\.run in time"):
            station.ask("shell.run", command=["sleep", "2"], patience=0.2)
        assert station.ask("shell.run", command=["echo", "late answers are not mixed up"])["out"].startswith("late")
    with Station("gone", ["sh", "-c", "exit 1"]) as station, pytest.raises(StationLost, match="went away"):
        station.ask("wire.own_pid")
