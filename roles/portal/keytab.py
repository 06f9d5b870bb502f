"""The key by which the portal reads the tickets that workplaces show it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from io import StringIO
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation

PASSWORD = "/run/samdrift-portal-password"


class Opens(FactBase):
    """Whether tickets for the principal, as the directory gives them out now, are opened by the keytab."""

    default = bool

    def command(self, keytab: str, user: str, principal: str) -> str:
        words = [shlex.quote(word) for word in (keytab, user, principal)]
        # kvno reads its ticket with the keytab (-k); the cache must outlive kinit, so it is a file.
        return (
            "cache=$(mktemp) && export KRB5CCNAME=FILE:$cache; "
            f"kinit -k -t {words[0]} {words[1]} > /dev/null 2>&1 && kvno -q -k {words[0]} {words[2]} > /dev/null 2>&1 "
            f"&& [ $(stat -c %U:%a {words[0]}) = www-data:400 ] && echo yes; rm -f $cache"
        )

    def process(self, output: list[str]) -> bool:
        return output == ["yes"]


@operation()
def held(*, keytab: str, user: str, principal: str, realm: str, password: str) -> Iterator[Any]:
    """Make the keytab from the account's password, which goes by standard input: the directory gives out no keys.

    + user: the account that bears the principal
    """
    if host.get_fact(Opens, keytab=keytab, user=user, principal=principal):
        host.noop("the key opens the tickets of today")
        return
    yield StringCommand(f"(umask 077; rm -f {PASSWORD}; : > {PASSWORD})")
    yield FileUploadCommand(StringIO(f"{password}\n"), PASSWORD)
    names = {"staged": f"{keytab}.samdrift-new", "user": user, "principal": principal, "salt": f"{realm}{user}"}
    quoted = {key: shlex.quote(value) for key, value in names.items()}
    # A ticket names the version of its key, which is known only from one that the directory has given out.
    yield StringCommand(
        f"set -e; trap 'rm -f {PASSWORD} {quoted['staged']} $cache' EXIT; umask 077; "
        "cache=$(mktemp); export KRB5CCNAME=FILE:$cache; "
        f"kinit {quoted['user']} < {PASSWORD} > /dev/null; "
        f"version=$(kvno {quoted['principal']} | sed 's/.*= //'); rm -f {quoted['staged']}; "
        f"{{ for name in {quoted['user']} {quoted['principal']}; do "
        f'echo "addent -password -p $name -k $version -e aes256-cts-hmac-sha1-96 -s {names["salt"]}"; '
        f"cat {PASSWORD}; done; echo wkt {quoted['staged']}; echo quit; }} | ktutil > /dev/null; "
        f"chown www-data: {quoted['staged']}; chmod 400 {quoted['staged']}; mv {quoted['staged']} {shlex.quote(keytab)}"
    )
