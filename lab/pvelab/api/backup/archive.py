"""Backup archives: making them, which to keep, and what a container restored from one is configured like."""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pvelab.api.errors import failed
from pvelab.api.lxc import models as containers
from pvelab.api.storage import models as storages
from pvelab.lab import Lab
from pvelab.schema.property import parse
from pvelab.task import Log, TaskError

_PERIODS = {
    "keep-hourly": "%Y-%m-%d %H",
    "keep-daily": "%Y-%m-%d",
    "keep-weekly": "%G-%V",
    "keep-monthly": "%Y-%m",
    "keep-yearly": "%Y",
}


def make(lab: Lab, vmid: int, storage: str, log: Log, *, notes: str | None = None) -> str:
    """Write one container's archive; its volume id. The container is locked meanwhile."""
    with lab.guest_lock(vmid):
        record = containers.any_guest(lab.store, vmid)
        if record is None:
            raise TaskError(f"CT {vmid} does not exist")
        containers.check_lock(record)
        stamp = time.strftime("%Y_%m_%d-%H_%M_%S")
        volid = f"{storage}:backup/vzdump-lxc-{vmid}-{stamp}.tar.zst"
        target = storages.volume_file(lab, volid)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        log(f"INFO: Starting Backup of VM {vmid} (lxc)")
        containers.change(lab.store, vmid, lock="backup")
        try:
            lab.machine.export(vmid, part, log)
            storages.side_file(target).write_text(json.dumps({"config": record["config"], "notes": notes}))
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)
            containers.change(lab.store, vmid, lock=None)
        log(f"INFO: creating vzdump archive '{target.name}' ({target.stat().st_size >> 20} MiB)")
        log(f"INFO: Finished Backup of VM {vmid}")
    return volid


def kept_config(archive: Path) -> dict[str, Any]:
    """The configuration that an archive was made with."""
    try:
        found: dict[str, Any] = json.loads(storages.side_file(archive).read_text())["config"]
    except FileNotFoundError as error:
        raise failed("rootfs configuration could not be recovered, please check and specify manually!") from error
    return found


def remove(archive: Path) -> None:
    """Delete an archive and what lies beside it."""
    archive.unlink()
    storages.side_file(archive).unlink(missing_ok=True)


def keep(times: Iterable[float], rule: str) -> set[float]:
    """Which of a guest's archives, given by their times, a `prune-backups` rule keeps.

    Proxmox VE's way: `keep-last` first, then of each further period the newest not kept already.

    >>> sorted(keep([0, 10, 90000], "keep-last=1,keep-daily=1"))
    [10, 90000]
    """
    wanted = parse(storages.PRUNE_SHAPE, rule, "prune-backups")
    newest = sorted(times, reverse=True)
    if wanted.get("keep-all") or not wanted:
        return set(newest)
    kept = set(newest[: wanted.get("keep-last", 0)])
    for name, pattern in _PERIODS.items():
        seen = {time.strftime(pattern, time.localtime(moment)) for moment in kept}
        left = wanted.get(name, 0)
        for moment in newest:
            period = time.strftime(pattern, time.localtime(moment))
            if left and moment not in kept and period not in seen:
                seen.add(period)
                kept.add(moment)
                left -= 1
    return kept


def prune(lab: Lab, storage: str, vmid: int, rule: str, log: Log) -> None:
    """Remove a guest's archives that the rule does not keep."""
    found = {
        entry["volid"]: float(entry["ctime"])
        for entry in storages.volumes(lab, storage)
        if entry["content"] == "backup" and entry.get("vmid") == vmid
    }
    kept = keep(found.values(), rule)
    for volid, moment in found.items():
        if moment not in kept:
            remove(storages.existing_file(lab, volid))
            log(f"INFO: removing backup '{volid}'")
