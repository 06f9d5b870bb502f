"""Everything that can be known about stacks without a hypervisor: schema, address plan, policies.

The schema and the plan are the loader's; the policies judge what the program declares under a rehearsal, in a process
of its own, because the engine's runtime has one state per process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from samdrift.federation.load import load_federation
from samdrift.federation.mistake import LoadError, Mistake


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; `subject` is a resource's name, or file, line and key."""

    subject: str
    message: str


@dataclass(frozen=True)
class Result:
    """What one rule says about one subject of `samdrift check`.

    `stack` is a stack's name, or the federation's for rules about all stacks together; `rule` is `stack-file`,
    `program-declares` or a policy's name; `requirement` is an id of the standard.
    """

    stack: str
    rule: str
    requirement: str
    severity: str
    description: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


class CheckError(Exception):
    """The judging process itself failed; the message ends with its last lines."""


def check_stack(stacks: Path, name: str) -> tuple[Result, ...]:
    """Check one stack (`<federation>.<key>`). Its federation's other files are read too: plans must not overlap."""
    return check_stacks(stacks, federation=name.partition(".")[0], names=[name])


def check_stacks(stacks: Path, *, federation: str | None = None, names: Sequence[str] = ()) -> tuple[Result, ...]:
    """Check the named stacks of a federation, all of them where none is named.

    Mistakes in stack files end the check early: what they would declare is not known.
    Raises: CheckError; LookupError for a stack that has no file.
    """
    try:
        found = load_federation(stacks, federation)
    except LoadError as error:
        return (_stack_file(federation or stacks.name, tuple(map(_finding, error.mistakes))),)
    wanted = [found.stack(name).name for name in names] or [stack.name for stack in found.stacks]
    return (*(_stack_file(name, ()) for name in wanted), *_judged(stacks, wanted))


def exit_code(results: Sequence[Result]) -> int:
    """Return 0 where every result passed and there is at least one, else 1."""
    return 0 if results and all(result.passed for result in results) else 1


def _judged(stacks: Path, names: Sequence[str]) -> tuple[Result, ...]:
    command = [sys.executable, "-m", "samdrift.judgement", str(stacks.resolve()), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise CheckError(f"the policies could not be evaluated for {', '.join(names)}:\n{last}")
    return tuple(
        Result(
            stack=one["stack"],
            rule=one["rule"],
            requirement=one["requirement"],
            severity=one["severity"],
            description=one["description"],
            findings=tuple(
                Finding(v["subject"].rsplit("::", 1)[-1] or one["stack"], v["message"]) for v in one["violations"]
            ),
        )
        for one in json.loads(done.stdout)
    )


def _finding(mistake: Mistake) -> Finding:
    where = f"{mistake.file}:{mistake.line}" if mistake.line else mistake.file
    key = f"{mistake.key}: " if mistake.key else ""
    return Finding(where, f"{key}found {mistake.found}; accepted: {mistake.accepted}")


def _stack_file(name: str, findings: tuple[Finding, ...]) -> Result:
    return Result(
        stack=name,
        rule="stack-file",
        requirement="ONB-02",
        severity="critical",
        description="Checks that the stack files say what the schema accepts and their address plans fit together.",
        findings=findings,
    )
