"""The offered services, a module each: what traffic it needs and what it replaces."""

from __future__ import annotations

from samdrift.federation.service import backup, database, directory, help_desk, mail, spam_filter, workplace

OFFERED = (
    backup.SERVICE,
    database.SERVICE,
    directory.SERVICE,
    spam_filter.SERVICE,
    mail.SERVICE,
    help_desk.SERVICE,
    workplace.SERVICE,
)
