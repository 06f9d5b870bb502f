"""Say what a deploy would change on one host, without changing it: `python -m samdrift.host_drift INVENTORY HOST`.

Prints a JSON list of the operations' names that would change something. Every fact is read anew; nothing is executed.
"""

import json
import runpy
import sys
from importlib import import_module
from typing import Any

from pyinfra.api import Config, Inventory, State
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.state import StateStage
from pyinfra.context import ctx_config, ctx_host, ctx_state


def compare(name: str, data: dict[str, Any]) -> list[str]:
    """Return the operations that would change host `name`, in their order."""
    stage = import_module("roles.stage")
    stage.check(data["roles"], name)
    config = Config(ENV=stage.ENVIRONMENT, CONNECT_TIMEOUT=30)
    state = State(Inventory(([(name, data)], {})), config, check_for_changes=True)
    with ctx_state.use(state), ctx_config.use(config):
        state.set_stage(StateStage.Connect)
        connect_all(state)
        host = state.inventory.get_host(name)
        with ctx_host.use(host):
            state.set_stage(StateStage.Prepare)
            for step, role in stage.plan():
                stage.add(step, role, data["roles"])
            found = [
                ", ".join(state.get_op_meta(operation).names)
                for operation in state.get_op_order()
                if state.get_op_data_for_host(host, operation).operation_meta.will_change
            ]
        disconnect_all(state)
    return found


if __name__ == "__main__":
    inventory, wanted = sys.argv[1:]
    hosts = dict(runpy.run_path(inventory)["hosts"])
    json.dump(compare(wanted, hosts[wanted]), sys.stdout, ensure_ascii=False)
