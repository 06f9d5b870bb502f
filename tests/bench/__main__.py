"""`python -m tests.bench`: measure, a JSON line for each row."""

import json
import sys
from dataclasses import asdict

from samdrift.state import current
from tests.bench import backup, hosts, mail
from tests.checks.scene import scene_at

if __name__ == "__main__":
    with scene_at(current()) as scene:
        for part in (mail, backup, hosts):
            for row in part.measure(scene):
                sys.stdout.write(json.dumps({**asdict(row), "ratio": row.ratio}) + "\n")
                sys.stdout.flush()
