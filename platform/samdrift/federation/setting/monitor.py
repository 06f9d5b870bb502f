"""Settings of the role monitor: what is watched, where cases are opened, and by whom people are let in."""

from __future__ import annotations

from samdrift.federation import addressing, application, catalogue, hall, monitoring, support, watch
from samdrift.federation.derived import Guest
from samdrift.federation.guest import hall_address, router
from samdrift.federation.network import hall_network
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings, certificate

PORTAL = application.BY_NAME["monitoring"]
USER = "monitor"
"""Its account at the help desk (`setting.helpdesk.PROGRAMS`)."""

INTERVAL_S = 30
"""Between two samples: half of what SLA-03 agrees, so that one that is late is still in time."""


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.monitor.Settings`."""
    domain = federation.hall.domain
    titles = {name: catalogue.BY_NAME[name].titel for name in catalogue.OFFERED} | {watch.NETWORK: "Nät"}
    silent = addressing.host4(hall_network(federation, "vault").ipv4, addressing.VAULT).ip
    return {
        "fqdn": guest.fqdn,
        "certificate": certificate(federation, guest.fqdn),
        "portal": {
            "issuer": application.issuer(federation),
            "client": PORTAL.name,
            "callback": PORTAL.address(federation) + PORTAL.callback,
            "secret": {"secret": PORTAL.secret},
            "seal": {"secret": "monitor-seal"},
        },
        "desk": {"host": f"{support.HOST}.{domain}", "user": USER, "password": {"secret": f"desk-{USER}"}},
        "interval_s": INTERVAL_S,
        "hosts": [_host(federation, row) for row in hall.present(federation.hall) if row.role != "outside"],
        "echoed": [{"name": "vault", "address": str(silent), "service": "backup", "behind": "edge"}]
        if federation.vault
        else [],
        "host_port": monitoring.HOST_PORT,
        "probe_port": monitoring.PROBE_PORT,
        "transaction_port": monitoring.TRANSACTION_PORT,
        "looks": [one.as_setting() for one in watch.looks(federation)],
        "services": {name: {"title": title, "system": system_of(name)} for name, title in titles.items()},
        "members": [],
    }


def system_of(service: str) -> str:
    """What a case about this service is about, in the desk's words."""
    return watch.SYSTEM_OF.get(service, "Verksamhetssystem")


def _host(federation: Federation, row: hall.HallGuest) -> Settings:
    network = hall_network(federation, "svc")
    address = router(network)[0] if row.role == "edge" else hall_address(federation, row.name)[0]
    behind = "" if row.network == "svc" or row.role == "edge" else "edge"
    return {"name": row.name, "address": str(address), "service": watch.service_of(row.role), "behind": behind}
