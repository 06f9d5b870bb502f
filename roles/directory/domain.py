"""The domain on this host: made or replicated once, and its contents as they shall be."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from io import StringIO
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation

# Written last: a host that was cut off in the middle of it begins anew.
MARKER = "/var/lib/samba/private/samdrift-complete"
INTRODUCED = "/var/lib/samba/private/samdrift-introduced"
"""The other host fetches from this one; the first host of a domain has none to wait for."""
ACCOUNT = "/run/samdrift-administrator"
"""Followed by the deploy's number: one that was killed must not take away another's."""
LOCK = "/run/samdrift-domain.lock"
PROGRAM = "/usr/local/sbin/samdrift-directory"
# In LMDB who reads keeps nobody from writing, and what replication asks (all that is newer than a number) is found by
# an index; in Samba's older TDB a long list stops every change, and each such question reads all there is.
STORE = "--backend-store=mdb"
# What an unfinished attempt leaves behind would be taken for a domain, and mixed with the new one.
CLEAR = (
    "rm -rf /etc/samba/smb.conf /var/lib/samba/sysvol/* /var/lib/samba/private/* /var/lib/samba/bind-dns "
    "/var/lib/samba/*.tdb /var/cache/samba/*"
)


class Complete(FactBase):
    """Whether this host holds the whole domain."""

    default = bool

    def command(self) -> str:
        return f"if [ -e {MARKER} ]; then echo yes; fi"

    def process(self, output: list[str]) -> bool:
        return output == ["yes"]


@operation()
def held(
    *, realm: str, domain: str, short_name: str, address: str, peer_address: str, first: bool, admin_password: str
) -> Iterator[Any]:
    """Make this host hold the domain: replicated from the other host if that one answers, else made new.

    + first: may make the domain; where the other host serves it already, even this one joins, so that a directory host
      that was lost and set up anew never makes a second domain of the same name
    """
    if host.get_fact(Complete):
        host.noop("this host holds the domain")
        return
    account = f"{ACCOUNT}.{os.getpid()}"
    quoted = {key: shlex.quote(value) for key, value in {"realm": realm, "domain": domain, "name": short_name}.items()}
    made = (
        f"{{ samba-tool domain provision --realm={quoted['realm']} --domain={quoted['domain']} "
        f"--host-name={quoted['name']} --host-ip={address} --server-role=dc --dns-backend=SAMBA_INTERNAL {STORE} "
        f"--use-rfc2307 && touch {INTRODUCED}; }}"
    )
    # The account file holds the password, so no process list does. Numbers of owners on disk come from idmap.ldb, which
    # Samba does not replicate: sysvol is copied with its owners, so this host begins with the other's numbers.
    joined = (
        f"{{ samba-tool domain join {quoted['realm'].lower()} DC --dns-backend=SAMBA_INTERNAL {STORE} "
        f"--server={peer_address} --option='idmap_ldb:use rfc2307 = yes' -A {account} && samdrift-sysvol idmap; }}"
    )
    alone = made if first else f"{{ echo 'the first directory host ({peer_address}) does not answer' >&2; exit 1; }}"
    yield StringCommand(f"(umask 077; : > {account})")
    yield FileUploadCommand(
        StringIO(f"username = Administrator\npassword = {admin_password}\ndomain = {domain}\n"), account
    )
    # provision prints the random first password of the administrator; the log is root's, and the line goes.
    # A deploy that was killed leaves its samba-tool running: wait for it, and see what it has come to.
    alone_here = f"exec 9> {LOCK}; flock -w 600 9; if [ -e {MARKER} ]; then exit 0; fi"
    yield StringCommand(
        f"set -e; trap 'rm -f {account}' EXIT; {alone_here}; umask 077; log=/var/log/samba/samdrift-domain.log; "
        f"{CLEAR}; mkdir -p /var/log/samba; "
        f"if {PROGRAM} reachable {peer_address}; then {joined} > $log 2>&1 || {{ tail -n 20 $log >&2; exit 1; }}; "
        f"else {alone} > $log 2>&1 || {{ grep -v 'Admin password' $log | tail -n 20 >&2; exit 1; }}; fi; "
        f"sed -i '/Admin password/d' $log; touch {MARKER}"
    )


@operation()
def answers(*, seconds: int = 90) -> Iterator[Any]:
    """Wait until this host answers as a directory host: Kerberos, LDAP, its own name and its service record in DNS."""
    if host.get_fact(Ready):
        host.noop("the directory answers")
        return
    yield StringCommand(f"{PROGRAM} wait {seconds}")


class Ready(FactBase):
    """Whether the directory on this host answers now."""

    default = bool

    def command(self) -> str:
        # Not at the first look: while Samba refreshes its records or zones, a question may go unanswered.
        return f"{PROGRAM} ready 10 > /dev/null 2>&1 && echo yes || true"

    def process(self, output: list[str]) -> bool:
        return output == ["yes"]
