"""What is built: the parts, their pinned versions, and the digest that names a build in the cache.

Every version has one author: Python packages in pyproject.toml, Go modules in the go.mod of each part.
"""

import hashlib
import platform
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
SOURCES = REPOSITORY / "toolchain"
ENGINE_MODULE = "github.com/pulumi/pulumi/pkg/v3"

# -trimpath: the same binary wherever the module cache is; -buildvcs=false: and whatever the checkout's state.
BUILD_FLAGS = ("-trimpath", "-buildvcs=false", "-mod=readonly")


@dataclass(frozen=True)
class Part:
    """One thing to build; `files` are the names it must hold when finished."""

    name: str
    version: str
    files: tuple[str, ...]

    @property
    def sources(self) -> Path:
        """Its folder in the repository."""
        return SOURCES / self.name

    @property
    def digest(self) -> str:
        """Digest over all that decides the result: sources, versions, flags and kind of machine."""
        content = hashlib.sha256()
        for word in (self.name, self.version, *self.files, *BUILD_FLAGS, sys.platform, platform.machine()):
            content.update(word.encode() + b"\0")
        for path in sorted(path for path in self.sources.rglob("*") if path.is_file()):
            content.update(path.relative_to(self.sources).as_posix().encode() + b"\0")
            content.update(hashlib.sha256(path.read_bytes()).digest())
        return content.hexdigest()[:16]


def engine() -> Part:
    """Return the engine, with the launcher of the Python language host beside it."""
    version = required_module(SOURCES / "engine" / "go.mod", ENGINE_MODULE)
    return Part("engine", version, ("pulumi", "pulumi-language-python"))


def provider() -> Part:
    """Return the provider plugin, in the version that the Python package asks for."""
    return Part("provider", python_pin("pulumi-proxmoxve"), ("pulumi-resource-proxmoxve",))


def python_pin(name: str) -> str:
    """Return the version that pyproject.toml pins: `"pulumi==3.256.0"` gives 3.256.0."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    for requirement in project["dependencies"]:
        if requirement.startswith(f"{name}=="):
            return str(requirement.partition("==")[2])
    raise LookupError(f"pyproject.toml: dependencies: no pin {name}==VERSION")


def required_module(go_mod: Path, module: str) -> str:
    """Return the version of `module` in `go_mod`, without the leading v."""
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} v(\S+)", go_mod.read_text(), re.MULTILINE)
    if found is None:
        raise LookupError(f"{go_mod}: {module} is not required")
    return found[1]


def go_needed() -> str:
    """Return the oldest Go version that can build both parts."""
    files = [(SOURCES / part / "go.mod").read_text() for part in ("engine", "provider")]
    return max((version for text in files for version in re.findall(r"^go (\S+)", text, re.MULTILINE)), key=numbers)


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version for comparing: `v3.256.0-alpha.1` and `go1.26.3` give their first three."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
