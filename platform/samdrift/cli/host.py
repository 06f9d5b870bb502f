"""The hosts that are up, and the way to one of them, for the verbs that go there."""

import json
from pathlib import Path
from typing import Any

from samdrift.cli.console import fail
from samdrift.state import State


def hosts(state: State) -> list[dict[str, Any]]:
    """Return the records of every host that is up, stack by stack."""
    return [one for file in sorted(state.handover.glob("*.json")) for one in json.loads(file.read_text())]


def ssh_config(state: State, host: str) -> Path:
    """Return the `ssh_config` that knows `host`; end the verb where nothing is up or there is no such host."""
    names = [one["name"] for one in hosts(state)]
    if not names:
        fail(f"No way in to {host}", why=f"nothing is up in {state.root}", then="samdrift lab up; samdrift up")
    if host not in names:
        fail(f"There is no host {host!r}", why=f"there are: {', '.join(names)}", then="samdrift status")
    return state.ssh / "config"
