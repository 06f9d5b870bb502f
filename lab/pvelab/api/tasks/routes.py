"""/nodes/{node}/tasks, /cluster/tasks"""

from typing import Any

from pvelab.api.router import Call, Router
from pvelab.api.tasks import models

router = Router()


@router.get("/cluster/tasks")
def cluster_tasks(call: Call) -> list[dict[str, Any]]:
    """Recent tasks of all nodes."""
    return models.visible(call, None)[:25]


@router.get("/nodes/{node}/tasks")
def node_tasks(call: Call) -> list[dict[str, Any]]:
    """A node's tasks, filtered."""
    source = call.get("source", "archive")
    shown = [entry for entry in models.visible(call, call.params["node"]) if _wanted(call, entry, source)]
    start = call.get("start", 0)
    return shown[start : start + (call.get("limit", 50) or len(shown))]


def _wanted(call: Call, entry: dict[str, Any], source: str) -> bool:
    status, wanted = entry.get("status"), call.list("statusfilter")
    kind = "unknown" if status is None else "ok" if status == "OK" else "warning" if "WARN" in status else "error"
    return all(
        (
            source == "all" or (source == "active") == (status is None),
            not call.get("errors") or kind == "error",
            not wanted or kind in wanted,
            call.get("typefilter") in (None, entry["type"]),
            "vmid" not in call.params or entry["id"] == str(call.params["vmid"]),
            call.get("userfilter", "") in entry["user"],
            entry["starttime"] >= call.get("since", 0),
            entry["starttime"] <= call.get("until", 1 << 40),
        )
    )


router.index("/nodes/{node}/tasks/{upid}", "log", "status")


@router.delete("/nodes/{node}/tasks/{upid}")
def stop_task(call: Call) -> None:
    """Ask a task to stop."""
    upid, parts, _ = models.find(call)
    if not models.owns(call, parts):
        call.check(f"/nodes/{parts.node}", "Sys.Modify")
    call.lab.tasks.cancel(upid)


@router.get("/nodes/{node}/tasks/{upid}/status")
def task_status(call: Call) -> dict[str, Any]:
    """Running, or how it ended."""
    upid, _, record = models.find(call)
    shown = call.lab.tasks.describe(upid, record)
    shown.pop("endtime", None)
    shown["status"] = "running" if record["endtime"] is None else "stopped"
    if record["endtime"] is not None:
        shown["exitstatus"] = record["exitstatus"]
    return shown


@router.get("/nodes/{node}/tasks/{upid}/log")
def task_log(call: Call) -> list[dict[str, Any]]:
    """Lines of the log, numbered from 1."""
    upid, _, _ = models.find(call)
    lines = call.lab.tasks.log_lines(upid)
    start, limit = call.get("start", 0), call.get("limit", 50) or len(lines)
    picked = list(enumerate(lines, start=1))[start : start + limit]
    return [{"n": number, "t": text} for number, text in picked] or [{"n": 1, "t": "no content"}]
