"""Guests get Debian packages through the lab's proxy, and nothing else leads out."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pvelab.runtime import leftover, packages
from pvelab.runtime.machine import Machine
from pvelab.runtime.mirror import Mirror
from pvelab.runtime.model import DeskSpec, GuestSpec, PackageProxySpec
from tests.lab_runtime.conftest import CACHE, VNETS, run_guest
from tests.lab_runtime.probe import must
from tests.waiting import wait_for

pytestmark = pytest.mark.lab

GUEST = 104
PROXY = PackageProxySpec(vnet="red", address="10.77.1.9/24", port=3142)
DESK = (DeskSpec(vnet="red", addresses=("10.77.1.200/24",)),)
URL = "http://10.77.1.9:3142"

FETCH = """
import sys, urllib.request, urllib.error
opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": sys.argv[1]}))
try: print(opener.open(sys.argv[2], timeout=20).status)
except urllib.error.HTTPError as error: print(error.code)
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, make_spec: Callable[..., GuestSpec]) -> Iterator[Machine]:
    state = tmp_path_factory.mktemp("packages")
    machine = Machine(name="rt-packages", state=state, cache=CACHE, desk=DESK, packages=PROXY)
    machine.open(print)
    machine.apply_networks(VNETS)
    run_guest(machine, make_spec(GUEST))
    yield machine
    machine.close(destroy=True)
    assert leftover.find("rt-packages") == []


def fetch(lab: Machine, url: str) -> str:
    """HTTP status that the guest gets for an address through the proxy."""
    return must(lab, GUEST, "python3", "-c", FETCH, URL, url).strip()


def test_a_guest_installs_a_package(lab: Machine) -> None:
    must(lab, GUEST, "sh", "-c", f"echo 'Acquire::http::Proxy \"{URL}\";' > /etc/apt/apt.conf.d/01proxy")
    must(lab, GUEST, "apt-get", "-q", "update")
    must(lab, GUEST, "apt-get", "-q", "-y", "install", "--no-install-recommends", "hello")
    assert must(lab, GUEST, "hello").strip() == "Hello, world!"
    assert "security.debian.org" in must(lab, GUEST, "apt-cache", "policy")


def test_other_hosts_are_refused(lab: Machine) -> None:
    assert fetch(lab, "http://deb.debian.org/debian/dists/trixie/Release") == "200"
    assert fetch(lab, "http://www.example.org/") in ("403", "502", "503")
    assert fetch(lab, "http://127.0.0.1:22/") in ("403", "502", "503")


def test_nothing_else_leads_out(lab: Machine) -> None:
    assert lab.execute(GUEST, ["ping", "-c1", "-W1", "10.77.1.9"])[0] == 0, "the proxy's address answers"
    status, _, errors = lab.execute(GUEST, ["ip", "route", "get", "198.51.100.1"])
    assert lab.execute(GUEST, ["ping", "-c1", "-W1", "198.51.100.1"])[0] != 0, (status, errors)
    links = {path.name for path in Path("/sys/class/net").iterdir()}
    assert not any(name.startswith(("veth104", "red", "desk-red")) for name in links), "no interface of it outside"


def test_a_killed_daemons_proxy_is_used_again(lab: Machine) -> None:
    assert lab._packages is not None
    running = lab._packages._running()
    assert running is not None
    other = Machine(name="rt-packages-two", state=lab.place.state / "two", cache=CACHE, packages=PROXY)
    other.open(print)
    try:
        assert other._packages is not None
        assert other._packages._running() == running, "two labs share one"
    finally:
        other.close(destroy=True)
    assert lab._packages._running() == running, "it stays while one uses it"
    assert fetch(lab, "http://deb.debian.org/debian/dists/trixie/Release") == "200"
    os.kill(running["pid"], signal.SIGKILL)
    wait_for(lambda: lab._packages is not None and lab._packages._running() is None, what="the proxy is dead")
    lab._packages.open(print)
    assert fetch(lab, "http://deb.debian.org/debian/dists/trixie/Release") == "200"


def test_settings_lead_to_the_machines_mirror_only() -> None:
    mirror = Mirror(archive="http://mirror.example/debian", security="http://mirror.example/security")
    text = packages.settings(mirror, folder=Path("/cache"), port=4000)
    assert "ForceManaged: 1" in text
    assert "BindAddress: 127.0.0.1" in text
    assert "http://deb.debian.org/debian/ " in text.split("Remap-archive:")[1].split(";")[0]
    assert "; http://mirror.example/debian/\n" in text
    assert "; http://mirror.example/security/\n" in text
