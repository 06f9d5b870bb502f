"""Alarms as the desk and the monitor have them: cases that open and close, failures that are told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.checks.desk import Desk
from tests.checks.host import run
from tests.checks.register import Person
from tests.checks.scene import Scene

HOST = "monitor"
TARGETS = "/etc/prometheus/targets/hosts.json"
"""Who is asked; read again whenever it changes."""
ALERTS = (
    "import urllib.request as u; "
    "print(u.urlopen('http://127.0.0.1:9093/api/v2/alerts?active=true&silenced=false', timeout=20).read().decode())"
)
OVER = "resolved"


@dataclass(frozen=True)
class Failure:
    """Something that is stopped, and what the desk should have of it."""

    kind: str
    words: str
    """Part of the case's subject."""
    queue: str
    system: str


def wait(held: Callable[[], bool], *, seconds: float) -> bool:
    """Whether it holds within the time."""
    deadline = time.monotonic() + seconds
    while not held():
        if time.monotonic() > deadline:
            return False
        time.sleep(5)
    return True


@dataclass
class Book:
    """The desk's cases about failures, as somebody of the desk sees them."""

    desk: Desk
    agent: Person

    def about(self, failure: Failure) -> list[dict[str, Any]]:
        """Every case about it, the open ones and the closed ones."""
        return self.desk.cases(self.agent, f"Subject LIKE '{failure.words}'")

    def open(self, failure: Failure) -> list[dict[str, Any]]:
        """Those that are not over."""
        return [one for one in self.about(failure) if one["Status"] != OVER]

    def opened(self, failures: Sequence[Failure], *, seconds: float) -> list[Failure]:
        """Those of the failures that had an open case within the time."""
        return self._reached(failures, seconds, lambda one: bool(self.open(one)))

    def closed(self, failures: Sequence[Failure], *, seconds: float) -> list[Failure]:
        """Those of the failures that had no open case any more within the time."""
        return self._reached(failures, seconds, lambda one: not self.open(one))

    def _reached(self, failures: Sequence[Failure], seconds: float, holds: Callable[[Failure], bool]) -> list[Failure]:
        reached: list[Failure] = []

        def all_reached() -> bool:
            reached.extend(one for one in failures if one not in reached and holds(one))
            return len(reached) == len(failures)

        wait(all_reached, seconds=seconds)
        return reached


def alerts(scene: Scene) -> list[dict[str, str]]:
    """Labels of every failure that is told now."""
    told = json.loads(run(scene, HOST, "python3", "-c", ALERTS))
    return [one["labels"] for one in told]


def is_told(scene: Scene, service: str, member: str | None = None) -> bool:
    """Whether a service is told to be down: at a member, or everywhere."""
    return any(
        one["alertname"] in ("ServiceDown", "ServiceDownEverywhere")
        and one.get("service") == service
        and (member is None or one.get("member") == member)
        for one in alerts(scene)
    )
