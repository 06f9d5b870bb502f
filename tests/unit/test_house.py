"""The shape of the house: who may import whom, and the traps of a folder called `platform`."""

import ast
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STDLIB = set(sys.stdlib_module_names)

# folder -> third-party and own packages that its modules may import, beside the standard library and themselves
MAY_IMPORT = {
    "platform/samdrift/federation": {"pydantic", "yaml", "jinja2", "samdrift.federation"},
    "platform/samdrift/standard": {"pydantic", "yaml", "samdrift.standard"},
    "platform/samdrift/handover.py": {"pydantic", "samdrift.federation", "samdrift.handover"},
    # What Debian packages on the host that it is copied to.
    "platform/samdrift/identity": {"httpx", "ldap3", "samdrift.identity"},
    "platform/samdrift/components": {
        "pulumi",
        "pulumi_proxmoxve",
        "samdrift.federation",
        "samdrift.handover",
        "samdrift.components",
    },
    # yaml: the pack reads the stack files itself, so that a wrong record of ours cannot hide a wrong address.
    "policies": {"pulumi", "pulumi_policy", "yaml", "samdrift.standard", "samdrift_policies"},
    "inventories": {"samdrift.handover", "samdrift.secret", "inventories"},
    "lab/pvelab": {
        "cryptography",
        "pydantic",
        "pvelab",
        "rich",
        "starlette",
        "typer",
        "uvicorn",
        "httpx",
        "python_multipart",
    },
}


def imports_of(file: Path) -> set[str]:
    """Return the absolute names that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(), filename=str(file))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
    return found


def is_allowed(name: str, allowed: set[str]) -> bool:
    return name.split(".", maxsplit=1)[0] in STDLIB or any(name == one or name.startswith(f"{one}.") for one in allowed)


def sources(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


@pytest.mark.parametrize("place", MAY_IMPORT)
def test_imports_go_one_way(place: str) -> None:
    """Data flows from stack files to machines; an import against the stream would let it flow back."""
    files = sources(place)
    assert files, f"{place} has no Python file"
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in sorted(imports_of(file))
        if not is_allowed(name, MAY_IMPORT[place])
    ]
    assert wrong == []


def test_a_role_imports_no_other_role_and_nothing_of_samdrift() -> None:
    """A role must be usable alone, by molecule and by others."""
    wrong = []
    for file in sources("roles"):
        parts = file.relative_to(ROOT / "roles").parts
        if len(parts) < 2:
            continue
        own = {"pyinfra", "jinja2", f"roles.{parts[0]}", "roles.operations"}
        wrong += [f"{'/'.join(parts)} imports {n}" for n in imports_of(file) if not is_allowed(n, own)]
    assert wrong == []


def test_nobody_imports_tests() -> None:
    wrong = [
        str(file.relative_to(ROOT))
        for place in ("platform", "lab", "policies", "inventories", "roles")
        for file in sources(place)
        if any(name.split(".")[0] == "tests" for name in imports_of(file))
    ]
    assert wrong == []


def test_platform_folder_does_not_shadow_the_standard_module() -> None:
    """`platform/__init__.py` would break every tool that imports the standard module from the repository root."""
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert hasattr(platform, "system")
    subprocess.run([sys.executable, "-c", "import platform; platform.system()"], cwd=ROOT, check=True)


def test_every_test_function_is_collected() -> None:
    """A file with a test that pytest never collects proves nothing while it looks as if it did."""
    lost = [
        str(file.relative_to(ROOT))
        for file in sources("tests")
        if not file.name.startswith("test_")
        and any(
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
            for node in ast.walk(ast.parse(file.read_text()))
        )
    ]
    assert lost == []
