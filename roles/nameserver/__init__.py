"""The federation's public name server: one zone for the hall's domain and one for each member's.

Answers for these zones and for nothing else; the world reaches it through edge. Serves requirements MAIL-01 (where mail
goes), MAIL-03 (SPF, DKIM and DMARC with reject) and NET-05 (nothing else is published).
"""

from roles.nameserver.deploy import activate, configure, install
from roles.nameserver.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
