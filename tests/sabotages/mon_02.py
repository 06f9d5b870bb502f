"""Sabotages of MON-02: who asks is content with any answer."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import changed
from tests.sabotages.hand import scene_of

MODULES, EXPORTER = "/etc/prometheus/blackbox.yml", "prometheus-blackbox-exporter.service"
PROGRAM, TRANSACTION = "/usr/local/sbin/samdrift-transaction", "samdrift-transaction.service"


def without_words(text: str) -> str:
    """The exporter's configuration with pages that are well when they say 200."""
    head, _, body = text.partition("\n")
    found = json.loads(body)
    for module in found["modules"].values():
        if module["prober"] == "http":
            del module["http"]["fail_if_body_not_matches_regexp"]
    return f"{head}\n{json.dumps(found, indent=1)}\n"


def at_every_workplace(target: Target, path: str, unit: str, change: Callable[[str], str]) -> Iterator[None]:
    """Change a file wherever services are tried."""
    with scene_of(target) as scene, ExitStack() as broken:
        for name, guest in scene.guests.items():
            if "probe" in guest.roles:
                broken.enter_context(changed(scene, name, path, change, unit=unit))
        yield


@sabotage(requirement="MON-02", name="content-not-looked-at")
def content_not_looked_at(target: Target) -> Iterator[None]:
    """The transaction became a status code."""
    yield from at_every_workplace(target, MODULES, EXPORTER, without_words)


@sabotage(requirement="MON-02", name="result-made-up")
def result_made_up(target: Target) -> Iterator[None]:
    """The sign-in was a nuisance during an upgrade."""
    yield from at_every_workplace(
        target, PROGRAM, TRANSACTION, lambda text: text.replace("TRANSACTIONS[name]()", "pass")
    )
