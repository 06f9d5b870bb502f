"""The host of databases: an account and a database of its own for every system that can use PostgreSQL.

Serves requirements DBA-01 (databases managed as a service) and DBA-02 (databases locked down).
"""

from roles.database.deploy import activate, configure, install
from roles.database.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
