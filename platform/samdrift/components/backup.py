"""The backup job of a stack: its whole pool, or, where a guest is declared disposable, the others by number."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_proxmoxve as proxmoxve

from samdrift.federation.derived import Guest
from samdrift.federation.record import Backup


class BackupJob(pulumi.ComponentResource):
    """A nightly job; `name` is the stack's name."""

    def __init__(
        self,
        name: str,
        *,
        backup: Backup,
        storage: str,
        pool: pulumi.Input[str],
        guests: Sequence[Guest],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("samdrift:backup:BackupJob", name, {}, opts)
        kept = [guest for guest in guests if not guest.disposable]
        whole = len(kept) == len(guests)
        proxmoxve.backup.Job(
            name,
            resource_id=name.replace(".", "-"),  # Proxmox: letters, digits, hyphens, underscores
            enabled=True,
            schedule=backup.schedule,
            storage=storage,
            mode=backup.mode,
            compress="zstd",
            # A pool takes in guests that are added by hand too; a list of numbers is the only way to leave one out.
            pool=pool if whole else None,
            vmids=None if whole else [str(guest.vm_id) for guest in kept],
            prune_backups={"keep-daily": str(backup.keep_daily), "keep-weekly": str(backup.keep_weekly)},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
