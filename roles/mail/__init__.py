"""A host becomes the mail store: mailboxes of all members, the way to send mail, and webmail with a calendar.

Serves MAIL-01, MAIL-02 and MAIL-03. Mail comes in from the gateway alone and leaves by it alone, also from one mailbox
to another: so nothing passes the filter by.
"""

from roles.mail.deploy import activate, configure, install
from roles.mail.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
