"""A workplace from which the services are tried, as a person's computer there uses them.

Serves requirements MON-02 (applications watched by use) and SLA-03 (availability measured where the user is).
"""

from roles.probe.deploy import activate, configure, install
from roles.probe.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
