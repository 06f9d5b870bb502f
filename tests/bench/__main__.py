"""`python -m tests.bench`: measure, a JSON line for each row."""

import json
import sys
from dataclasses import asdict

from samdrift.federation.load import load_federation
from samdrift.state import current
from tests.bench import backup, hosts, mail
from tests.checks.scene import Scene

if __name__ == "__main__":
    state = current()
    scene = Scene(federation=load_federation(state.stacks), state=state)
    try:
        for part in (mail, backup, hosts):
            for row in part.measure(scene):
                sys.stdout.write(json.dumps({**asdict(row), "ratio": row.ratio}) + "\n")
                sys.stdout.flush()
    finally:
        scene.close()
