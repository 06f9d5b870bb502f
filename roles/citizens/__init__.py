"""The citizens' directory: accounts of people outside the members' organisations, for e-services and nothing else.

OpenLDAP with a base, passwords and certificates of its own; it knows nothing of the internal directory, and that one
nothing of it. Serves requirement DIR-02 (separate directory for citizens) and the citizens' part of USR-01.
"""

from roles.citizens.deploy import activate, configure, install
from roles.citizens.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
