"""A drill: write, wait for a backup, lose, restore, and read again as the user; with the real loss and time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

from samdrift.federation.record import Federation
from samdrift.recovery import cycle
from samdrift.recovery.host import RecoveryError
from samdrift.recovery.probe import Probe, probes
from samdrift.recovery.restore import Kept, kept, restore
from samdrift.state import State

Say = Callable[[str], None]


@dataclass(frozen=True)
class Trial:
    """What became of one nonce."""

    host: str
    system: str
    member: str | None
    what: str
    came_back: bool
    loss_s: float | None = None
    """Real recovery point: age of the newest archive at the moment of the loss."""
    time_s: float | None = None
    """Real recovery time: from the loss until its user read it again."""
    error: str | None = None


def run(state: State, federation: Federation, *, start: bool, vault: bool, say: Say) -> tuple[Trial, ...]:
    """Try every system that is kept and has a kind of nonce. Raises: RecoveryError where nothing can be tried.

    + start: begin a cycle now; without it the next one that the hosts begin themselves is waited for
    + vault: restore from the vault's copy
    """
    everything = kept(state)
    mail = {member.key: member.domain for member in federation.members}
    with probes(state, everything, domain=federation.hall.ad_domain, mail=mail) as wanted:
        written = time.time()
        for one, some in wanted.items():
            for probe in some:
                say(f"{one.repository}: a new {probe.title}")
                try:
                    probe.write()
                except RecoveryError as error:
                    raise RecoveryError(f"{one.repository}: a new {probe.title}: {error}") from error
        _wait(state, wanted, since=written, start=start, say=say)
        if vault:
            cycle.vault(state, say=say)
        return tuple(_try(state, one, probe, vault=vault, say=say) for one, some in wanted.items() for probe in some)


def _wait(state: State, wanted: dict[Kept, list[Probe]], *, since: float, start: bool, say: Say) -> None:
    hosts = {one.host for one in wanted}
    if start:
        cycle.hosts(state, names=hosts, say=say)
        return
    say("waiting for the hosts' own backups; --now starts them")
    meant = {(one.host, one.repository) for one in wanted}
    while True:
        last = {(one.host, one.repository): one.last or {} for one in kept(state)}
        if all(last.get(one, {}).get("succeeded", 0) > since for one in meant):
            return
        time.sleep(60)


def _try(state: State, one: Kept, probe: Probe, *, vault: bool, say: Say) -> Trial:
    trial = partial(Trial, one.host, one.system, one.member, probe.title)
    try:
        probe.lose()
        began = time.time()
        answer = restore(state, one, probe.what, at=None, to=probe.to, vault=vault)
        came_back = probe.read()
        took = time.time() - began
        loss = began - datetime.fromisoformat(answer["at"]).timestamp()
        say(f"{one.repository}: {probe.title} {'is back' if came_back else 'is not back'} ({took:.0f} s)")
        error = None if came_back else "restored, and its user does not read it"
        return trial(came_back, loss_s=round(loss, 1), time_s=round(took, 1), error=error)
    except RecoveryError as error:
        say(f"{one.repository}: {probe.title}: {error}")
        return trial(False, error=str(error))


def render_json(trials: tuple[Trial, ...], *, vault: bool) -> str:
    """The report for a program."""
    plain = {"at": time.time(), "from": "vault" if vault else "store", "trials": [asdict(one) for one in trials]}
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
