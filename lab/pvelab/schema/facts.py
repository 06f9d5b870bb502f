"""Which paths and methods Proxmox VE has, and the parameters and permissions of each."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

SWALLOWING = frozenset({"volume", "cidr"})
"""Last segments that may contain a literal slash: Proxmox VE takes the rest of the path for them."""


@dataclass(frozen=True)
class Method:
    """One method of one path template."""

    verb: str
    template: str
    """`/nodes/{node}/lxc/{vmid}`."""
    params: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """Parameters of path, query and body together; indexed ones are called `net[n]`."""
    permissions: Mapping[str, Any] | None = field(repr=False, default=None)
    proxyto: str | None = None
    """`node`: the call is answered by the node of the path, which must be online."""


@cache
def load() -> dict[str, dict[str, Method]]:
    """Path template -> verb -> Method, as shipped in api.json."""
    raw = json.loads(resources.files(__package__).joinpath("api.json").read_text())
    raw.pop("_source")
    return {
        template: {
            verb: Method(
                verb=verb,
                template=template,
                params=entry["params"],
                permissions=entry.get("permissions"),
                proxyto=entry.get("proxyto"),
            )
            for verb, entry in verbs.items()
        }
        for template, verbs in raw.items()
    }


@dataclass
class _Node:
    literal: dict[str, "_Node"] = field(default_factory=dict)
    parameter: tuple[str, "_Node"] | None = None
    template: str | None = None


@cache
def _tree() -> _Node:
    root = _Node()
    for template in load():
        node = root
        for segment in template.strip("/").split("/"):
            if segment.startswith("{"):
                if node.parameter is None:
                    node.parameter = (segment[1:-1], _Node())
                node = node.parameter[1]
            else:
                node = node.literal.setdefault(segment, _Node())
        node.template = template
    return root


def find(segments: list[str]) -> tuple[str, dict[str, str]] | None:
    """The template that decoded path segments belong to, with the values of its parameters; None: no such path.

    >>> find(["nodes", "pve1", "lxc", "101"])
    ('/nodes/{node}/lxc/{vmid}', {'node': 'pve1', 'vmid': '101'})
    """
    node, values = _tree(), list[str]()
    for position, segment in enumerate(segments):
        if segment in node.literal:
            node = node.literal[segment]
        elif node.parameter is not None:
            name, node = node.parameter
            if name in SWALLOWING:
                values.append("/".join(segments[position:]))
                break
            values.append(segment)
        else:
            return None
    if node.template is None:
        return None
    names = [part[1:-1] for part in node.template.split("/") if part.startswith("{")]
    return node.template, dict(zip(names, values, strict=True))


def methods() -> Iterator[Method]:
    """Every method of every path, in the order of the paths."""
    for verbs in load().values():
        yield from verbs.values()
