"""The offered services, a module each: what traffic it needs and what it replaces."""

from __future__ import annotations

from samdrift.federation.service import backup, database, directory, help_desk, mail, spam_filter, workplace

# In the order in which a member that joins is asked: what others stand on comes first.
OFFERED = (
    directory.SERVICE,
    workplace.SERVICE,
    database.SERVICE,
    spam_filter.SERVICE,
    mail.SERVICE,
    help_desk.SERVICE,
    backup.SERVICE,
)
