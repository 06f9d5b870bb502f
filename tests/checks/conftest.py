"""Fixtures of the checks: the running platform of `SAMDRIFT_STATE`, and its members as subjects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from samdrift.federation.load import load_federation
from samdrift.state import current
from tests.checks.scene import Scene, scene_at


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Outside `samdrift verify` there is no platform to check."""
    if not config.pluginmanager.has_plugin("samdrift.compliance.plugin"):
        for item in items:
            if item.get_closest_marker("requirement"):
                item.add_marker(pytest.mark.skip(reason="checks of the running platform: `samdrift verify` runs them"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A check that takes `member` runs once for each member, which is its subject."""
    if "member" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("--members", default=None)
        keys = [one.key for one in load_federation(current().stacks).members]
        metafunc.parametrize("member", [key for key in keys if not wanted or key in wanted.split(",")])


@pytest.fixture(scope="session")
def scene() -> Iterator[Scene]:
    """The platform and the places to observe it from."""
    with scene_at(current()) as found:
        yield found
