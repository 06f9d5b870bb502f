"""The copy elsewhere: it fetches the hall's backup store, keeps what it has seen, and follows nothing that looks wrong.

Serves the check of requirement BAK-03 (a copy that the administrator cannot destroy). No key of the hall opens it.
"""

from roles.vault.deploy import activate, configure, install
from roles.vault.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
