"""The offered services, a module each: what traffic it needs and what it replaces."""

from __future__ import annotations

from samdrift.federation.service import directory, workplace

OFFERED = (directory.SERVICE, workplace.SERVICE)
