"""Accounts and groups as they shall be, or as they are: the two sides of every comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

OWNED = (
    "employeeNumber", "userPrincipalName", "mail", "givenName", "sn", "displayName", "company", "department",
    "division", "title", "employeeType", "manager",
)  # fmt: skip
"""Attributes that rules own (DIR-04): whatever else stands in them is put right. An absent one is the empty string."""


@dataclass(frozen=True)
class Account:
    """One account. `place` is its unit below OU=Members: `OU=Staff,OU=ystad`."""

    name: str
    place: str
    member: str
    attributes: Mapping[str, str]
    enabled: bool = True
    expires: date | None = None
    """The last day; None: none."""
    created: datetime | None = field(default=None, compare=False)
    """Of a present one."""
    blocked: bool = field(default=False, compare=False)
    """Of a present one: its description begins with `blocked`. It stays shut, whatever the register says."""

    @property
    def key(self) -> str:
        """The person, or the empty string: made by hand."""
        return self.attributes.get("employeeNumber", "")


@dataclass(frozen=True)
class Group:
    """One group that rules own, with the names of accounts and groups in it."""

    name: str
    member: str
    """Empty: the federation's."""
    members: frozenset[str]

    @property
    def place(self) -> str:
        """Its unit below the domain's root."""
        return f"OU=Groups,OU={self.member},OU=Members" if self.member else "OU=Groups"


@dataclass(frozen=True)
class Contents:
    """One side."""

    accounts: Mapping[str, Account]
    """By account name."""
    groups: Mapping[str, Group]
    """By group name."""

    def by_key(self) -> dict[str, Account]:
        """Return the accounts that stand for a person."""
        return {account.key: account for account in self.accounts.values() if account.key}
