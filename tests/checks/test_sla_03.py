"""SLA-03: availability is what people had, and the published figure is that of the raw samples."""

import json
import random
import time
from typing import Any

import pytest

from samdrift.availability import chain
from samdrift.availability.report import Report
from samdrift.compliance.evidence import Evidence
from samdrift.compliance.target import confirm
from samdrift.federation.support import HOST as DESK
from samdrift.standard import catalogue
from tests.checks.alarm import HOST, wait
from tests.checks.availability import lost, made, raw
from tests.checks.host import first_rule, stopped
from tests.checks.scene import Scene
from tests.checks.watch import first

SAMPLE = int(catalogue.load().by_id("SLA-03").threshold("sample interval"))
SERVICE = "help-desk"
GAP = 3
"""Intervals for which nothing is measured at all: one of them whole, wherever in an interval it begins and ends."""


@pytest.mark.requirement("SLA-03")
def test_sla_03_an_outage_is_told_as_it_was(scene: Scene, evidence: Evidence) -> None:
    """A service that works in the hall and not at the member's was not available to the member."""
    confirm(scene.state)  # a member's way to the desk is shut
    evidence.need(len(scene.members) + 4)
    since = int(time.time())
    lines = raw(scene, since=since)
    before = chain.broken(lines, before=None)
    assert before is None, f"the samples are not whole: {before}"
    interval = next(int(one["interval"]) for one in map(json.loads, reversed(lines)) if one["kind"] == "plan")
    evidence.case()
    assert interval <= SAMPLE, f"a sample is taken every {interval} s, every {SAMPLE} s are agreed"
    evidence.control("samples come in", alive=time.time() - json.loads(lines[-1])["at"] <= 2 * interval)
    member = random.choice(scene.members)
    length = random.randrange(2 * interval, 4 * interval)
    desk = str(scene.guests[DESK].interfaces[0].ipv4.ip)
    begun = int(time.time())
    with first_rule(scene, f"{member.key}-gw", "ip", "daddr", desk, "tcp", "dport", "443", "drop"):
        time.sleep(length)
    ended = int(time.time())
    with stopped(scene, HOST, "samdrift-record.service"):  # it keeps the moment at hand first
        paused = int(time.time())
        time.sleep(GAP * interval)
    resumed = int(time.time())
    wait(lambda: json.loads(raw(scene, since=since)[-1])["at"] >= resumed, seconds=3 * interval)
    lines = raw(scene, since=since)
    wrong = [f"the samples are not whole: {broken}"] if (broken := chain.broken(lines, before=None)) else []
    assert not wrong, first(wrong)
    evidence.case()
    # A moment counts for the seconds that follow it: what was so before the way was shut is told for one interval more.
    later = begun + interval
    told = {one: made(scene, lines, one.key, since=since) for one in scene.members}
    for one, reports in told.items():
        evidence.case()
        spans = (begun if one == member else later, ended), (paused + interval, resumed - interval)
        during, gap = (lost(reports, SERVICE, *span) for span in spans)
        evidence.note(
            f"{one.key}: {during} s of {ended - spans[0][0]} s, then {gap} s of {resumed - paused} s without samples"
        )
        if one == member and abs(during - (ended - begun)) > interval:
            wrong.append(f"{one.key} lost {SERVICE} for {ended - begun} s, the report says {during} s")
        if one != member and during > 0:
            wrong.append(f"{one.key} lost nothing, the report says {during} s of {SERVICE}")
        if gap <= 0:
            wrong.append(f"nothing was measured for {resumed - paused} s, and for {one.key} {SERVICE} was up")
        wrong += [odd for report in reports for odd in unequal(lines, report)]
    reports = told[member]
    others = {one.service for report in reports for one in report.figures} - {SERVICE}
    down = {name: lost(reports, name, later, ended) for name in sorted(others)}
    evidence.case(2)
    evidence.note(f"{member.key}, other services: {down}")
    wrong += [f"{name} of {member.key} was up, the report says {lost_} s" for name, lost_ in down.items() if lost_]
    assert not wrong, first(wrong)


def unequal(lines: list[str], report: Report) -> list[str]:
    """Services whose published time down is not what comes out when it is counted here, moment by moment."""
    parsed: list[dict[str, Any]] = [json.loads(line) for line in lines]
    samples = {(one["at"], one["site"]): one["down"] for one in parsed if one["kind"] == "sample"}
    plans = [one for one in parsed if one["kind"] == "plan"]
    found = []
    for figure in report.figures:
        down = 0
        for number, plan in enumerate(plans):
            until = plans[number + 1]["at"] if number + 1 < len(plans) else report.end
            moment = plan["at"]
            while moment < min(until, report.end):
                if moment >= report.start and is_down(plan, samples, moment, report.member, figure.service):
                    down += plan["interval"]
                moment += plan["interval"]
        if down != figure.down:
            found.append(f"{figure.service} of {report.member}: {figure.down} s are published, {down} s come out")
    return found


def is_down(plan: dict[str, Any], samples: dict[tuple[int, str], Any], at: int, member: str, service: str) -> bool:
    """Whether any of the member's sites lacks a sample or a look of the service failed there."""
    for site, one in plan["sites"].items():
        looks = {look for look in one["looks"] if plan["looks"][look] == service}
        if one["member"] == member and looks:
            down = samples.get((at, site))
            if down is None or looks & set(down):
                return True
    return False
