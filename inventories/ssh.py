"""The engineer's way in as OpenSSH configuration: desk -> bastion -> host.

Everything that opens SSH uses this one text: `ssh -F`, testinfra, and pyinfra. pyinfra's connector (paramiko) cannot follow
a ProxyJump over a host that itself needs a ProxyCommand, and has no connection sharing; so the jump is a ProxyCommand that
lets OpenSSH do it, over one shared connection to the bastion.
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


def lab_way_in(netns: Path) -> str:
    """Return the ProxyCommand that starts in a lab's network namespace; needs root, as the lab does."""
    words = ["nsenter", f"--net={netns}", sys.executable, "-SE", str(RELAY)]
    return f"{shlex.join(words)} %h %p"


def ssh_config(records: Iterable[HostRecord], state: Path, *, way_in: str | None = None) -> str:
    """Return an OpenSSH configuration with one `Host` block a record.

    `state` is the state folder (key in `ssh/id_ed25519`, known hosts below `ssh/known_hosts.d`); `way_in` the ProxyCommand
    to the bastion, None where the desk has a route.
    """
    return "\n".join(_block(record, state=state, way_in=way_in) for record in records)


def forget(name: str, state: Path) -> None:
    """Forget the host's key: to be called when the guest has been made anew. The next connection learns the new one."""
    _known_hosts(name, state).unlink(missing_ok=True)


def _block(record: HostRecord, *, state: Path, way_in: str | None) -> str:
    settings = [
        ("HostName", record.ssh.address),
        ("User", record.ssh.user),
        ("IdentityFile", str(state / "ssh" / "id_ed25519")),
        ("IdentitiesOnly", "yes"),
        # A file a host: several processes learn keys at once, and a guest made anew is forgotten by removing its file.
        ("UserKnownHostsFile", str(_known_hosts(record.name, state))),
        ("StrictHostKeyChecking", "accept-new"),
        ("ConnectTimeout", "20"),
        ("ServerAliveInterval", "15"),
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
            settings.append(("ProxyCommand", way_in))
    lines = [f"Host {record.name} {record.fqdn}", *(f"    {key} {value}" for key, value in settings)]
    return "\n".join(lines) + "\n"


def _known_hosts(name: str, state: Path) -> Path:
    return state / "ssh" / "known_hosts.d" / name


def main(state: Path) -> None:
    """Write `ssh/config` below the state folder for all stacks that are up, and the folder of known hosts."""
    lab, stacks = state / "lab.json", Path(os.environ.get("SAMDRIFT_STACKS") or RELAY.parents[1] / "stacks")
    netns = json.loads(lab.read_text()).get("netns") if lab.exists() else None
    text = ssh_config(
        read_all(state / "handover", stacks), state, way_in=lab_way_in(Path(netns)) if netns else None
    )
    (state / "ssh" / "known_hosts.d").mkdir(parents=True, exist_ok=True, mode=0o700)
    part = state / "ssh" / f".config.{os.getpid()}"
    part.write_text(text)
    part.chmod(0o600)
    part.replace(state / "ssh" / "config")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
