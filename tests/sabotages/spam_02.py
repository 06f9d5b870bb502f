"""Sabotages of SPAM-02: a scanner that is not there, does not look inside, or not at everybody's mail."""

from __future__ import annotations

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import changed, run
from tests.sabotages.hand import scene_of
from tests.sabotages.spam_01 import GATEWAY, STORE, filter_file, parameters

SCANNER = "/etc/clamav/clamd.conf"
UNITS = ("clamav-daemon.socket", "clamav-daemon.service")


@sabotage(requirement="SPAM-02", name="scanner-stopped-and-mail-let-through")
def scanner_stopped_and_mail_let_through(target: Target) -> Iterator[None]:
    """Mail was delayed because the scanner was down; now it is not delayed any more."""
    with scene_of(target) as scene:
        try:
            run(scene, GATEWAY, "systemctl", "stop", *UNITS)
            with filter_file(scene, "/etc/rspamd/override.d/force_actions.conf", "enabled = false;\n"):
                yield
        finally:
            run(scene, GATEWAY, "systemctl", "start", *UNITS)


@sabotage(requirement="SPAM-02", name="archives-skipped")
def archives_skipped(target: Target) -> Iterator[None]:
    """The scanner is quicker when it does not open archives."""
    with scene_of(target) as scene, changed(scene, GATEWAY, SCANNER, skipping, unit="clamav-daemon.service"):
        yield


def skipping(text: str) -> str:
    """The scanner's configuration without archives."""
    return text.replace("ScanArchive true", "ScanArchive false")


@sabotage(requirement="SPAM-02", name="internal-mail-skipped")
def internal_mail_skipped(target: Target) -> Iterator[None]:
    """Our own people send no malware."""
    with scene_of(target) as scene:
        skipped = ", ".join(f"{{{address} DISABLE}}" for address in scene.at(STORE).addresses)
        with parameters(scene, GATEWAY, smtpd_milter_maps=f"cidr:{{ {skipped} }}"):
            yield
