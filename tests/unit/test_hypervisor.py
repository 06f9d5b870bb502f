"""The hypervisor's client: what a call began is waited for, and a bad end is told with its reason."""

from typing import Any

import pytest

from samdrift.hypervisor import Hypervisor, HypervisorError

UPID = "UPID:pve2:0000A1B2:00C3D4E5:6565A1B2:vzdump:101:root@pam:"


class Answers(Hypervisor):
    """Answers of an API, by the end of their path."""

    def __init__(self, *states: dict[str, Any], log: tuple[str, ...] = ()) -> None:
        """The states of a task, one after the other, and its log."""
        self.states, self.log, self.asked = [*states], log, list[str]()

    def call(self, method: str, path: str, /, **parameters: Any) -> Any:
        """Answer."""
        self.asked.append(path)
        return [{"t": line} for line in self.log] if path.endswith("/log") else self.states.pop(0)


RUNNING, DONE = {"status": "running"}, {"status": "stopped", "exitstatus": "OK"}


def test_a_task_is_asked_for_at_its_node_until_it_is_over() -> None:
    answers = Answers(RUNNING, DONE)
    answers.finish(UPID)
    assert answers.asked == [f"/nodes/pve2/tasks/{UPID}/status"] * 2


def test_what_is_no_task_is_over_already() -> None:
    answers = Answers()
    answers.finish(None)
    assert answers.asked == []


def test_a_bad_end_says_what_its_log_does() -> None:
    answers = Answers({"status": "stopped", "exitstatus": "job errors"}, log=("INFO: begun", "ERROR: no space left"))
    with pytest.raises(HypervisorError, match="job errors: ERROR: no space left"):
        answers.finish(UPID)


def test_a_task_that_does_not_end_is_named() -> None:
    with pytest.raises(HypervisorError, match=r"vzdump:101:.* did not end within 0 s"):
        Answers(RUNNING, RUNNING).finish(UPID, patience=0)
