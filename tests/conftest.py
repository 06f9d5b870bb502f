"""What holds for every test: signals are as a person's terminal gives them, and no time decides what passes."""

import signal

import pytest
from hypothesis import settings

from tests.sample import need_minutes

# A shell that starts the tests in the background makes them, and all that they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes is the machine's business.
settings.register_profile("samdrift", deadline=None)
settings.load_profile("samdrift")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is a sample comes last."""
    items.sort(key=lambda item: item.get_closest_marker("sampled") is not None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave a sample out for which no time is left, before anything is made for it."""
    if mark := item.get_closest_marker("sampled"):
        need_minutes(*mark.args)
