"""A member's gateway: routes between its administrative network, its pedagogical network and the hall; drops the rest.

Serves requirements NET-01 (pedagogical cannot reach administrative), NET-03 (every site reaches the hall), NET-04 (one
way out) and NET-07 (members and management isolated).
"""

from roles.gateway.deploy import activate, configure, install
from roles.gateway.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
