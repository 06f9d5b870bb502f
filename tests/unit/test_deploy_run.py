"""The process that deploys hosts: what it tells of a host that cannot be deployed, and that it outlives nobody."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASE = {
    "fqdn": "host.osterlen.example",
    "authorized_keys": ["ssh-ed25519 AAAA desk"],
    "nameservers": ["10.0.0.11"],
    "search": "osterlen.example",
    "time_servers": [],
}
HOSTS: dict[str, dict[str, Any]] = {
    # Port 1 of this machine is closed, and so answers at once.
    "unreachable": {"ssh_hostname": "127.0.0.1", "ssh_port": 1, "roles": {"base": BASE}},
    "refused": {"roles": {"base": {**BASE, "admin": "root"}}},
    "nonsense": {"roles": {"bakery": {}}},
    "broken": {},
}


def told(tmp_path: Path, *names: str) -> list[dict[str, Any]]:
    inventory = tmp_path / "hosts.py"
    inventory.write_text(f"hosts = list({HOSTS!r}.items())\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "roles", str(inventory), str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("".join(f"{name}\n" for name in names))
    process.stdin.flush()
    events: list[dict[str, Any]] = []
    while sum(event["event"] == "exit" for event in events) < len(names):
        events.append(json.loads(process.stdout.readline()))
    process.stdin.close()
    assert process.wait(timeout=10) == 0
    return events


@pytest.mark.parametrize(
    ("host", "status", "reason"),
    [
        ("unreachable", 2, "Could not connect"),
        ("refused", 2, "refused, role base: base.admin is 'root': not root"),
        ("nonsense", 2, "nonsense has role 'bakery': base, watched, gateway"),
        ("unknown", 2, "the inventory knows no host 'unknown': broken, nonsense, refused, unreachable are accepted"),
        ("broken", 70, "KeyError"),
    ],
)
def test_a_host_that_cannot_be_deployed_says_why(tmp_path: Path, host: str, status: int, reason: str) -> None:
    events = told(tmp_path, host)
    assert [event["event"] for event in events if event["host"] == host] == ["started", "exit"]
    assert events[-1]["status"] == status
    assert reason in (tmp_path / f"deploy-{host}.log").read_text()


def test_one_hosts_end_is_not_anothers(tmp_path: Path) -> None:
    events = told(tmp_path, "broken", "refused", "unreachable")
    assert {event["host"]: event["status"] for event in events if event["event"] == "exit"} == {
        "broken": 70,
        "refused": 2,
        "unreachable": 2,
    }
