"""The state of users, groups, roles, ACLs and tokens."""

from typing import Any

from pvelab.access.permission import ROOT
from pvelab.access.privilege import BUILT_IN_ROLES
from pvelab.access.ticket import hash_password, hash_token
from pvelab.api.access.errors import missing, no_token, no_user
from pvelab.store import Store

USER_FIELDS = ("comment", "email", "firstname", "lastname", "keys")


def ensure_root(store: Store, *, password: str, token: str, token_value: str) -> None:
    """root@pam, its password and its full token, and the two realms."""
    with store.transaction():
        store.put("realm", "pam", {"type": "pam", "comment": "Linux PAM standard authentication"})
        store.put("realm", "pve", {"type": "pve", "comment": "Proxmox VE authentication server"})
        if store.get("user", ROOT) is None:
            store.put("user", ROOT, {"enable": 1, "expire": 0, "groups": []})
        store.put("password", ROOT, hash_password(password))
        store.put("token", f"{ROOT}!{token}", {"privsep": 0, "expire": 0, "hash": hash_token(token_value)})


def user(store: Store, userid: str) -> dict[str, Any]:
    """The user's record; Proxmox VE's error when there is none."""
    record = store.get("user", userid)
    if record is None:
        raise no_user(userid)
    return dict(record)


def token(store: Store, userid: str, tokenid: str) -> dict[str, Any]:
    """The token's record."""
    user(store, userid)
    record = store.get("token", f"{userid}!{tokenid}")
    if record is None:
        raise no_token(userid, tokenid)
    return dict(record)


def group(store: Store, groupid: str) -> dict[str, Any]:
    """The group's record."""
    record = store.get("group", groupid)
    if record is None:
        raise missing("group", groupid)
    return dict(record)


def role(store: Store, roleid: str) -> set[str]:
    """The role's privileges."""
    if roleid in BUILT_IN_ROLES:
        return set(BUILT_IN_ROLES[roleid])
    record = store.get("role", roleid)
    if record is None:
        raise missing("role", roleid)
    return set(record)


def members(store: Store, groupid: str) -> list[str]:
    """Users of a group."""
    return [userid for userid, record in store.items("user").items() if groupid in record["groups"]]


def tokens(store: Store, userid: str) -> dict[str, dict[str, Any]]:
    """A user's tokens by short name."""
    prefix = f"{userid}!"
    return {key.removeprefix(prefix): body for key, body in store.items("token").items() if key.startswith(prefix)}


def show_token(record: dict[str, Any]) -> dict[str, Any]:
    """A token without its secret."""
    return {key: value for key, value in record.items() if key != "hash" and value not in (None, "")}


def show_user(record: dict[str, Any]) -> dict[str, Any]:
    """A user's fields that are set."""
    shown = {"enable": record["enable"], "expire": record.get("expire", 0)}
    return shown | {name: record[name] for name in USER_FIELDS if record.get(name)}


def acl_key(path: str, kind: str, subject: str, roleid: str) -> str:
    """Key of one ACL entry."""
    return f"{path}|{kind}|{subject}|{roleid}"


def drop_acls(store: Store, *, kind: str | None = None, subject: str | None = None, path: str | None = None) -> None:
    """Remove the ACL entries of a subject that goes, or of a path."""
    for key, entry in store.items("acl").items():
        of_subject = kind is not None and entry["type"] == kind and entry["ugid"] == subject
        if of_subject or (path is not None and entry["path"] == path):
            store.delete("acl", key)


def capabilities(permissions: dict[str, dict[str, bool]]) -> dict[str, dict[str, int]]:
    """The `cap` of a ticket: what the user may do anywhere, by kind of object."""
    area = {"vms": ("VM.",), "access": ("User.", "Group."), "storage": ("Datastore.",), "nodes": ("Sys.",)}
    area |= {"sdn": ("SDN.",), "dc": ("Sys.Audit", "Sys.Modify", "SDN."), "mapping": ("Mapping.",)}
    held = {privilege for granted in permissions.values() for privilege in granted}
    return {
        name: {privilege: 1 for privilege in sorted(held) if privilege.startswith((*prefixes, "Permissions.Modify"))}
        for name, prefixes in area.items()
    }
