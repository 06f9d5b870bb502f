"""The sign-on portal: one sign-in for every application, by role, with a second factor where it is asked for.

Nobody gets past it before accepting the user agreement. Serves requirements SSO-01, SSO-02, SSO-03 and DIR-03.
"""

from roles.portal.deploy import activate, configure, install
from roles.portal.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
