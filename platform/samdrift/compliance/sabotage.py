"""Prove the checks: change the throw-away platform, see the right check go red, undo, see it green again."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from samdrift.compliance.outcome import LAST_OUTCOMES, Outcome, keep
from samdrift.compliance.report import STYLES
from samdrift.compliance.result import Result, read
from samdrift.compliance.run import LAST_RESULTS, run_checks
from samdrift.compliance.target import Target, confirm
from samdrift.compliance.verdict import Verdict, merge
from samdrift.standard import catalogue
from samdrift.standard.catalogue import StandardError
from samdrift.state import REPOSITORY, State

Environment = Mapping[str, str]
"""What a sabotage may hand to the check's process, e.g. a folder of changed stack files; mostly nothing."""

Change = Callable[[Target], Iterator[Environment | None]]
"""Changes the platform, yields once, and undoes the change however the run ended."""

PACKAGE = "tests/sabotages"
RECENT = timedelta(minutes=30)
"""How old a green result may be that stands for the check before the change. If it is wrong, the check after the undo
is red, and the sabotage proves nothing."""


@dataclass(frozen=True)
class Sabotage:
    """A registered change and the requirement whose check it must turn red."""

    requirement: str
    name: str
    change: Callable[[Target], AbstractContextManager[Environment | None]]


_registered: dict[tuple[str, str], Sabotage] = {}


def sabotage(*, requirement: str, name: str) -> Callable[[Change], Change]:
    """Register a generator function as a sabotage of that requirement; its record in the standard names it too."""

    def register(change: Change) -> Change:
        key = (requirement, name)
        if key in _registered and _registered[key].change.__name__ != change.__name__:
            raise ValueError(f"{requirement} has two sabotages named {name}")
        _registered[key] = Sabotage(requirement=requirement, name=name, change=contextmanager(change))
        return change

    return register


def load() -> tuple[Sabotage, ...]:
    """Import every module of tests/sabotages and return what they register, by requirement and name."""
    if str(REPOSITORY) not in sys.path:
        sys.path.insert(0, str(REPOSITORY))
    for file in sorted((REPOSITORY / PACKAGE).glob("[a-z]*.py")):
        importlib.import_module(f"{PACKAGE.replace('/', '.')}.{file.stem}")
    return tuple(_registered[key] for key in sorted(_registered))


def run_sabotages(
    *,
    state: Path,
    ids: Collection[str] | None = None,
    names: Collection[str] | None = None,
    say: Callable[[str], None] | None = None,
) -> tuple[Outcome, ...]:
    """Try the sabotages of the selected requirements (None: all) one after the other and return what they showed.

    Raises NotALab before anything is touched, StandardError for an unknown id or name.
    Outcomes are kept in the state folder as they come, for the report.
    """
    chosen = select(load(), ids=ids, names=names)
    place = State.at(state)
    target = confirm(place)
    outcomes: list[Outcome] = []
    green = seen_green(read(place.root / LAST_RESULTS), now=datetime.now(tz=UTC))
    for one in chosen:
        outcome = attempt(one, target=target, is_green=one.requirement in green, say=say)
        green = green - {one.requirement} | ({one.requirement} if outcome.after is Verdict.PASS else set())
        outcomes.append(outcome)
        keep([outcome], place.root / LAST_OUTCOMES)
    return tuple(outcomes)


def seen_green(results: Collection[Result], *, now: datetime) -> set[str]:
    """Return the requirements that `samdrift verify` found green a moment ago, every result of them."""
    red = {one.requirement for one in results if one.verdict.is_red}
    old = {one.requirement for one in results if now - one.at > RECENT}
    return {one.requirement for one in results if one.check and one.verdict is Verdict.PASS} - red - old


def select(
    known: Collection[Sabotage], *, ids: Collection[str] | None, names: Collection[str] | None
) -> tuple[Sabotage, ...]:
    """Return the sabotages of these requirements and names; what does not exist is refused, never skipped."""
    wanted = {one.id for one in catalogue.load().select(ids)}
    found = tuple(one for one in known if one.requirement in wanted and (names is None or one.name in names))
    if missing := set(names or ()) - {one.name for one in found}:
        raise StandardError(f"no sabotage is named {sorted(missing)}; there are {sorted(one.name for one in known)}")
    return found


def attempt(
    one: Sabotage, *, target: Target, is_green: bool = False, say: Callable[[str], None] | None = None
) -> Outcome:
    """Check, apply one sabotage, check, undo, check. A check that is not green before proves nothing by turning red.

    `is_green`: the check was green a moment ago, and need not be run before the change. After the undo only the
    check is run that was red, for whom it was; the next sabotage and the next `samdrift verify` look at the others too.
    """
    begun = time.monotonic()
    if not is_green:
        _say(say, f"{one.requirement} {one.name}: the check must be green before the change")
        found = _check(target.state, one.requirement)
        if (before := worst(found)) is not Verdict.PASS:
            reason = f"not tried: the check is {before.value} already, before the change"
            return _outcome(one, before=before, evidence=(reason, *_why(found, before)), begun=begun)
    during: tuple[Result, ...] = ()
    trouble: tuple[str, ...] = ()
    untouched = False
    try:
        with one.change(target) as environment:
            _say(say, f"{one.requirement} {one.name}: changed; the check must turn red")
            during = _check(target.state, one.requirement, environment=environment, until_red=True)
            untouched = environment is not None
    except Exception as error:  # whatever a sabotage raises, the platform must be seen green again afterwards
        trouble = (f"the change or its undoing broke: {type(error).__name__}: {error}",)
    # A check that did not finish says why as well, or nobody can tell what else was broken.
    evidence = _why(during, Verdict.FAIL) + _why(during, Verdict.DNF) + trouble
    if untouched and not trouble:  # other stack files for the check alone: there was nothing to undo
        return _outcome(
            one, before=Verdict.PASS, during=worst(during), after=Verdict.PASS, evidence=evidence, begun=begun
        )
    _say(say, f"{one.requirement} {one.name}: undone; the check must turn green")
    red = next((result for result in during if result.verdict is Verdict.FAIL), None)
    left = _check(target.state, one.requirement, again=red)
    after = worst(left)
    if after is not Verdict.PASS:
        evidence += tuple(f"after the undo: {sentence}" for sentence in _why(left, after))
    return _outcome(one, before=Verdict.PASS, during=worst(during), after=after, evidence=evidence, begun=begun)


def _why(results: Collection[Result], verdict: Verdict) -> tuple[str, ...]:
    return tuple(f"{one.subject}: {'; '.join(one.reasons)}" for one in results if one.verdict is verdict)


def worst(results: Collection[Result]) -> Verdict:
    """Merge one requirement's results; none at all is DNF: an absent check proves nothing."""
    return merge(*(one.verdict for one in results)) if results else Verdict.DNF


def print_outcomes(outcomes: Collection[Outcome], console: Console) -> None:
    """Print for a person what each sabotage showed."""
    table = Table("requirement", "sabotage", "before", "during", "after", "what the check said", title="sabotages")
    for one in outcomes:
        verdicts = [Text(v.value if v else "-", style="" if v is None else STYLES[v]) for v in _course(one)]
        table.add_row(one.requirement, one.name, *verdicts, Text("; ".join(one.evidence), overflow="ellipsis"))
    console.print(table)
    proved = sum(one.proved for one in outcomes)
    console.print(f"{proved} of {len(outcomes)} sabotages turned the right check red and green again", markup=False)


def _course(one: Outcome) -> tuple[Verdict | None, Verdict | None, Verdict | None]:
    return one.before, one.during, one.after


def _check(
    state: State,
    requirement: str,
    *,
    again: Result | None = None,
    environment: Environment | None = None,
    until_red: bool = False,
) -> tuple[Result, ...]:
    """Run the requirement's checks, or the one alone that had this result, for whom it had it."""
    wanted = catalogue.load().by_id(requirement)
    found = run_checks(
        state=state,
        requirements=[wanted.of_test(again.check) if again else wanted],
        stack=again.subject if again and again.subject != "federation" else None,
        environment=environment,
        until_red=until_red,
        log=f"sabotage-{requirement}.log",  # a run of another requirement beside this one keeps its own
    )
    return tuple(one for one in found if one.requirement == requirement)


def _outcome(
    one: Sabotage,
    *,
    before: Verdict,
    begun: float,
    evidence: tuple[str, ...],
    during: Verdict | None = None,
    after: Verdict | None = None,
) -> Outcome:
    return Outcome(
        requirement=one.requirement,
        name=one.name,
        before=before,
        during=during,
        after=after,
        evidence=evidence,
        seconds=round(time.monotonic() - begun, 1),
        at=datetime.now(tz=UTC),
    )


def _say(say: Callable[[str], None] | None, sentence: str) -> None:
    if say:
        say(sentence)
