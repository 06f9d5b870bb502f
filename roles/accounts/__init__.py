"""Where accounts come from: this host reads the members' registers and makes the directory as they and the rules say.

A cycle every quarter of an hour; exports come in by SFTP, one account and one folder for each member. The program is
`platform/samdrift/identity`, copied as it is. Serves requirements USR-01 (target groups), USR-02 (joiners and movers),
USR-03 (leavers), DIR-04 (rules own the identities) and DIR-05 (role decides entitlements).
"""

from roles.accounts.deploy import activate, configure, install
from roles.accounts.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
