"""MON-02: an application that answers, but wrongly, is an alarm."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.compliance.target import confirm
from samdrift.federation.support import HOST as DESK
from samdrift.standard import catalogue
from tests.checks.alarm import alerts, is_told, wait
from tests.checks.host import changed, run
from tests.checks.scene import Scene, new_word
from tests.checks.watch import first

AGREED = 60.0 * catalogue.load().by_id("MON-01").threshold("case raised")
"""An alarm of MON-02 is one of MON-01's: its case is there within the same time."""
PAGE = "/usr/local/share/request-tracker5/html/NoAuth/SatisfactionIndex.html"
COMPILED = "/var/cache/request-tracker5/mason_data/obj"
WEBMAIL = "/etc/nginx/conf.d/samdrift-webmail.conf"


@pytest.mark.requirement("MON-02")
def test_mon_02_wrong_results_alarm(scene: Scene, evidence: Evidence) -> None:
    """Every port answers, every page says 200, and nobody can work: only who looks at the result sees it.

    Told by the alarm itself and not by its case: one of the three is the desk.
    """
    confirm(scene.state)  # webmail, desk and a workplace's sign-in are broken
    member = random.choice(scene.members)
    wanted: dict[str, tuple[str, str | None]] = {
        "a webmail of another's words": ("mail", None),
        "a desk that has lost its database": ("help-desk", None),
        f"a directory that refuses {member.key}-adm": ("directory", member.key),
    }
    evidence.need(2 * len(wanted))
    wait(lambda: not heard(scene, wanted), seconds=AGREED)  # what earlier checks broke and mended is told for a while
    told = heard(scene, wanted)
    evidence.control(f"none of it is told before: {told or 'nothing'}", alive=not told)
    with ExitStack() as failing:
        failing.enter_context(wrong_webmail(scene))
        failing.enter_context(static_desk(scene))
        failing.enter_context(refused(scene, f"{member.key}-adm"))
        evidence.control("the pages still say 200", alive=statuses(scene, f"{member.key}-adm") == ["200", "200"])
        ever: set[str] = set()

        def all_heard() -> bool:
            ever.update(heard(scene, wanted))
            return ever == set(wanted)

        wait(all_heard, seconds=AGREED)
        missed = set(wanted) - ever
        evidence.case(len(wanted))
        evidence.note(f"told: {alerts(scene)}")
    wrong = [f"no alarm within {AGREED:g} s of {kind}" for kind in sorted(missed)]
    if not wrong:
        is_over = wait(lambda: not heard(scene, wanted), seconds=AGREED)
        evidence.case(len(wanted) if is_over else 0)
        wrong += [] if is_over else [f"still told after recovery: {heard(scene, wanted)}"]
    assert not wrong, first(wrong)


def heard(scene: Scene, wanted: dict[str, tuple[str, str | None]]) -> list[str]:
    """Those of the failures that are told now."""
    return [kind for kind, (service, key) in wanted.items() if is_told(scene, service, key)]


def statuses(scene: Scene, workplace: str) -> list[str]:
    """What both pages say at a workplace: the number, and nothing of their words."""
    hosts = {"mail": "/SOGo/", DESK: "/NoAuth/SatisfactionIndex.html"}
    pages = [f"https://{scene.guests[host].fqdn}{path}" for host, path in hosts.items()]
    read = "import sys, urllib.request as u\nfor page in sys.argv[1:]: print(u.urlopen(page, timeout=40).status)"
    return run(scene, workplace, "python3", "-c", read, *pages).split()


@contextmanager
def wrong_webmail(scene: Scene) -> Iterator[None]:
    """A success page with other words than the webmail's."""
    page = f"location = /SOGo/ {{ return 200 '{new_word()}'; }}"
    old = "location /SOGo {"
    with changed(scene, "mail", WEBMAIL, lambda text: text.replace(old, f"{page}\n    {old}"), unit="nginx.service"):
        yield


@contextmanager
def static_desk(scene: Scene) -> Iterator[None]:
    """A page that a program without its database can still make."""
    # RT keeps its pages in a form of its own, and does not look whether they are still the same.
    read = f"find {COMPILED} -name {Path(PAGE).name}.obj -delete && systemctl restart apache2.service"
    right = run(scene, DESK, "cat", PAGE)
    try:
        run(scene, DESK, "tee", PAGE, given=f"Välkommen {new_word()}\n")
        run(scene, DESK, "sh", "-c", read)
        yield
    finally:
        run(scene, DESK, "tee", PAGE, given=right)
        run(scene, DESK, "sh", "-c", read)


@contextmanager
def refused(scene: Scene, workplace: str) -> Iterator[None]:
    """The directory answers at every port and lets the workplace's account in nowhere."""
    account = f"{workplace.upper()}$"
    for host in ("dc1", "dc2"):  # not waiting for one to tell the other
        run(scene, host, "samba-tool", "user", "disable", account)
    try:
        yield
    finally:
        for host in ("dc1", "dc2"):
            run(scene, host, "samba-tool", "user", "enable", account)
