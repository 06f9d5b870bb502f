"""The report: what is missing is said, programs and people read the same verdicts, nothing observed breaks a page."""

import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from samdrift.compliance.outcome import Outcome
from samdrift.compliance.report import Finding, Report, render_html, render_json, render_junit
from samdrift.compliance.result import Result, observe
from samdrift.compliance.run import find
from samdrift.compliance.stop import Stop, keep, read
from samdrift.compliance.verdict import Verdict
from samdrift.standard import catalogue

NOW = datetime(2030, 5, 6, 7, 8, tzinfo=UTC)
STANDARD = catalogue.load()
UNCHECKED = next(one.id for one in STANDARD.requirements if not one.tests)


def result(requirement: str, verdict: Verdict, *, check: str = "", evidence: str = "seen", **facts: object) -> Result:
    return observe(requirement, subject="ystad", verdict=verdict, evidence=[evidence], check=check, at=NOW, **facts)  # type: ignore[arg-type]


def all_pass(requirement: str) -> list[Result]:
    return [result(requirement, Verdict.PASS, check=one.name, cases=3) for one in STANDARD.by_id(requirement).checks]


def report_of(results: list[Result], *ids: str) -> Report:
    found = tuple(find(one, results=results, now=NOW) for one in STANDARD.select(ids or None))
    return Report(platform="lab", findings=found, at=NOW, seconds=1.0)


def test_requirement_without_a_check_is_unproven() -> None:
    (finding,) = report_of([], "SLA-02").findings
    assert finding.verdict is Verdict.UNPROVEN
    assert "no check" in finding.results[0].evidence[0]


def test_check_on_trial_is_unproven_whether_it_ran_or_not_and_still_told_when_it_fails() -> None:
    record = STANDARD.by_id("NET-01").model_copy(update={"trial": True})
    assert find(record, results=[], now=NOW).verdict is Verdict.UNPROVEN
    assert find(record, results=all_pass("NET-01"), now=NOW).verdict is Verdict.UNPROVEN
    red = [result("NET-01", Verdict.FAIL, check=record.tests[0])]
    assert find(record, results=red, now=NOW).verdict is Verdict.FAIL


def test_check_that_left_no_result_did_not_finish() -> None:
    (finding,) = report_of([], "NET-01").findings
    assert finding.verdict is Verdict.DNF


def test_a_policy_alone_proves_nothing_on_the_platform() -> None:
    record = STANDARD.by_id("BAK-02")
    checks = tuple(one for one in record.checks if one.policy)
    assert checks
    record = record.model_copy(update={"checks": checks})
    passed = [result(record.id, Verdict.PASS, check=one.name, cases=3) for one in checks]
    assert find(record, results=passed, now=NOW).verdict is Verdict.UNPROVEN


def test_everything_passed_is_a_pass() -> None:
    assert report_of(all_pass("NET-01"), "NET-01").verdict is Verdict.PASS


def test_open_clause_keeps_a_passing_check_unproven() -> None:
    (finding,) = report_of(all_pass("DIR-01"), "DIR-01").findings
    assert finding.verdict is Verdict.UNPROVEN
    clauses = STANDARD.by_id("DIR-01").open_clauses
    assert [one.evidence[0] for one in finding.results if one.verdict is Verdict.UNPROVEN] == [
        f"not checked yet: {clause}" for clause in clauses
    ]


def test_expired_result_counts_for_nothing() -> None:
    old = [one.model_copy(update={"expires": NOW - timedelta(seconds=1)}) for one in all_pass("NET-01")]
    assert report_of(old, "NET-01").verdict is Verdict.DNF


def test_one_failing_member_fails_the_requirement() -> None:
    check = STANDARD.by_id("NET-01").tests[0]
    results = [*all_pass("NET-01"), result("NET-01", Verdict.FAIL, check=check)]
    assert report_of(results, "NET-01").exit_code() == 1


@pytest.mark.parametrize(
    ("ids", "results", "plain", "strict"),
    [
        (("NET-01",), all_pass("NET-01"), 0, 0),
        (("NET-01", UNCHECKED), all_pass("NET-01"), 0, 1),
        (("NET-01",), [], 1, 1),
    ],
)
def test_exit_code(ids: tuple[str, ...], results: list[Result], plain: int, strict: int) -> None:
    report = report_of(results, *ids)
    assert (report.exit_code(), report.exit_code(strict=True)) == (plain, strict)


def test_nothing_selected_is_red() -> None:
    assert Report(platform="lab", findings=(), at=NOW, seconds=0).exit_code() == 1


def test_json_round_trips_every_result() -> None:
    report = report_of(all_pass("NET-01"))
    read = json.loads(render_json(report))
    assert [Result.model_validate(one) for one in read["results"]] == list(report.results)
    assert {one["requirement"] for one in read["results"]} == set(STANDARD.ids)
    assert sum(read["counts"].values()) == 90
    assert {"requirement", "subject", "verdict", "evidence", "seconds"} <= set(read["results"][0])


def test_junit_counts_agree_with_its_cases() -> None:
    check = STANDARD.by_id("NET-01").tests[0]
    nasty = result("NET-01", Verdict.FAIL, check=check, evidence="answer was \x00\x1b<b>&")
    root = ElementTree.fromstring(render_junit(report_of([nasty, *all_pass("NET-02")])))
    for kind in ("failure", "error", "skipped"):
        stated = sum(int(s.get({"failure": "failures", "error": "errors"}.get(kind, kind), "0")) for s in root)
        assert stated == len(root.findall(f".//{kind}"))
    assert len(root.findall(".//failure")) == 1
    assert len(root.findall(".//testcase")) == sum(int(suite.get("tests", "0")) for suite in root)


class Page(HTMLParser):
    """Collects ids, links and text, and what would be loaded from elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.outside: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        if (href := found.get("href") or "").startswith("#"):
            self.targets.append(href[1:])
        self.outside += [found[name] or "" for name in ("src", "srcset") if name in found]
        self.outside += [found["href"] or ""] if tag == "link" else []

    def handle_data(self, text: str) -> None:
        self.text += text


def page_of(*findings_of: Result, **facts: Any) -> tuple[Page, str]:
    report = report_of([*findings_of])
    html = render_html(Report(platform="lab", findings=report.findings, at=NOW, seconds=1, **facts))
    return Page(html), html


def test_page_is_self_contained_and_its_links_lead_somewhere() -> None:
    page, _ = page_of()
    assert page.outside == []
    assert set(STANDARD.ids) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert set(page.targets) <= set(page.ids)


def test_page_shows_every_statement_verdict_and_evidence_as_text() -> None:
    check = STANDARD.by_id("NET-01").tests[0]
    page, html = page_of(result("NET-01", Verdict.FAIL, check=check, evidence="<script>alert(1)</script> came through"))
    assert all(one.statement in page.text for one in STANDARD.requirements)
    assert "<script>alert(1)</script> came through" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; came through" in html
    assert "Does not hold" in page.text


def test_page_tells_tried_sabotages_from_untried() -> None:
    first, second = STANDARD.by_id("NET-01").sabotages[:2]
    seen = Outcome(
        requirement="NET-01", name=first.name, before=Verdict.PASS, during=Verdict.FAIL, after=Verdict.PASS, at=NOW
    )
    failed = seen.model_copy(update={"name": second.name, "during": Verdict.PASS})
    assert (seen.proved, failed.proved) == (True, False)
    page, _ = page_of(outcomes=(seen, failed))
    assert page.text.count("seen red") == 1
    assert page.text.count("did not turn it red") == 1


def test_page_tells_what_a_stop_did(tmp_path: Path) -> None:
    calm = Stop(
        host="dc1", traffic="a letter from outside", tried=8, taken=8, gap_s=7.25, back_s=12, lost=0, doubled=0, at=NOW
    )
    worse = calm.model_copy(update={"host": "mail", "taken": 0, "gap_s": 97.0, "lost": 2})
    again = worse.model_copy(update={"lost": 1})
    keep([calm, worse], tmp_path / "stops.jsonl")
    keep([again], tmp_path / "stops.jsonl")
    page, _ = page_of(stops=read(tmp_path / "stops.jsonl"))
    text = " ".join(page.text.split())
    assert "dc1 a letter from outside 8 of 8 7.2 s 12.0 s ✓ all there, once" in text
    assert "mail a letter from outside 0 of 8 97.0 s 12.0 s ✕ 1 lost, 0 doubled" in text
    assert "When a host stops" not in page_of()[0].text


def test_page_counts_the_controls_that_worked_and_spells_out_the_others() -> None:
    check = STANDARD.by_id("NET-01").tests[0]
    evidence = ["control alive: dc1 answers", "control alive: dc2 answers", "control DEAD: edge answers", "blind"]
    seen = observe("NET-01", subject="ystad", verdict=Verdict.DNF, evidence=evidence, check=check, at=NOW)
    page, _ = page_of(seen)
    assert "2 positive controls worked at the same time" in page.text
    assert "control DEAD: edge answers" in page.text


def test_findings_keep_their_requirement() -> None:
    findings: tuple[Finding, ...] = report_of([]).findings
    assert [one.requirement.id for one in findings] == list(STANDARD.ids)
