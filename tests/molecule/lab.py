"""A scenario's lab: `python -m tests.molecule.lab create|destroy`, called by molecule's playbooks.

Speaks the hypervisor's own API; keeps keys, secrets and host records in molecule's folder of the scenario.
"""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from inventories.ssh import forget, ssh_config, way_in
from samdrift.handover import HostRecord, write_json
from samdrift.hypervisor import Hypervisor
from samdrift.secret import make, names_in
from tests.molecule.scenario import PORT, ROOT, Scenario, read

PVELAB = str(Path(sys.executable).with_name("pvelab"))
NODE = "pve1"


def pvelab(*words: str) -> str:
    """Run a verb of pvelab; its own words are the error."""
    done = subprocess.run([PVELAB, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"pvelab {' '.join(words)}: {done.stderr or done.stdout}")
    return done.stdout


def create(scenario: Scenario, state: Path) -> None:
    """Start the lab with the scenario's networks and guests, and write what the inventory reads."""
    desk = [word for vnet, addresses in scenario.desk.items() for word in ("--desk", f"{vnet}={','.join(addresses)}")]
    routes = [word for prefix, via in scenario.routes.items() for word in ("--route", f"{prefix}={via}")]
    packages = f"{scenario.packages['vnet']}={scenario.packages['address']}:{PORT}"
    name = lab_name(scenario)
    pvelab("start", "--name", name, "--nodes", NODE, *desk, *routes, "--packages", packages)
    status = json.loads(pvelab("status", "--name", name, "--json"))
    token, records = Path(status["token_file"]).read_text().strip(), scenario.records()
    verify = ssl.create_default_context(cafile=status["ca_file"])
    hypervisor = Hypervisor(status["endpoint"], token, verify=verify)
    prepare(state, status, records)
    if not hypervisor.call("GET", "/cluster/sdn/zones"):
        hypervisor.call("POST", "/cluster/sdn/zones", zone="hall", type="vlan", bridge="vmbr0")
        for tag, vnet in enumerate(scenario.networks(), start=10):
            hypervisor.call("POST", "/cluster/sdn/vnets", vnet=vnet, zone="hall", tag=tag)
        hypervisor.finish(hypervisor.call("PUT", "/cluster/sdn"))
    standing = {guest["vmid"] for guest in hypervisor.call("GET", f"/nodes/{NODE}/lxc")}
    for record in records:
        if record.vm_id not in standing:
            forget(record.name, state)
            made = container(record, template=status["templates"][0], key=public_key(state, record))
            hypervisor.finish(hypervisor.call("POST", f"/nodes/{NODE}/lxc", **made))
    (state / "hosts.json").write_text(write_json(records))
    (state / "deployed.json").write_text(json.dumps(scenario.deployed))
    (state / "ssh" / "config").write_text(ssh_config(records, state, way_in=way_in(state)))


def prepare(state: Path, status: dict[str, Any], records: list[HostRecord]) -> None:
    """Make the scenario's keys and secrets."""
    for folder in ("ssh/known_hosts.d", "secrets"):
        (state / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    (state / "lab.json").write_text(json.dumps(status))
    for name in names_in([record.roles for record in records]):
        _secret(state, name)
    for key in {state / "ssh" / record.ssh.key for record in records}:
        if not key.exists():
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "molecule", "-f", str(key)]
            subprocess.run(command, check=True)


def public_key(state: Path, record: HostRecord) -> str:
    """Return the public key that opens the host."""
    return (state / "ssh" / f"{record.ssh.key}.pub").read_text().strip()


def _secret(state: Path, name: str) -> str:
    file = state / "secrets" / name
    if not file.exists():
        file.write_text(make(name, read=partial(_secret, state)))
    return file.read_text()


def container(record: HostRecord, *, template: str, key: str) -> dict[str, object]:
    """Return the parameters that make the record's container."""
    unprivileged = "directory" not in record.roles
    found: dict[str, object] = {
        "vmid": record.vm_id,
        "hostname": record.fqdn,
        "ostemplate": template,
        "rootfs": "local:8",
        "memory": 2048,
        "cores": 2,
        "unprivileged": int(unprivileged),
        "nameserver": " ".join(record.nameservers),
        "ssh-public-keys": key,
        "start": 1,
    }
    if unprivileged:
        found["features"] = "nesting=1"
    for number, leg in enumerate(record.interfaces):
        words = [f"name={leg.name}", f"bridge={leg.vnet}", f"hwaddr={leg.mac}", f"ip={leg.ipv4}", f"ip6={leg.ipv6}"]
        words += [f"gw={leg.gateway4}"] * bool(leg.gateway4) + [f"gw6={leg.gateway6}"] * bool(leg.gateway6)
        found[f"net{number}"] = ",".join([*words, "type=veth"])
    return found


def lab_name(scenario: Scenario) -> str:
    """Return the name of the scenario's lab: nobody else's, another checkout's neither."""
    return f"molecule-{scenario.name}-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]}"


def main(verb: str) -> None:
    """Do what molecule's playbook asks for."""
    scenario = read(os.environ["MOLECULE_SCENARIO_NAME"])
    if verb == "create":
        create(scenario, Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]))
    else:
        pvelab("stop", "--name", lab_name(scenario), "--destroy")


if __name__ == "__main__":
    os.chdir(ROOT)
    main(sys.argv[1])
