"""The hall's edge: router and firewall between members, hall and Internet; resolver, clock, and the engineer's way in.

Knows the members only as routes and as elements of named sets, so a join or a leave restarts nothing.
Serves requirements NET-01, NET-03, NET-04 (one exit), NET-05 (nothing published by accident) and NET-07.
"""

from roles.edge.deploy import activate, configure, install
from roles.edge.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
