"""Sabotages of SPAM-01: a filter that looks away, a way past it, and one that is no use any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import run
from tests.checks.scene import Scene
from tests.sabotages.hand import firewall_off, open_router, scene_of

GATEWAY, STORE = "mx1", "mail"
SETTINGS = "/etc/rspamd/local.d/settings.conf"


@sabotage(requirement="SPAM-01", name="one-domain-past-the-filter")
def one_domain_past_the_filter(target: Target) -> Iterator[None]:
    """A member complained of lost mail once; "just for this week"."""
    with scene_of(target) as scene:
        rule = f'past {{ priority = high; rcpt = "@{scene.members[-1].domain}"; want_spam = yes; }}\n'
        with filter_file(scene, SETTINGS, rule):
            yield


@sabotage(requirement="SPAM-01", name="filter-off")
def filter_off(target: Target) -> Iterator[None]:
    """The gateway takes mail without asking the filter, as somebody does who looks for a fault."""
    with scene_of(target) as scene, parameters(scene, GATEWAY, smtpd_milters=""):
        yield


@sabotage(requirement="SPAM-01", name="store-open-to-the-world")
def store_open_to_the_world(target: Target) -> Iterator[None]:
    """The mailbox host is published beside the gateway "until the new filter works"."""
    way = ("iifname", "wan", "oifname", "svc", "tcp", "dport", "25")
    with scene_of(target) as scene, open_router(target, scene, "edge", *way), firewall_off(target, STORE):
        yield


@sabotage(requirement="SPAM-01", name="everything-refused")
def everything_refused(target: Target) -> Iterator[None]:
    """No spam comes in any more. Nor does anything else."""
    with scene_of(target) as scene, parameters(scene, GATEWAY, smtpd_recipient_restrictions="reject"):
        yield


@contextmanager
def parameters(scene: Scene, host: str, **changed: str) -> Iterator[None]:
    """Change parameters of a host's Postfix, and put the file back as it was."""
    right = run(scene, host, "cat", "/etc/postfix/main.cf")
    try:
        run(scene, host, "postconf", "-e", *(f"{name}={value}" for name, value in changed.items()))
        run(scene, host, "postfix", "reload")
        yield
    finally:
        run(scene, host, "tee", "/etc/postfix/main.cf", given=right)
        run(scene, host, "postfix", "reload")


@contextmanager
def filter_file(scene: Scene, path: str, text: str) -> Iterator[None]:
    """Put a file beside the filter's own, which take it in, and take it away again."""
    try:
        run(scene, GATEWAY, "tee", path, given=text)
        run(scene, GATEWAY, "systemctl", "restart", "rspamd.service")
        yield
    finally:
        run(scene, GATEWAY, "rm", "-f", path)
        run(scene, GATEWAY, "systemctl", "restart", "rspamd.service")
