"""The standard workplace: joined to the domain, people of the directory sign in, in Swedish.

Serves requirements CLI-01 (one standard workplace), CLI-03 (any seat) and DIR-01 (no directory of its own).
"""

from roles.workplace.deploy import activate, configure, install
from roles.workplace.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
