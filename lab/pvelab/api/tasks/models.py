"""Which tasks a caller sees."""

from typing import Any

from pvelab.access.permission import owner
from pvelab.api.router import Call
from pvelab.api.tasks.errors import bad_upid, no_task
from pvelab.task import Upid, parse_upid


def find(call: Call) -> tuple[str, Upid, dict[str, Any]]:
    """UPID, its parts and its record; one's own tasks, or with Sys.Audit on the node anybody's."""
    upid = str(call.params["upid"])
    try:
        parts = parse_upid(upid)
    except ValueError as error:
        raise bad_upid(upid) from error
    record = call.lab.store.get("task", upid)
    if record is None:
        raise no_task(upid)
    if not owns(call, parts):
        call.check(f"/nodes/{parts.node}", "Sys.Audit")
    return upid, parts, dict(record)


def owns(call: Call, parts: Upid) -> bool:
    """Whether the caller, or as their owner one of his tokens, started it."""
    return parts.user == call.user or owner(parts.user) == call.user


def visible(call: Call, node: str | None) -> list[dict[str, Any]]:
    """All the tasks that the caller may see, newest first."""
    shown = []
    audited = {name for name in call.lab.nodes if call.may(f"/nodes/{name}", "Sys.Audit")}
    for upid, record in call.lab.store.items("task").items():
        parts = parse_upid(upid)
        if node not in (None, parts.node):
            continue
        if parts.node in audited or owns(call, parts):
            shown.append(call.lab.tasks.describe(upid, record))
    return sorted(shown, key=lambda entry: (entry["starttime"], entry["pstart"]), reverse=True)
