"""The rest of the world, in a lab: a name server, a listener that says who called, and tools to look in from outside.

Serves the checks of requirements NET-04 (one Internet exit) and NET-05 (nothing published by accident). Lab only.
"""

from roles.outside.deploy import activate, configure, install
from roles.outside.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
