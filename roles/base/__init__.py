"""Every host: an administrator with an SSH key, Swedish time and locale, security updates, a bounded journal.

Serves requirements CLI-01 (one standard), SEC-01 (updates) and MON-03 (a journal to look into).
"""

from roles.base.deploy import activate, configure, install
from roles.base.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
