"""Read a directory of stack files into a federation, or say everything that is wrong with them at once."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from samdrift.federation.coherence import check
from samdrift.federation.document import Document, read_document
from samdrift.federation.inventory import InventoryFile
from samdrift.federation.mistake import LoadError, Mistake, shown
from samdrift.federation.record import AnyStack, Federation, Hall, InventoryItem, Member, Vault
from samdrift.federation.schema import one_of, record_of

AT = ("config", "samdrift:stack")
_FILE = re.compile(r"^Pulumi\.(?P<federation>[a-z][a-z0-9-]*)\.(?P<key>[a-z][a-z0-9-]*)\.yaml$")
_KINDS: dict[str, type[AnyStack]] = {"hall": Hall, "vault": Vault, "member": Member}
# Beside the configuration Pulumi may write these at the top of a stack file.
_TOP = ("config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment")


def load_federation(stacks_dir: Path, federation: str | None = None, *, today: date | None = None) -> Federation:
    """All stack files of a federation, validated one by one and against each other.

    `federation` may be left out where the directory holds one only. `today` decides which waivers have ended.
    Raises: LoadError with every mistake of every file.
    """
    name = federation or _only(stacks_dir)
    stacks: list[AnyStack] = []
    documents: dict[str, Document] = {}
    mistakes: list[Mistake] = []
    for path in stack_files(stacks_dir, name):
        stack, document, found = _stack(path)
        documents[document.file] = document
        mistakes += found
        if stack is not None:
            stacks.append(stack)
    for number, stack in enumerate(stacks):
        if isinstance(stack, Member):
            items, document, found = _inventory(stacks_dir / "inventory" / f"{stack.key}.yaml", stack.key)
            documents[document.file] = document
            mistakes += found
            stacks[number] = stack.model_copy(update={"inventory": items})
    if not any(path.name == f"Pulumi.{name}.hall.yaml" for path in stack_files(stacks_dir, name)):
        file = f"{stacks_dir.name}/Pulumi.{name}.hall.yaml"
        mistakes.append(Mistake(file, 0, "", "no such file", "every federation has a hall"))
    mistakes += check(tuple(stacks), documents=documents, today=today or date.today())
    halls = [stack for stack in stacks if isinstance(stack, Hall)]
    if mistakes or not halls:
        raise LoadError(tuple(mistakes))
    vaults = [stack for stack in stacks if isinstance(stack, Vault)]
    members = sorted((stack for stack in stacks if isinstance(stack, Member)), key=lambda member: member.key)
    return Federation(name=name, hall=halls[0], vault=vaults[0] if vaults else None, members=tuple(members))


def load_stack(path: Path, *, today: date | None = None) -> tuple[Federation, AnyStack]:
    """The stack of one file, and the federation it belongs to: no stack file is right by itself alone.

    Raises: LoadError, also for mistakes in other files of the federation.
    """
    match = _FILE.match(path.name)
    if not match:
        raise LoadError((_misnamed(path),))
    federation = load_federation(path.parent, match["federation"], today=today)
    return federation, federation.stack(match["key"])


def stack_files(stacks_dir: Path, federation: str) -> tuple[Path, ...]:
    """The stack files of a federation, by name."""
    return tuple(sorted(stacks_dir.glob(f"Pulumi.{federation}.*.yaml")))


def federations(stacks_dir: Path) -> tuple[str, ...]:
    """Names of the federations that have stack files in a directory."""
    matches = (_FILE.match(path.name) for path in stacks_dir.glob("Pulumi.*.yaml"))
    return tuple(sorted({match["federation"] for match in matches if match}))


def _only(stacks_dir: Path) -> str:
    names = federations(stacks_dir)
    if len(names) != 1:
        found = f"federations: {', '.join(names)}" if names else "no stack file"
        accepted = "name the federation, where there is not exactly one" if names else "Pulumi.<federation>.hall.yaml"
        raise LoadError((Mistake(str(stacks_dir), 0, "", found, accepted),))
    return names[0]


def _stack(path: Path) -> tuple[AnyStack | None, Document, list[Mistake]]:
    document, mistakes = read_document(path, shown_as=f"{path.parent.name}/{path.name}")
    match = _FILE.match(path.name)
    if not match:
        return None, document, [*mistakes, _misnamed(path)]
    if mistakes and document.value is None:
        return None, document, mistakes
    config = document.value.get("config") if isinstance(document.value, dict) else None
    if not isinstance(config, dict) or not isinstance(config.get(AT[1]), dict):
        accepted = "a mapping with the key config, in it the key samdrift:stack, in it the stack's facts"
        return None, document, [*mistakes, document.mistake((), found="no facts of a stack", accepted=accepted)]
    mistakes += [
        document.mistake((key,), found="an unknown key", accepted=one_of(_TOP, wrong=key))
        for key in document.value
        if key not in _TOP
    ]
    mistakes += [
        document.mistake(("config", key), found="an unknown key", accepted="samdrift:stack; keys of pulumi: itself")
        for key in config
        if key != AT[1] and not key.startswith("pulumi:")
    ]
    facts = config[AT[1]]
    if str(facts.get("kind")) not in _KINDS:
        accepted = one_of(_KINDS, wrong=str(facts.get("kind")))
        found = shown(facts["kind"]) if "kind" in facts else "nothing"
        return None, document, [*mistakes, document.mistake((*AT, "kind"), found=found, accepted=accepted)]
    key = match["key"]
    mistakes += _misplaced(document, facts, federation=match["federation"], key=key)
    named = {"federation": match["federation"]} if "federation" in facts else {}
    record, found_more = record_of(_KINDS[facts["kind"]], document, at=AT, key=key, file=document.file, **named)
    return record, document, [*mistakes, *found_more]


def _misplaced(document: Document, facts: dict[str, object], *, federation: str, key: str) -> list[Mistake]:
    """The file's name is the stack's name: federation and kind must say the same."""
    mistakes = []
    if facts.get("federation") not in (None, federation):
        found = shown(facts["federation"])
        mistakes.append(
            document.mistake((*AT, "federation"), found=found, accepted=f"{federation}, as the file's name")
        )
    kind_of_key = key if key in ("hall", "vault") else "member"
    if facts["kind"] != kind_of_key:
        accepted = f"{kind_of_key}: the stack's name ends in {key}"
        mistakes.append(document.mistake((*AT, "kind"), found=shown(facts["kind"]), accepted=accepted))
    return mistakes


def _inventory(path: Path, key: str) -> tuple[tuple[InventoryItem, ...], Document, list[Mistake]]:
    shown_as = f"{path.parent.parent.name}/{path.parent.name}/{path.name}"
    if not path.is_file():
        missing = Mistake(
            shown_as, 0, "", "no such file", "every member has an inventory of its systems before it joined"
        )
        return (), Document(shown_as, None, {}), [missing]
    document, mistakes = read_document(path, shown_as=shown_as)
    if mistakes and document.value is None:
        return (), document, mistakes
    record, found = record_of(InventoryFile, document)
    if record is not None and record.member != key:
        found.append(document.mistake(("member",), found=shown(record.member), accepted=f"{key}, as the file's name"))
    return record.items if record else (), document, [*mistakes, *found]


def _misnamed(path: Path) -> Mistake:
    accepted = "Pulumi.<federation>.<hall, vault or the member's key>.yaml in lower case"
    return Mistake(f"{path.parent.name}/{path.name}", 0, "", "a name that is no stack's", accepted)
