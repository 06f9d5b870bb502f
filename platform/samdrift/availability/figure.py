"""From samples to figures: plain arithmetic, which anybody can do again from the same lines.

Time is cut into moments, the monitor's interval apart. A service is up at a moment for a member when at each of the
member's sites a sample was kept and none of the service's looks failed. Whatever was to be measured and was not counts
as down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Europe/Stockholm")
NO_SAMPLE = "no sample"


@dataclass(frozen=True)
class Plan:
    """What was to be measured from a moment on, until the next plan."""

    at: int
    interval: int
    looks: Mapping[str, str]
    """Look -> the service it is part of."""
    sites: Mapping[str, tuple[str, tuple[str, ...]]]
    """Site -> its member, and what was tried there."""

    def services(self, member: str) -> set[str]:
        """What was measured of a member."""
        return {self.looks[look] for owner, looks in self.sites.values() if owner == member for look in looks}

    def where(self, member: str, service: str) -> dict[str, set[str]]:
        """The member's sites at which the service was tried: site -> its looks there."""
        found = {
            site: {look for look in looks if self.looks[look] == service}
            for site, (owner, looks) in self.sites.items()
            if owner == member
        }
        return {site: looks for site, looks in found.items() if looks}


@dataclass(frozen=True)
class Outage:
    """Moments in a row at which a service was down."""

    start: int
    seconds: int
    reasons: tuple[str, ...]
    """What was seen, each thing once: `ystad-adm: mail-clients 993: ...`."""

    @property
    def end(self) -> int:
        """When it was over."""
        return self.start + self.seconds


@dataclass(frozen=True)
class Figure:
    """One service for one member."""

    service: str
    measured: int
    """Seconds of the time asked for in which it was to be measured."""
    down: int
    outages: tuple[Outage, ...]
    days: tuple[tuple[date, int, int], ...]
    """Each day in Sweden: seconds measured, seconds down."""

    @property
    def percent(self) -> float | None:
        """Availability, never rounded up; None where nothing was to be measured.

        >>> Figure("mail", 3_000_000, 1, (), ()).percent
        99.999
        """
        if not self.measured:
            return None
        return math.floor((self.measured - self.down) * 100_000 / self.measured) / 1000


def figures(lines: Iterable[Mapping[str, Any]], *, member: str, start: int, end: int) -> tuple[Figure, ...]:
    """Return the member's figures for the moments in `[start, end)`, a service each in order of their names.

    + lines: plans and samples as they were kept, from the last plan before `start` on
    """
    plans, samples = _read(lines)
    named = sorted({service for plan in plans for service in plan.services(member)})
    return tuple(_figure(plans, samples, member=member, service=name, start=start, end=end) for name in named)


def month(text: str) -> tuple[int, int]:
    """First moment of a month in Sweden, and of the next; ValueError where it is no month.

    >>> month("2026-11")
    (1793487600, 1796079600)
    """
    first = datetime.strptime(text, "%Y-%m").replace(tzinfo=LOCAL)
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return int(first.timestamp()), int(following.timestamp())


def month_of(moment: float) -> str:
    """Which month a moment is of in Sweden: the first hours of a month there are the last of the one before in UTC.

    >>> month_of(1796079600)
    '2026-12'
    """
    return f"{datetime.fromtimestamp(moment, LOCAL):%Y-%m}"


Samples = Mapping[tuple[str, int], Mapping[str, str]]


def _read(lines: Iterable[Mapping[str, Any]]) -> tuple[list[Plan], Samples]:
    plans: list[Plan] = []
    samples: dict[tuple[str, int], dict[str, str]] = {}
    for line in lines:
        if line["kind"] == "plan":
            sites = {site: (one["member"], tuple(one["looks"])) for site, one in line["sites"].items()}
            plans.append(Plan(line["at"], line["interval"], line["looks"], sites))
        elif line["kind"] == "sample":
            # A second one of the same moment makes nothing better.
            samples.setdefault((line["site"], line["at"]), {}).update(line["down"])
    return sorted(plans, key=lambda one: one.at), samples


def _moments(plans: Sequence[Plan], *, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Each moment with the number of the plan that is then in force."""
    for number, plan in enumerate(plans):
        until = plans[number + 1].at if number + 1 < len(plans) else end
        first = max(plan.at, start)
        first += (plan.at - first) % plan.interval
        for at in range(first, min(until, end), plan.interval):
            yield number, at


def _figure(plans: Sequence[Plan], samples: Samples, *, member: str, service: str, start: int, end: int) -> Figure:
    measured = down = 0
    outages: list[Outage] = []
    days: dict[date, list[int]] = {}
    places = [plan.where(member, service) for plan in plans]
    for number, at in _moments(plans, start=start, end=end):
        plan, where = plans[number], places[number]
        if not where:
            continue
        reasons = tuple(_reasons(samples, where, at))
        lost = plan.interval if reasons else 0
        measured, down = measured + plan.interval, down + lost
        day = days.setdefault(datetime.fromtimestamp(at, LOCAL).date(), [0, 0])
        day[0], day[1] = day[0] + plan.interval, day[1] + lost
        if reasons and outages and outages[-1].end == at:
            last = outages.pop()
            known = dict.fromkeys((*last.reasons, *reasons))
            outages.append(Outage(last.start, last.seconds + plan.interval, tuple(known)))
        elif reasons:
            outages.append(Outage(at, plan.interval, reasons))
    return Figure(
        service, measured, down, tuple(outages), tuple((day, both[0], both[1]) for day, both in sorted(days.items()))
    )


def _reasons(samples: Samples, where: Mapping[str, set[str]], at: int) -> Iterator[str]:
    """Why the service was down at a moment: nothing where it was up."""
    for site, looks in sorted(where.items()):
        found = samples.get((site, at))
        if found is None:
            yield f"{site}: {NO_SAMPLE}"
        else:
            yield from (f"{site}: {look}: {found[look]}" for look in sorted(looks) if look in found)
