"""Merging verdicts: no order of results and no grouping of them may hide a worse one."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from samdrift.compliance.evidence import Ending, Evidence, judge
from samdrift.compliance.verdict import Verdict, merge

verdicts = some.sampled_from(Verdict)


@given(some.lists(verdicts, min_size=1), some.randoms())
def test_order_does_not_matter(found: list[Verdict], chance: object) -> None:
    shuffled = found[:]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merge(*shuffled) is merge(*found)


@given(some.lists(verdicts, min_size=1), some.lists(verdicts, min_size=1))
def test_grouping_does_not_matter(some_found: list[Verdict], others: list[Verdict]) -> None:
    assert merge(merge(*some_found), merge(*others)) is merge(*some_found, *others)


@given(some.lists(verdicts, min_size=1), verdicts)
def test_one_more_result_never_makes_it_better(found: list[Verdict], another: Verdict) -> None:
    order = [Verdict.FAIL, Verdict.DNF, Verdict.UNPROVEN, Verdict.PASS, Verdict.NOT_APPLICABLE]
    assert order.index(merge(*found, another)) <= order.index(merge(*found))


@given(verdicts)
def test_not_applicable_says_nothing(one: Verdict) -> None:
    assert merge(one, Verdict.NOT_APPLICABLE) is one
    assert merge(one, one) is one


def test_only_fail_and_dnf_are_red() -> None:
    assert [one.value for one in Verdict if one.is_red] == ["FAIL", "DNF"]


def observed(*, controls: list[bool], cases: int = 4, minimum: int = 4) -> Evidence:
    evidence = Evidence()
    evidence.need(minimum)
    evidence.case(cases)
    for alive in controls:
        evidence.control("dc1 answers on 389", alive=alive)
    return evidence


@pytest.mark.parametrize(
    ("ending", "evidence", "verdict"),
    [
        (Ending.PASSED, observed(controls=[True, True]), Verdict.PASS),
        (Ending.PASSED, observed(controls=[True, False]), Verdict.DNF),
        (Ending.PASSED, observed(controls=[True], cases=3), Verdict.DNF),
        (Ending.PASSED, Evidence(), Verdict.DNF),
        (Ending.ASSERTED, observed(controls=[False]), Verdict.FAIL),
        (Ending.TIMED_OUT, observed(controls=[True]), Verdict.FAIL),
        (Ending.TIMED_OUT, observed(controls=[True, False]), Verdict.DNF),
        (Ending.TIMED_OUT, observed(controls=[]), Verdict.DNF),
        (Ending.BROKE, observed(controls=[True]), Verdict.DNF),
        (Ending.SKIPPED, observed(controls=[True]), Verdict.DNF),
    ],
)
def test_judgement(ending: Ending, evidence: Evidence, verdict: Verdict) -> None:
    """A probe that times out is only evidence where something allowed answered beside it; empty is red."""
    found, sentences = judge(ending, evidence, reason="10.0.0.11:389 was silent")
    assert found is verdict
    assert sentences, "a verdict without a sentence convinces nobody"
