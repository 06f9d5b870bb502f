"""Answer questions: a JSON line {number, call, arguments} in, one {number, answer} or {number, error, sentence} out."""

import importlib
import json
import sys
import types


def install(sources: dict[str, str]) -> None:
    """Make modules of the sources that came with this program; they import each other by their own names."""
    for package in ("tests", "tests.checks", "tests.checks.probe", "tests.checks.probe.remote"):
        module = sys.modules[package] = types.ModuleType(package)
        module.__path__ = []
    for name in sources:
        full = f"tests.checks.probe.remote.{name}"
        module = sys.modules[full] = types.ModuleType(full)
        setattr(sys.modules["tests.checks.probe.remote"], name, module)
    for name, source in sources.items():
        full = f"tests.checks.probe.remote.{name}"
        exec(compile(source, f"<probe {name}>", "exec"), sys.modules[full].__dict__)


def serve() -> None:
    """Answer until the input ends."""
    for line in sys.stdin.buffer:
        request = json.loads(line)
        module, _, function = request["call"].partition(".")
        try:
            call = getattr(importlib.import_module(f"tests.checks.probe.remote.{module}"), function)
            answer = {"number": request["number"], "answer": call(**request["arguments"])}
        except Exception as error:  # every failure belongs to the one who asked
            answer = {"number": request["number"], "error": type(error).__name__, "sentence": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
