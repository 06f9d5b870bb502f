"""Whether the portal is there for people, looked at as their browser does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation


def _look(fqdn: str) -> str:
    """Ask under its own name, over TLS; only an answer of the portal itself has this document (OIDC Discovery 4)."""
    address = f"https://{fqdn}/.well-known/openid-configuration"
    return f"curl -fsS --max-time 10 --resolve {fqdn}:443:127.0.0.1 {address} | grep -q authorization_endpoint"


class Answers(FactBase):
    """Whether it answers now."""

    default = bool

    def command(self, fqdn: str) -> str:
        return f"{_look(fqdn)} 2> /dev/null && echo yes || true"

    def process(self, output: list[str]) -> bool:
        return output == ["yes"]


@operation()
def answers(*, fqdn: str, seconds: int = 60) -> Iterator[Any]:
    """Wait until it does; a portal that refuses its configuration starts all the same, and answers nobody."""
    if host.get_fact(Answers, fqdn=fqdn):
        host.noop("the portal answers")
        return
    failed = "journalctl -q -u lemonldap-ng-fastcgi-server -n 15 --no-pager -o cat >&2; exit 1"
    yield StringCommand(
        f"n=0; until {_look(fqdn)}; do n=$((n+1)); [ $n -le {seconds} ] || {{ {failed}; }}; sleep 1; done"
    )
