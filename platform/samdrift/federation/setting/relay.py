"""Settings of the role relay: the mail gateway."""

from __future__ import annotations

from samdrift.federation.derived import Guest
from samdrift.federation.guest import hall_address
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import TRUSTED, Settings, certificate


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.relay.Settings`."""
    hall = federation.hall
    return {
        "fqdn": guest.fqdn,
        "domain": hall.domain,
        "store": f"mail.{hall.domain}",
        # Besides the store the help desk sends: its answers to people, and its questions to suppliers.
        "store_addresses": [str(address) for name in ("mail", "desk") for address in hall_address(federation, name)],
        "dkim": {"secret": "dkim-hall.rsa"},
        "certificate": certificate(federation, guest.fqdn, public=True),
        "authorities": TRUSTED,
        # Where the Internet is played by a guest there is nobody to download from.
        "downloads_signatures": not hall.outside,
        "members": [],
    }
