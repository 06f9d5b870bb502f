"""The vault's stack: the copy elsewhere, with a pool and a token of its own. Its network is the hall's."""

from __future__ import annotations

from samdrift.federation.record import Federation, Vault
from samdrift.stack.installation import Installation
from samdrift.stack.reference import HallReference
from samdrift.stack.tenant import Tenant


def build(federation: Federation, vault: Vault, *, installation: Installation) -> None:
    """Declare the vault. Exports `hosts`."""
    tenant = Tenant.settle(federation, vault, installation=installation)
    tenant.hosts(after=[HallReference(federation.hall).reference])
    tenant.backup()
    tenant.export()
