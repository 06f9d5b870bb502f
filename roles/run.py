"""Deploy one host and tell, line by line, what happened.

Standard output is one JSON object a line:
`{"event": "connected"}`,
`{"event": "operation", "name": ..., "result": "changed" | "unchanged" | "failed", "seconds": ..., "output": [...]}`,
`{"event": "end", "changed": n, "unchanged": n, "failed": n}`.
Standard error is pyinfra's own log. Exit status: 0 deployed, 1 an operation failed, 2 the host or its settings refused.

One process a host, over pyinfra's API: a host that hangs or dies holds up no other, and each operation's result is a
fact of this host alone.
"""

import json
import logging
import runpy
import sys
import time
from typing import Any

from pyinfra import logger
from pyinfra.api import Config, Inventory, State
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operations import run_host_op
from pyinfra.api.state import StateStage
from pyinfra.context import ctx_config, ctx_host, ctx_state

from roles.stage import ENVIRONMENT, RoleError, add, check, plan


def tell(event: str, **facts: object) -> None:
    """Write one event."""
    sys.stdout.write(json.dumps({"event": event, **facts}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def deploy(name: str, data: dict[str, Any]) -> int:
    """Deploy host `name` with its host data; return the exit status."""
    check(data["roles"], name)
    config = Config(ENV=ENVIRONMENT, CONNECT_TIMEOUT=30)
    state = State(Inventory(([(name, data)], {})), config, check_for_changes=False)
    counts = {"changed": 0, "unchanged": 0, "failed": 0}
    with ctx_state.use(state), ctx_config.use(config):
        state.set_stage(StateStage.Connect)
        connect_all(state)
        tell("connected")
        host = state.inventory.get_host(name)
        with ctx_host.use(host):
            state.set_stage(StateStage.Prepare)
            for stage, role in plan():
                add(stage, role, data["roles"])
            state.set_stage(StateStage.Execute)
            state.is_executing = True
            for operation in state.get_op_order():
                result = _run(state, host, operation)
                counts[result] += 1
                if result == "failed":
                    break
        disconnect_all(state)
    tell("end", **counts)
    return 1 if counts["failed"] else 0


def _run(state: State, host: Any, operation: str) -> str:
    name, started = ", ".join(state.get_op_meta(operation).names), time.monotonic()
    logger.info("%s", name)
    try:
        succeeded, reason = run_host_op(state, host, operation), []
    except PyinfraError as error:  # a fact could not be read
        succeeded, reason = False, [str(error)]
    meta = state.get_op_data_for_host(host, operation).operation_meta
    output = [line.line for line in meta._combined_output or []] + reason
    changed = meta.is_complete() and meta.did_change()
    result = "failed" if not succeeded else "changed" if changed else "unchanged"
    seconds = round(time.monotonic() - started, 3)
    tell("operation", name=name, result=result, seconds=seconds, output=output[-40:] if result == "failed" else [])
    return result


def main(inventory: str, name: str) -> int:
    """Find the host in the inventory file and deploy it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logger.setLevel(logging.INFO)
    hosts = dict(runpy.run_path(inventory)["hosts"])
    if name not in hosts:
        sys.stderr.write(f"{inventory} knows no host {name!r}: {', '.join(sorted(hosts)) or 'no host'} are accepted\n")
        return 2
    try:
        return deploy(name, hosts[name])
    except (RoleError, PyinfraError) as error:
        sys.stderr.write(f"{name}: {error}\n")
        return 2
