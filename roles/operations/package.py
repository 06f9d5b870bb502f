"""Debian packages, installed without starting what is not configured yet."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation

# invoke-rc.d asks this file before it starts a service (policy-rc.d interface of Debian's init-system-helpers).
HOLD = (
    "printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d && "
    "trap 'rm -f /usr/sbin/policy-rc.d' EXIT"
)
# A deploy that was killed leaves its apt-get running on the host. apt-get waits for the other's lock, dpkg does not.
FINISH = (
    "n=0; until dpkg --configure -a --force-confdef --force-confold; do "
    "n=$((n+1)); [ $n -lt 100 ] || exit 1; sleep 3; done"
)
# A proxy or gateway that is away for a minute stops no deploy, nor one connection that is never answered: apt-get waits
# 30 s for it and then asks that address nothing more, so its own retries all fail at once. A new apt-get asks again.
# Measured, a proxy silent for 45 s: installed after 47 s; one apt-get with six retries gave up after 93 s.
APT = (
    "env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=1 "
    "-o APT::Update::Error-Mode=any -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"
)
TRIES = 'tries() { n=1; until "$@"; do [ $n -lt 4 ] || return 1; n=$((n+1)); done; }'


class PackageState(FactBase):
    """Which of the named packages are wholly installed: a set of names."""

    default = set

    def command(self, names: list[str]) -> str:
        words = " ".join(shlex.quote(name) for name in names)
        return f"dpkg-query -W -f '${{Package}} ${{db:Status-Abbrev}}\\n' {words} 2>/dev/null || true"

    def process(self, output: list[str]) -> set[str]:
        return {line.split()[0] for line in output if line.split()[1:2] == ["ii"]}


@operation()
def installed(*, names: Sequence[str]) -> Iterator[Any]:
    """Install the packages that are missing, without what they merely recommend, and start nothing.

    The package lists are fetched when something is missing and they are older than an hour: a second deploy asks the
    network nothing. A dpkg run that was interrupted earlier is finished first.
    """
    missing = sorted(set(names) - host.get_fact(PackageState, names=sorted(names)))
    if not missing:
        host.noop("all packages are installed")
        return
    words = " ".join(shlex.quote(name) for name in missing)
    yield StringCommand(
        f"set -e; {HOLD}; {FINISH}; {TRIES}; "
        f"[ -n \"$(find /var/lib/apt/lists -maxdepth 1 -name '*InRelease' -mmin -60)\" ] || tries {APT} update; "
        f"tries {APT} install --no-install-recommends {words}"
    )
