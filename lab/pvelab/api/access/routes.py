"""/access"""

from typing import Any

from pvelab.access.caller import check_enabled
from pvelab.access.permission import ROOT, is_acl_path, normalize, owner
from pvelab.access.privilege import BUILT_IN_ROLES
from pvelab.access.ticket import hash_password, is_password, new_token_value
from pvelab.api.access import models
from pvelab.api.access.errors import duplicate, missing
from pvelab.api.errors import ApiError, bad_parameter, failed, forbidden, unauthorized
from pvelab.api.router import Call, Router

router = Router()
router.index(
    "/access", "users", "groups", "roles", "acl", "domains", "openid", "tfa", "ticket", "password", "permissions"
)


@router.get("/access/ticket")
def ticket_page(call: Call) -> None:
    """Nothing: Proxmox VE keeps it for formatters."""


@router.post("/access/ticket")
def create_ticket(call: Call) -> dict[str, Any]:
    """Password in, signed ticket and CSRF token out."""
    store, seal = call.lab.store, call.lab.seal
    user = call.params["username"]
    if call.get("realm"):
        user = f"{user}@{call.params['realm']}"
    secret = call.params["password"]
    kept = store.get("password", user)
    try:
        check_enabled(store, user)
        renewed = secret.startswith("PVE:") and seal.user_of(secret) in (user, ROOT)
        if not renewed and (kept is None or not is_password(secret, kept)):
            raise unauthorized("wrong")
    except ApiError as error:
        raise unauthorized("authentication failure") from error
    path, privileges = call.get("path"), call.list("privs")
    if path and not (privileges and call.authority.may(user, normalize(path), privileges)):
        raise unauthorized("authentication failure")
    answer = {
        "username": user,
        "ticket": seal.ticket(user),
        "CSRFPreventionToken": seal.csrf(user),
        "cap": models.capabilities(call.authority.effective(user)),
    }
    if call.authority.may(user, "/", ["Sys.Audit"]):
        answer["clustername"] = call.lab.settings.name
    return answer


@router.put("/access/password")
def change_password(call: Call) -> None:
    """One's own, or with the right to manage the user, another's."""
    user = call.params["userid"]
    models.user(call.lab.store, user)
    if call.user not in (ROOT, user) and user.endswith("@pam"):
        raise forbidden()
    if call.user != ROOT:
        secret, kept = call.get("confirmation-password"), call.lab.store.get("password", call.user)
        if secret is None or kept is None or not is_password(secret, kept):
            raise unauthorized("authentication failure")
    call.lab.store.put("password", user, hash_password(call.params["password"]))


@router.get("/access/permissions")
def permissions(call: Call) -> dict[str, dict[str, int]]:
    """Effective privileges per path."""
    user = call.get("userid", call.user)
    if user != call.user and owner(user) != call.user:
        call.check("/access", "Sys.Audit")
    path = call.get("path")
    held = {path: call.authority.permissions(user, normalize(path))} if path else call.authority.effective(user)
    return {where: {name: int(below) for name, below in granted.items()} for where, granted in held.items()}


@router.get("/access/domains")
def domains(call: Call) -> list[dict[str, Any]]:
    """The realms."""
    return [{"realm": name, **body} for name, body in call.lab.store.items("realm").items()]


@router.get("/access/domains/{realm}")
def domain(call: Call) -> dict[str, Any]:
    """One realm."""
    record = call.lab.store.get("realm", call.params["realm"])
    if record is None:
        raise missing("domain", call.params["realm"])
    return dict(record)


@router.get("/access/users")
def users(call: Call) -> list[dict[str, Any]]:
    """The users that the caller may see."""
    store = call.lab.store
    see_all = call.may("/access/groups", "User.Modify", "Sys.Audit", some=True)
    shown = []
    for userid, record in store.items("user").items():
        paths = [f"/access/groups/{name}" for name in record["groups"]]
        is_visible = see_all or userid == owner(call.user)
        if not is_visible and not any(call.may(path, "User.Modify", "Sys.Audit", some=True) for path in paths):
            continue
        if "enabled" in call.params and record["enable"] != call.params["enabled"]:
            continue
        entry = {"userid": userid, "realm-type": userid.rpartition("@")[2], **models.show_user(record)}
        if call.get("full"):
            entry["groups"] = ",".join(record["groups"])
            entry["tokens"] = [
                {"tokenid": name, **models.show_token(body)} for name, body in models.tokens(store, userid).items()
            ]
        shown.append(entry)
    return shown


def _groups(call: Call) -> list[str]:
    wanted = sorted(set(call.list("groups")))
    for name in wanted:
        models.group(call.lab.store, name)
    return wanted


@router.post("/access/users")
def create_user(call: Call) -> None:
    """A new user, with a password if it is of the realm pve."""
    store, userid = call.lab.store, call.params["userid"]
    realm = userid.rpartition("@")[2]
    if store.get("realm", realm) is None:
        raise missing("realm", realm)
    if store.get("user", userid) is not None:
        raise duplicate("user", userid, "create user")
    record = {name: call.get(name) for name in models.USER_FIELDS if call.get(name)}
    record |= {"enable": call.get("enable", 1), "expire": call.get("expire", 0), "groups": _groups(call)}
    store.put("user", userid, record)
    if call.get("password"):
        store.put("password", userid, hash_password(call.params["password"]))


@router.get("/access/users/{userid}")
def read_user(call: Call) -> dict[str, Any]:
    """One user."""
    userid = call.params["userid"]
    record = models.user(call.lab.store, userid)
    shown = {**models.show_user(record), "groups": record["groups"]}
    held = {name: models.show_token(body) for name, body in models.tokens(call.lab.store, userid).items()}
    return shown | ({"tokens": held} if held else {})


@router.put("/access/users/{userid}")
def update_user(call: Call) -> None:
    """Change what is given; an empty text removes."""
    userid = call.params["userid"]
    record = models.user(call.lab.store, userid)
    for name in (*models.USER_FIELDS, "enable", "expire"):
        if name in call.params:
            record[name] = call.params[name]
    if "groups" in call.params:
        wanted = _groups(call)
        record["groups"] = sorted({*record["groups"], *wanted}) if call.get("append") else wanted
    call.lab.store.put("user", userid, record)


@router.delete("/access/users/{userid}")
def delete_user(call: Call) -> None:
    """The user, tokens and ACLs with it."""
    store, userid = call.lab.store, call.params["userid"]
    models.user(store, userid)
    if userid == ROOT:
        raise failed("delete user failed: cannot delete user 'root@pam'")
    for name in models.tokens(store, userid):
        _drop_token(call, userid, name)
    models.drop_acls(store, kind="user", subject=userid)
    store.delete("user", userid)
    store.delete("password", userid)


def _drop_token(call: Call, userid: str, name: str) -> None:
    call.lab.store.delete("token", f"{userid}!{name}")
    models.drop_acls(call.lab.store, kind="token", subject=f"{userid}!{name}")


@router.get("/access/users/{userid}/token")
def tokens(call: Call) -> list[dict[str, Any]]:
    """A user's tokens."""
    models.user(call.lab.store, call.params["userid"])
    held = models.tokens(call.lab.store, call.params["userid"])
    return [{"tokenid": name, **models.show_token(body)} for name, body in held.items()]


@router.get("/access/users/{userid}/token/{tokenid}")
def read_token(call: Call) -> dict[str, Any]:
    """One token, without its value."""
    return models.show_token(models.token(call.lab.store, call.params["userid"], call.params["tokenid"]))


@router.post("/access/users/{userid}/token/{tokenid}")
def create_token(call: Call) -> dict[str, Any]:
    """A new token; the only time its value is shown."""
    store, userid, name = call.lab.store, call.params["userid"], call.params["tokenid"]
    models.user(store, userid)
    if store.get("token", f"{userid}!{name}") is not None:
        raise bad_parameter(tokenid="Token already exists.")
    value, kept = new_token_value()
    info: dict[str, Any] = {"privsep": call.get("privsep", 1), "expire": call.get("expire", 0)}
    if call.get("comment"):
        info["comment"] = call.params["comment"]
    store.put("token", f"{userid}!{name}", {**info, "hash": kept})
    return {"full-tokenid": f"{userid}!{name}", "value": value, "info": {k: str(v) for k, v in info.items()}}


@router.put("/access/users/{userid}/token/{tokenid}")
def update_token(call: Call) -> dict[str, Any]:
    """Comment, expiry, privilege separation."""
    store, userid, name = call.lab.store, call.params["userid"], call.params["tokenid"]
    record = models.token(store, userid, name)
    record |= {key: call.params[key] for key in ("comment", "expire", "privsep") if key in call.params}
    answer: dict[str, Any] = {}
    if call.get("regenerate"):
        answer["value"], record["hash"] = new_token_value()
        answer["full-tokenid"] = f"{userid}!{name}"
    store.put("token", f"{userid}!{name}", record)
    return models.show_token(record) | answer


@router.delete("/access/users/{userid}/token/{tokenid}")
def delete_token(call: Call) -> None:
    """The token and its ACLs."""
    models.token(call.lab.store, call.params["userid"], call.params["tokenid"])
    _drop_token(call, call.params["userid"], call.params["tokenid"])


@router.get("/access/groups")
def groups(call: Call) -> list[dict[str, Any]]:
    """The groups that the caller may see."""
    wanted = ("User.Modify", "Sys.Audit", "Group.Allocate")
    return [
        {"groupid": name, **body, "users": ",".join(models.members(call.lab.store, name))}
        for name, body in call.lab.store.items("group").items()
        if call.may(f"/access/groups/{name}", *wanted, some=True)
    ]


@router.post("/access/groups")
def create_group(call: Call) -> None:
    """A new group."""
    name = call.params["groupid"]
    if call.lab.store.get("group", name) is not None:
        raise duplicate("group", name, "create group")
    call.lab.store.put("group", name, {"comment": call.params["comment"]} if call.get("comment") else {})


@router.get("/access/groups/{groupid}")
def read_group(call: Call) -> dict[str, Any]:
    """One group with its members."""
    record = models.group(call.lab.store, call.params["groupid"])
    return {**record, "members": models.members(call.lab.store, call.params["groupid"])}


@router.put("/access/groups/{groupid}")
def update_group(call: Call) -> None:
    """The comment."""
    record = models.group(call.lab.store, call.params["groupid"])
    if "comment" in call.params:
        record["comment"] = call.params["comment"]
    call.lab.store.put("group", call.params["groupid"], {k: v for k, v in record.items() if v})


@router.delete("/access/groups/{groupid}")
def delete_group(call: Call) -> None:
    """The group; its members stay."""
    store, name = call.lab.store, call.params["groupid"]
    models.group(store, name)
    for userid in models.members(store, name):
        record = models.user(store, userid)
        store.put("user", userid, {**record, "groups": [held for held in record["groups"] if held != name]})
    models.drop_acls(store, kind="group", subject=name)
    store.delete("group", name)


@router.get("/access/roles")
def roles(call: Call) -> list[dict[str, Any]]:
    """Every role."""
    return [
        {"roleid": name, "privs": ",".join(sorted(held)), "special": int(name in BUILT_IN_ROLES)}
        for name, held in sorted(call.authority.roles().items())
    ]


@router.post("/access/roles")
def create_role(call: Call) -> None:
    """A new role."""
    name = call.params["roleid"]
    if name in call.authority.roles():
        raise duplicate("role", name, "create role")
    if name.startswith("PVE"):
        raise bad_parameter(roleid="cannot use role ID starting with the (case-insensitive) 'PVE' namespace")
    call.lab.store.put("role", name, sorted(set(call.list("privs"))))


@router.get("/access/roles/{roleid}")
def read_role(call: Call) -> dict[str, int]:
    """A role's privileges, each with the value 1."""
    return dict.fromkeys(sorted(models.role(call.lab.store, call.params["roleid"])), 1)


@router.put("/access/roles/{roleid}")
def update_role(call: Call) -> None:
    """Replace the privileges, or add to them."""
    name = call.params["roleid"]
    if name in BUILT_IN_ROLES:
        raise failed(f"update role failed: auto-generated role '{name}' cannot be modified")
    held = models.role(call.lab.store, name)
    wanted = set(call.list("privs")) | (held if call.get("append") else set())
    call.lab.store.put("role", name, sorted(wanted))


@router.delete("/access/roles/{roleid}")
def delete_role(call: Call) -> None:
    """The role; ACL entries that name it lose their effect."""
    name = call.params["roleid"]
    if name in BUILT_IN_ROLES:
        raise failed(f"delete role failed: auto-generated role '{name}' cannot be deleted")
    models.role(call.lab.store, name)
    for key, entry in call.lab.store.items("acl").items():
        if entry["roleid"] == name:
            call.lab.store.delete("acl", key)
    call.lab.store.delete("role", name)


@router.get("/access/acl")
def acls(call: Call) -> list[dict[str, Any]]:
    """The entries; without Sys.Audit on /access only those that the caller may change."""
    see_all = call.may("/access", "Sys.Audit")
    return [entry for entry in call.lab.store.items("acl").values() if see_all or _may_modify(call, entry["path"])]


def _may_modify(call: Call, path: str) -> bool:
    try:
        call.authority.check_modify(call.user, path)
    except ApiError:
        return False
    return True


@router.put("/access/acl")
def update_acl(call: Call) -> None:
    """Give roles to users, groups or tokens on a path, or take them away."""
    store, path = call.lab.store, normalize(call.params["path"])
    if not is_acl_path(path):
        raise bad_parameter(path=f"invalid ACL path '{path}'")
    subjects = [("user", name) for name in call.list("users")]
    subjects += [("group", name) for name in call.list("groups")]
    subjects += [("token", name) for name in call.list("tokens")]
    if not subjects:
        raise _nobody_named()
    is_removal = call.get("delete")
    for roleid in call.list("roles"):
        if not is_removal or roleid not in call.authority.roles():
            models.role(store, roleid)
        _check_delegation(call, path, roleid)
        for kind, name in subjects:
            key = models.acl_key(path, kind, name, roleid)
            if is_removal:
                store.delete("acl", key)
                continue
            _check_subject(call, kind, name)
            entry = {"path": path, "type": kind, "ugid": name, "roleid": roleid}
            store.put("acl", key, {**entry, "propagate": call.get("propagate", 1)})


def _nobody_named() -> ApiError:
    said = "either 'users', 'groups' or 'tokens' is required."
    return bad_parameter(users=said, groups=said, tokens=said)


def _check_subject(call: Call, kind: str, name: str) -> None:
    if kind == "group":
        models.group(call.lab.store, name)
    elif kind == "user":
        models.user(call.lab.store, name)
    else:
        models.token(call.lab.store, owner(name), name.partition("!")[2])


def _check_delegation(call: Call, path: str, roleid: str) -> None:
    """Without Permissions.Modify only what one holds oneself, and holds further down too, can be passed on."""
    if call.may(path, "Permissions.Modify"):
        return
    held = call.authority.permissions(call.user, path)
    if not all(held.get(privilege) for privilege in models.role(call.lab.store, roleid)):
        raise forbidden(f"Cannot modify role '{roleid}' - requires 'Permissions.Modify' or superset of privileges.")
