"""A page that gives way to another while it is read is read anew; what is wrong for good is told."""

import pytest

from tests.checks.probe.remote.browser import _Browser

NAVIGATED = OSError("Runtime.evaluate: Inspected target navigated or closed")


def reading(monkeypatch: pytest.MonkeyPatch, *answers: object) -> _Browser:
    left = list(answers)

    def evaluate(self: _Browser, script: str) -> object:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(_Browser, "evaluate", evaluate)
    return object.__new__(_Browser)


def test_a_page_that_goes_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reading(monkeypatch, NAVIGATED, NAVIGATED, "the next page").settled("document.title") == "the next page"


@pytest.mark.parametrize(("error", "seconds"), [(NAVIGATED, 0.0), (OSError("document.titel: ReferenceError"), 10.0)])
def test_what_stays_wrong_is_told(monkeypatch: pytest.MonkeyPatch, error: OSError, seconds: float) -> None:
    with pytest.raises(OSError, match=str(error)):
        reading(monkeypatch, error, error).settled("document.title", seconds)
