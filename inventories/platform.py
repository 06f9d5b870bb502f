"""The hosts of all stacks that are up: `pyinfra inventories/platform.py roles/site.py`.

Reads the installation's state folder from SAMDRIFT_STATE and the stack files from SAMDRIFT_STACKS (default: the
repository's); refuses host records that are older than the stack files they came from.
"""

import os
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

from inventories.host import InventoryError, host_data, read_secret  # noqa: E402
from samdrift.handover import read_all  # noqa: E402

if "SAMDRIFT_STATE" not in os.environ:
    raise InventoryError('SAMDRIFT_STATE is not set: run eval "$(samdrift env)" first')

_state = Path(os.environ["SAMDRIFT_STATE"])
_stacks = Path(os.environ.get("SAMDRIFT_STACKS") or ROOT / "stacks")

hosts = [
    (record.name, host_data(record, state=_state, secret=partial(read_secret, _state)))
    for record in read_all(_state / "handover", _stacks)
]
