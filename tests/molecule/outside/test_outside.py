"""The rest of the world, asked from the desk, which stands where edge does."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ADDRESS = {"4": "198.51.100.9", "6": "2001:db8:0:ffff::9"}
CALLER = {"4": "198.51.100.1", "6": "2001:db8:0:ffff::1"}
ASK = """
import socket, sys
kind, address, text = sys.argv[1:]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, getattr(socket, kind)) as far:
    far.settimeout(5)
    far.connect((address, 7))
    far.send(text.encode() + b"\\n")
    print(far.recv(200).decode().strip())
"""


def at_the_desk(*command: str) -> str:
    """Run a command in the lab's network, where the desk has edge's address."""
    lab = json.loads((Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab.json").read_text())
    words = ["nsenter", f"--net={lab['netns']}", *command]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout.strip()


@pytest.mark.parametrize("family", ["4", "6"])
@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_the_listener_says_who_called(kind: str, family: str) -> None:
    nonce = secrets.token_hex(8)
    assert at_the_desk(sys.executable, "-c", ASK, kind, ADDRESS[family], nonce) == f"{nonce} {CALLER[family]}"


@pytest.mark.parametrize("family", ["4", "6"])
def test_names_of_the_world_are_answered_and_others_do_not_exist(family: str) -> None:
    ask = "import dns.message, dns.query, sys\n"
    ask += "q = dns.message.make_query(sys.argv[2], 'A')\nprint(dns.query.udp(q, sys.argv[1], timeout=5))"
    known = at_the_desk(sys.executable, "-c", ask, ADDRESS[family], "www.internet.example")
    assert "198.51.100.9" in known
    assert "NXDOMAIN" in at_the_desk(sys.executable, "-c", ask, ADDRESS[family], "nonsuch.example.org")
