"""Entry for pyinfra's own command line: `pyinfra inventories/platform.py roles/site.py`."""

import sys
from pathlib import Path

from pyinfra import config, host

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from roles.stage import ENVIRONMENT, add, check, plan

config.ENV = ENVIRONMENT
check(host.data.roles, host.name)
# host.loop numbers the steps, so that hosts with different roles still agree on one order of operations.
for stage, role in host.loop(plan()):
    add(stage, role, host.data.roles)
