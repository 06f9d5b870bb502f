"""The monitor: asks every host and tries every service from every member's networks, keeps what it saw, raises cases.

Serves requirements MON-01 (failures are seen before users call), MON-02 (applications watched by use) and SLA-03
(availability measured where the user is).
"""

from roles.monitor.deploy import activate, configure, install
from roles.monitor.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
