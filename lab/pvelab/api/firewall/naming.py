"""The firewall's named things: security groups, aliases, IP sets, macros, references"""

from typing import Any

from pvelab.api.errors import bad_parameter, failed
from pvelab.api.firewall import models
from pvelab.api.firewall.errors import no_alias, no_group, no_ipset
from pvelab.api.firewall.routes import CLUSTER, GUEST, check_digest, key_of, store_level
from pvelab.api.router import Call, Router

router = Router()


def _comment(call: Call) -> dict[str, str]:
    return {"comment": call.params["comment"]} if call.get("comment") else {}


@router.get(f"{CLUSTER}/macros")
def macros(call: Call) -> list[dict[str, str]]:
    """The macros that rules may name."""
    return [{"macro": name, "descr": name} for name in sorted(models.macro_names())]


@router.get(f"{CLUSTER}/groups")
def groups(call: Call) -> list[dict[str, Any]]:
    """The security groups."""
    found = models.level(call.lab.store, models.CLUSTER)["groups"]
    return [
        {"group": name, "digest": models.digest(found), **{k: v for k, v in body.items() if k == "comment" and v}}
        for name, body in found.items()
    ]


@router.post(f"{CLUSTER}/groups")
def create_group(call: Call) -> None:
    """A new group; with `rename` an existing one's new name and comment."""
    body = models.level(call.lab.store, models.CLUSTER)
    held, name, old = body["groups"], call.params["group"], call.get("rename")
    check_digest(call, held)
    if old is not None and old not in held:
        raise failed(f"no such security group '{old}'")
    if name in held and name != old:
        raise bad_parameter(group=f"Security group '{name}' already exists")
    rules = held[old]["rules"] if old is not None else []
    entry = {"rules": rules, **_comment(call)}
    body["groups"] = {(name if key == old else key): value for key, value in held.items()} | {name: entry}
    store_level(call, models.CLUSTER, body)


@router.delete(f"{CLUSTER}/groups/{{group}}")
def delete_group(call: Call) -> None:
    """An empty group."""
    body = models.level(call.lab.store, models.CLUSTER)
    name = call.params["group"]
    if name not in body["groups"]:
        raise no_group(name)
    if body["groups"][name]["rules"]:
        raise failed(f"Security group '{name}' is not empty")
    body["groups"].pop(name)
    store_level(call, models.CLUSTER, body)


def _shown_alias(name: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, **body, "ipversion": models.ip_version(body["cidr"]), "digest": models.digest(body)}


def _aliases(call: Call) -> list[dict[str, Any]]:
    held = models.level(call.lab.store, key_of(call))["aliases"]
    return [_shown_alias(name, body) for name, body in held.items()]


def _read_alias(call: Call) -> dict[str, Any]:
    held, name = models.level(call.lab.store, key_of(call))["aliases"], call.params["name"].lower()
    if name not in held:
        raise no_alias()
    return _shown_alias(name, held[name])


def _create_alias(call: Call) -> None:
    key, name = key_of(call), call.params["name"].lower()
    body = models.level(call.lab.store, key)
    if name in body["aliases"]:
        raise bad_parameter(name=f"alias '{name}' already exists")
    body["aliases"][name] = {"cidr": _checked_cidr(call.params["cidr"]), **_comment(call)}
    store_level(call, key, body)


def _checked_cidr(text: str) -> str:
    if models.ip_version(text) is None:
        raise bad_parameter(cidr="invalid format - value does not look like a valid IP address or CIDR network")
    return models.normal_cidr(text)


def _update_alias(call: Call) -> None:
    key, name = key_of(call), call.params["name"].lower()
    body = models.level(call.lab.store, key)
    if name not in body["aliases"]:
        raise no_alias()
    check_digest(call, body["aliases"][name])
    new = (call.get("rename") or name).lower()
    if new != name and new in body["aliases"]:
        raise bad_parameter(name=f"alias '{new}' already exists")
    body["aliases"].pop(name)
    body["aliases"][new] = {"cidr": _checked_cidr(call.params["cidr"]), **_comment(call)}
    store_level(call, key, body)


def _delete_alias(call: Call) -> None:
    key, name = key_of(call), call.params["name"].lower()
    body = models.level(call.lab.store, key)
    if body["aliases"].pop(name, None) is None:
        raise no_alias()
    store_level(call, key, body)


def _ipsets(call: Call) -> list[dict[str, Any]]:
    held = models.level(call.lab.store, key_of(call))["ipsets"]
    return [
        {"name": name, "digest": models.digest(body), **{k: v for k, v in body.items() if k == "comment" and v}}
        for name, body in held.items()
    ]


def _create_ipset(call: Call) -> None:
    key, name, old = key_of(call), call.params["name"], call.get("rename")
    body = models.level(call.lab.store, key)
    held = body["ipsets"]
    if old is not None and old not in held:
        raise bad_parameter(name=f"IPSet '{old}' does not exist")
    if name in held and name != old:
        raise bad_parameter(name=f"IPSet '{name}' already exists")
    entries = held[old]["entries"] if old is not None else []
    if old is not None:
        held.pop(old)
    held[name] = {"entries": entries, **_comment(call)}
    store_level(call, key, body)


def _set_of(call: Call) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    key, name = key_of(call), call.params["name"]
    body = models.level(call.lab.store, key)
    if name not in body["ipsets"]:
        raise no_ipset(name)
    return key, body, body["ipsets"][name]["entries"]


def _entries(call: Call) -> list[dict[str, Any]]:
    _, _, entries = _set_of(call)
    return [{**entry, "digest": models.digest(entries)} for entry in entries]


def _delete_ipset(call: Call) -> None:
    key, body, entries = _set_of(call)
    if entries and not call.get("force"):
        raise failed(f"IPSet '{call.params['name']}' is not empty")
    body["ipsets"].pop(call.params["name"])
    store_level(call, key, body)


def _add_entry(call: Call) -> None:
    key, body, entries = _set_of(call)
    cidr = models.normal_cidr(call.params["cidr"])
    for reference in models.names_in(cidr):
        if not models.is_known(call.lab.store, key, *reference):
            raise bad_parameter(cidr=f"no such alias '{reference[2]}'")
    if not list(models.names_in(cidr)) and models.ip_version(cidr) is None:
        raise bad_parameter(cidr="invalid format - value does not look like a valid IP address or CIDR network")
    if any(entry["cidr"] == cidr for entry in entries):
        raise bad_parameter(cidr=f"address '{cidr}' already exists")
    entry: dict[str, Any] = {"cidr": cidr, **_comment(call)}
    if call.get("nomatch"):
        entry["nomatch"] = 1
    entries.insert(0, entry)
    store_level(call, key, body)


def _entry(call: Call) -> tuple[str, dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    key, body, entries = _set_of(call)
    cidr = models.normal_cidr(call.params["cidr"])
    found = next((entry for entry in entries if entry["cidr"] == cidr), None)
    if found is None:
        raise bad_parameter(cidr=f"no such IP/Network '{cidr}'")
    return key, body, entries, found


def _read_entry(call: Call) -> dict[str, Any]:
    return _entry(call)[3]


def _update_entry(call: Call) -> None:
    key, body, _, found = _entry(call)
    if "nomatch" in call.params:
        found.pop("nomatch", None)
        found.update({"nomatch": 1} if call.params["nomatch"] else {})
    if "comment" in call.params:
        found.pop("comment", None)
        found.update(_comment(call))
    store_level(call, key, body)


def _delete_entry(call: Call) -> None:
    key, body, entries, found = _entry(call)
    entries.remove(found)
    store_level(call, key, body)


def _refs(call: Call) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    own = key_of(call)
    for scope, key in dict.fromkeys((("dc", models.CLUSTER), ("guest" if own != models.CLUSTER else "dc", own))):
        level = models.level(call.lab.store, key)
        for kind, mark, held in (("alias", "", level["aliases"]), ("ipset", "+", level["ipsets"])):
            if call.get("type") in (None, kind):
                for name, body in held.items():
                    entry = {"type": kind, "name": name, "ref": f"{mark}{scope}/{name}", "scope": scope}
                    shown.append(entry | ({"comment": body["comment"]} if body.get("comment") else {}))
    return shown


for _base in (CLUSTER, GUEST):
    router.get(f"{_base}/refs")(_refs)
    router.get(f"{_base}/aliases")(_aliases)
    router.post(f"{_base}/aliases")(_create_alias)
    router.get(f"{_base}/aliases/{{name}}")(_read_alias)
    router.put(f"{_base}/aliases/{{name}}")(_update_alias)
    router.delete(f"{_base}/aliases/{{name}}")(_delete_alias)
    router.get(f"{_base}/ipset")(_ipsets)
    router.post(f"{_base}/ipset")(_create_ipset)
    router.get(f"{_base}/ipset/{{name}}")(_entries)
    router.post(f"{_base}/ipset/{{name}}")(_add_entry)
    router.delete(f"{_base}/ipset/{{name}}")(_delete_ipset)
    router.get(f"{_base}/ipset/{{name}}/{{cidr}}")(_read_entry)
    router.put(f"{_base}/ipset/{{name}}/{{cidr}}")(_update_entry)
    router.delete(f"{_base}/ipset/{{name}}/{{cidr}}")(_delete_entry)
