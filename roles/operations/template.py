"""Rendering of the roles' templates: a pure function, so unit tests see the text that a host gets."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined


@cache
def _environment() -> Environment:
    # Configuration files, not HTML: no escaping. An unknown name in a template must stop the deploy, not vanish.
    return Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)


def render(*, templates: Path, dest: str, values: dict[str, object]) -> str:
    """Return the text of host path `dest`: `templates` mirrors the host's paths.

    `etc/nftables.conf.j2` is rendered with `values`; a file without `.j2` is taken as it is.
    """
    path = templates / dest.lstrip("/")
    source = path.with_name(f"{path.name}.j2")
    if source.exists():
        return _environment().from_string(source.read_text()).render(**values)
    return path.read_text()
