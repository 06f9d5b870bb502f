"""BAK-03: one copy that nobody of the hall can destroy."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.compliance.target import confirm
from samdrift.environment import environment
from samdrift.handover import ENGINEER_KEY, VAULT_KEY
from samdrift.hypervisor import Hypervisor, HypervisorError
from samdrift.recovery.host import RecoveryError, command, run
from samdrift.recovery.restore import Kept, restore
from samdrift.secret import public
from tests.checks.scene import Scene
from tests.checks.watch import first

CLIENT, LOCK = "dc1", "/run/samdrift-backup.lock"
PENALTY = 90.0
"""Seconds for which whoever tried a wrong key may be shut out."""
ATTEMPTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/status/stop", {}),
    ("DELETE", "", {"force": 1}),
    ("PUT", "/config", {"delete": "timezone"}),
    ("POST", "/snapshot", {"snapname": "taken"}),
)


@pytest.mark.requirement("BAK-03")
def test_bak_03_copy_out_of_the_halls_reach(scene: Scene, evidence: Evidence) -> None:
    """Whoever takes the hall over destroys the backups first: it is what makes people pay."""
    confirm(scene.state)  # what follows deletes a repository, though its own
    evidence.need(len(ATTEMPTS) + 7)
    wrong = [*by_network(scene, evidence), *by_token(scene, evidence), *by_the_vaults_key(scene, evidence)]
    wrong += by_the_store(scene, evidence)
    wrong += by_ssh(scene, evidence)  # last: who tries wrong keys is not let in for a while, and comes by the bastion
    assert not wrong, first(wrong)


def by_ssh(scene: Scene, evidence: Evidence) -> Iterator[str]:
    """No key of the hall's is among those that the vault lets in; the engineer's, which opens all else, is tried."""
    own = (scene.state.ssh / f"{VAULT_KEY}.pub").read_text().split()[1]
    allowed = run(scene.state, "vault", "cat /root/.ssh/authorized_keys* 2>/dev/null; true")
    engineer = scene.state.ssh / ENGINEER_KEY
    keys = {ENGINEER_KEY: engineer.with_suffix(".pub").read_text()}
    keys |= {one.name: public(one.name, one.read_text()) for one in (scene.state.root / "secrets").glob("*.ed25519")}
    for name, line in sorted(keys.items()):
        evidence.case()
        if line.split()[1] in allowed:
            yield f"{name} enters the vault"
    evidence.case()
    for line in allowed.splitlines():
        if "ssh-" in line and own not in line:
            yield f"the vault lets in another key: {line.split()[-1]}"
    evidence.control("the engineer's key enters the store", alive=enters(scene, "backup", str(engineer)))
    evidence.case()
    if enters(scene, "vault", str(engineer)):
        yield "the engineer's key for the hall enters the vault"
    let_in_again(scene)


def let_in_again(scene: Scene) -> None:
    """Wait until sshd has forgiven the bastion the wrong key (PerSourcePenalties of OpenSSH)."""
    deadline = time.monotonic() + PENALTY
    while True:
        try:
            run(scene.state, "vault", "true", patience=30.0)
        except RecoveryError:
            if time.monotonic() > deadline:
                raise
            time.sleep(2.0)
        else:
            return


def enters(scene: Scene, host: str, key: str) -> bool:
    """Whether a private key opens root's account there, by the engineer's way."""
    way = f"ssh -F {scene.state.ssh / 'config'} -W [{scene.guests[host].interfaces[0].ipv4.ip}]:22 edge"
    options = ("IdentitiesOnly=yes", "BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null")
    words = [word for option in (*options, f"ProxyCommand={way}") for word in ("-o", option)]
    command = ["ssh", "-F", "/dev/null", *words, "-i", key, f"root@{host}", "true"]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


def by_network(scene: Scene, evidence: Evidence) -> Iterator[str]:
    """Nothing of the hall but the bastion opens a connection to the vault."""
    vault = scene.guests["vault"].interfaces[0]
    for host in ("backup", "dc1"):
        station = scene.station(host)
        near = scene.guests["dc2"].interface("svc")
        allowed = {"name": "dc2", "address": str(near.ipv4.ip), "protocol": "tcp", "port": 389}
        targets = [
            {"name": "vault", "address": str(one), "protocol": "tcp", "port": 22}
            for one in (vault.ipv4.ip, vault.ipv6.ip)
        ]
        answers = station.ask("sender.burst", targets=[*targets, allowed], word=secrets.token_hex(8))
        evidence.control(f"{host} reaches dc2 in the same second", alive=answers[-1]["result"] == "answered")
        for one in answers[:-1]:
            evidence.case()
            if one["result"] == "answered":
                yield f"{host} reaches the vault at {one['address']}"


def by_token(scene: Scene, evidence: Evidence) -> Iterator[str]:
    """The rights of the hall's token, tried on the vault's guest with a second token of the same user."""
    hypervisor = Hypervisor.named(environment(scene.state, say=evidence.note))
    user, guest = f"{scene.federation.hall.name}@pve", scene.guests["vault"]
    path = f"/nodes/{guest.node}/lxc/{guest.vm_id}"
    members = hypervisor.call("GET", f"/pools/{scene.federation.hall.name}")["members"]
    evidence.case()
    if guest.vm_id in {one.get("vmid") for one in members}:
        yield "the vault's guest is in the hall's pool: both copies are in one hand"
    with token_of(hypervisor, user) as client:
        edge = scene.guests["edge"]
        seen = client.get(f"/nodes/{edge.node}/lxc/{edge.vm_id}/config")
        evidence.control("the hall's rights show the hall's own guest", alive=seen.status_code == 200)
        for method, part, data in ATTEMPTS:
            evidence.case()
            asks = method == "DELETE"
            answer = client.request(method, f"{path}{part}", params=data if asks else None, data=None if asks else data)
            if answer.status_code != 403:
                yield f"the hall's token was not refused {method} on the vault's guest: {answer.status_code}"


@contextmanager
def token_of(hypervisor: Hypervisor, user: str) -> Iterator[httpx.Client]:
    """A client with a token that has all rights of the user."""
    path = f"/access/users/{user}/token/probe"
    with contextlib.suppress(HypervisorError):  # of an earlier run that was killed, if any
        hypervisor.call("DELETE", path)
    made = hypervisor.call("POST", path, privsep=0)
    try:
        with hypervisor.like(f"{made['full-tokenid']}={made['value']}") as client:
            yield client
    finally:
        hypervisor.call("DELETE", path)


def by_the_vaults_key(scene: Scene, evidence: Evidence) -> Iterator[str]:
    """The key by which the vault reads writes nothing: who takes the vault over does not thereby have the store."""
    evidence.case()
    shell = (
        "ssh -F none -p 2222 -i /etc/samdrift/vault/key -o IdentitiesOnly=yes -o BatchMode=yes"
        " -o HostKeyAlias=samdrift-store -o UserKnownHostsFile=/etc/samdrift/vault/known_hosts"
    )
    store = scene.guests["backup"].interface("svc").ipv4.ip
    listed = run(scene.state, "vault", f"rsync -e '{shell}' vault@{store}:/ 2>&1 | head -3; true")
    evidence.control("the vault lists the store", alive=CLIENT in listed or "drwx" in listed)
    line = f"echo x > /tmp/x; rsync -e '{shell}' /tmp/x vault@{store}:/taken 2>&1 && echo WRITTEN; rm -f /tmp/x"
    if "WRITTEN" in run(scene.state, "vault", line):
        yield "the vault's key may write to the store"


def by_the_store(scene: Scene, evidence: Evidence) -> Iterator[str]:
    """As root of the backup server: remove a whole repository. The vault holds what it had, and gives it back."""
    state, word = scene.state, secrets.token_hex(12)
    with cycles_held(scene) as hold, system_made(scene, word) as one:
        run(state, CLIENT, f"samdrift-backup cycle {one.repository}")
        hold()
        run(state, "vault", "samdrift-vault pull || true")
        held = json.loads(run(state, "vault", "samdrift-vault status"))
        name = next((part for part in held["fetched"] if part.startswith(f"{CLIENT}/{one.repository}/")), "")
        evidence.control("the vault has fetched the new repository", alive=bool(name))
        run(state, "backup", f"rm -rf /srv/backup/{CLIENT}/{one.repository}")
        run(state, "vault", "samdrift-vault pull || true")
        evidence.case()
        told = json.loads(run(state, "vault", "samdrift-vault status"))
        if name not in told["held"]:
            why = told["error"] or "it saw nothing wrong"
            yield f"the vault raised no alarm when a repository vanished from the store: {why}"
        evidence.case()
        if not (alarm := heard(scene)) or name not in alarm:
            yield f"nobody in the hall hears that the vault holds {name}: {alarm or 'the unit is well'}"
        try:
            folder = f"/var/lib/samdrift/restored/{word}"
            restore(state, one, (), at=None, to=folder, vault=True)
            back = run(state, CLIENT, f"cat {folder}/srv/{one.system}/word; rm -rf {folder}").strip()
        except RecoveryError as error:
            back = str(error)
        evidence.case()
        if back != word:
            yield f"what the store lost does not come back from the vault: {back}"
        run(state, "vault", f"samdrift-vault accept {name} || true; samdrift-vault pull || true")
        evidence.case()
        if name in (alarm := heard(scene)):
            yield f"the alarm goes on after a person has accepted what is held: {alarm}"


def heard(scene: Scene) -> str:
    """Why the unit on the backup server has failed that says how the vault is: the monitor has a case made of it."""
    unit = "samdrift-heard.service"
    words = f"systemctl start {unit} 2>/dev/null || journalctl -q -I -u {unit} -o cat --no-pager"
    return run(scene.state, "backup", words)


@contextmanager
def cycles_held(scene: Scene) -> Iterator[Callable[[], None]]:
    """Yield what makes the host's own backups wait, once it is called, until the end: one of them would find the store
    without the repository, or the system without what it declares, and be right to fail.
    """
    line = f"read go && exec flock {LOCK} sh -c 'echo held && exec cat'"
    holder = subprocess.Popen(
        command(scene.state, CLIENT, line), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin
    assert holder.stdout

    def hold() -> None:
        print("go", file=holder.stdin, flush=True)
        if holder.stdout.readline() != "held\n":  # type: ignore[union-attr]
            raise OSError(f"{CLIENT}: backups cannot be made to wait")

    try:
        yield hold
    finally:
        holder.stdin.close()
        holder.wait(timeout=60)


@contextmanager
def system_made(scene: Scene, word: str) -> Iterator[Kept]:
    """A system of this check's own on a host of the hall, with a word to keep."""
    name = f"probe-{word[:8]}"
    kept = {"system": name, "member": None, "paths": [f"/srv/{name}"], "dump": None, "restore": None}
    file = f"/etc/samdrift/backup.d/{name}.yaml"
    run(scene.state, CLIENT, f"mkdir -p /srv/{name} && cat > /srv/{name}/word", given=word)
    run(scene.state, CLIENT, f"cat > {file}.part && mv {file}.part {file}", given=json.dumps(kept))
    try:
        yield Kept(CLIENT, name, None, None)
    finally:
        run(
            scene.state,
            CLIENT,
            f"rm -rf {file} /srv/{name} /etc/borgmatic.d/{name}.yaml /var/lib/samdrift/backup/{name}.json",
        )
