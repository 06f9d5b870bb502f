"""Availability as a member is told it: the samples at the monitor, and the report that is made of them."""

from __future__ import annotations

import time

from samdrift.availability.fetch import fetch
from samdrift.availability.figure import month
from samdrift.availability.make import make
from samdrift.availability.report import Report
from tests.checks.scene import Scene


def raw(scene: Scene) -> list[str]:
    """The samples of this month as they lie at the monitor."""
    start, end = month(time.strftime("%Y-%m"))
    return fetch(scene.state.ssh / "config", start=start, end=end)


def made(scene: Scene, lines: list[str], member: str) -> Report:
    """The report that the member gets."""
    return make(lines, federation=scene.federation, member=member, month=time.strftime("%Y-%m"), now=int(time.time()))


def lost(report: Report, service: str, start: int, end: int) -> int:
    """Seconds of `[start, end)` in which the report says that the service was down."""
    found = next((one for one in report.figures if one.service == service), None)
    outages = found.outages if found else ()
    return sum(max(0, min(one.end, end) - max(one.start, start)) for one in outages)
