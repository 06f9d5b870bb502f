"""The way to one host, for the verbs that go there."""

import json
from pathlib import Path

from samdrift.cli.console import fail
from samdrift.state import State


def ssh_config(state: State, host: str) -> Path:
    """Return the `ssh_config` that knows `host`; end the verb where nothing is up or there is no such host."""
    records = [one for file in sorted(state.handover.glob("*.json")) for one in json.loads(file.read_text())]
    if not records:
        fail(f"No way in to {host}", why=f"nothing is up in {state.root}", then="samdrift lab up; samdrift up")
    names = [one["name"] for one in records]
    if host not in names:
        fail(f"There is no host {host!r}", why=f"there are: {', '.join(names)}", then="samdrift status")
    return state.ssh / "config"
