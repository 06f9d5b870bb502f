"""The help desk: one case system for all members, by the portal and by mail (Request Tracker 5).

Serves requirements HLP-01 (one desk), HLP-02 (the desk owns the case), HLP-03 (incident process) and HLP-05 (users are
asked).
"""

from roles.helpdesk.deploy import activate, configure, install
from roles.helpdesk.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
