"""`samdrift-accounts plan|apply|lacking`: one cycle on the host that reads the registers.

`lacking` says what `apply` would do, a line each, and nothing else: for programs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TextIO

from samdrift.identity import cycle
from samdrift.identity.difference import utc_now
from samdrift.identity.directory import Directory, DirectoryError

CONFIG = Path("/etc/samdrift/accounts.json")
MANY = 40
"""Changes of one kind that are told one by one; more are counted, and all are in the journal."""


def main() -> int:
    """Return 0 where everything is as it shall be, 1 where a member is held or something failed, 2 where none could."""
    parser = argparse.ArgumentParser(prog="samdrift-accounts", description=__doc__)
    parser.add_argument("verb", choices=("plan", "apply", "lacking"))
    parser.add_argument("--member", help="only this member's people")
    parser.add_argument("--override", metavar="REASON", help="why a crowd shall lose its accounts at once")
    parser.add_argument("--left", action="store_true", help="the member has left: no fault if nothing of it was here")
    parser.add_argument("--all", action="store_true", help="tell every change")
    parser.add_argument("--json", action="store_true", help="answer for a program")
    parser.add_argument("--config", type=Path, default=CONFIG, help="other settings than this host's own")
    words = parser.parse_args()
    config = cycle.Config.read(words.config)
    try:
        store = Directory(
            config.hosts, domain=config.domain, user=config.user, password=config.password, ca_file=config.ca_file
        )
        with cycle.locked(Path(config.state)):
            outcome = cycle.run(
                config, store, now=utc_now(), applying=words.verb == "apply", only=words.member, override=words.override
            )
    except (DirectoryError, LookupError) as error:
        if words.left and isinstance(error, cycle.UnknownMember):
            say("there are none")
            return 0
        say(str(error), sys.stderr)
        return 2
    if words.verb == "lacking":
        for change in outcome.changes:
            say(str(change))
    elif words.json:
        say(json.dumps(_plain(outcome), ensure_ascii=False))
    else:
        _tell(outcome, every=words.all)
    return 0 if outcome.good else 1


def say(line: str, stream: TextIO = sys.stdout) -> None:
    """Tell a line."""
    stream.write(f"{line}\n")


def _plain(outcome: cycle.Outcome) -> dict[str, object]:
    return {
        "changes": [change.record() for change in outcome.changes],
        "faults": [str(fault) for fault in outcome.faults],
        "guarded": outcome.guarded,
        "failed": outcome.failed,
        "done": outcome.done,
    }


def _tell(outcome: cycle.Outcome, *, every: bool) -> None:
    told: dict[str, int] = {}
    for change in outcome.changes:
        told[change.verb] = told.get(change.verb, 0) + 1
        if every or told[change.verb] <= MANY:
            say(str(change))
    for verb, number in told.items():
        if number > MANY and not every:
            say(f"{verb}: {number - MANY} more")
    for fault in outcome.faults:
        say(f"{fault.member} is left as it is: {fault}")
    for why in outcome.guarded.values():
        say(f"held back: {why}; look at the register, then --override REASON")
    for failure in outcome.failed[:MANY]:
        say(f"failed: {failure}")
    if len(outcome.failed) > MANY:
        say(f"failed: {len(outcome.failed) - MANY} more")
    say(f"{outcome.summary()}; {outcome.done} done")


if __name__ == "__main__":
    sys.exit(main())
