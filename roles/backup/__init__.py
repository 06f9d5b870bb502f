"""What other roles declare worth keeping on this host goes to the hall's backup store, encrypted here, on time.

Serves the checks of requirements BAK-01 (backups restore within the agreed loss and time) and BAK-02 (nothing is left
out).
"""

from roles.backup.deploy import activate, configure, install
from roles.backup.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
