"""`python -m tests.bench [--people N]`: measure, a JSON line for each row."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

from samdrift.ending import undo_when_ended
from samdrift.state import current
from tests.bench import accounts, backup, hosts, mail
from tests.bench.row import Row
from tests.checks.scene import Scene, scene_at


def rows(scene: Scene, people: int) -> Iterator[Row]:
    """Measure one part after the other; people last, who leave the directory larger than it was."""
    for part in (mail, backup, hosts):
        yield from part.measure(scene)
    if people:
        yield from accounts.measure(scene, people)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=18_000, help="how many are imported; 0: none")
    undo_when_ended()
    with scene_at(current()) as scene:
        for row in rows(scene, parser.parse_args().people):
            sys.stdout.write(json.dumps({**asdict(row), "ratio": row.ratio}) + "\n")
            sys.stdout.flush()
