"""Sabotages of DBA-01: changes that are kept in words only, a recovery of today, a server nobody watches."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from samdrift.federation.database import HOST
from tests.checks.alarm import HOST as MONITOR
from tests.checks.alarm import TARGETS
from tests.checks.host import changed, run
from tests.sabotages.hand import scene_of
from tests.sabotages.server import ask

NOBODY = '"127.0.0.1:1"'
DUMP = "/usr/lib/postgresql/17/bin/pg_dump"
LIVING = f"""#!/bin/sh
# The old server was slow to ask.
exec {DUMP}.real "$@" -h /run/postgresql
"""


@sabotage(requirement="DBA-01", name="log-not-kept")
def log_not_kept(target: Target) -> Iterator[None]:
    """The disk was full once, and somebody had the server believe that all is well."""
    with scene_of(target) as scene:
        ask(scene, "ALTER SYSTEM SET archive_command = '/bin/true'; SELECT pg_reload_conf()")
        try:
            yield
        finally:
            ask(scene, "ALTER SYSTEM RESET archive_command; SELECT pg_reload_conf()")
            run(scene, HOST, "samdrift-pitr", "base")  # what came before cannot be replayed over


@sabotage(requirement="DBA-01", name="newest-instead")
def newest_instead(target: Target) -> Iterator[None]:
    """A wrapper that asks the living server, whichever was meant."""
    with scene_of(target) as scene:
        run(scene, HOST, "mv", DUMP, f"{DUMP}.real")
        try:
            run(scene, HOST, "tee", DUMP, given=LIVING)
            run(scene, HOST, "chmod", "755", DUMP)
            yield
        finally:
            run(scene, HOST, "mv", f"{DUMP}.real", DUMP)


@sabotage(requirement="DBA-01", name="database-host-unwatched")
def database_host_unwatched(target: Target) -> Iterator[None]:
    """One address was wrong in the list of who is asked."""
    with scene_of(target) as scene:
        asked = f'"{scene.guests[HOST].interfaces[0].ipv4.ip}:9100"'
        with changed(scene, MONITOR, TARGETS, lambda text: text.replace(asked, NOBODY)):
            yield
