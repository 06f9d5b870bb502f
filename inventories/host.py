"""One host record as pyinfra's host data: settings completed, secrets resolved, and how to connect."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inventories.ssh import known_hosts, way_to
from inventories.way import Way
from samdrift.handover import HostRecord
from samdrift.secret import resolved


class InventoryError(ValueError):
    """A host record cannot become a host; one sentence."""


def host_data(record: HostRecord, *, state: Path, secret: Callable[[str], str]) -> dict[str, Any]:
    """Return the data of one pyinfra host.

    `secret` returns the value of a named secret. Raises `InventoryError` for a secret that is not there.
    """
    roles = {name: resolved(settings, read=secret) for name, settings in record.roles.items()}
    if "base" in roles:
        first = record.interfaces[0]
        roles["base"] |= {
            "authorized_keys": [read_key(state, record.ssh.key)],
            "addresses": [first.ipv4.split("/")[0], first.ipv6.split("/")[0]],
        }
    way = way_to(record, state)
    return {
        "roles": roles,
        "record": record.model_dump(mode="json"),
        "ssh_hostname": record.ssh.address,
        "ssh_user": record.ssh.user,
        "ssh_key": str(state / "ssh" / record.ssh.key),
        "ssh_known_hosts_file": str(known_hosts(record.name, state)),
        "ssh_strict_host_key_checking": "accept-new",
        # Not the engineer's own configuration; the way is ours.
        "ssh_config_file": os.devnull,
        # A guest that has just started beside twenty others takes longer than paramiko's 15 s to greet.
        "ssh_paramiko_connect_kwargs": {"banner_timeout": 90} | ({"sock": Way(way)} if way else {}),
        "ssh_connect_retries": 10,
        "ssh_connect_retry_min_delay": 1.0,
        "ssh_connect_retry_max_delay": 3.0,
    }


def read_key(state: Path, name: str) -> str:
    """Return the public half of the engineer's key of this name."""
    path = state / "ssh" / f"{name}.pub"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        raise InventoryError(f"{path} does not exist: run samdrift up, which makes the key") from None


def read_secret(state: Path, name: str) -> str:
    """Return the value of the secret file `name`."""
    path = state / "secrets" / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        raise InventoryError(f"{path} does not exist: run samdrift deploy, which makes the secrets") from None
