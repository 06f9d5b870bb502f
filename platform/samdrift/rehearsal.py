"""Run a stack's program without a hypervisor and keep what it declares.

The engine is replaced by a recorder that answers every declaration with what the hypervisor would most likely answer.
"""

from __future__ import annotations

import asyncio
import logging
import os
import runpy
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockEngine, MockMonitor, MockResourceArgs, Mocks, MockSettings
from pulumi.runtime.settings import SETTINGS, configure, set_root_resource
from pulumi.runtime.stack import run_in_stack

from samdrift.handover import ENGINEER_KEY, VAULT_KEY
from samdrift.state import REPOSITORY

PROJECT = "samdrift"
STACK = "pulumi:pulumi:Stack"
NOTHING = "00000000-0000-0000-0000-000000000000"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA rehearsal"


@dataclass(frozen=True)
class Declared:
    """One resource as the program declared it; the stack itself is one, its outputs are its `props`."""

    type: str
    name: str
    urn: str
    parent: str
    provider: str
    """URN of the provider, empty for components and for the stack."""
    props: Mapping[str, Any]
    dependencies: tuple[str, ...] = ()
    secrets: frozenset[str] = frozenset()
    """Names of the top-level properties that are secret."""
    trigger: Any = None
    """What replaces the resource when it changes."""
    replaced_with: frozenset[str] = frozenset()
    """URNs of resources whose replacement replaces this one."""


@dataclass
class Rehearsal:
    """What one run declared, in the order of declaration, and what the stack exports."""

    stack: str
    resources: list[Declared] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)


def rehearse(stack: str, *, stacks: Path, others: Mapping[str, Mapping[str, Any]] | None = None) -> Rehearsal:
    """Run the program for a stack of `stacks`. `others` are the outputs of the stacks that it may refer to.

    Raises: whatever the program raises; `pulumi.RunError` for mistakes in the stack files.
    """
    with _surroundings(stacks):
        return rehearse_function(stack, _program, others=others)


def rehearse_function(
    stack: str, program: Callable[[], None], *, others: Mapping[str, Mapping[str, Any]] | None = None
) -> Rehearsal:
    """Run a function as the program of a stack."""
    found = Rehearsal(stack)
    monitor = _Recorder(_Answers(others or {}), found)
    engine = MockEngine(logging.getLogger("samdrift.rehearsal"))
    set_root_resource(None)  # type: ignore[arg-type]
    SETTINGS.outputs.clear()  # what a run that failed left waiting
    configure(MockSettings(monitor=monitor, engine=engine, project=PROJECT, stack=stack, dry_run=False))
    with asyncio.Runner() as runner:
        try:
            runner.run(run_in_stack(program))
        except BaseException:
            # What failed is raised; that asyncio tells it again for everything that had waited for it helps nobody.
            runner.get_loop().set_exception_handler(lambda _loop, _context: None)
            raise
    return found


def _program() -> None:
    runpy.run_path(str(REPOSITORY / "platform"), run_name="__main__")


@contextmanager
def _surroundings(stacks: Path) -> Iterator[None]:
    """Stand in for the endpoint, the token and the state folder, for the time of one run."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="samdrift-rehearsal-") as folder:
        keys = Path(folder) / "ssh"
        keys.mkdir()
        for name in (ENGINEER_KEY, VAULT_KEY):
            (keys / f"{name}.pub").write_text(KEY)
        os.environ |= {
            "PROXMOX_VE_ENDPOINT": "https://rehearsal.invalid:8006/",
            "PROXMOX_VE_API_TOKEN": f"rehearsal@pve!rehearsal={NOTHING}",
            "SAMDRIFT_STATE": folder,
            "SAMDRIFT_STACKS": str(stacks),
        }
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


class _Answers(Mocks):
    def __init__(self, others: Mapping[str, Mapping[str, Any]]) -> None:
        self._others = others

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            name = str(args.resource_id or args.name)
            outputs = self._others.get(name.rsplit("/", 1)[-1], {})
            return name, {"name": name, "outputs": dict(outputs), "secretOutputNames": []}
        state = dict(args.inputs)
        if args.typ == "proxmoxve:user/token:Token":
            state["value"] = f"{state['userId']}!{state['tokenName']}={NOTHING}"
        number = state.get("vmId") or state.get("resourceId")
        return str(int(number) if isinstance(number, float) else number or args.name), state

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        if args.token != "proxmoxve:index/getFiles:getFiles":
            return {}, []
        # The file that is asked for is there.
        name = str(args.args.get("fileNameRegex", "")).strip("^$").replace("\\", "")
        volume = f"{args.args['datastoreId']}:{args.args['contentType']}/{name}"
        return {**args.args, "files": [{"id": volume, "fileName": name}]}, []


class _Recorder(MockMonitor):
    def __init__(self, mocks: Mocks, found: Rehearsal) -> None:
        super().__init__(mocks)
        self._found = found

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Name the stack of this run: in the engine's threads its settings are not to be seen."""
        above = f"{parent.split('::')[2]}$" if parent and parent.split("::")[2] != STACK else ""
        return f"urn:pulumi:{self._found.stack}::{PROJECT}::{above}{type_}::{name}"

    def RegisterResource(self, request: Any) -> Any:
        answer = super().RegisterResource(request)
        if request.type != STACK:
            plain = rpc.deserialize_properties(request.object, keep_unknowns=True)
            self._found.resources.append(
                Declared(
                    type=request.type,
                    name=request.name,
                    urn=answer.urn,
                    parent=request.parent,
                    provider=request.provider.rsplit("::", 1)[0],
                    props={key: _plain(value) for key, value in plain.items()},
                    dependencies=tuple(request.dependencies),
                    secrets=frozenset(key for key, value in plain.items() if rpc.is_rpc_secret(value)),
                    trigger=_trigger(request),
                    replaced_with=frozenset(request.replace_with),
                )
            )
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:
        if f"::{STACK}::" in request.urn:
            outputs = rpc.deserialize_properties(request.outputs, keep_unknowns=True)
            self._found.outputs = {key: _plain(value) for key, value in outputs.items()}
            self._found.resources.append(
                Declared(
                    type=STACK,
                    name=request.urn.rsplit("::", 1)[-1],
                    urn=request.urn,
                    parent="",
                    provider="",
                    props=self._found.outputs,
                    secrets=frozenset(key for key, value in outputs.items() if rpc.is_rpc_secret(value)),
                )
            )
        return super().RegisterResourceOutputs(request)


def _trigger(request: Any) -> Any:
    return (
        _plain(rpc.deserialize_property(request.replacement_trigger))
        if request.HasField("replacement_trigger")
        else None
    )


def _plain(value: Any) -> Any:
    """Take the secret marks and the whole-number floats of the wire off a value."""
    value = rpc.unwrap_rpc_secret(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
