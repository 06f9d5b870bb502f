"""slapd's configuration and the entries that are always there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation

from roles.operations.unit import mark

CONFIGURATION = "/etc/ldap/samdrift.ldif"
ENTRIES = "/etc/ldap/samdrift.entries.ldif"
APPLIED = "/etc/ldap/samdrift.applied"
"""Digest of the configuration that slapd has; removed first and written last."""
PASSWORDS = "/etc/samdrift/citizens"
SLAPD_D = "/etc/ldap/slapd.d"
FOLDER = "/var/lib/ldap-citizens"
"""Not the package's: its example database has another base."""
# slapadd reads it whole: a wrong schema, module or access rule is refused before anything is replaced.
CHECK = 'd=$(mktemp -d) && { slapadd -n 0 -F "$d" -l {} > /dev/null; r=$?; rm -rf "$d"; [ $r = 0 ]; }'
ROOT = "-Q -Y EXTERNAL -H ldapi:///"
"""root of this host, by the socket; nobody else may change the configuration."""


class Configured(FactBase):
    """Whether slapd has the configuration that stands on disk."""

    default = bool

    def command(self) -> str:
        return f'[ "$(sha256sum < {CONFIGURATION})" != "$(cat {APPLIED} 2>/dev/null)" ] || echo yes'

    def process(self, output: list[str]) -> bool:
        return output == ["yes"]


@operation()
def configured() -> Iterator[Any]:
    """Give slapd the configuration; what is in the database stays."""
    if host.get_fact(Configured):
        host.noop("slapd has this configuration")
        return
    new = f"{SLAPD_D}.samdrift-new"
    yield StringCommand(
        f"set -e; rm -f {APPLIED}; systemctl stop slapd 2>/dev/null || true; rm -rf {new}; mkdir -m 750 {new}; "
        f"slapadd -n 0 -F {new} -l {CONFIGURATION}; chown -R openldap:openldap {new}; "
        f"rm -rf {SLAPD_D}; mv {new} {SLAPD_D}; {mark('slapd.service')}; sha256sum < {CONFIGURATION} > {APPLIED}"
    )


class Lacking(FactBase):
    """Which of the entries that are always there are missing, or have another password: their names."""

    default = list

    def command(self, base: str) -> str:
        units = [f"ou={name},{base}" for name in ("people", "services", "policies")]
        return (
            f"for dn in {base} {' '.join(units)} cn=default,ou=policies,{base}; do "
            f'ldapsearch {ROOT} -LLL -s base -b "$dn" dn > /dev/null 2>&1 || echo "$dn"; done; '
            f"for name in keeper reader; do ldapwhoami -x -H ldapi:/// -D cn=$name,ou=services,{base} "
            f"-y {PASSWORDS}/$name > /dev/null 2>&1 || echo $name; done"
        )

    def process(self, output: list[str]) -> list[str]:
        return output


@operation()
def filled(*, base: str) -> Iterator[Any]:
    """Make the units, and the accounts by which others ask; passwords go by files."""
    if not host.get_fact(Lacking, base=base):
        host.noop("units and accounts are there")
        return
    yield StringCommand(
        f"ldapadd -c {ROOT} -f {ENTRIES} > /dev/null 2>&1 || true; set -e; "
        f"for name in keeper reader; do ldappasswd {ROOT} -T {PASSWORDS}/$name cn=$name,ou=services,{base}; done"
    )
