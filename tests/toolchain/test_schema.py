"""The built provider offers exactly what the installed Python package asks for: today there is no difference."""

import importlib
import inspect
import json
import os
import pkgutil
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pulumi
import pulumi_proxmoxve
import pytest

from samdrift.toolchain import environment
from samdrift.toolchain.locate import Toolchain

pytestmark = pytest.mark.toolchain

TOKEN = re.compile(r"super\(\w+, __self__\)\.__init__\(\s*'(proxmoxve:[^']+)'")
CALL = re.compile(r"'(proxmoxve:\w+(?:/\w+)*:get\w+)'")


@pytest.fixture(scope="module")
def schema(built: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    variables = {**os.environ, **environment(built, tmp_path_factory.mktemp("state"), None)}
    command = [str(built.pulumi), "package", "get-schema", "proxmoxve"]
    answer = subprocess.run(command, env=variables, cwd="/", capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def modules() -> Iterator[ModuleType]:
    for entry in pkgutil.walk_packages(pulumi_proxmoxve.__path__, "pulumi_proxmoxve."):
        yield importlib.import_module(entry.name)


def classes(base: type) -> dict[str, type]:
    """Resource classes by their Pulumi type."""
    found = {}
    for module in modules():
        for _, cls in inspect.getmembers(module, inspect.isclass):
            token = TOKEN.search(inspect.getsource(cls)) if cls.__module__ == module.__name__ else None
            if issubclass(cls, base) and token:
                found[token[1]] = cls
    return found


RESOURCES = classes(pulumi.CustomResource)


def names(cls: type) -> dict[str, str]:
    """Pulumi names of a generated class's properties by their Python names."""
    getters: dict[str, Any] = {name: member.fget for name, member in vars(cls).items() if isinstance(member, property)}
    return {name: getter._pulumi_name for name, getter in getters.items() if hasattr(getter, "_pulumi_name")}


def properties(cls: type) -> set[str]:
    return set(names(cls).values())


def arguments(resource: type) -> type:
    """The class of a resource's arguments: `Nfs` has `NfsArgs`."""
    module = importlib.import_module(resource.__module__)
    found: type = getattr(module, f"{resource.__name__}Args")
    return found


def required(resource: type) -> set[str]:
    """Pulumi names of the arguments without a default."""
    parameters = inspect.signature(arguments(resource)).parameters
    named = names(arguments(resource))
    return {named[name] for name, parameter in parameters.items() if name in named and is_required(parameter)}


def is_required(parameter: inspect.Parameter) -> bool:
    return parameter.default is inspect.Parameter.empty


def test_the_comparison_sees_something() -> None:
    """A regular expression that no longer finds anything would make the other tests pass."""
    assert len(RESOURCES) > 100
    assert sum(len(properties(cls)) for cls in RESOURCES.values()) > 1000


def test_the_same_resources(schema: dict[str, Any]) -> None:
    assert set(schema["resources"]) == set(RESOURCES)


def test_the_same_functions(schema: dict[str, Any]) -> None:
    root = Path(pulumi_proxmoxve.__file__).parent
    called = {token for path in root.rglob("get_*.py") for token in CALL.findall(path.read_text())}
    methods = {token for token in schema["functions"] if token.startswith("pulumi:providers:")}
    assert set(schema["functions"]) - methods == called


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_the_same_properties(schema: dict[str, Any], token: str) -> None:
    offered, asked = schema["resources"][token], RESOURCES[token]
    assert set(offered["properties"]) == properties(asked)
    assert set(offered["inputProperties"]) == properties(arguments(asked))
    assert set(offered.get("requiredInputs", [])) == required(asked)


def test_the_same_provider_settings(schema: dict[str, Any]) -> None:
    assert set(schema["provider"]["inputProperties"]) == properties(pulumi_proxmoxve.ProviderArgs)


def test_the_same_nested_values(schema: dict[str, Any]) -> None:
    """Names of nested classes are unique within a module path only, so the path is compared too."""
    asked = {}
    for module in modules():
        if module.__name__.endswith("._inputs"):
            place = module.__name__.split(".")[1:-1]
            for name, cls in inspect.getmembers(module, inspect.isclass):
                if cls.__module__ == module.__name__ and name.endswith("Args"):
                    asked["/".join([*place, name.removesuffix("Args")])] = properties(cls)
    offered = {}
    for token, shape in schema["types"].items():
        *place, name = token.split(":")[1].removeprefix("index/").split("/")
        offered["/".join([*place, name[0].upper() + name[1:]])] = set(shape["properties"])
    assert {path: offered.get(path) for path in asked} == asked
