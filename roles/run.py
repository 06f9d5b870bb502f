"""Deploy hosts and tell, line by line, what happens on each.

Standard input is one host name a line: a deploy starts when the name is read, and whoever started it keeps the input
open until it has ended. Standard output is one JSON object a line, each with its `host`:
`{"event": "started", "pid": ...}`, `{"event": "connected"}`,
`{"event": "operation", "name": ..., "result": "changed" | "unchanged" | "failed", "seconds": ..., "output": [...]}`,
`{"event": "end", "changed": n, "unchanged": n, "failed": n}` when nothing was left to do, and always
`{"event": "exit", "status": ...}`: 0 deployed, 1 an operation failed, 2 refused or not reached, negative: killed.
pyinfra's own log of a host is `LOGS/deploy-HOST.log`.

A process a host, forked from one that has imported everything: a host that hangs or dies holds up no other, and each
operation's result is a fact of this host alone.
"""

from __future__ import annotations

import json
import logging
import os
import runpy
import signal
import sys
import time
from pathlib import Path
from typing import Any

import gevent
from gevent import monkey
from pyinfra import logger
from pyinfra.api import Config, Inventory, State
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operations import run_host_op
from pyinfra.api.state import StateStage
from pyinfra.context import ctx_config, ctx_host, ctx_state

from roles.stage import ENVIRONMENT, RoleError, add, check, plan

# The process that waits for names runs no gevent; its children do.
_fork = monkey.get_original("os", "fork")
_select = monkey.get_original("select", "select")
WHOLE = 4000
"""Bytes of a line that all children may write at once without mixing (PIPE_BUF, pipe(7))."""


def tell(host: str, event: str, **facts: Any) -> None:
    """Write one event; the output of a failed operation is cut from its head until the line is short enough."""
    while True:
        line = json.dumps({"host": host, "event": event, **facts}).encode() + b"\n"
        if len(line) <= WHOLE or not facts.get("output"):
            break
        facts["output"] = facts["output"][1:]
    os.write(1, line[: WHOLE - 1] + b"\n" if len(line) > WHOLE else line)


def serve(inventory: str, logs: Path) -> int:
    """Deploy every host whose name comes in, beside each other; end them and return when the input ends."""
    hosts = dict(runpy.run_path(inventory)["hosts"])
    children: dict[int, tuple[str, int]] = {}
    waiting, text = [0], b""
    while waiting or children:
        for source in _select([*waiting, *children], [], [])[0]:
            if source == 0:
                block = os.read(0, 65536)
                if not block:
                    # Who asks has gone: nobody hears what becomes of these, and the next deploy must not meet them.
                    for _, pid in children.values():
                        os.kill(pid, signal.SIGTERM)
                    waiting = []
                *lines, text = (text + block).split(b"\n")
                for line in lines:
                    children |= _begin(line.decode(), hosts, logs)
            else:
                name, pid = children.pop(source)
                os.close(source)
                _, status = os.waitpid(pid, 0)
                tell(name, "exit", status=os.waitstatus_to_exitcode(status))
    return 0


def _begin(name: str, hosts: dict[str, Any], logs: Path) -> dict[int, tuple[str, int]]:
    """Fork the host's process; it is over when the returned end of a pipe is closed."""
    over, held = os.pipe()
    pid = _fork()
    if pid == 0:
        os.close(over)
        status = 70  # what is left when the deploy itself is at fault
        try:
            gevent.reinit()
            log = os.open(logs / f"deploy-{name}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(log, 2)
            status = _run_host(name, hosts)
        finally:
            logging.shutdown()
            sys.stderr.flush()
            os._exit(status)
    os.close(held)
    tell(name, "started", pid=pid)
    return {over: (name, pid)}


def _run_host(name: str, hosts: dict[str, Any]) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logger.setLevel(logging.INFO)
    if name not in hosts:
        logger.error("the inventory knows no host %r: %s are accepted", name, ", ".join(sorted(hosts)) or "no host")
        return 2
    try:
        return deploy(name, hosts[name])
    except (RoleError, PyinfraError) as error:
        logger.error("%s: %s", name, error)
        return 2
    except Exception:  # this process ends here: its log is the only place for the reason
        logger.exception("%s", name)
        return 70


def deploy(name: str, data: dict[str, Any]) -> int:
    """Deploy host `name` with its host data; return the exit status."""
    check(data["roles"], name)
    config = Config(ENV=ENVIRONMENT, CONNECT_TIMEOUT=30)
    state = State(Inventory(([(name, data)], {})), config, check_for_changes=False)
    counts = {"changed": 0, "unchanged": 0, "failed": 0}
    with ctx_state.use(state), ctx_config.use(config):
        state.set_stage(StateStage.Connect)
        connect_all(state)
        tell(name, "connected")
        host = state.inventory.get_host(name)
        with ctx_host.use(host):
            state.set_stage(StateStage.Prepare)
            for stage, role in plan():
                add(stage, role, data["roles"])
            state.set_stage(StateStage.Execute)
            state.is_executing = True
            for operation in state.get_op_order():
                result = _run_operation(state, host, operation)
                counts[result] += 1
                if result == "failed":
                    break
        disconnect_all(state)
    tell(name, "end", **counts)
    return 1 if counts["failed"] else 0


def _run_operation(state: State, host: Any, operation: str) -> str:
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
    shown = output[-40:] if result == "failed" else []
    tell(host.name, "operation", name=name, result=result, seconds=seconds, output=shown)
    return result
