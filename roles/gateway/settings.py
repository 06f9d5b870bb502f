"""What `gateway` must know: its networks, and the flows that the service catalogue declares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roles.operations.rule import SELF, accepted, forwarded, parse
from roles.operations.setting import require, require_addresses, require_name, require_prefixes

LEGS = ("adm", "ped", "transit")


@dataclass(frozen=True)
class Settings:
    """Facts of one member's gateway; dictionaries and lists as they come from JSON."""

    member: str
    adm: dict[str, str]
    """Prefixes `ipv4` and `ipv6` of the administrative network."""
    ped: dict[str, str]
    """Prefixes of the pedagogical network."""
    transit: dict[str, str]
    """The gateway's own addresses towards the hall."""
    upstream4: str
    """Edge's addresses towards the members: the way to the hall, and where the engineer's SSH comes from."""
    upstream6: str
    hall: dict[str, list[str]]
    """Every prefix of the hall."""
    federation: dict[str, list[str]]
    """Every prefix that a member may have; what of it is neither the hall's nor this member's is another member's."""
    management: dict[str, list[str]]
    """Prefixes of the management network: no client reaches them."""
    rules: list[dict[str, Any]] = field(default_factory=list)
    """Declared flows, see `roles/operations/rule.py`."""

    def __post_init__(self) -> None:
        """Refuse what would leave a network open, unreachable or unnamed in the ruleset."""
        require_name("gateway.member", self.member)
        for name in ("adm", "ped"):
            network = getattr(self, name)
            require(set(network) == {"ipv4", "ipv6"}, f"gateway.{name}", network, "both ipv4 and ipv6 are needed")
            require_prefixes(f"gateway.{name}.ipv4", [network["ipv4"]], 4)
            require_prefixes(f"gateway.{name}.ipv6", [network["ipv6"]], 6)
        require(self.adm != self.ped, "gateway.ped", self.ped, "a network of its own, not the administrative one")
        require(set(self.transit) == {"ipv4", "ipv6"}, "gateway.transit", self.transit, "both families are needed")
        for family, key, upstream in ((4, "ipv4", self.upstream4), (6, "ipv6", self.upstream6)):
            require_addresses(f"gateway.transit.{key}", [self.transit[key]], family)
            require_addresses(f"gateway.upstream{family}", [upstream], family)
            for name in ("hall", "federation", "management"):
                found = getattr(self, name).get(key, [])
                require(bool(found), f"gateway.{name}.{key}", found, "at least one network is needed")
                require_prefixes(f"gateway.{name}.{key}", found, family)
        for rule in map(parse, self.rules):
            require(rule.source in LEGS, f"rule {rule.name}.from", rule.source, f"one of {', '.join(LEGS)}")
            require(rule.target in (*LEGS, SELF), f"rule {rule.name}.to", rule.target, f"{', '.join(LEGS)} or {SELF}")

    @property
    def accepted(self) -> list[str]:
        """Statements for packets to the gateway itself."""
        return accepted(self.rules)

    @property
    def forwarded(self) -> list[str]:
        """Statements for packets that pass through."""
        return forwarded(self.rules)
