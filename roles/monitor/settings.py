"""What `monitor` must know: hosts, what is tried from where, the desk that hears of it, and who lets people look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roles.operations import certificate, front
from roles.operations.setting import require, require_addresses, require_domain, require_name


@dataclass(frozen=True)
class Settings:
    """Facts of the monitor; dictionaries and lists as they come from JSON."""

    fqdn: str
    certificate: dict[str, Any]
    portal: dict[str, str] = field(repr=False)
    """`{"issuer", "client", "callback", "secret", "seal"}`: who signs people in, as what the pages ask there; `seal`
    keeps what a browser holds of a sign-in from being read or changed."""
    desk: dict[str, str] = field(repr=False)
    """`{"host", "user", "password"}`: where cases are opened by the API, and as whom."""
    hosts: list[dict[str, str]]
    """`{"name", "address", "service", "behind"}` of the hall's hosts; behind `edge` is what is not in the monitor's own
    network."""
    looks: list[dict[str, Any]]
    """`{"name", "service", "networks", "module", "targets"}`: what is tried from a member's networks."""
    services: dict[str, dict[str, str]]
    """Service -> `{"title", "system"}`: as people read it, and what a case about it is about at the desk."""
    members: list[dict[str, Any]] = field(default_factory=list)
    """`{"key", "name", "services", "gateway", "sites"}`; a site is a workplace: `{"name", "network", "address"}`."""
    echoed: list[dict[str, str]] = field(default_factory=list)
    """Like `hosts`: those that may be asked for an echo and nothing else."""
    host_port: int = 9100
    probe_port: int = 9115
    transaction_port: int = 9116
    interval_s: int = 30
    """Between two samples."""
    scrape_s: int = 15
    patience_s: int = 45
    """A failure is told once it lasts this long: a restart is none. With the intervals before it, the notice after it
    and the desk itself a case is there within three minutes; five are agreed (MON-01)."""
    seconds: int = 5
    """A service that takes longer has failed, as a person sees it."""
    keep_days: int = 14
    """Of Prometheus' measurements. Samples are kept without end."""
    entry: str = "Servicedesk"
    """The desk's queue for what is no single member's."""

    def __post_init__(self) -> None:
        """Refuse what would leave something unwatched, or tell nobody, or let anybody look."""
        require_domain("monitor.fqdn", self.fqdn)
        certificate.check(self.certificate, role="monitor")
        front.check(self.portal, role="monitor")
        require_domain("monitor.desk.host", self.desk.get("host", ""))
        require_name("monitor.desk.user", self.desk.get("user", ""))
        require(len(self.desk.get("password", "")) >= 12, "monitor.desk.password", "...", "12 characters or more")
        names = [one["name"] for one in (*self.hosts, *self.echoed)]
        require(bool(self.hosts), "monitor.hosts", names, "at least one host is needed")
        require_addresses("monitor.hosts.address", [one["address"] for one in (*self.hosts, *self.echoed)])
        for member in self.members:
            require_name("monitor.members.key", member.get("key", ""))
            places = [member["gateway"], *member["sites"]]
            require_addresses(f"monitor.members.{member['key']}", [one["address"] for one in places])
            names += [one["name"] for one in places]
        require(len(set(names)) == len(names), "monitor.hosts", sorted(names), "each host stands once")
        unknown = {one["service"] for one in self.looks} - set(self.services)
        require(not unknown, "monitor.looks.service", sorted(unknown), f"one of {sorted(self.services)} is accepted")
        named = [one["name"] for one in self.looks]
        require(len(set(named)) == len(named), "monitor.looks.name", sorted(named), "each look has a name of its own")
        require(10 <= self.interval_s <= 60, "monitor.interval_s", self.interval_s, "10 to 60: SLA-03 agrees 60")
        require(self.seconds * 3 <= self.interval_s, "monitor.seconds", self.seconds, "a third of interval_s at most")

    @property
    def facts(self) -> dict[str, Any]:
        """What the recorder and the desk's door share: no secret is in it."""
        plain = ("looks", "services", "members", "probe_port", "transaction_port", "interval_s", "seconds", "entry")
        return {key: getattr(self, key) for key in plain} | {"desk": self.desk["host"], "user": self.desk["user"]}

    @property
    def targets(self) -> list[dict[str, str]]:
        """Every host that tells of itself, with the labels of what it tells."""
        found = [
            {"host": one["name"], "member": "", **{key: one[key] for key in ("address", "service", "behind")}}
            for one in self.hosts
        ]
        for member in self.members:
            gateway = member["gateway"]
            own = {"member": member["key"]}
            found.append(
                {**own, "address": gateway["address"], "host": gateway["name"], "service": "network", "behind": "edge"}
            )
            found += [
                {**own, "address": one["address"], "host": one["name"], "service": "workplace", "behind": "gateway"}
                for one in member["sites"]
            ]
        return found

    @property
    def asked(self) -> dict[str, list[dict[str, Any]]]:
        """Prometheus' lists of targets, job -> `[{"targets": ["ADDRESS"], "labels": {...}}]` (file_sd_config)."""
        echoed = [{"member": "", "host": one["name"], **one} for one in self.echoed]
        keys = ("host", "member", "service", "behind")
        return {
            job: [{"targets": [one["address"] + port], "labels": {key: one[key] for key in keys}} for one in all_]
            for job, all_, port in (("hosts", self.targets, f":{self.host_port}"), ("echo", echoed, ""))
        }
