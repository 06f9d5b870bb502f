"""The dialogue of `samdrift onboard`: every default fits, a wrong answer is asked for again, nothing is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from samdrift.cli import app
from samdrift.federation import addressing, catalogue, interview
from samdrift.federation.load import load_federation
from samdrift.federation.mistake import LoadError
from samdrift.federation.record import Member, People
from tests.unit.sample import TODAY, change, copied, default_federation

Run = Callable[..., Result]

EVERYTHING = ["Lund", "", "", "", "", "yes", "AD", "IT-chef", "yes", "PC", "IT-chef"]


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """Stack files to add a member to."""
    return copied(tmp_path)


@pytest.fixture
def run(stacks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The verb, with what a person types line by line; the input ends after the last one."""
    # What a person types is written down below for these two; further services are asked for in the same way.
    monkeypatch.setattr(catalogue, "OFFERED", ("directory", "workplace"))
    monkeypatch.setenv("SAMDRIFT_STACKS", str(stacks))
    monkeypatch.setenv("SAMDRIFT_STATE", str(tmp_path / "state"))

    def invoke(*lines: str, options: tuple[str, ...] = ()) -> Result:
        return CliRunner().invoke(app, ["onboard", *options], input="".join(f"{line}\n" for line in lines))

    return invoke


def joined(stacks: Path, key: str) -> Member:
    stack = load_federation(stacks, today=TODAY).stack(key)
    assert isinstance(stack, Member)
    return stack


def names(stacks: Path) -> set[str]:
    return {str(path.relative_to(stacks)) for path in stacks.rglob("*")}


def test_enter_throughout_makes_a_member_without_services(run: Run, stacks: Path, tmp_path: Path) -> None:
    before = names(stacks)
    done = run("sjöbo", "", "", "", "", "")
    assert done.exit_code == 0, done.output
    member = joined(stacks, "sjobo")
    assert (member.municipality, member.code, member.domain) == ("Sjöbo", "1265", "sjobo.se")
    assert (member.services, member.people) == ((), People(staff=0, pupils=0))
    assert names(stacks) - before == {"Pulumi.ystad-osterlen.sjobo.yaml", "inventory/sjobo.yaml"}
    assert not [*(tmp_path / "state").rglob("*.yaml")]


def test_decided_services_are_switched_on_with_the_people_asked_for(run: Run, stacks: Path) -> None:
    done = run(*EVERYTHING, "12", "")
    assert done.exit_code == 0, done.output
    member = joined(stacks, "lund")
    assert (member.services, member.people) == (("directory", "workplace"), People(staff=12, pupils=0))
    row = next(row for row in member.inventory if row.category == "workplaces")
    assert (row.product, row.confidence, row.decided_by, row.target_service) == ("PC", "stated", "IT-chef", "workplace")


def test_service_that_nobody_decided_stays_off_and_its_row_is_kept(run: Run, stacks: Path) -> None:
    done = run("Lund", "", "", "", "", "yes", "AD", "-")
    assert done.exit_code == 0, done.output
    assert "directory stays off until somebody has decided" in done.stderr
    member = joined(stacks, "lund")
    row = next(row for row in member.inventory if row.category == "directory-service")
    assert (member.services, row.product, row.decision, row.decided_by) == ((), "AD", "undecided", None)


@pytest.mark.parametrize(
    ("before", "wrong", "said"),
    [
        ((), "", "found nothing; accepted: the official name of a municipality"),
        ((), "Lund!", "found 'Lund!'; accepted: the official name of a municipality (did you mean Lund?)"),
        ((), "lidkoping", "did you mean Lidköping?"),
        ((), "Lunds kommun", "did you mean Lund?"),
        ((), "ystad", "found 'Ystad', which is a member already (ystad-osterlen.ystad)"),
        (("Lund",), "LUND", "found 'LUND'; accepted: a name of 2 to 24 lower-case letters"),
        (("Lund",), "ystad", "is there already; accepted: a key that no stack has"),
        (("Lund",), "vault", "found 'vault'; accepted: a key that no stack has"),
        (("Lund",), "lundsuniversitet", "a key of at most 11 characters"),
        (("Lund",), "\x1b[Dlund", "found what cannot be printed"),
        (("Lund", ""), "lund", "found 'lund'; accepted: a DNS domain"),
        (("Lund", ""), "ystad.example", "a domain other than that of ystad-osterlen.ystad"),
        (("Lund", "", ""), "x", "found 'x'; accepted: text of 2 or more characters"),
        (("Lund", "", "", ""), "nobody", "found 'nobody'; accepted: a mailbox"),
        (("Lund", "", "", ""), "a@ystad.example", "a mailbox in lund.se"),
        (("Lund", "", "", "", ""), "maybe", "found 'maybe'; accepted: yes or no"),
        (EVERYTHING, "many", "found 'many'; accepted: a whole number"),
        (EVERYTHING, "-1", "found -1; accepted: greater than or equal to 0"),
    ],
)
def test_wrong_answer_is_explained_and_asked_for_again(
    run: Run, stacks: Path, before: tuple[str, ...], wrong: str, said: str
) -> None:
    untouched = names(stacks)
    done = run(*before, wrong)
    assert said in done.stderr
    asked, refused = done.stderr.split("  found ")
    assert asked.rstrip().endswith(refused.splitlines()[1].strip())  # the same question, with its default
    assert names(stacks) == untouched


def test_short_name_that_is_taken_gets_the_code_as_default(stacks: Path) -> None:
    federation = default_federation()
    habo = federation.members[0].model_copy(update={"key": "habo"})
    replies = iter(["Håbo"])
    given = interview.ask(
        federation.model_copy(update={"members": (habo,)}),
        stacks,
        prompt=lambda _, default: next(replies, default),
        tell=lambda _: None,
        today=TODAY,
    )
    assert given["key"] == "habo0305"


def test_end_of_input_writes_nothing_and_says_so(run: Run, stacks: Path) -> None:
    before = names(stacks)
    done = run("Lund", "")
    assert done.exit_code == 1
    assert "nothing was written" in done.stderr
    assert names(stacks) == before


def test_interrupt_writes_nothing_and_says_so(run: Run, stacks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> str:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise typer.Abort from None  # as typer.prompt does

    before = names(stacks)
    monkeypatch.setattr(typer, "prompt", interrupted)
    done = run()
    assert done.exit_code == 130
    assert "Interrupted; nothing was written" in done.stderr
    assert names(stacks) == before


def test_what_is_refused_at_the_end_is_kept_and_can_be_passed_again(
    run: Run, stacks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "state" / "answers" / "lund.yaml"
    ask = typer.prompt

    def while_another_breaks_a_file(question: str, **options: object) -> str:
        if question.startswith("Title"):
            change(stacks, "Pulumi.ystad-osterlen.ystad.yaml", '"1286"', '"1287"')
        return str(ask(question, **options))  # type: ignore[arg-type]

    monkeypatch.setattr(typer, "prompt", while_another_breaks_a_file)
    before = names(stacks)
    done = run(*EVERYTHING, "", "")
    assert done.exit_code == 1
    assert "The member cannot join with these answers; nothing was written" in done.stderr
    assert "Trelleborg, the official name of 1287" in done.stderr
    assert f"samdrift onboard --from {kept}" in done.stderr
    assert names(stacks) == before
    change(stacks, "Pulumi.ystad-osterlen.ystad.yaml", '"1287"', '"1286"')
    done = run(options=("--from", str(kept)))
    assert done.exit_code == 0, done.output
    assert joined(stacks, "lund").services == ("directory", "workplace")
    assert kept.exists()


def test_answers_from_a_file_are_refused_in_words_of_the_answers(run: Run, stacks: Path) -> None:
    answers = stacks / "template" / "example-answers.yaml"
    change(stacks, "template/example-answers.yaml", 'code: "3001"', "code: 3001")
    done = run(options=("--from", str(answers)))
    assert done.exit_code == 1
    assert "1 mistake in the answers:" in done.stderr
    assert "example-answers.yaml:3: code: found 3001; accepted: four digits in quotes" in done.stderr
    assert "samdrift check" not in done.stderr


def test_broken_stack_files_are_not_called_answers(run: Run, stacks: Path) -> None:
    change(stacks, "Pulumi.ystad-osterlen.ystad.yaml", '"1286"', '"1287"')
    with pytest.raises(LoadError):
        load_federation(stacks, today=TODAY)
    done = run("Lund")
    assert "The stack files have mistakes" in done.stderr
    assert "Municipality" not in done.stderr


def test_another_member_s_file_in_the_way_is_told_before_the_second_question(run: Run, stacks: Path) -> None:
    own = f"    prefix: {addressing.member4('1281')}\n    domain:"
    change(stacks, "Pulumi.ystad-osterlen.ystad.yaml", "    domain:", own)
    done = run("Lund", "")
    assert done.exit_code == 1
    assert "stacks/Pulumi.ystad-osterlen.ystad.yaml:8: config.samdrift:stack.prefix: found" in done.stderr
    assert "1 mistake in the stack files" in done.stderr
    assert "Short name" not in done.stderr
