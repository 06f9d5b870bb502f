"""A member's stack: two networks, gateway, workplaces. It reads the hall's outputs and changes nothing there."""

from __future__ import annotations

from samdrift.components.fabric import Fabric
from samdrift.federation.network import networks_of
from samdrift.federation.record import Federation, Member
from samdrift.stack.installation import Installation
from samdrift.stack.reference import HallReference
from samdrift.stack.tenant import Tenant


def build(federation: Federation, member: Member, *, installation: Installation) -> None:
    """Declare the member. Exports `hosts`."""
    tenant = Tenant.settle(federation, member, installation=installation)
    hall = HallReference(federation.hall)
    fabric = Fabric(
        member.name,
        networks=networks_of(federation, member),
        existing={name: hall.zone(name) for name in ("adm", "ped")},
        opts=tenant.administered(),
    )
    tenant.hosts(after=[fabric])
    tenant.backup()
    tenant.export()
