"""What `helpdesk` must know: whose cases it keeps, who answers them, by when, and where people are looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roles.operations import certificate, front
from roles.operations.setting import require, require_addresses, require_domain, require_name, require_plain

HOLIDAYS = ("01-01", "01-06", "05-01", "06-06", "12-24", "12-25", "12-26", "12-31")
"""Days off with a fixed date in Sweden (lag 1989:253, and the eves on which offices are closed): month and day."""


@dataclass(frozen=True)
class Settings:
    """Facts of the help desk; dictionaries and lists as they come from JSON."""

    fqdn: str
    domain: str
    """The hall's own domain: part of every case's number, and of the desk's own address."""
    certificate: dict[str, Any]
    database: dict[str, str]
    """`{"host", "name", "password"}`: account and database have one name."""
    directory: dict[str, Any]
    """`{"domain", "hosts", "user", "password"}`: who looks people up, and where; they sign in as themselves."""
    relay: dict[str, Any]
    """`{"name", "from"}`: the gateway that mail leaves by, and the addresses of the host that mail comes from."""
    support: dict[str, Any]
    """`{"opens", "closes", "answered", "solved"}` where no member agreed otherwise; minutes by priority."""
    systems: list[dict[str, Any]]
    """`{"title", "competence", "always"}`; the first is that of a case that names none."""
    competences: list[dict[str, str]]
    """`{"name", "title", "group"}`: who knows what, and that group in the directory."""
    agents: str
    """Group of the directory whose people answer cases."""
    secret: str = field(repr=False)
    """Signs the links by which people answer how satisfied they are."""
    portal: dict[str, str] = field(repr=False)
    """`{"issuer", "client", "callback", "secret", "seal"}`: who signs people in, as what the desk asks there; `seal`
    keeps what a browser holds of a sign-in from being read or changed."""
    mailbox: str = "servicedesk"
    members: list[dict[str, Any]] = field(default_factory=list)
    """`{"key", "name", "domain", "support"}` of every member with the service."""
    programs: list[dict[str, str]] = field(default_factory=list, repr=False)
    """`{"name", "password"}` of accounts that open cases by the API, such as the monitor's."""
    entry: str = "Servicedesk"
    """Where cases of nobody's known member are."""
    holidays: tuple[str, ...] = HOLIDAYS
    attachment_mib: int = 25
    processes: int = 4
    """Of RT at most; each begins with 120 MiB and grows to about 190."""
    silence_hours: int = 48
    """After so long without a word from a supplier the desk is reminded."""

    def __post_init__(self) -> None:
        """Refuse what would lose a case, or give one to nobody."""
        require_domain("helpdesk.fqdn", self.fqdn)
        require_domain("helpdesk.domain", self.domain)
        certificate.check(self.certificate, role="helpdesk")
        for key in ("host", "name", "password"):
            require(bool(self.database.get(key)), f"helpdesk.database.{key}", "...", "a value is needed")
        require_domain("helpdesk.directory.domain", self.directory.get("domain", ""))
        require(
            bool(self.directory.get("hosts")), "helpdesk.directory.hosts", self.directory.get("hosts"), "one or more"
        )
        require_name("helpdesk.directory.user", self.directory.get("user", ""))
        require_domain("helpdesk.relay.name", self.relay.get("name", ""))
        require_addresses("helpdesk.relay.from", self.relay.get("from", []))
        front.check(self.portal, role="helpdesk")
        for where, secret in self._secrets().items():
            require_plain(f"helpdesk.{where}", secret)
        known = [one["name"] for one in self.competences]
        require(bool(known), "helpdesk.competences", known, "one or more groups are needed")
        require(bool(self.systems), "helpdesk.systems", self.systems, "one or more systems are needed")
        for system in self.systems:
            require(
                system["competence"] in known, f"helpdesk.systems.{system['title']}", system["competence"], f"{known}"
            )
        for member in self.members:
            require_name("helpdesk.members.key", member.get("key", ""))
            require_domain(f"helpdesk.members.{member['key']}.domain", member.get("domain", ""))
            require(bool(member.get("name")), f"helpdesk.members.{member['key']}.name", member, "a name is needed")
        names = [self.entry, *(member["name"] for member in self.members)]
        require(len(set(names)) == len(names), "helpdesk.members", names, "each name stands once")
        for agreement in (self.support, *(member["support"] for member in self.members)):
            require(agreement["opens"] < agreement["closes"], "helpdesk.support", agreement, "opens before it closes")
            for clock in ("answered", "solved"):
                require(len(agreement[clock]) == 4, f"helpdesk.support.{clock}", agreement[clock], "four priorities")
        require(self.silence_hours > 0, "helpdesk.silence_hours", self.silence_hours, "more than 0 is accepted")

    def _secrets(self) -> dict[str, str]:
        fixed = {
            "database.password": self.database["password"],
            "directory.password": self.directory.get("password", ""),
            "secret": self.secret,
        }
        return fixed | {f"programs.{one['name']}.password": one.get("password", "") for one in self.programs}

    @property
    def addresses(self) -> dict[str, str]:
        """Every address that becomes a case, with the queue it goes to where the sender's own member is not known."""
        return {f"{self.mailbox}@{self.domain}": self.entry} | {
            f"{self.mailbox}@{member['domain']}": member["name"] for member in self.members
        }

    @property
    def internal(self) -> str:
        """Address of what the user does not see: suppliers answer to it."""
        return f"{self.mailbox}-intern@{self.domain}"

    @property
    def root(self) -> str:
        """Distinguished name of the directory's domain."""
        return ",".join(f"DC={label}" for label in self.directory["domain"].split("."))
