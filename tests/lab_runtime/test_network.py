"""What a network and an interface ask for, seen from the guests on it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pvelab.firewall.macro import MACROS
from pvelab.firewall.model import FirewallSpec, Ipset, IpsetEntry, Rule
from pvelab.firewall.service import ICMP_TYPES, ICMPV6_TYPES
from pvelab.runtime.errors import MachineError
from pvelab.runtime.machine import Machine
from pvelab.runtime.model import GuestSpec, VnetSpec
from tests.lab_runtime.conftest import VNETS, is_booted, nic, run_guest
from tests.lab_runtime.probe import ask, everything, listen, must
from tests.lab_runtime.test_firewall import filtered
from tests.waiting import wait_for

pytestmark = pytest.mark.lab

ONE, TWO = 111, 112
TWO_RED = ("10.77.1.12", "fd77:1::12")

RECEIVE = """
import socket, time
s = socket.create_server(("::", 7), family=socket.AF_INET6); c, _ = s.accept(); begin, got = time.monotonic(), 0
while block := c.recv(1 << 16): got += len(block)
open("/run/rate.new", "w").write(str(got / (time.monotonic() - begin)))
import os; os.rename("/run/rate.new", "/run/rate")
"""
TRANSMIT = """
import socket, time
end = time.monotonic() + 10
while True:
    try: s = socket.create_connection(("fd77:1::12", 7), 5); break
    except OSError:
        if time.monotonic() > end: raise
        time.sleep(0.05)
end = time.monotonic() + 3
while time.monotonic() < end: s.sendall(bytes(1 << 15))
"""


@pytest.fixture(scope="module")
def lab(machine: Machine, make_spec: Callable[..., GuestSpec]) -> Machine:
    for vmid in (ONE, TWO):
        run_guest(machine, make_spec(vmid))
        listen(machine, vmid, 80)
    return machine


def rate(lab: Machine) -> float:
    """Megabytes per second from ONE to TWO."""
    must(lab, TWO, "rm", "-f", "/run/rate")
    must(lab, TWO, "systemd-run", "--quiet", "python3", "-c", RECEIVE)
    must(lab, ONE, "python3", "-c", TRANSMIT)
    measured = must(
        lab, TWO, "sh", "-c", "for _ in $(seq 200); do cat /run/rate 2>/dev/null && exit; sleep 0.1; done; exit 1"
    )
    return float(measured) / 1e6


def restart(lab: Machine, spec: GuestSpec) -> None:
    """Restart a guest with another record and have it listen again."""
    lab.reboot(spec.vmid, spec, print)
    wait_for(lambda: is_booted(lab, spec.vmid), what=f"CT {spec.vmid} is back")
    listen(lab, spec.vmid, 80)


def test_isolated_ports_do_not_see_each_other(lab: Machine, make_spec: Callable[..., GuestSpec]) -> None:
    assert "silence" not in ask(lab, ONE, *everything(TWO_RED, 80))
    isolated = (replace(VNETS[0], isolate_ports=True), VNETS[1])
    lab.apply_networks(isolated)
    lost = ask(lab, ONE, *everything(TWO_RED, 80))
    assert not {"10.77.1.11", "fd77:1::11"} & set(lost), lost
    lab.namespace.connect(TWO_RED[0], 80, timeout_s=2).close()  # the desk still reaches both
    # A guest's own restart plugs its interface in anew: isolated again.
    before = lab.status(ONE).pid
    lab.execute(ONE, ["reboot"])
    wait_for(lambda: lab.status(ONE).pid not in (0, before), what="CT came back")
    wait_for(lambda: is_booted(lab, ONE), what="CT booted")
    assert not {"10.77.1.11", "fd77:1::11"} & set(ask(lab, ONE, *everything(TWO_RED, 80)))
    lab.apply_networks(VNETS)
    assert "silence" not in ask(lab, ONE, *everything(TWO_RED, 80))


def test_a_rate_limit_holds(lab: Machine, make_spec: Callable[..., GuestSpec]) -> None:
    free = rate(lab)
    restart(lab, make_spec(ONE, nics=(replace(nic(ONE), rate=2.0),)))
    # Over the three seconds of the measurement a second's worth comes on top.
    assert rate(lab) < 3.2 < free
    restart(lab, make_spec(ONE))
    assert rate(lab) > 3.2


def test_a_link_that_is_down_carries_nothing(lab: Machine, make_spec: Callable[..., GuestSpec]) -> None:
    restart(lab, make_spec(TWO, nics=(replace(nic(TWO), link_down=True),)))
    assert "10.77.1.11" not in ask(lab, ONE, ("tcp", TWO_RED[0], 80))
    restart(lab, make_spec(TWO))
    # For three seconds after it asked in vain a neighbour may still be given up (RFC 826's cache, as Linux keeps it).
    wait_for(lambda: ask(lab, ONE, ("tcp", TWO_RED[0], 80)) == ["10.77.1.11"], what="the link carries again")


def test_everything_the_compiler_can_say_loads(lab: Machine) -> None:
    rules = [Rule(direction="in", action="ACCEPT", macro=name) for name in MACROS]
    rules += [Rule(direction="in", action="REJECT", proto="icmp", icmp_type=name) for name in ICMP_TYPES]
    rules += [Rule(direction="out", action="DROP", proto="icmpv6", icmp_type=name) for name in ICMPV6_TYPES]
    rules += [Rule(direction="in", action="DROP", proto=name) for name in ("esp", "112", "igmp", "udplite", "sctp")]
    entries = tuple(IpsetEntry(cidr=cidr) for cidr in ("fd00::/9", *(f"10.{number}.0.0/17" for number in range(200))))
    rules += [Rule(direction="in", action="DROP", source="+many", dest="+many", proto="sctp", dport="1:9,20")]
    guests = tuple(filtered(vmid, *rules, dhcp=True, ipfilter=True) for vmid in range(300, 310))
    lab.apply_firewall(FirewallSpec(enable=True, guests=guests, ipsets=(Ipset(name="many", entries=entries),)))
    before = lab.namespace.run(["nft", "list", "ruleset"]).stdout
    with pytest.raises(MachineError, match="no such alias"):
        lab.apply_firewall(FirewallSpec(enable=True, guests=(filtered(300, Rule("in", "DROP", source="nobody")),)))
    assert lab.namespace.run(["nft", "list", "ruleset"]).stdout == before, "the old filter stays in force"
    lab.apply_firewall(FirewallSpec())


def test_two_labs_do_not_meet(lab: Machine, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Machine(name="rt-other", state=tmp_path_factory.mktemp("other"), cache=lab.place.cache)
    other.open(print)
    try:
        other.apply_networks([VnetSpec(id="red", zone="test")])
        with pytest.raises(OSError, match="unreachable"):
            other.namespace.connect(TWO_RED[0], 80, timeout_s=1)
        lab.namespace.connect(TWO_RED[0], 80, timeout_s=2).close()
    finally:
        other.close(destroy=True)
    assert lab.running() == {ONE, TWO}
