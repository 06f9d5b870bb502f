"""Backup jobs."""

from __future__ import annotations

from samdrift.components.backup import BackupJob
from samdrift.federation import hall
from samdrift.federation.derived import Guest
from samdrift.federation.guest import guests_of
from samdrift.rehearsal import Declared
from tests.components.recording import federation, only, record

FEDERATION = federation()


def _job(guests: tuple[Guest, ...]) -> Declared:
    hall = FEDERATION.hall
    found = record(
        lambda opts: BackupJob("fed.x", backup=hall.backup, storage="local", pool="fed.x", guests=guests, opts=opts)
    )
    return only(found, ":Job")


def test_a_stack_without_disposable_guests_is_backed_up_by_its_pool() -> None:
    props = _job(guests_of(FEDERATION, FEDERATION.stack("ystad"))).props
    assert props["pool"] == "fed.x" and "vmids" not in props
    assert props["resourceId"] == "fed-x"
    assert props["pruneBackups"] == {"keep-daily": "7", "keep-weekly": "4"}


def test_a_disposable_guest_is_left_out() -> None:
    props = _job(guests_of(FEDERATION, FEDERATION.hall)).props
    kept = [str(row.vm_id) for row in hall.GUESTS if row.name != "outside"]
    assert sorted(props["vmids"]) == sorted(kept) and "pool" not in props
