"""What a user or token may do on a path: roles, inheritance, pools, privilege separation."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pvelab.access.privilege import BUILT_IN_ROLES, PRIVILEGES
from pvelab.api.errors import failed, forbidden
from pvelab.schema.format import split_list
from pvelab.store import Store

ROOT = "root@pam"
_WORD = r"[A-Za-z0-9._-]+"
_ACL_PATH = re.compile(
    rf"/|/access|/access/groups(/{_WORD})?|/access/realm(/{_WORD})?|/nodes(/{_WORD})?|/pool(/{_WORD}){{0,3}}"
    rf"|/sdn|/sdn/(controllers|dns|ipams|fabrics)(/{_WORD})?|/sdn/zones(/{_WORD}(/{_WORD}(/[1-9][0-9]{{0,3}})?)?)?"
    rf"|/storage(/{_WORD})?|/vms(/[1-9][0-9]{{2,}})?|/mapping|/mapping/(pci|usb|dir)(/{_WORD})?"
)
_TOP = ("/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms")

Grants = dict[str, bool]
"""Privilege or role -> whether it holds below the path too."""


def normalize(path: str) -> str:
    """An ACL path without doubled or trailing slashes."""
    return "/" + "/".join(part for part in path.split("/") if part)


def is_acl_path(path: str) -> bool:
    """Whether Proxmox VE accepts an ACL there."""
    return _ACL_PATH.fullmatch(path) is not None


def owner(user: str) -> str:
    """`user@realm` of a user or token id."""
    return user.partition("!")[0]


def _prefixes(path: str) -> Iterator[str]:
    parts = [part for part in path.split("/") if part]
    for length in range(len(parts) + 1):
        yield "/" + "/".join(parts[:length])


class Authority:
    """Answers permission questions from the stored users, groups, roles, ACLs and pools."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def roles(self) -> dict[str, frozenset[str]]:
        """Every role with its privileges."""
        return {**{name: frozenset(held) for name, held in self._store.items("role").items()}, **BUILT_IN_ROLES}

    def _roles_on(self, user: str, path: str) -> Grants:
        """Roles by ACLs alone: the most specific level that says anything wins; a user's entry beats his groups'."""
        acls = list(self._store.items("acl").values())
        groups = set((self._store.get("user", user) or {}).get("groups", []))
        current: Grants = {}
        for prefix in _prefixes(path):
            here = [entry for entry in acls if entry["path"] == prefix and (entry["propagate"] or prefix == path)]
            for kind, names in (("token", {user}), ("user", {user}), ("group", groups)):
                found: Grants = {}
                for entry in here:
                    if entry["type"] == kind and entry["ugid"] in names:
                        found[entry["roleid"]] = bool(entry["propagate"]) or found.get(entry["roleid"], False)
                if found:
                    current = found
                    break
        return {"NoAccess": current["NoAccess"]} if "NoAccess" in current else current

    def _with_pools(self, user: str, path: str) -> Grants:
        roles = self._roles_on(user, path)
        from_pools: set[str] = set()
        for pool, body in self._store.items("pool").items():
            members = [f"/vms/{vmid}" for vmid in body["vms"]] + [f"/storage/{name}" for name in body["storage"]]
            if path in members:
                from_pools |= set(self._roles_on(user, f"/pool/{pool}"))
        if not from_pools or "NoAccess" in roles:
            return roles
        if "NoAccess" in from_pools:
            return {"NoAccess": False}
        return {**dict.fromkeys(from_pools, False), **roles}

    def _privileges(self, user: str, path: str) -> Grants:
        known = self.roles()
        held: Grants = {}
        for role, propagate in self._with_pools(user, path).items():
            for privilege in known.get(role, ()):
                held[privilege] = held.get(privilege, False) or propagate
        return held

    def permissions(self, user: str, path: str) -> Grants:
        """The privileges of a user or token on a path.

        A token without privilege separation has its owner's; one with it, those that both hold.
        """
        if user == ROOT:
            return dict.fromkeys(PRIVILEGES, True)
        if "!" not in user:
            return self._privileges(user, path)
        token = self._store.get("token", user)
        if token is None:
            return {}
        of_owner = self.permissions(owner(user), path)
        if not token["privsep"]:
            return of_owner
        mine = self._privileges(user, path)
        if owner(user) == ROOT:
            return mine
        return {name: mine[name] and of_owner[name] for name in mine if name in of_owner}

    def effective(self, user: str) -> dict[str, Grants]:
        """Path -> privileges, for every path that an ACL or a pool mentions."""
        paths = {*_TOP, *(entry["path"] for entry in self._store.items("acl").values())}
        for body in self._store.items("pool").values():
            paths |= {f"/vms/{vmid}" for vmid in body["vms"]} | {f"/storage/{name}" for name in body["storage"]}
        return {path: held for path in sorted(paths) if (held := self.permissions(user, path))}

    def may(self, user: str, path: str, privileges: Iterable[str], *, some: bool = False) -> bool:
        """Whether all (or `some`) of the privileges are held."""
        held = self.permissions(user, path)
        wanted = list(privileges)
        return any(name in held for name in wanted) if some else all(name in held for name in wanted)

    def check(self, user: str, path: str, privileges: Sequence[str], *, some: bool = False) -> None:
        """403 unless held, naming the path and what is missing."""
        held = self.permissions(user, path)
        if some:
            if not any(name in held for name in privileges):
                raise forbidden(f"{path}, {'|'.join(privileges)}")
            return
        for name in privileges:
            if name not in held:
                raise forbidden(f"{path}, {name}")

    def check_modify(self, user: str, path: str) -> None:
        """403 unless the user may change permissions on the path."""
        wanted = ["Permissions.Modify"]
        for prefix, privilege in (("/storage/", "Datastore."), ("/vms/", "VM."), ("/pool/", "Pool.")):
            if path.startswith(prefix):
                wanted.append(f"{privilege}Allocate")
        self.check(user, path, wanted, some=True)

    def enforce(self, permissions: Mapping[str, Any] | None, user: str, params: Mapping[str, Any]) -> None:
        """Apply a method's `permissions` of the schema; one without any is for root@pam only."""
        if permissions is None:
            if user != ROOT:
                raise forbidden(f"user != {ROOT}")
            return
        if "check" in permissions and permissions.get("user") != "all":
            self._test(permissions["check"], user, params)

    def _test(self, check: Sequence[Any], user: str, params: Mapping[str, Any]) -> None:
        kind = check[0]
        if kind == "and":
            for inner in check[1:]:
                self._test(inner, user, params)
        elif kind == "or":
            if not any(self._passes(inner, user, params) for inner in check[1:]):
                raise forbidden()
        elif kind == "perm":
            options = dict(zip(check[3::2], check[4::2], strict=True))
            if "require_param" in options and not params.get(options["require_param"]):
                raise forbidden()
            path = re.sub(r"\{(\w+)\}", lambda found: str(params.get(found[1], "")), check[1])
            self.check(user, normalize(path), check[2], some=bool(options.get("any")))
        elif kind == "perm-modify":
            path = re.sub(r"\{(\w+)\}", lambda found: str(params.get(found[1], "")), check[1])
            self.check_modify(user, normalize(path))
        elif kind == "userid-param":
            self._test_userid(check[1], user, params)
        elif kind == "userid-group":
            options = dict(zip(check[2::2], check[3::2], strict=True))
            self._test_groups(check[1], options.get("groups_param"), user, params)

    def _passes(self, check: Sequence[Any], user: str, params: Mapping[str, Any]) -> bool:
        from pvelab.api.errors import ApiError

        try:
            self._test(check, user, params)
        except ApiError:
            return False
        return True

    def _test_userid(self, what: str, user: str, params: Mapping[str, Any]) -> None:
        userid = str(params.get("userid", ""))
        if what == "self":
            if self._store.get("user", userid) is None:
                raise failed(f"no such user ('{userid}')")
            if user != userid:
                raise forbidden()
            return
        realm = userid.rpartition("@")[2]
        if self._store.get("realm", realm) is None:
            raise failed(f"realm '{realm}' does not exist")
        self.check(user, f"/access/realm/{realm}", [what])

    def _test_groups(
        self, privileges: Sequence[str], groups_param: str | None, user: str, params: Mapping[str, Any]
    ) -> None:
        userid = str(params.get("userid", ""))
        existing = self._store.get("user", userid)
        if groups_param != "create" and existing is None:
            raise failed(f"no such user ('{userid}')")
        if self.may(user, "/access/groups", privileges, some=True):
            return
        told = "|".join(privileges)
        if groups_param:
            wanted = split_list(str(params.get("groups") or ""))
            if not wanted:
                raise forbidden(f"/access/groups, {told}")
            for group in wanted:
                self.check(user, f"/access/groups/{group}", privileges, some=True)
        if groups_param != "create":
            current = (existing or {}).get("groups", [])
            if not any(self.may(user, f"/access/groups/{group}", privileges, some=True) for group in current):
                raise forbidden(f"/access/groups, {told}")
