"""Read one YAML file into plain values, remembering the line of every key.

PyYAML's own loader takes the last of two equal keys in silence and forgets the lines, so the node tree is walked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from samdrift.federation.mistake import Mistake, is_secret_key, is_secret_value, shown

_DEEPEST = 12

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """The content of a file: `value` as plain Python, `lines` by path of keys and indexes."""

    file: str
    value: Any
    lines: dict[Path_, int] = field(repr=False)

    def line(self, path: Path_) -> int:
        """Line of a path, or of the nearest key above it that is there."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 0)

    def mistake(self, path: Path_, *, found: str, accepted: str) -> Mistake:
        """A mistake at a path of this file."""
        return Mistake(file=self.file, line=self.line(path), key=key_of(path), found=found, accepted=accepted)


def key_of(path: Path_) -> str:
    """A path as people write it.

    >>> key_of(("config", "samdrift:stack", "services", 1))
    'config.samdrift:stack.services[1]'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def read_document(path: Path, *, shown_as: str) -> tuple[Document, list[Mistake]]:
    """Parse a file. Mistakes: not UTF-8, not YAML, doubled keys, keys that are no text, secrets."""
    try:
        text = path.read_text(encoding="utf-8")
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "bytes that are not UTF-8"
        line = mark.line + 1 if mark else 0
        mistake = Mistake(file=shown_as, line=line, key="", found=f"{problem}", accepted="a YAML document in UTF-8")
        return Document(shown_as, None, {}), [mistake]
    document = Document(shown_as, None, {})
    mistakes: list[Mistake] = []
    value = _value(node, (), loader=loader, document=document, mistakes=mistakes) if node is not None else None
    document = Document(shown_as, value, document.lines)
    return document, [*mistakes, *_secrets(document, value, ())]


def _value(
    node: yaml.Node, path: Path_, *, loader: yaml.SafeLoader, document: Document, mistakes: list[Mistake]
) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if len(path) > _DEEPEST:
        # an alias inside its own anchor has no end
        mistakes.append(document.mistake(path[:1], found="a structure without end", accepted="plain nesting"))
        return None
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(item, (*path, number), loader=loader, document=document, mistakes=mistakes)
            for number, item in enumerate(node.value)
        ]
    if not isinstance(node, yaml.MappingNode):
        try:
            return loader.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            mistakes.append(document.mistake(path, found=str(error).splitlines()[0], accepted="a plain YAML value"))
            return None
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
        here = (*path, key)
        if key in found:
            line = key_node.start_mark.line + 1
            mistakes.append(Mistake(document.file, line, key_of(here), "the key a second time", "each key once"))
            continue
        document.lines[here] = key_node.start_mark.line + 1
        found[key] = _value(value_node, here, loader=loader, document=document, mistakes=mistakes)
    return found


def _secrets(document: Document, value: Any, path: Path_) -> Iterator[Mistake]:
    """Secrets are made outside the repository; a stack file is no place for one, encrypted or not."""
    accepted = "no secret: they live in the state directory, not in stack files"
    items: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    for key, item in items:
        here = (*path, key)
        # Pulumi's own bookkeeping at the top of a stack file: a salt and a provider's name, neither a secret.
        if not path and key in {"encryptionsalt", "secretsprovider"}:
            continue
        if isinstance(key, str) and (is_secret_key(key) or key == "secure"):
            yield document.mistake(here, found="a key that wants a secret", accepted=accepted)
        elif is_secret_value(item):
            yield document.mistake(here, found=shown(item), accepted=accepted)
        else:
            yield from _secrets(document, item, here)
