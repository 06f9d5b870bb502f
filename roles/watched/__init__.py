"""Every host that the monitor asks how it is: which of its units run, how full its disks are.

Serves requirement MON-01 (failures are seen before users call).
"""

from roles.watched.deploy import activate, configure, install
from roles.watched.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
