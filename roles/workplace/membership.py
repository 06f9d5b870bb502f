"""The host's membership in the domain."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation

PASSWORD = "/run/samdrift-join"


class Joined(FactBase):
    """Whether the domain still accepts this host's own account; False also when no directory host answers."""

    default = bool

    def command(self, domain_dns: str) -> str:
        return f"if adcli testjoin -D {shlex.quote(domain_dns)} > /dev/null 2>&1; then echo yes; fi"

    def process(self, output: list[str]) -> bool:
        return output == ["yes"]


class Known(FactBase):
    """Whether a name of the directory is a user of this host."""

    default = bool

    def command(self, user: str) -> str:
        return f"if getent passwd {shlex.quote(user)} > /dev/null; then echo yes; fi"

    def process(self, output: list[str]) -> bool:
        return output == ["yes"]


@operation()
def joined(
    *, domain_dns: str, dcs: Sequence[str], fqdn: str, unit: str, user: str, password: str, restart: str
) -> Iterator[Any]:
    """Join the domain with an account that may do nothing else; its password goes by standard input.

    + unit: distinguished name of the organisational unit the computer account is made in
    + restart: systemd unit that must not go on with the old membership
    """
    if host.get_fact(Joined, domain_dns=domain_dns):
        host.noop("this host is a member of the domain")
        return
    computer = fqdn.split(".", 1)[0].upper()
    tries = " || ".join(
        f"adcli join -D {shlex.quote(domain_dns)} -S {shlex.quote(dc)} -O {shlex.quote(unit)} -H {shlex.quote(fqdn)} "
        f"-N {shlex.quote(computer)} -U {shlex.quote(user)} --stdin-password < {PASSWORD}"
        for dc in dcs
    )
    yield StringCommand(f"(umask 077; rm -f {PASSWORD}; : > {PASSWORD})")
    yield FileUploadCommand(StringIO(password), PASSWORD)
    # Keys of an earlier membership would be tried first, and refused.
    yield StringCommand(
        f"trap 'rm -f {PASSWORD}' EXIT; rm -f /etc/krb5.keytab; ({tries}) && "
        f"{{ systemctl stop {restart} 2>/dev/null; rm -f /var/lib/sss/db/*.ldb; true; }}"
    )


@operation()
def known(*, user: str, seconds: int = 60) -> Iterator[Any]:
    """Wait until people of the directory are users of this host."""
    if host.get_fact(Known, user=user):
        host.noop("people of the directory are known")
        return
    quoted = shlex.quote(user)
    yield StringCommand(
        f"n=0; until getent passwd {quoted} > /dev/null; do n=$((n+1)); "
        f"[ $n -le {seconds} ] || {{ echo '{user} of the directory is not known after {seconds} s' >&2; exit 1; }}; "
        f"sleep 1; done"
    )
