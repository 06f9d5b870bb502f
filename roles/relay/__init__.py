"""The mail gateway: all mail of the federation, in, out and between members, passes it and is looked at there.

Serves the requirements SPAM-01 (one filter, no way round), SPAM-02 (malware in mail is stopped), MAIL-02 and MAIL-03
(nobody forges a member, what members send is signed).
"""

from roles.relay.deploy import activate, configure, install
from roles.relay.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
