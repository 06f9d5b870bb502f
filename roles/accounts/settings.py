"""What `accounts` must know: the directory, the rules, and whose registers it reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roles.operations.setting import require, require_domain, require_name

SAMPLE = "http://127.0.0.1:8012"
"""Where the stub of a school register answers, on this host itself."""


@dataclass(frozen=True)
class Settings:
    """Facts of the host that reads the registers; dictionaries and lists as they come from JSON."""

    domain: str
    """DNS domain of the directory."""
    hosts: list[str]
    """Full names of the directory hosts, in the order in which they are tried."""
    user: str
    """Account that may make and change people below the members' units, and nothing else."""
    password: str = field(repr=False)
    person_key: str = field(repr=False)
    """By which a personal number becomes a person's key in the directory. Never changed: all would be other people."""
    rules: dict[str, Any]
    """As in `platform/samdrift/federation/rules.yaml`."""
    members: list[dict[str, Any]] = field(default_factory=list, repr=False)
    """`{"key", "name", "domain", "sample", "school", "school_token", "hr_key"}` of every member with the service."""
    minutes: int = 15
    """Between two cycles: a quarter of what is agreed for joiners and leavers, so that three may fail."""

    def __post_init__(self) -> None:
        """Refuse what would put people into the wrong place."""
        require_domain("accounts.domain", self.domain)
        require(bool(self.hosts), "accounts.hosts", self.hosts, "at least one directory host is needed")
        for name in self.hosts:
            require_domain("accounts.hosts", name)
        require_name("accounts.user", self.user)
        for name in ("password", "person_key"):
            # The value itself is never shown.
            require(len(getattr(self, name)) >= 12, f"accounts.{name}", "...", "12 characters or more")
        require(0 < self.minutes <= 60, "accounts.minutes", self.minutes, "1 to 60 are accepted")
        for member in self.members:
            require_name("accounts.members.key", member.get("key", ""))
            place = f"accounts.members.{member['key']}"
            require_domain(f"{place}.domain", member.get("domain", ""))
            require(bool(member.get("name")), f"{place}.name", member.get("name"), "a name is needed")
            school = member.get("school")
            safe = school is None or (str(school).startswith("https://") and str(school).endswith("/"))
            require(safe, f"{place}.school", school, "an https:// address that ends in a slash is accepted")
            require(str(member.get("hr_key", "")).startswith("ssh-"), f"{place}.hr_key", "...", "a public key of SSH")
        keys = [member["key"] for member in self.members]
        require(len(set(keys)) == len(keys), "accounts.members", keys, "each member stands once")

    @property
    def samples(self) -> list[str]:
        """Members whose registers are invented."""
        return [member["key"] for member in self.members if member["sample"]]

    def config(self, *, ca_file: str, registers: str, state: str) -> dict[str, Any]:
        """What `samdrift-accounts` reads."""
        members = [
            {key: member[key] for key in ("key", "name", "domain", "sample", "school_token")}
            | {"school": self._school(member)}
            for member in self.members
        ]
        return {
            "domain": self.domain,
            "hosts": self.hosts,
            "user": self.user,
            "password": self.password,
            "person_key": self.person_key,
            "ca_file": ca_file,
            "members": members,
            "rules": self.rules,
            "registers": registers,
            "state": state,
        }

    @staticmethod
    def _school(member: dict[str, Any]) -> str | None:
        """The register named, else the sample's where there are pupils in it."""
        sample = member["sample"] and member["sample"]["pupils"]
        return member.get("school") or (f"{SAMPLE}/{member['key']}/" if sample else None)
