"""Run the Pulumi engine for one stack: up, preview, refresh, destroy, outputs, and what a broken run leaves behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samdrift.adoption import adopt, pending_creations
from samdrift.hypervisor import Hypervisor, HypervisorError
from samdrift.orphan import GUESTS, orphans
from samdrift.state import REPOSITORY, State
from samdrift.toolchain import break_lock
from samdrift.unrecorded import bare_guests, clear

Say = Callable[[str], None]


NEVER_MADE = "no stack named"
"""What the engine says of a stack that it does not know."""


class EngineError(Exception):
    """A run of the engine failed; `log` holds everything it printed."""

    def __init__(self, message: str, *, log: Path) -> None:
        super().__init__(message)
        self.log = log


@dataclass(frozen=True)
class Changes:
    """What one run did: number of resources per operation (`create`, `update`, `same`, ...)."""

    stack: str
    operations: Mapping[str, int] = field(default_factory=dict)
    made: tuple[str, ...] = ()
    """Names of the guests that were made in this run."""

    @property
    def changed(self) -> int:
        """Resources that were not left as they were."""
        return sum(number for name, number in self.operations.items() if name != "same")


class Engine:
    """The engine on one installation's state. Needs what `samdrift.environment.environment` returns."""

    def __init__(self, state: State, environment: Mapping[str, str]) -> None:
        self._state = state
        # --event-log is one of the commands for debugging; it is also how the automation API reads what happens.
        self._environment = {**os.environ, **environment, "PULUMI_DEBUG_COMMANDS": "true"}

    def run(self, stack: str, verb: str, *arguments: str, say: Say) -> Changes:
        """Run one of `up`, `preview`, `refresh`, `destroy` on a stack without asking.

        Raises: EngineError with the engine's own diagnostics.
        """
        log = self._state.logs / f"pulumi-{stack}-{verb}.log"
        events = self._state.logs / f"pulumi-{stack}-{verb}.events"
        events.unlink(missing_ok=True)
        command = [
            "pulumi",
            verb,
            "--stack",
            stack,
            "--non-interactive",
            "--color",
            "never",
            "--event-log",
            str(events),
        ]
        command += [] if verb == "preview" else ["--yes", "--skip-preview"]
        with log.open("w") as stream:
            done = subprocess.Popen(
                [*command, *arguments],
                cwd=REPOSITORY,
                env=self._environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
            _follow(done, events, say=lambda line: say(f"{stack}: {line}"))
        if done.returncode != 0:
            said = _diagnosis(events, log) or f"pulumi {verb} ended with {done.returncode}"
            raise EngineError(said + _wrong_secret(said, self._environment), log=log)
        return Changes(stack, _summary(events), _guests_made(events))

    def outputs(self, stack: str) -> dict[str, Any]:
        """Return the stack's outputs without secrets; empty where it was never made. Raises: EngineError."""
        told = self._told("output", stack, "--json")
        return json.loads(told) if told else {}

    def deployment(self, stack: str) -> dict[str, Any]:
        """Return the stack's state as `pulumi stack export` gives it; empty where it was never made.

        Raises: EngineError where it cannot be read: a state that is not known is not an empty one.
        """
        told = self._told("export", stack)
        found: dict[str, Any] = (json.loads(told).get("deployment") or {}) if told else {}
        return found

    def _told(self, verb: str, stack: str, *options: str) -> str:
        done = self._pulumi("stack", verb, "--stack", stack, *options)
        if done.returncode != 0 and NEVER_MADE not in done.stderr:
            raise EngineError(done.stderr.strip(), log=self._state.logs)
        return done.stdout if done.returncode == 0 else ""

    def remove(self, stack: str) -> None:
        """Forget an empty stack. Raises: EngineError when it still has resources."""
        done = self._pulumi("stack", "rm", "--stack", stack, "--yes", "--preserve-config")
        if done.returncode != 0 and NEVER_MADE not in done.stderr:
            raise EngineError(done.stderr.strip(), log=self._state.logs)

    def mend(self, stack: str, *, say: Say) -> tuple[str, ...]:
        """Put right what an ended run or a hand on the hypervisor left: see `adoption`, `orphan` and `unrecorded`.

        Return the names of what an ended run began to make. Raises: EngineError.
        """
        if self._has_dead_lock(stack):
            say(f"{stack}: the lock of an ended run is cancelled")
            break_lock(stack, self._environment)
        deployment = self.deployment(stack)
        begun = tuple(one["urn"].rsplit("::", 1)[-1] for one in pending_creations(deployment))
        if begun:
            say(f"{stack}: an ended run began to make {', '.join(begun)}; looking at what the hypervisor has of it")
            self._write_deployment(stack, adopt(deployment))
            self.run(stack, "refresh", say=say)
            deployment = self.deployment(stack)
        if gone := orphans(deployment):
            say(f"{stack}: {len(gone)} firewall parts of lost guests are forgotten and made with them again")
            kept = [one for one in deployment["resources"] if one["urn"] not in gone]
            self._write_deployment(stack, {**deployment, "resources": kept})
        self._clear_rules(stack, deployment, say=say)
        return begun

    def _clear_rules(self, stack: str, deployment: Mapping[str, Any], *, say: Say) -> None:
        bare = bare_guests(deployment)
        if not bare:
            return
        try:
            cleared = clear(Hypervisor.named(self._environment), bare)
        except HypervisorError as error:
            raise EngineError(str(error), log=self._state.logs) from error
        for guest, rules in cleared.items():
            say(f"{stack}: an ended run began with {guest}'s rules; its {rules} are deleted, and all made anew")

    def _write_deployment(self, stack: str, deployment: Mapping[str, Any]) -> None:
        text = json.dumps({"version": 3, "deployment": deployment})
        done = self._pulumi("stack", "import", "--stack", stack, "--force", text=text)
        if done.returncode != 0:
            raise EngineError(done.stderr.strip(), log=self._state.logs)

    def _has_dead_lock(self, stack: str) -> bool:
        """Whether a lock of the file backend names a process that is no `pulumi` of this machine any more."""
        locks = self._state.root / "pulumi" / "backend" / ".pulumi" / "locks"
        of_stack = [file for file in locks.rglob("*.json") if file.parent.name == stack]
        return any(not _is_pulumi(json.loads(file.read_text() or "{}").get("pid")) for file in of_stack)

    def _pulumi(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=REPOSITORY,
            env=self._environment,
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )


def _wrong_secret(said: str, environment: Mapping[str, str]) -> str:
    """Say where the secret stands that was refused; nothing where none was."""
    if "HTTP 401" in said:
        token, _, _ = environment.get("PROXMOX_VE_API_TOKEN", "").partition("=")
        return f"\n{environment.get('PROXMOX_VE_ENDPOINT')} refuses the token {token} of PROXMOX_VE_API_TOKEN"
    if "incorrect passphrase" in said:
        file = environment.get("PULUMI_CONFIG_PASSPHRASE_FILE")
        return f"\nthe stacks' secrets were written with another passphrase than {file} holds now"
    return ""


def _is_pulumi(pid: object) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == "pulumi"
    except OSError:
        return False


def _follow(process: subprocess.Popen[bytes], events: Path, *, say: Say) -> None:
    """Say each resource as its operation ends, until the process ends."""
    position = 0
    while True:
        try:
            process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            ended = False
        else:
            ended = True
        if events.exists():
            with events.open() as stream:
                stream.seek(position)
                for line in iter(stream.readline, ""):
                    if not line.endswith("\n"):
                        break
                    position = stream.tell()
                    if text := _progress(json.loads(line)):
                        say(text)
        if ended:
            return


def _progress(event: Mapping[str, Any]) -> str:
    outcome = event.get("resOutputsEvent")
    if not outcome:
        return ""
    step = outcome["metadata"]
    if step["op"] in {"same", "read"} or step["type"].startswith(("pulumi:", "samdrift:")):
        return ""
    return f"{step['op']} {step['type'].rsplit(':', 1)[-1].removesuffix('Legacy')} {step['urn'].rsplit('::', 1)[-1]}"


def _summary(events: Path) -> dict[str, int]:
    total: Counter[str] = Counter()
    for line in events.read_text().splitlines():
        if found := json.loads(line).get("summaryEvent"):
            total.update(found.get("resourceChanges") or {})
    return dict(total)


def _guests_made(events: Path) -> tuple[str, ...]:
    steps = [
        json.loads(line).get("resOutputsEvent", {}).get("metadata", {}) for line in events.read_text().splitlines()
    ]
    return tuple(
        step["urn"].rsplit("::", 1)[-1] for step in steps if "create" in step.get("op", "") and step["type"] in GUESTS
    )


def _diagnosis(events: Path, log: Path) -> str:
    """Return the errors that the engine reported, or what the program said itself, or the log's last lines."""
    said: dict[str, list[str]] = {"error": [], "info#err": []}
    for line in events.read_text().splitlines() if events.exists() else ():
        found = json.loads(line).get("diagnosticEvent") if line.endswith("}") else None
        if found and found.get("severity") in said:
            where = found.get("urn", "").rsplit("::", 1)[-1]
            text = re.sub(r"<\{%.*?%\}>", "", found["message"]).strip()  # colour codes
            said[found["severity"]].append(f"{where}: {text}" if where else text)
    lines = said["error"] or said["info#err"] or log.read_text().strip().splitlines()[-6:]
    return "\n".join(dict.fromkeys(lines))
