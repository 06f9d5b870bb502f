"""From method, path and parameters to an answer: find, identify, permit, proxy, verify, run - in Proxmox VE's order."""

import logging
from collections.abc import Mapping
from typing import Any

from pvelab.access.caller import identify
from pvelab.api.areas import HANDLERS
from pvelab.api.errors import ApiError, bad_parameters, failed, not_implemented, unauthorized
from pvelab.api.router import Call
from pvelab.firewall.model import FirewallError
from pvelab.lab import Lab
from pvelab.runtime.errors import MachineError
from pvelab.schema import facts
from pvelab.schema.verify import Raw, verify

_LOG = logging.getLogger("pvelab")
_NO_TOKEN = frozenset({("POST", "/access/ticket"), ("PUT", "/access/password")})
"""Calls that a token may not make (`allowtoken` in Proxmox VE)."""
_WITHOUT_QUORUM = frozenset(
    {
        ("POST", "/access/ticket"),
        ("DELETE", "/nodes/{node}/tasks/{upid}"),
        ("POST", "/nodes/{node}/status"),
        ("POST", "/nodes/{node}/lxc/{vmid}/status/stop"),
        ("POST", "/nodes/{node}/lxc/{vmid}/status/shutdown"),
    }
)
"""Calls that write nothing into the cluster's file system, which is read-only without quorum."""


def answer(
    lab: Lab,
    *,
    verb: str,
    segments: list[str],
    params: Raw,
    headers: Mapping[str, str],
    cookies: Mapping[str, str],
    files: Mapping[str, Any] | None = None,
) -> Any:
    """The `data` of the response. Raises ApiError for everything else. Blocks; call it from a thread."""
    path = "/" + "/".join(segments)
    found = facts.find(segments)
    method = facts.load()[found[0]].get(verb) if found else None
    is_world = method is not None and (method.permissions or {}).get("user") == "world"
    user = "" if is_world else identify(lab.store, lab.seal, verb, headers, cookies)
    handler = HANDLERS.get((verb, found[0])) if found else None
    if found is None or method is None or handler is None:
        raise not_implemented(verb, path)
    if "!" in user and (verb, found[0]) in _NO_TOKEN:
        raise unauthorized("API tokens are not allowed for this call")
    merged = _merge(params, found[1])
    first = {name: values[0] for name, values in merged.items()}
    if not is_world:
        lab.authority.enforce(method.permissions, user, first)
    if method.proxyto == "node":
        _reach(lab, first.get("node", lab.nodes[0]))
    values, errors = verify(method.params, merged)
    if errors:
        raise bad_parameters(errors)
    if verb != "GET" and (verb, found[0]) not in _WITHOUT_QUORUM and not lab.is_quorate():
        raise failed("cluster not ready - no quorum?")
    call = Call(lab=lab, verb=verb, path=path, user=user, params=values, files=files or {})
    try:
        return _run(lab, call, handler)
    except (MachineError, FirewallError) as error:
        raise failed(str(error)) from error


def _run(lab: Lab, call: Call, handler: Any) -> Any:
    if call.verb == "GET":
        return handler(call)
    with lab.store.transaction():
        data = handler(call)
    for action in call.later:
        action()
    return data


def _merge(params: Raw, from_path: Mapping[str, str]) -> dict[str, list[str]]:
    merged = {name: list(values) for name, values in params.items()}
    for name, value in from_path.items():
        if name in merged and merged[name] != [value]:
            raise ApiError(400, f"Parameter verification failed - duplicate parameter '{name}'")
        merged[name] = [value]
    return merged


def _reach(lab: Lab, node: str) -> None:
    if node not in lab.nodes:
        raise failed(
            f"hostname lookup '{node}' failed - failed to get address info for: {node}: Name or service not known"
        )
    if not lab.is_online(node):
        raise ApiError(595, "No route to host")
