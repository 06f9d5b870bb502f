"""What the tests of this scenario share: a cycle, an export, and a look through somebody's eyes."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

ROOT = "DC=ad,DC=osterlen,DC=example"
PEOPLE = f"OU=Members,{ROOT}"
HR = "/srv/registers/ystad/hr/hr.csv"
STATE = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", ""))
SEEN = """
import sys, ssl, ldap3
tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file="/etc/ssl/certs/ca-certificates.crt")
server = ldap3.Server("dc1.ad.osterlen.example", port=int(sys.argv[4]), use_ssl=True, tls=tls, get_info=ldap3.NONE)
l = ldap3.Connection(server, sys.argv[1] + "@ad.osterlen.example", sys.stdin.read(), auto_bind=True)
l.search(sys.argv[2], sys.argv[3], ldap3.SUBTREE, attributes=["cn"])
print(*(e["dn"] for e in l.response or () if e["type"] == "searchResEntry"), sep="\\n")
"""


def secret(name: str) -> str:
    """The value of a secret of the scenario."""
    return (STATE / "secrets" / name).read_text()


def to(host: str, command: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command with something on standard input: passwords are in no command line."""
    words = ["ssh", "-F", str(STATE / "ssh" / "config"), host, command]
    return subprocess.run(words, input=given, capture_output=True, text=True, timeout=180, check=False)


def write(text: str) -> None:
    """Make this Ystad's HR export."""
    assert to("accounts", f"cat > {HR}", text).returncode == 0


def seen(person: str, password: str, *, base: str = ROOT, expression: str = "(objectClass=user)") -> set[str]:
    """Names of what this person finds by LDAP, in the domain and in the global catalogue, which may tell no more."""
    assert to("accounts", "cat > /root/seen.py", SEEN).returncode == 0
    found: set[str] = set()
    for port in ("636", "3269"):
        done = to("accounts", shlex.join(["python3", "/root/seen.py", person, base, expression, port]), password)
        assert done.returncode == 0, done.stderr
        found |= set(done.stdout.split("\n")) - {""}
    return found
