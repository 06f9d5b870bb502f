"""The directory by LDAPS: what is present, and one change after the other. With an account that may do just this."""

from __future__ import annotations

import re
import secrets
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import ldap3
from ldap3.utils.conv import escape_filter_chars

from samdrift.identity.account import OWNED, Account, Contents, Group
from samdrift.identity.difference import Change

READ = (*OWNED, "sAMAccountName", "userAccountControl", "accountExpires", "whenCreated", "description")
ENABLED, DISABLED, SHUT = 512, 514, 2
"""userAccountControl of a normal account, of a disabled one, and the bit between them (MS-ADTS 2.2.16)."""
GLOBAL = -2147483646
"""groupType: a global security group (MS-ADTS 2.2.12)."""
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
NEVER = (0, 2**63 - 1)
ZONE = ZoneInfo("Europe/Stockholm")
PAGE = 1000
"""Entries a page, and values of a group a change: what a directory takes at once (MaxPageSize, MS-ADTS 3.1.1.3.4.6)."""
PATIENCE = 30
FEDERATION_GROUPS = ("all-", "service-")
"""How the names of the federation's groups begin that rules own; others in the same unit are somebody else's."""


class DirectoryError(Exception):
    """The directory did not do what it was asked; one sentence."""


class Directory:
    """A connection to the first directory host that answers."""

    def __init__(self, hosts: Sequence[str], *, domain: str, user: str, password: str, ca_file: str) -> None:
        """Sign in; raise `DirectoryError` where no host lets us."""
        self.base = ",".join(f"DC={label}" for label in domain.split("."))
        self.people = f"OU=Members,{self.base}"
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=ca_file)
        reasons = []
        for host in hosts:
            server = ldap3.Server(host, port=636, use_ssl=True, tls=tls, get_info=ldap3.NONE, connect_timeout=10)
            connection = ldap3.Connection(
                server,
                user=f"{user}@{domain}",
                password=password,
                receive_timeout=PATIENCE,
                return_empty_attributes=False,
            )
            try:
                if connection.bind():
                    self._connection = connection
                    break
                reasons.append(f"{host}: {connection.result['description']}")
            except ldap3.core.exceptions.LDAPException as error:
                reasons.append(f"{host}: {error}")
        else:
            raise DirectoryError(f"no directory host lets {user} in: {'; '.join(reasons)}")
        self._where: dict[str, str] = {}
        self._later: dict[str, str] = {}

    def close(self) -> None:
        """Sign out."""
        self._connection.unbind()

    def present(self) -> Contents:
        """Return every account below the members' units and every group that rules own."""
        # Groups first: who was made and put into one a moment ago is then among the accounts, and known as a stranger.
        groups = [
            (dn, _one(values, "sAMAccountName"), [one.decode() for one in values.get("member", ())])
            for base, scope in ((self.people, ldap3.SUBTREE), (f"OU=Groups,{self.base}", ldap3.LEVEL))
            for dn, values in self._search(base, "(objectClass=group)", ("sAMAccountName", "member"), scope)
        ]
        owned = [one for one in groups if _member(one[0]) or one[1].startswith(FEDERATION_GROUPS)]
        people = list(self._search(self.people, "(&(objectCategory=person)(objectClass=user))", READ))
        self._where = {name: dn for dn, name, _ in owned} | {_one(v, "sAMAccountName"): dn for dn, v in people}
        names = {dn.lower(): name for name, dn in self._where.items()}
        accounts = {one.name: one for one in (self._account(dn, values, names) for dn, values in people)}
        # Who is neither an account below the members' units nor such a group keeps its whole name here.
        inside = {
            name: {names.get(one.lower(), one) for one in members} - self._gone(members, names)
            for _, name, members in owned
        }
        return Contents(accounts, {name: Group(name, _member(dn), frozenset(inside[name])) for dn, name, _ in owned})

    def _gone(self, members: Sequence[str], names: Mapping[str, str]) -> set[str]:
        """Of the members of a group, those below the members' units that have been deleted since it was read."""
        unknown = [one for one in members if one.lower() not in names and one.lower().endswith(self.people.lower())]
        each = "".join(f"(distinguishedName={escape_filter_chars(one)})" for one in unknown)
        found = {dn.lower() for dn, _ in self._search(self.people, f"(|{each})", ("cn",))} if unknown else set()
        return {one for one in unknown if one.lower() not in found}

    def _account(self, dn: str, values: dict[str, list[bytes]], names: dict[str, str]) -> Account:
        attributes = {name: _one(values, name) for name in OWNED if name in values}
        if manager := attributes.get("manager"):
            attributes["manager"] = names.get(manager.lower()) or manager
        # Compared in the case in which people write them; the rest of the attributes as they are.
        return Account(
            name=_one(values, "sAMAccountName"),
            place=_parent(dn).removesuffix(f",{self.people}"),
            member=_member(dn),
            attributes=attributes,
            enabled=not int(_one(values, "userAccountControl")) & SHUT,
            expires=last_day(int(_one(values, "accountExpires") or 0)),
            created=datetime.strptime(_one(values, "whenCreated"), "%Y%m%d%H%M%S.0Z").replace(tzinfo=UTC),
            blocked=_one(values, "description").lower().startswith("blocked"),
        )

    def _search(
        self, base: str, expression: str, attributes: Sequence[str], scope: str = ldap3.SUBTREE
    ) -> Iterator[tuple[str, dict[str, list[bytes]]]]:
        """Yield (name, raw values) page by page."""
        cookie: Any = None
        while cookie is None or cookie:
            self._connection.search(
                base, expression, scope, attributes=list(attributes), paged_size=PAGE, paged_cookie=cookie or None
            )
            self._require(f"reading {base}")
            for entry in self._connection.response or ():
                if entry["type"] == "searchResEntry":
                    yield entry["dn"], entry["raw_attributes"]
            control = self._connection.result.get("controls", {}).get("1.2.840.113556.1.4.319")
            cookie = control["value"]["cookie"] if control else b""

    def _require(self, what: str) -> None:
        result = self._connection.result
        if result["result"] != 0:
            raise DirectoryError(f"{what}: {result['description']} {result['message']}".strip())

    def apply(self, change: Change) -> None:
        """Do it; raise `DirectoryError` where the directory refuses."""
        try:
            getattr(self, f"_do_{change.verb.replace('-', '_')}")(change)
        except ldap3.core.exceptions.LDAPException as error:
            raise DirectoryError(f"{change.verb} {change.name}: {error}") from error

    def _do_join(self, change: Change) -> None:
        account = change.account
        assert account is not None
        dn = self._dn(account)
        attributes = {name: value for name, value in account.attributes.items() if value and name != "manager"}
        manager = account.attributes.get("manager", "")
        if manager in self._where:
            attributes["manager"] = self._where[manager]
        elif manager:
            self._later[account.name] = manager
        attributes |= {
            "sAMAccountName": account.name,
            "userAccountControl": str(ENABLED),
            "accountExpires": str(filetime(account.expires)),
        }
        self._connection.add(dn, "user", {**attributes, "unicodePwd": nobodys_password()})
        self._require(str(change))
        self._where[account.name] = dn

    def _do_change(self, change: Change) -> None:
        account, present = change.account, change.present
        assert account is not None and present is not None
        dn, wanted = self._where[present.name], self._dn(account)
        modifications: dict[str, list[tuple[str, list[str]]]] = {}
        for what, (_, new) in change.differs.items():
            if what == "manager" and new:
                self._later[account.name] = new
            elif what in OWNED:
                modifications[what] = [(ldap3.MODIFY_REPLACE, [new] if new else [])]
        if "name" in change.differs:
            modifications["sAMAccountName"] = [(ldap3.MODIFY_REPLACE, [account.name])]
        if "expires" in change.differs:
            modifications["accountExpires"] = [(ldap3.MODIFY_REPLACE, [str(filetime(account.expires))])]
        if "enabled" in change.differs:
            if not account.enabled:
                self._shut(dn, str(change))
            else:
                modifications["userAccountControl"] = [(ldap3.MODIFY_REPLACE, [str(ENABLED)])]
        if modifications:
            self._connection.modify(dn, modifications)
            self._require(str(change))
        if dn.lower() != wanted.lower():
            relative, _, parent = wanted.partition(",")
            self._connection.modify_dn(dn, relative, new_superior=parent)
            self._require(str(change))
        self._where.pop(present.name, None)
        self._where[account.name] = wanted

    _do_return = _do_revert = _do_change

    def _do_leave(self, change: Change) -> None:
        self._shut(self._where[change.name], str(change))

    _do_strange = _do_leave

    def _shut(self, dn: str, what: str) -> None:
        """No sign-in any more; and with another password no ticket, cached word or open door of the old one."""
        self._connection.modify(
            dn,
            {
                "userAccountControl": [(ldap3.MODIFY_REPLACE, [str(DISABLED)])],
                "unicodePwd": [(ldap3.MODIFY_REPLACE, [nobodys_password()])],
            },
        )
        self._require(what)

    def _do_delete(self, change: Change) -> None:
        self._connection.delete(self._where[change.name])
        self._require(str(change))

    def _do_group(self, change: Change) -> None:
        group = change.group
        assert group is not None
        dn = f"CN={group.name},{group.place},{self.base}"
        self._connection.add(dn, "group", {"sAMAccountName": group.name, "groupType": str(GLOBAL)})
        self._require(str(change))
        self._where[group.name] = dn

    def _do_members(self, change: Change) -> None:
        dn = self._where[change.name]
        for names, operation in ((change.remove, ldap3.MODIFY_DELETE), (change.add, ldap3.MODIFY_ADD)):
            # Who has been deleted has left the group with that.
            there = [self._where.get(name, name) for name in names if name in self._where or "=" in name]
            for start in range(0, len(there), PAGE):
                self._connection.modify(dn, {"member": [(operation, there[start : start + PAGE])]})
                self._require(f"{change.verb} {change.name}")
        if missing := [name for name in change.add if name not in self._where]:
            raise DirectoryError(f"{change.verb} {change.name}: there is no {', '.join(missing[:5])}")

    _do_revert_members = _do_members

    def finish(self) -> None:
        """Set the managers who joined after those whom they lead."""
        for name, manager in self._later.items():
            if manager in self._where and name in self._where:
                self._connection.modify(
                    self._where[name], {"manager": [(ldap3.MODIFY_REPLACE, [self._where[manager]])]}
                )
                self._require(f"manager of {name}")
        self._later.clear()

    def _dn(self, account: Account) -> str:
        return f"CN={account.name},{account.place},{self.people}"


def nobodys_password() -> bytes:
    """A password that nobody knows, as unicodePwd takes it (MS-ADTS 3.1.1.3.1.5.1)."""
    return f'"Aa1-{secrets.token_urlsafe(24)}"'.encode("utf-16-le")


def filetime(last: date | None) -> int:
    """The end of an account's last day as accountExpires has it: 100 ns since 1601.

    >>> filetime(None)
    0
    """
    if last is None:
        return 0
    end = datetime.combine(last + timedelta(days=1), time(), ZONE)
    return round((end - EPOCH).total_seconds()) * 10_000_000


def last_day(ticks: int) -> date | None:
    """The last day of an account.

    >>> last_day(filetime(date(2027, 6, 30)))
    datetime.date(2027, 6, 30)
    """
    if ticks in NEVER:
        return None
    return (EPOCH + timedelta(microseconds=ticks // 10) - timedelta(seconds=1)).astimezone(ZONE).date()


def _one(values: dict[str, list[bytes]], name: str) -> str:
    found = values.get(name) or [b""]
    return found[0].decode()


def _parent(dn: str) -> str:
    return re.split(r"(?<!\\),", dn, maxsplit=1)[1]


def _member(dn: str) -> str:
    """Key of the member in whose unit the entry is.

    >>> _member("CN=a,OU=Staff,OU=ystad,OU=Members,DC=ad,DC=example")
    'ystad'
    """
    found = re.search(r"OU=([^,]+),OU=Members,", dn)
    return found.group(1) if found else ""
