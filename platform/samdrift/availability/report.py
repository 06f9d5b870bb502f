"""The report of one member's month: one page for people, and the same figures for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from samdrift.availability.figure import LOCAL, Figure

WORDS: Mapping[str, Mapping[str, str]] = {
    "sv": {
        "title": "Tillgänglighet",
        "lead": "Mätt på kommunens egna arbetsplatser, var {interval}:e sekund. Utebliven mätning räknas som avbrott.",
        "partial": "Månaden pågår: siffrorna gäller till {until}.",
        "service": "Tjänst",
        "percent": "Tillgänglighet",
        "measured": "Mätt tid",
        "down": "Avbrott",
        "outages": "Avbrotten",
        "from": "Från",
        "length": "Längd",
        "seen": "Vad som sågs",
        "none": "Inga avbrott.",
        "nothing": "Ingenting mättes den här månaden.",
        "unmeasured": "Tjänster som ingen arbetsplats talar med direkt mäts inte här: {names}.",
        "days": "Dag i månaden",
        "evidence": "Underlag: {lines} rader från {first} till {last}, obruten kedja. Den slutar med {chain}.",
        "more": "och {count} saker till",
    },
    "en": {
        "title": "Availability",
        "lead": "Measured from the member's own workplaces, every {interval} seconds. A missing sample counts as down.",
        "partial": "The month is not over: the figures are up to {until}.",
        "service": "Service",
        "percent": "Availability",
        "measured": "Time measured",
        "down": "Down",
        "outages": "Outages",
        "from": "From",
        "length": "Length",
        "seen": "What was seen",
        "none": "No outages.",
        "nothing": "Nothing was measured this month.",
        "unmeasured": "Services that no workplace speaks to directly are not measured here: {names}.",
        "days": "Day of the month",
        "evidence": "Evidence: {lines} lines from {first} to {last}, the chain is whole. It ends with {chain}.",
        "more": "and {count} more",
    },
}
"""Every text of the page, by language."""


@dataclass(frozen=True)
class Report:
    """What a report says."""

    member: str
    name: str
    month: str
    start: int
    end: int
    """What was asked for ends here, or with the last moment that is over."""
    is_over: bool
    interval: int
    figures: tuple[Figure, ...]
    titles: Mapping[str, Mapping[str, str]]
    """Language -> service -> as people read it."""
    unmeasured: tuple[str, ...]
    """Services the member has that are not measured at its workplaces."""
    lines: int
    first: int
    last: int
    chain: str

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "member": self.member,
            "month": self.month,
            "start": moment(self.start),
            "end": moment(self.end),
            "is_over": self.is_over,
            "interval_s": self.interval,
            "services": [
                {
                    "service": one.service,
                    "percent": one.percent,
                    "measured_s": one.measured,
                    "down_s": one.down,
                    "outages": [
                        {"start": moment(out.start), "seconds": out.seconds, "reasons": list(out.reasons)}
                        for out in one.outages
                    ],
                    "days": [{"day": str(day), "measured_s": all_, "down_s": down} for day, all_, down in one.days],
                }
                for one in self.figures
            ],
            "unmeasured": list(self.unmeasured),
            "evidence": {"lines": self.lines, "chain": self.chain},
        }

    def to_html(self, language: str) -> str:
        """The page."""
        from samdrift.availability import plot

        words, titles = WORDS[language], self.titles[language]
        loader = PackageLoader("samdrift.availability")
        page = Environment(loader=loader, undefined=StrictUndefined, autoescape=select_autoescape(["html", "j2"]))
        page.filters |= {"moment": moment, "length": length}
        return page.get_template("report.html.j2").render(
            report=self,
            language=language,
            words=words,
            titles=titles,
            lead=words["lead"].format(interval=self.interval),
            partial="" if self.is_over else words["partial"].format(until=moment(self.end)),
            unmeasured=words["unmeasured"].format(names=", ".join(titles.get(one, one) for one in self.unmeasured)),
            evidence=words["evidence"].format(
                lines=self.lines, first=moment(self.first), last=moment(self.last), chain=self.chain
            ),
            timeline=plot.over_time(self.figures, start=self.start, end=self.end) if self.figures else "",
            days={one.service: plot.by_day(one, label=words["days"]) for one in self.figures},
        )


def moment(at: int) -> str:
    """A moment as people in Sweden read it.

    >>> moment(1793487600)
    '2026-11-01 00:00:00'
    """
    return f"{datetime.fromtimestamp(at, LOCAL):%Y-%m-%d %H:%M:%S}"


def length(seconds: int) -> str:
    """A length of time.

    >>> length(93690)
    '26:01:30'
    """
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
