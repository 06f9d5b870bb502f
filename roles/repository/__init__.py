"""The backup store of the hall: an account for each host that may add to its own repositories, and never take away.

Serves the checks of requirements BAK-01 (backups restore), BAK-02 (nothing is left out) and BAK-03 (a copy nobody in
the hall can destroy: the vault reads here). docs/decisions says why nothing is ever pruned inside a repository.
"""

from roles.repository.deploy import activate, configure, install
from roles.repository.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
