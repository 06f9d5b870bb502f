"""Figures from samples: what is missing is down, nothing is rounded up, and a changed line tells."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samdrift.availability import chain
from samdrift.availability.fetch import SamplesError, files
from samdrift.availability.figure import NO_SAMPLE, Figure, figures, month, month_of
from samdrift.availability.make import make
from samdrift.federation.load import load_federation

STACKS = Path(__file__).resolve().parents[2] / "stacks"
START, STEP = 1793487600, 30  # the first of November 2026 in Sweden
SITES = {
    "ystad-adm": {"member": "ystad", "looks": ["imap", "page"]},
    "ystad-ped": {"member": "ystad", "looks": ["page"]},
    "tomelilla-adm": {"member": "tomelilla", "looks": ["imap", "page"]},
}
PLAN = {
    "kind": "plan",
    "at": START,
    "interval": STEP,
    "looks": {"imap": "mail", "page": "help-desk"},
    "sites": SITES,
}


def sample(number: int, site: str = "ystad-adm", **down: str) -> dict[str, Any]:
    return {"kind": "sample", "at": START + number * STEP, "site": site, "down": down}


def whole(count: int) -> list[dict[str, Any]]:
    return [PLAN, *(sample(number, site) for number in range(count) for site in SITES)]


def figure(lines: list[dict[str, Any]], service: str = "mail", *, count: int, member: str = "ystad") -> Figure:
    found = figures(lines, member=member, start=START, end=START + count * STEP)
    return next(one for one in found if one.service == service)


def sealed(lines: list[dict[str, Any]]) -> list[str]:
    before, found = chain.START, []
    for line in lines:
        before = chain.linked(before, line)
        found.append(chain.canonical({**line, "chain": before}))
    return found


def test_all_up() -> None:
    found = figure(whole(10), count=10)
    assert (found.measured, found.down, found.percent, found.outages) == (300, 0, 100.0, ())
    assert found.days == ((date(2026, 11, 1), 300, 0),)


def test_an_outage_is_of_one_member_one_service_and_as_long_as_it_was() -> None:
    lines = [
        one
        for one in whole(10)
        if (one.get("site"), one["at"]) not in {("ystad-adm", START + n * STEP) for n in (3, 4)}
    ]
    lines += [sample(3, imap="refused"), sample(4, imap="no answer")]
    found = figure(lines, count=10)
    assert [(one.start, one.seconds) for one in found.outages] == [(START + 90, 60)]
    assert found.outages[0].reasons == ("ystad-adm: imap: refused", "ystad-adm: imap: no answer")
    assert figure(lines, "help-desk", count=10).down == 0
    assert figure(lines, count=10, member="tomelilla").down == 0


def test_a_gap_counts_as_down_for_every_service_of_the_site() -> None:
    lines = [one for one in whole(10) if one.get("site") != "ystad-ped" or one["at"] < START + 7 * STEP]
    assert figure(lines, "help-desk", count=10).down == 90
    assert figure(lines, "help-desk", count=10).outages[0].reasons == (f"ystad-ped: {NO_SAMPLE}",)
    assert figure(lines, count=10).down == 0  # mail is tried at the other site


def test_a_second_sample_of_a_moment_makes_nothing_better() -> None:
    lines = [*whole(4), sample(2, imap="refused"), sample(2)]
    assert figure(lines, count=4).down == STEP


def test_a_new_plan_counts_from_its_moment_on() -> None:
    """A member that joined is not down before; one service more is measured from then on."""
    later = {**PLAN, "at": START + 5 * STEP}
    first = {**PLAN, "sites": {"tomelilla-adm": SITES["tomelilla-adm"]}}
    lines = [first, later, *whole(10)[1:]]
    assert figure(lines, count=10).measured == 5 * STEP
    assert figure(lines, count=10, member="tomelilla").measured == 10 * STEP


def test_the_plan_before_the_month_is_still_in_force() -> None:
    """The monitor died in October and came back in November: November's first hours are down."""
    old = {**PLAN, "at": START - 86400}
    lines = [old, {**PLAN, "at": START + 6 * STEP}, *(sample(n, site) for n in range(6, 10) for site in SITES)]
    assert figure(lines, count=10).down == 6 * STEP


@given(down=st.sets(st.integers(0, 99)), lost=st.sets(st.integers(0, 99)))
def test_down_is_exactly_what_failed_or_is_missing(down: set[int], lost: set[int]) -> None:
    lines = [PLAN, *(sample(n, **({"imap": "x"} if n in down else {})) for n in range(100) if n not in lost)]
    found = figure(lines, count=100)
    assert found.down == STEP * len(down | lost)
    assert sum(one.seconds for one in found.outages) == found.down
    assert sum(lost_ for _, _, lost_ in found.days) == found.down
    assert all(after.start > before.end for before, after in zip(found.outages, found.outages[1:], strict=False))
    covered = {(one.start - START) // STEP + n for one in found.outages for n in range(one.seconds // STEP)}
    assert covered == down | lost


@given(measured=st.integers(1, 3_000_000), share=st.floats(0, 1))
def test_nothing_is_rounded_up(measured: int, share: float) -> None:
    lost = int(measured * share)
    percent = Figure("mail", measured, lost, (), ()).percent
    assert percent is not None
    assert percent <= 100 * (measured - lost) / measured + 1e-9
    assert (percent == 100) is (lost == 0)


@given(lost=st.integers(1, 60), order=st.randoms())
def test_the_order_of_lines_does_not_matter(lost: int, order: Any) -> None:
    lines = [one for one in whole(60) if one["at"] != START + lost * STEP or one["kind"] == "plan"]
    shuffled = list(lines)
    order.shuffle(shuffled)
    assert figure(shuffled, count=60) == figure(lines, count=60)


@given(number=st.integers(0, 30), what=st.sampled_from(["change", "drop", "swap", "insert"]))
def test_whatever_is_done_to_a_line_tells(number: int, what: str) -> None:
    lines = sealed(whole(11))
    assert chain.broken(lines) is None
    if what == "change":
        text = lines[number].replace('"down":{}', '"down":{"imap":"x"}') if number else lines[0].replace("30", "60")
        lines[number] = text
    elif what == "drop":
        del lines[number]
    elif what == "swap":
        lines[number], lines[number + 1] = lines[number + 1], lines[number]
    else:
        lines.insert(number, lines[number])
    assert chain.broken(lines) is not None


def test_what_was_cut_off_at_the_end_is_down() -> None:
    """The chain cannot tell of lines that are not there after it; the figures do."""
    lines = sealed(whole(10))[:-6]
    assert chain.broken(lines) is None
    assert figure([json.loads(one) for one in lines], count=10).down == 2 * STEP


def test_what_is_no_sample_is_refused() -> None:
    assert "line 2 is no sample" in str(chain.broken([*sealed([PLAN]), "{"]))
    assert "line 1 is no sample" in str(chain.broken(["[]"]))


def test_a_month_is_swedens() -> None:
    assert month("2026-11") == (START, START + 30 * 86400)
    assert month("2026-03")[1] - month("2026-03")[0] == 31 * 86400 - 3600  # summer time begins
    assert month("2026-12")[1] == month("2027-01")[0]
    with pytest.raises(ValueError, match="november"):
        month("november")


@given(st.integers(START - 10**9, START + 10**9))
def test_a_moment_lies_in_its_month(moment: int) -> None:
    start, end = month(month_of(moment))
    assert start <= moment < end


def test_files_of_a_month_and_the_last_one_before() -> None:
    names = [f"2026-{day}.jsonl" for day in ("09-01", "10-12", "11-02", "12-01")]
    assert files(names, start=month("2026-11")[0], end=month("2026-11")[1]) == ["2026-10-12.jsonl", "2026-11-02.jsonl"]


def report(lines: list[dict[str, Any]], *, seconds: int = 400) -> Any:
    federation = load_federation(STACKS, "ystad-osterlen")
    return make(sealed(lines), federation=federation, member="ystad", month="2026-11", now=START + seconds)


def test_the_report_says_the_same_in_both_languages_and_for_programs() -> None:
    lines = [*whole(12), sample(3, imap="refused <b>")]
    made = report(lines)
    told = {one["service"]: one for one in made.to_json()["services"]}
    # What is being measured is not asked for yet: 400 s are thirteen moments, the last of which is not over.
    assert (told["mail"]["measured_s"], told["mail"]["down_s"]) == (360, 30)
    assert told["mail"]["percent"] == 91.666
    assert "workplace" in made.to_json()["unmeasured"]
    for language, words in (("sv", "Avbrotten"), ("en", "Outages")):
        page = made.to_html(language)
        assert f'lang="{language}"' in page
        assert words in page
        assert "91.666 %" in page
        assert "refused &lt;b&gt;" in page
        assert page.count("<svg") == 3
        assert "<script" not in page


def test_a_changed_sample_gives_no_report() -> None:
    lines = sealed(whole(12))
    lines[5] = lines[5].replace('"down":{}', '"down":{"x":"y"}')
    federation = load_federation(STACKS, "ystad-osterlen")
    with pytest.raises(SamplesError, match="line 6 does not follow"):
        make(lines, federation=federation, member="ystad", month="2026-11", now=START + 400)


def test_a_month_before_the_monitor_has_nothing() -> None:
    made = report([{**PLAN, "at": START + 390}], seconds=420)
    assert [one.percent for one in made.figures] == [None, None]
    assert "–" in made.to_html("sv")
