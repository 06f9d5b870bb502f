"""/cluster/firewall, /nodes/{node}/firewall, /nodes/{node}/lxc/{vmid}/firewall: options and rules"""

from collections.abc import Callable
from typing import Any

from pvelab.api.errors import failed
from pvelab.api.firewall import models
from pvelab.api.firewall.errors import no_group, no_rule
from pvelab.api.router import Call, Router
from pvelab.firewall.compile import check_ruleset

router = Router()
CLUSTER, NODE, GUEST = "/cluster/firewall", "/nodes/{node}/firewall", "/nodes/{node}/lxc/{vmid}/firewall"
router.index(CLUSTER, "options", "rules", "groups", "ipset", "macros", "aliases", "refs")
router.index(NODE, "options", "rules", "log")
router.index(GUEST, "options", "rules", "ipset", "aliases", "refs", "log")
_NOT_OPTIONS = ("node", "vmid", "delete", "digest")


def key_of(call: Call) -> str:
    """Which level the request is about."""
    if "vmid" in call.params:
        return f"guest/{call.params['vmid']}"
    return f"node/{call.params['node']}" if "node" in call.params else models.CLUSTER


def store_level(call: Call, key: str, body: dict[str, Any]) -> None:
    """Keep a changed level if the whole still compiles, and put it in force before the answer."""
    from pvelab.api.firewall.spec import build_spec

    models.save(call.lab.store, key, body)
    check_ruleset(build_spec(call.lab.store))
    call.lab.filter.apply()


def check_digest(call: Call, body: Any) -> None:
    """Refuse a change that is based on an older state."""
    if call.get("digest") and call.params["digest"] != models.digest(body):
        raise failed("detected modified configuration - file changed by other user? Try again.")


def _options(call: Call) -> dict[str, Any]:
    options = models.level(call.lab.store, key_of(call))["options"]
    return {**options, "digest": models.digest(options)}


def _update_options(call: Call) -> None:
    key = key_of(call)
    body = models.level(call.lab.store, key)
    check_digest(call, body["options"])
    options = {name: value for name, value in body["options"].items() if name not in call.list("delete")}
    options |= {name: value for name, value in call.rest(*_NOT_OPTIONS).items() if value != ""}
    store_level(call, key, {**body, "options": options})


for _base in (CLUSTER, NODE, GUEST):
    router.get(f"{_base}/options")(_options)
    router.put(f"{_base}/options")(_update_options)


def _find(call: Call) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    """Level, its body, and the list of rules in it that the request is about."""
    if "group" in call.params:
        body = models.level(call.lab.store, models.CLUSTER)
        if call.params["group"] not in body["groups"]:
            raise no_group(call.params["group"])
        return models.CLUSTER, body, body["groups"][call.params["group"]]["rules"]
    body = models.level(call.lab.store, key_of(call))
    return key_of(call), body, body["rules"]


def _replace(call: Call, key: str, body: dict[str, Any], rules: list[dict[str, Any]]) -> None:
    if "group" in call.params:
        body["groups"][call.params["group"]]["rules"] = rules
    else:
        body["rules"] = rules
    models.save(call.lab.store, key, body)
    call.lab.filter.soon()


def _list_rules(call: Call) -> list[dict[str, Any]]:
    _, _, rules = _find(call)
    checksum = models.digest(rules)
    return [models.shown_rule(rule, position, checksum) for position, rule in enumerate(rules)]


def _read_rule(call: Call) -> dict[str, Any]:
    _, _, rules = _find(call)
    position = call.params["pos"]
    if position >= len(rules):
        raise no_rule(position)
    # Proxmox VE echoes the position from the path here: a string.
    return models.shown_rule(rules[position], str(position), models.digest(rules))


def _fields(call: Call, rule: dict[str, Any]) -> dict[str, Any]:
    given = {name: call.params[name] for name in models.RULE_FIELDS if name in call.params}
    merged = {name: value for name, value in {**rule, **given}.items() if value != ""}
    if merged.get("type") == "forward":
        raise call.refuse("rules of type 'forward'")
    for field in ("source", "dest"):
        if field in merged:
            merged[field] = ",".join(models.normal_cidr(item.strip()) for item in merged[field].split(","))
    return merged


def _check(call: Call, key: str, rule: dict[str, Any]) -> None:
    from pvelab.api.firewall.spec import spec_of_rule

    models.check_rule(call.lab.store, key, rule, in_group="group" in call.params)
    check_ruleset(spec_of_rule(call.lab.store, key, rule))


def _create_rule(call: Call) -> None:
    key, body, rules = _find(call)
    check_digest(call, rules)
    rule = {"enable": 0, **_fields(call, {})}
    _check(call, key, rule)
    position = min(call.params["pos"], len(rules)) if "pos" in call.params else 0
    _replace(call, key, body, [*rules[:position], rule, *rules[position:]])


def _update_rule(call: Call) -> None:
    key, body, rules = _find(call)
    check_digest(call, rules)
    position = call.params["pos"]
    if position >= len(rules):
        raise no_rule(position)
    target = call.params.get("moveto")
    if target is not None and target != position:
        _replace(call, key, body, move(rules, position, target))
        return
    rule = _fields(call, rules[position])
    for name in call.list("delete"):
        rule.pop(name, None)
    _check(call, key, rule)
    _replace(call, key, body, [*rules[:position], rule, *rules[position + 1 :]])


def move(rules: list[Any], position: int, target: int) -> list[Any]:
    """The list with one entry moved before what stands at the target index now (behind all when it is past the end).

    >>> move(["a", "b", "c"], 2, 0)
    ['c', 'a', 'b']
    """
    moved: list[Any] = []
    for index, rule in enumerate(rules):
        if index == position:
            continue
        if index == target:
            moved.append(rules[position])
        moved.append(rule)
    return moved if target < len(rules) else [*moved, rules[position]]


def _delete_rule(call: Call) -> None:
    key, body, rules = _find(call)
    check_digest(call, rules)
    position = call.params["pos"]
    if position >= len(rules):
        raise no_rule(position)
    _replace(call, key, body, rules[:position] + rules[position + 1 :])


_RULE_HANDLERS: tuple[tuple[str, str, Callable[[Call], Any]], ...] = (
    ("GET", "", _list_rules),
    ("POST", "", _create_rule),
    ("GET", "/{pos}", _read_rule),
    ("PUT", "/{pos}", _update_rule),
    ("DELETE", "/{pos}", _delete_rule),
)
for _base in (f"{CLUSTER}/rules", f"{NODE}/rules", f"{GUEST}/rules", f"{CLUSTER}/groups/{{group}}"):
    for _verb, _tail, _handler in _RULE_HANDLERS:
        router.add(_verb, _base + _tail)(_handler)
