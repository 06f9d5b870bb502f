"""A directory host: one Active Directory domain for staff and pupils of all members (samba-ad-dc).

The first host makes the domain and its contents; the other replicates it, sysvol included. Either may stop.
Serves requirements DIR-01 (one internal directory), DIR-02, DIR-05 and CLI-03 (any seat).
"""

from roles.directory.deploy import activate, configure, install
from roles.directory.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
