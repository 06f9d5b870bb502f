"""What a scenario asks for, as host records of the real federation: nothing is described a second time.

`scenario.yaml` beside a scenario's `molecule.yml`:

    guests: [ystad-gw, ystad-adm]      # these guests of the federation stand in the scenario's lab
    deployed: [ystad-gw]               # these become what their roles say; the others are there to look from
    desk: {transit: [10.0.4.1/22]}     # the desk's own addresses, by VNet: it plays who is missing, such as edge
    routes: {10.80.96.0/20: 10.0.4.138}
    packages: {vnet: transit, address: 10.0.4.9/22}
    legs: {ystad-adm: {vnet: svc, ipv4: 10.0.0.50/24, ...}}   # moved to another network
    people: {staff: 2, pupils: 3}      # size of each member's sample
    bastion: true                      # guests are reached through edge; a desk with a leg beside theirs would answer
                                       # past edge, which drops what it saw only half of
    covers: [backup, vault]            # roles that have no scenario of their own, because they only make sense together
    settings: {database: {systems: []}}    # of a role, instead of the federation's
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from samdrift.federation.load import load_federation
from samdrift.handover import HostRecord, fill_members, host_records
from samdrift.identity.sample.people import people

ROOT = Path(__file__).resolve().parents[2]
PORT = 3142


@dataclass(frozen=True)
class Scenario:
    """One scenario's lab."""

    name: str
    guests: list[str]
    deployed: list[str]
    desk: dict[str, list[str]]
    packages: dict[str, str]
    routes: dict[str, str] = field(default_factory=dict)
    legs: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    bastion: bool = False
    covers: list[str] = field(default_factory=list)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def proxy(self) -> str:
        """Where the scenario's guests find packages."""
        return f"http://{self.packages['address'].split('/')[0]}:{PORT}"

    def records(self) -> list[HostRecord]:
        """The host records of the scenario's guests, in the order named."""
        federation = load_federation(ROOT / "stacks", "ystad-osterlen")
        everyone = fill_members(one for stack in federation.stacks for one in host_records(federation, stack))
        found = {record.name: record for record in everyone}
        return [self._placed(found[name]) for name in self.guests]

    def networks(self) -> list[str]:
        """Names of the VNets the lab needs."""
        legs = {leg.vnet for record in self.records() for leg in record.interfaces}
        return sorted(legs | set(self.desk) | {self.packages["vnet"]})

    def _placed(self, record: HostRecord) -> HostRecord:
        plain = record.model_dump(mode="json")
        plain["ssh"]["jump"] = record.ssh.jump if self.bastion else None
        plain["roles"]["base"]["packages_proxy"] = self.proxy
        if leg := self.legs.get(record.name):
            plain["interfaces"] = [{**plain["interfaces"][0], **leg}]
            plain["ssh"]["address"] = leg["ipv4"].split("/")[0]
        if "directory" in plain["roles"] and self.people:
            members = plain["roles"]["directory"]["members"]
            plain["roles"]["directory"]["people"] = [] if "accounts" in self.guests else self._invented(members)
        for member in plain["roles"].get("accounts", {}).get("members", []):
            member["sample"] = self.people
        for role, changed in self.settings.items():
            if role in plain["roles"]:
                plain["roles"][role] |= changed
        return HostRecord.model_validate(plain)

    def _invented(self, members: list[dict[str, Any]]) -> list[dict[str, str]]:
        """People that the directory makes itself where no host reads registers; with the same accounts."""
        return [
            {
                "account": f"{member['key']}.{one.number}",
                "member": member["key"],
                "kind": kind,
                "first": one.first,
                "last": one.last,
                "mail": one.address(member["domain"]),
            }
            for member in members
            for kind in ("staff", "pupils")
            for one in people(member["key"], kind, kind[0], self.people.get(kind, 0))
        ]


def read(name: str) -> Scenario:
    """Return the scenario of that name."""
    text = (Path(__file__).parent / name / "scenario.yaml").read_text()
    return Scenario(name=name, **yaml.safe_load(text))
