"""Availability as a member is told it: the samples at the monitor, and the report that is made of them."""

from __future__ import annotations

import time

from samdrift.availability.fetch import fetch
from samdrift.availability.figure import month, month_of
from samdrift.availability.make import make
from samdrift.availability.report import Report
from tests.checks.scene import Scene


def raw(scene: Scene, *, since: int) -> list[str]:
    """The samples as they lie at the monitor, of the month of `since` and of this one where it turned meanwhile."""
    spans = [month(one) for one in _months(since)]
    return fetch(scene.state.ssh / "config", start=spans[0][0], end=spans[-1][1])


def made(scene: Scene, lines: list[str], member: str, *, since: int) -> list[Report]:
    """The reports that the member gets of the months since then: one, or two where the month turned meanwhile."""
    now = int(time.time())
    return [make(lines, federation=scene.federation, member=member, month=one, now=now) for one in _months(since)]


def lost(reports: list[Report], service: str, start: int, end: int) -> int:
    """Seconds of `[start, end)` in which the reports say that the service was down."""
    found = [one for report in reports for one in report.figures if one.service == service]
    outages = [outage for one in found for outage in one.outages]
    return sum(max(0, min(one.end, end) - max(one.start, start)) for one in outages)


def _months(since: int) -> list[str]:
    return [*dict.fromkeys((month_of(since), month_of(time.time())))]
