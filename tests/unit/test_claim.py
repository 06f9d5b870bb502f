"""Which checks run beside each other."""

import itertools
import subprocess
import sys
from io import TextIOWrapper
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from samdrift.compliance.claim import LOCK, claim
from samdrift.standard import catalogue
from samdrift.standard.requirement import Part, Requirement

STANDARD = catalogue.load()
HOLDING = [one for one in STANDARD.requirements if one.holds]
ORDINARY = next(one for one in STANDARD.requirements if one.tests and not one.holds)


def requirement(**fields: object) -> Requirement:
    return ORDINARY.model_copy(update=fields)


def test_who_holds_nothing_fits_beside_who_holds_nothing() -> None:
    assert ORDINARY.fits_beside(STANDARD.by_id("ONB-02"))


@pytest.mark.parametrize("part", Part)
def test_who_says_nothing_of_where_it_asks_asks_everywhere(part: Part) -> None:
    assert not requirement(holds=(part,), shares=()).fits_beside(ORDINARY)
    assert not ORDINARY.fits_beside(requirement(holds=(part,), shares=()))


def test_where_one_asks_nobody_else_holds() -> None:
    mail = requirement(holds=(Part.MAIL,), shares=(Part.LINES,))
    assert mail.fits_beside(requirement(holds=(Part.DATABASES,), shares=(Part.LINES,)))
    assert not mail.fits_beside(requirement(holds=(Part.LINES,), shares=()))
    assert not mail.fits_beside(requirement(holds=(Part.DESK,), shares=(Part.MAIL,)))
    assert not mail.fits_beside(mail)


def test_who_fits_beside_another_has_it_beside_itself() -> None:
    for one, other in itertools.combinations(HOLDING, 2):
        assert one.fits_beside(other) is other.fits_beside(one)


def test_what_counts_or_drowns_others_keeps_them_away() -> None:
    joining = STANDARD.by_id("ONB-02")
    assert not [one.id for one in HOLDING if one.fits_beside(joining)], "it counts the requests that others lose"
    sweep = STANDARD.by_id("NET-07")
    assert not sweep.fits_beside(STANDARD.by_id("NET-01")), "200,000 frames a second drown what others record"


def test_only_a_check_holds_something() -> None:
    record = next(one for one in STANDARD.requirements if not one.tests)
    with pytest.raises(ValidationError, match="only a check on the platform holds a part of it"):
        Requirement.model_validate({**record.model_dump(), "holds": ["mail"]})


class Waits(Exception):
    """Nothing that is left fits."""


@pytest.fixture(autouse=True)
def wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def raised(_: float) -> None:
        raise Waits

    monkeypatch.setattr("samdrift.compliance.claim.time", SimpleNamespace(sleep=raised))
    monkeypatch.setattr("os.getloadavg", lambda: (0.0, 0.0, 0.0))


def test_what_does_not_fit_is_taken_when_what_it_does_not_fit_has_ended(tmp_path: Path) -> None:
    mail = taken(tmp_path, "MAIL-01", "NET-01")
    assert mail[0] == "MAIL-01"
    databases = taken(tmp_path, "MAIL-01", "NET-01", "SLA-03", "DBA-01")
    assert databases[0] == "DBA-01"
    with pytest.raises(Waits):
        claim(tmp_path, ["MAIL-01", "SLA-03"])
    mail[1].close()
    samples = taken(tmp_path, "MAIL-01", "SLA-03")
    assert samples[0] == "SLA-03"
    assert claim(tmp_path, ["MAIL-01", "SLA-03"]) is None


def test_a_machine_that_has_enough_to_do_gets_nothing_more_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    around = taken(tmp_path, "ONB-02")
    monkeypatch.setattr("os.getloadavg", lambda: (20.5, 0.0, 0.0))
    with pytest.raises(Waits):
        claim(tmp_path, ["NET-01"])
    inner = taken(tmp_path / "ONB-02", "NET-01", "NET-07")
    with pytest.raises(Waits):
        claim(tmp_path / "ONB-02", ["DIR-01"])
    inner[1].close()
    assert taken(tmp_path / "ONB-02", "DIR-01")[0] == "DIR-01", "one at a time always goes on"
    monkeypatch.setattr("os.getloadavg", lambda: (19.5, 0.0, 0.0))
    assert taken(tmp_path, "NET-01")[0] == "NET-01"
    around[1].close()


def test_who_dies_holds_nothing_any_more(tmp_path: Path) -> None:
    program = "import pathlib, os, sys; from samdrift.compliance.claim import claim\n"
    program += "kept = claim(pathlib.Path(sys.argv[1]), ['MAIL-01']); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=60)
    assert (tmp_path / "MAIL-01" / LOCK).exists()
    assert taken(tmp_path, "MAIL-01", "NET-01")[0] == "NET-01"


def test_checks_within_a_check_fit_beside_all_but_it(tmp_path: Path) -> None:
    _around, ordinary = taken(tmp_path, "ONB-02"), taken(tmp_path, "NET-01")
    folder = tmp_path / "ONB-02"
    inner = taken(folder, "NET-07", "NET-01")
    assert inner[0] == "NET-01", "the other's is not this run's"
    inner[1].close()
    with pytest.raises(Waits):
        claim(folder, ["NET-07"])
    ordinary[1].close()
    sweep = taken(folder, "NET-07")
    assert sweep[0] == "NET-07"
    with pytest.raises(Waits):
        claim(tmp_path, ["NET-02"])


def taken(folder: Path, *wanted: str) -> tuple[str, TextIOWrapper]:
    found = claim(folder, wanted)
    assert found
    return found
