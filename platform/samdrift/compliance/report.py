"""The report of one run: for programs (JSON, JUnit XML) and for the people who order the platform (one HTML page)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from xml.etree import ElementTree

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from rich.console import Console
from rich.table import Table
from rich.text import Text

from samdrift.compliance.evidence import ALIVE
from samdrift.compliance.outcome import Outcome
from samdrift.compliance.result import Result
from samdrift.compliance.stop import Stop
from samdrift.compliance.verdict import RANK, Verdict, merge
from samdrift.standard import catalogue
from samdrift.standard.requirement import Requirement


@dataclass(frozen=True)
class Finding:
    """One requirement with its merged verdict and the results behind it."""

    requirement: Requirement
    verdict: Verdict
    results: tuple[Result, ...]


@dataclass(frozen=True)
class Report:
    """Everything one run found, with the last known `outcomes` of the sabotages and `stops` of the hosts."""

    platform: str
    findings: tuple[Finding, ...]
    at: datetime
    seconds: float
    standard_version: str = catalogue.VERSION
    log: str = ""
    outcomes: tuple[Outcome, ...] = ()
    stops: tuple[Stop, ...] = ()

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """Every result, in the order of the requirements."""
        return tuple(result for finding in self.findings for result in finding.results)

    @cached_property
    def counts(self) -> dict[Verdict, int]:
        """How many requirements have each verdict, worst first, none left out."""
        return count(self.findings)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict; UNPROVEN where nothing was selected."""
        return merge(*(one.verdict for one in self.findings)) if self.findings else Verdict.UNPROVEN

    def by_area(self) -> tuple[tuple[str, str, tuple[Finding, ...]], ...]:
        """Return (letters, title, findings) of every area that has findings."""
        areas = ((a.area, a.title, tuple(f for f in self.findings if f.requirement.area == a.area)) for a in _areas())
        return tuple(area for area in areas if area[2])

    def exit_code(self, *, ids: Collection[str] | None = None, strict: bool = False) -> int:
        """Return 1 where one of `ids` (None: all) is FAIL or DNF, or nothing was checked; `strict` adds UNPROVEN."""
        counting = [one for one in self.findings if ids is None or one.requirement.id in ids]
        red = any(one.verdict.is_red or (strict and one.verdict is Verdict.UNPROVEN) for one in counting)
        return 1 if red or not counting else 0

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON types; `results` is what other programs read."""
        return {
            "platform": self.platform,
            "standard": self.standard_version,
            "at": self.at.isoformat(),
            "seconds": self.seconds,
            "verdict": self.verdict.value,
            "counts": {verdict.value: number for verdict, number in self.counts.items()},
            "requirements": [
                {
                    "id": one.requirement.id,
                    "title": one.requirement.title,
                    "level": one.requirement.level.value,
                    "tier": one.requirement.tier,
                    "verdict": one.verdict.value,
                    "open_clauses": list(one.requirement.open_clauses),
                }
                for one in self.findings
            ],
            "results": [one.model_dump(mode="json") for one in self.results],
            "sabotages": [one.to_json() for one in self.outcomes],
            "stops": [one.model_dump(mode="json") for one in self.stops],
            "log": self.log,
        }


def count(findings: Iterable[Finding]) -> dict[Verdict, int]:
    """Count verdicts, worst first, with zeros."""
    found = Counter(one.verdict for one in findings)
    return {verdict: found[verdict] for verdict in sorted(Verdict, key=RANK.__getitem__)}


def render_json(report: Report) -> str:
    """Render for programs."""
    return json.dumps(report.to_json(), indent=2, ensure_ascii=False) + "\n"


def render_junit(report: Report) -> str:
    """Render as JUnit XML, a test suite per area: FAIL is a failure, DNF an error, UNPROVEN and N/A are skipped."""
    root = ElementTree.Element("testsuites", name=f"standard {report.standard_version} on {report.platform}")
    for letters, title, findings in report.by_area():
        results = [result for one in findings for result in one.results]
        verdicts = Counter(result.verdict for result in results)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=f"{letters} {title}",
            tests=str(len(results)),
            failures=str(verdicts[Verdict.FAIL]),
            errors=str(verdicts[Verdict.DNF]),
            skipped=str(verdicts[Verdict.UNPROVEN] + verdicts[Verdict.NOT_APPLICABLE]),
            time=f"{sum(result.seconds for result in results):.3f}",
            timestamp=report.at.isoformat(timespec="seconds"),
        )
        for result in results:
            _testcase(suite, result)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _testcase(suite: ElementTree.Element, result: Result) -> None:
    name = f"{result.check or 'open'} [{result.subject}]"
    case = ElementTree.SubElement(
        suite, "testcase", classname=result.requirement, name=name, time=f"{result.seconds:.3f}"
    )
    kind = {Verdict.FAIL: "failure", Verdict.DNF: "error"}.get(result.verdict, "skipped")
    if result.verdict is not Verdict.PASS:
        last = result.evidence[-1] if result.evidence else result.verdict.value
        trouble = ElementTree.SubElement(case, kind, message=_printable(f"{result.verdict.value}: {last}"))
        trouble.text = _printable("\n".join(result.evidence))
    elif result.evidence:
        ElementTree.SubElement(case, "system-out").text = _printable("\n".join(result.evidence))


def _printable(text: str) -> str:
    """Drop what XML 1.0 cannot hold: probes quote what machines answered."""
    return "".join(c if c in "\n\t" or c.isprintable() else "�" for c in text)


def render_html(report: Report) -> str:
    """Render as one self-contained page that a municipality's orderer can read, on a screen or on paper."""
    environment = Environment(
        loader=PackageLoader("samdrift.compliance"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        report=report, verdicts=WORDS, count=count, told=told, Verdict=Verdict, changed_by=CHANGED_BY
    )


def print_summary(report: Report, console: Console) -> None:
    """Print the verdicts for a person: every requirement that some check looked at, and a count of the rest."""
    table = Table("", "requirement", "", "what was seen", title=f"the standard on {report.platform}")
    for one in report.findings:
        if one.verdict is Verdict.UNPROVEN and not one.requirement.checks:
            continue
        worst = next(result for result in one.results if result.verdict is one.verdict)
        seen = worst.evidence[-1] if worst.evidence else ""
        subject = f"{worst.subject}: " if one.verdict.is_red else ""
        table.add_row(
            one.requirement.id,
            Text(one.requirement.title),
            Text(one.verdict.value, style=STYLES[one.verdict]),
            Text(subject + seen, overflow="ellipsis"),
        )
    console.print(table)
    counted = ", ".join(f"{number} {verdict.value}" for verdict, number in report.counts.items() if number)
    console.print(f"{len(report.findings)} requirements: {counted}", markup=False)


STYLES = {
    Verdict.FAIL: "bold red",
    Verdict.DNF: "bold yellow",
    Verdict.UNPROVEN: "dim",
    Verdict.PASS: "green",
    Verdict.NOT_APPLICABLE: "dim",
}


def told(evidence: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what a result tells, and apart from it the controls that worked: many, and only their number matters."""
    alive = [one.removeprefix(f"{ALIVE}: ") for one in evidence if one.startswith(ALIVE)]
    return [one for one in evidence if not one.startswith(ALIVE)], alive


WORDS = {
    Verdict.FAIL: ("Does not hold", "fail", "✕"),
    Verdict.DNF: ("Could not be checked", "dnf", "!"),
    Verdict.UNPROVEN: ("Not proven yet", "unproven", "○"),
    Verdict.PASS: ("Holds", "pass", "✓"),
    Verdict.NOT_APPLICABLE: ("Does not apply", "na", "–"),
}
"""Per verdict: the words for people, the CSS class, and a sign that does not need colour."""

CHANGED_BY = {
    "members": "the members together",
    "member": "each member's orderer",
    "law": "the law",
}


def _areas() -> tuple[catalogue.Area, ...]:
    return catalogue.load().areas
