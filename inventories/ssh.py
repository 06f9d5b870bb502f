"""The engineer's way in: desk -> bastion -> host, as OpenSSH configuration and as commands that carry a connection.

`ssh -F`, scp and testinfra use the configuration; pyinfra the same way by `way_to`. Connections beyond the bastion
share one connection to it (ControlMaster).
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

from samdrift.handover import HostRecord, read_all

RELAY = Path(__file__).with_name("relay.py")


def way_in(state: Path) -> list[str] | None:
    """Return the command that carries a connection to the bastion; `%h` and `%p` are its address and port.

    In a lab it starts in the lab's network namespace, which needs root, as the lab does. None where the desk has a
    route.
    """
    lab = state / "lab.json"
    netns = json.loads(lab.read_text()).get("netns") if lab.exists() else None
    return ["nsenter", f"--net={netns}", sys.executable, "-SE", str(RELAY), "%h", "%p"] if netns else None


def way_to(record: HostRecord, state: Path) -> list[str] | None:
    """Return the command that carries a connection to the record's SSH port; None where the desk has a route."""
    if record.ssh.jump:
        return ["ssh", "-F", str(state / "ssh" / "config"), "-W", f"[{record.ssh.address}]:22", record.ssh.jump]
    words = way_in(state)
    return [word.replace("%h", record.ssh.address).replace("%p", "22") for word in words] if words else None


def ssh_config(records: Iterable[HostRecord], state: Path, *, way_in: list[str] | None = None) -> str:
    """Return an OpenSSH configuration with one `Host` block a record.

    `state` is the state folder (keys in `ssh/`, known hosts below `ssh/known_hosts.d`); `way_in` the command
    to the bastion, see the function of that name.
    """
    return "\n".join(_block(record, state=state, way_in=way_in) for record in records)


def forget(name: str, state: Path) -> None:
    """Forget the host's key: to be called when the guest has been made anew. The next connection learns the new one."""
    known_hosts(name, state).unlink(missing_ok=True)


def _block(record: HostRecord, *, state: Path, way_in: list[str] | None) -> str:
    settings = [
        ("HostName", record.ssh.address),
        ("User", record.ssh.user),
        ("IdentityFile", str(state / "ssh" / record.ssh.key)),
        ("IdentitiesOnly", "yes"),
        # A file a host: several processes learn keys at once, and a guest made anew is forgotten by removing its file.
        ("UserKnownHostsFile", str(known_hosts(record.name, state))),
        ("StrictHostKeyChecking", "accept-new"),
        ("ConnectTimeout", "20"),
        ("ServerAliveInterval", "5"),  # a bastion that was restarted must not hold the shared connection for long
        ("LogLevel", "ERROR"),
    ]
    if record.ssh.jump:
        settings.append(("ProxyCommand", f"ssh -F {state / 'ssh' / 'config'} -W [%h]:%p {record.ssh.jump}"))
    else:
        settings += [
            ("ControlMaster", "auto"),
            ("ControlPath", str(state / "ssh" / "c-%C")),
            ("ControlPersist", "60"),
        ]
        if way_in:
            settings.append(("ProxyCommand", shlex.join(way_in)))
    lines = [f"Host {record.name} {record.fqdn}", *(f"    {key} {value}" for key, value in settings)]
    return "\n".join(lines) + "\n"


def known_hosts(name: str, state: Path) -> Path:
    """Return the file that holds the host's key once it is known."""
    return state / "ssh" / "known_hosts.d" / name


def main(state: Path) -> None:
    """Write `ssh/config` below the state folder for all stacks that are up, and the folder of known hosts."""
    stacks = Path(os.environ.get("SAMDRIFT_STACKS") or RELAY.parents[1] / "stacks")
    text = ssh_config(read_all(state / "handover", stacks), state, way_in=way_in(state))
    (state / "ssh" / "known_hosts.d").mkdir(parents=True, exist_ok=True, mode=0o700)
    part = state / "ssh" / f".config.{os.getpid()}"
    part.write_text(text)
    part.chmod(0o600)
    part.replace(state / "ssh" / "config")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
