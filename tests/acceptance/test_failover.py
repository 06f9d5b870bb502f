"""Two directory hosts are there so that either may be off: people whom no workplace has met yet still sign in."""

import secrets
import time

import pytest

from tests.checks.power import switched_off
from tests.checks.probe.station import ProbeError, StationLost
from tests.checks.scene import Scene

pytestmark = [pytest.mark.lab, pytest.mark.sampled(3)]
BACK_S = 180.0
"""How long a directory host may take from its start until it answers for a person."""
TAKEOVER_S = 120.0
"""How long a person may have to try. A workplace that has just met the other host off believes so for half a minute
(sssd's fail over), which is the case where one host goes off as soon as the other is back."""


@pytest.mark.parametrize(("off", "left"), [("dc1", "dc2"), ("dc2", "dc1")])
def test_people_sign_in_while_one_directory_host_is_off(scene: Scene, off: str, left: str) -> None:
    member = scene.members[0]
    name, password = f"probe.{secrets.token_hex(5)}", f"Aa1-{secrets.token_urlsafe(18)}"
    try:
        with switched_off(scene, off):
            domain = scene.federation.hall.ad_domain
            person = {"name": name, "password": password, "member": member.key, "kind": "staff", "domain": domain}
            scene.station(left).ask("account.make", patience=60.0, **person)
            told = {}
            for workplace in (f"{member.key}-adm", f"{member.key}-ped"):
                told[workplace] = signed_in(scene, workplace, user=name, password=password)
                scene.station(workplace).ask("sign_in.tidy", user=name)
            assert set(told.values()) == {"signed in"}, told
    finally:
        back = holds(scene, off, name)
        scene.station(left).ask("account.remove", name=name)
    assert back, f"{off} does not hold {name} within {BACK_S:g} s after its start"


def signed_in(scene: Scene, workplace: str, **person: str) -> str:
    """Try to sign in until it works or the time is over; return the step at which the last try ended."""
    deadline = time.monotonic() + TAKEOVER_S
    while True:
        step = str(scene.station(workplace).ask("sign_in.attempt", patience=60.0, **person)["step"])
        if step == "signed in" or time.monotonic() > deadline:
            return step
        time.sleep(2.0)


def holds(scene: Scene, host: str, name: str) -> bool:
    """Wait until a host that was started again holds an account that was made while it was off."""
    deadline = time.monotonic() + BACK_S
    while time.monotonic() < deadline:
        try:
            scene.leave(host)
            return bool(scene.station(host).ask("account.wait", name=name, seconds=60.0, patience=75.0))
        except (StationLost, ProbeError):
            time.sleep(1.0)
    return False
