"""Answer questions: a JSON line {number, call, arguments} in, one {number, answer} or {number, error, sentence} out."""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
import types
from collections.abc import Sequence

PACKAGE = "tests.checks.probe.remote"


class _Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Compiles a module when it is first asked for: most stations are asked for two or three of them."""

    def __init__(self, sources: dict[str, str]) -> None:
        self._sources = {f"{PACKAGE}.{name}": source for name, source in sources.items()}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        known = fullname in self._sources
        return importlib.util.spec_from_loader(fullname, self, origin=f"<probe {fullname}>") if known else None

    def exec_module(self, module: types.ModuleType) -> None:
        exec(compile(self._sources[module.__name__], f"<probe {module.__name__}>", "exec"), module.__dict__)


def install(sources: dict[str, str]) -> None:
    """Make modules of the sources that came with this program; they import each other by their own names."""
    names = PACKAGE.split(".")
    for package in (".".join(names[: count + 1]) for count in range(len(names))):
        module = sys.modules[package] = types.ModuleType(package)
        module.__path__ = []
    sys.meta_path.insert(0, _Sources(sources))


def serve() -> None:
    """Answer until the input ends."""
    for line in sys.stdin.buffer:
        request = json.loads(line)
        module, _, function = request["call"].partition(".")
        try:
            call = getattr(importlib.import_module(f"{PACKAGE}.{module}"), function)
            answer = {"number": request["number"], "answer": call(**request["arguments"])}
        except Exception as error:  # every failure belongs to the one who asked
            answer = {"number": request["number"], "error": type(error).__name__, "sentence": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
