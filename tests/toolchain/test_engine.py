"""Plain `pulumi` from the root of a clone: every command of the README, and nothing of ours in its output."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from samdrift.toolchain import break_lock, init_stack, stackfile
from tests.toolchain.conftest import Checkout

pytestmark = pytest.mark.toolchain


@pytest.fixture(autouse=True)
def clone_stays_clean(checkout: Checkout) -> Iterator[None]:
    yield
    assert checkout.run("git", "status", "--porcelain") == (0, "")


def is_quiet(output: str) -> bool:
    return not any(word in output.lower() for word in ("warning", "traceback", "keyboardinterrupt", "grpc"))


def run_until_waiting(checkout: Checkout) -> "subprocess.Popen[str]":
    """Start `pulumi up` of the slow program and return once that program waits."""
    process = checkout.popen("pulumi", "up", "-y", "-s", "fed.slow", "--policy-pack", "policies", "--skip-preview")
    assert process.stdout is not None
    while "waiting" not in process.stdout.readline():
        assert process.poll() is None
    return process


def processes_of(checkout: Checkout) -> list[str]:
    """Command lines of processes that were started from the clone."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return [line for line in found if f"{checkout.root}/platform" in line]


def test_preview_up_refresh_output_and_destroy(checkout: Checkout) -> None:
    for command in (["preview"], ["up", "-y"], ["refresh", "-y"]):
        code, output = checkout.run("pulumi", *command, "-s", "fed.one")
        assert code == 0, output
        assert is_quiet(output), output
    assert checkout.run("pulumi", "stack", "output", "size", "-s", "fed.one") == (0, "4\n")
    code, output = checkout.run("pulumi", "destroy", "-y", "-s", "fed.one")
    assert code == 0, output
    assert is_quiet(output), output


def test_two_stacks_at_once_with_a_key_each(checkout: Checkout) -> None:
    assert checkout.run("pulumi", "up", "-y", "-s", "fed.one")[0] == 0
    running = [checkout.popen("pulumi", "up", "-y", "-s", stack) for stack in ("fed.one", "fed.two")]
    outputs = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    keys = checkout.state / "pulumi" / "keys"
    assert stackfile.salt(keys, "fed.one") != stackfile.salt(keys, "fed.two")
    states = [path.read_text() for path in (checkout.state / "pulumi" / "backend").rglob("fed.*.json")]
    assert states
    assert not any("a word that is not in the state" in state for state in states)


def test_secret_output_of_another_stack_is_readable_and_stays_secret(checkout: Checkout) -> None:
    checkout.run("pulumi", "up", "-y", "-s", "fed.one")
    checkout.run("pulumi", "up", "-y", "-s", "fed.two")
    assert checkout.run("pulumi", "stack", "output", "seen", "-s", "fed.two") == (0, "[secret]\n")
    shown = checkout.run("pulumi", "stack", "output", "seen", "-s", "fed.two", "--show-secrets")
    assert shown == (0, "a word that is not in the state\n")


def test_violated_policy_stops_the_preview(checkout: Checkout) -> None:
    code, output = checkout.run("pulumi", "preview", "-s", "fed.one", "--policy-pack", "policies")
    assert code != 0
    assert "boxes are not allowed" in output
    assert is_quiet(output), output


def test_error_of_the_program_is_its_own_traceback(checkout: Checkout) -> None:
    code, output = checkout.run("pulumi", "preview", "-s", "fed.bad")
    assert code != 0
    assert "ValueError: not today" in output
    assert "__main__.py" in output
    assert "runpy" not in output


@pytest.mark.parametrize("seconds", [0.3, 0.6, 0.9, 1.2])
def test_interrupt_while_starting_is_quiet(checkout: Checkout, seconds: float) -> None:
    process = checkout.popen("pulumi", "preview", "-s", "fed.slow", "--policy-pack", "policies")
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode != 0
    assert is_quiet(output), output


def test_interrupt_while_the_program_runs_is_quiet_and_frees_the_stack(checkout: Checkout) -> None:
    process = run_until_waiting(checkout)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode != 0
    assert is_quiet(output), output
    assert processes_of(checkout) == []
    code, output = checkout.run("pulumi", "destroy", "-y", "-s", "fed.slow")
    assert code == 0, output


def test_killed_engine_leaves_no_process_and_its_lock_can_be_broken(checkout: Checkout) -> None:
    process = run_until_waiting(checkout)
    process.kill()
    process.communicate(timeout=30)
    deadline = time.monotonic() + 10
    while processes_of(checkout) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(checkout) == []
    assert "locked" in checkout.run("pulumi", "destroy", "-y", "-s", "fed.slow")[1]
    break_lock("fed.slow", checkout.variables)
    code, output = checkout.run("pulumi", "destroy", "-y", "-s", "fed.slow")
    assert code == 0, output


def test_lost_salt_comes_back_from_the_state(checkout: Checkout) -> None:
    assert checkout.run("pulumi", "up", "-y", "-s", "fed.one")[0] == 0
    keys = checkout.state / "pulumi" / "keys"
    before = stackfile.salt(keys, "fed.one")
    (keys / stackfile.file_name("fed.one")).unlink()
    assert init_stack("fed.one", checkout.variables)
    assert stackfile.salt(keys, "fed.one") == before
    assert not init_stack("fed.one", checkout.variables)
