"""What can be changed at the server of databases, by its superuser."""

from __future__ import annotations

from samdrift.federation.database import HOST
from tests.checks.host import run
from tests.checks.scene import Scene


def ask(scene: Scene, statements: str) -> None:
    """Give the server orders as its superuser, one after the other."""
    run(scene, HOST, "runuser", "-u", "postgres", "--", "psql", "-q", "-v", "ON_ERROR_STOP=1", given=statements)
