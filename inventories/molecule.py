"""The deployed hosts of the molecule scenario that runs: `pyinfra inventories/molecule.py roles/site.py`."""

import json
import os
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

from inventories.host import host_data, read_secret  # noqa: E402
from samdrift.handover import HostRecord  # noqa: E402

_state = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
_deployed = json.loads((_state / "deployed.json").read_text())

hosts = [
    (record.name, host_data(record, state=_state, secret=partial(read_secret, _state)))
    for record in map(HostRecord.model_validate, json.loads((_state / "hosts.json").read_text()))
    if record.name in _deployed
]
