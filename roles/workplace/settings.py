"""What `workplace` must know: its domain, whose it is, and which of the two networks it stands in."""

from __future__ import annotations

from dataclasses import dataclass, field

from roles.operations.setting import require, require_domain, require_name

ADMITTED = {"adm": "service-workplace-adm", "ped": "service-workplace-ped"}
"""The group that may sign in; who is in it is said by the rules of accounts. Pupils never are in the first one: an
administrative workplace reaches what theirs must not."""


@dataclass(frozen=True)
class Settings:
    """Facts of one workplace."""

    realm: str
    domain: str
    """NetBIOS name of the domain."""
    domain_dns: str
    dcs: list[str]
    """Full names of the directory hosts; any of them will do."""
    kind: str
    """`adm` or `ped`."""
    member: str
    """Key of the member whose workplace it is: the unit its computer account is made in."""
    join_password: str = field(repr=False)
    join_user: str = "join"
    offline_sign_in: bool = False
    """Whether a password is remembered for days without the directory: a lost pupil's machine should not know it."""

    first_id: int = 10_000
    """User and group numbers of the directory's people: this plus the last part of their identifier there (RID)."""
    ids: int = 50_000
    """How many. An unprivileged container has the numbers 0 to 65535 and no others, so every host keeps below 60000."""

    session_minutes: int = 5
    """Between two looks at whether those who are signed in still may be."""

    def __post_init__(self) -> None:
        """Refuse what could not join, or would admit the wrong people."""
        require_domain("workplace.domain_dns", self.domain_dns)
        require(self.realm == self.domain_dns.upper(), "workplace.realm", self.realm, self.domain_dns.upper())
        require(bool(self.dcs), "workplace.dcs", self.dcs, "at least one directory host is needed")
        for name in self.dcs:
            require_domain("workplace.dcs", name)
        require(self.kind in ADMITTED, "workplace.kind", self.kind, "adm or ped is accepted")
        require_name("workplace.member", self.member)
        require_name("workplace.join_user", self.join_user)
        require(self.first_id >= 10_000, "workplace.first_id", self.first_id, "10000 or more: below are local accounts")
        require(self.first_id + self.ids <= 60_000, "workplace.ids", self.ids, f"{60_000 - self.first_id} at most")
        require(bool(self.join_password), "workplace.join_password", "...", "a password is needed")

    @property
    def base(self) -> str:
        """Distinguished name of the directory's domain."""
        return ",".join(f"DC={label}" for label in self.domain_dns.split("."))

    @property
    def admitted(self) -> str:
        """Distinguished name of the group that may sign in here."""
        return f"CN={ADMITTED[self.kind]},OU=Groups,{self.base}"

    @property
    def unit(self) -> str:
        """Distinguished name of the organisational unit of the member's workplaces."""
        return f"OU=Workplaces,OU={self.member},OU=Members,{self.base}"
