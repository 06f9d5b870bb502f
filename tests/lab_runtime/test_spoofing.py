"""What a guest may not even claim to be: another MAC, another address, another VLAN."""

import json
from collections.abc import Callable

import pytest

from pvelab.firewall.model import FirewallSpec, GuestFirewall, GuestNic, Ipset, IpsetEntry
from pvelab.runtime import nft
from pvelab.runtime.machine import Machine
from pvelab.runtime.model import GuestSpec
from tests.lab_runtime.conftest import nic, run_guest
from tests.lab_runtime.frame import arp, exchange, mac_hex, plain, tagged
from tests.lab_runtime.probe import ask, listen, must

pytestmark = pytest.mark.lab

LIAR, NEIGHBOUR = 140, 150
OWN = mac_hex(nic(LIAR).mac)
OTHER = mac_hex(nic(77).mac)


def filtered(**options: object) -> FirewallSpec:
    """Only the liar is filtered, and every rule lets it pass: what stops it is not a rule."""
    own = GuestNic(
        index=0, veth=f"veth{LIAR}i0", mac=nic(LIAR).mac, vnet="red", firewall=True, ips=("10.77.1.40", "fd77:1::40")
    )
    guest = GuestFirewall(vmid=LIAR, enable=True, policy_in="ACCEPT", nics=(own,), **options)  # type: ignore[arg-type]
    return FirewallSpec(enable=True, guests=(guest,))


@pytest.fixture(scope="module")
def lab(machine: Machine, make_spec: Callable[..., GuestSpec]) -> Machine:
    for vmid in (LIAR, NEIGHBOUR):
        run_guest(machine, make_spec(vmid))
    listen(machine, NEIGHBOUR, 80)
    must(machine, LIAR, "ip", "address", "add", "10.77.1.41/24", "dev", "red")
    must(machine, LIAR, "ip", "address", "add", "fd77:1::41/64", "dev", "red", "nodad")
    return machine


ASK_FROM = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET); s.settimeout(0.7)
s.bind((sys.argv[1], 0))
try: s.connect((sys.argv[2], 80)); print(s.recv(99).decode().removeprefix("::ffff:"))
except TimeoutError: print("silence")
except OSError as error: print("silence" if error.errno == 113 else error)
"""


def ask_from(lab: Machine, source: str, target: str) -> str:
    """What the neighbour answers a connection from one of the liar's addresses."""
    return must(lab, LIAR, "python3", "-c", ASK_FROM, source, target).strip()


ADDRESSES = [("10.77.1.41", "10.77.1.50"), ("fd77:1::41", "fd77:1::50")]


def test_ipfilter_drops_a_foreign_address(lab: Machine) -> None:
    lab.apply_firewall(filtered())
    assert [ask_from(lab, source, target) for source, target in ADDRESSES] == ["10.77.1.41", "fd77:1::41"]
    lab.apply_firewall(filtered(ipfilter=True))
    assert [ask_from(lab, source, target) for source, target in ADDRESSES] == ["silence", "silence"]
    assert ask(lab, LIAR, ("tcp", "10.77.1.50", 80), ("tcp", "fd77:1::50", 80))[0] == "10.77.1.40"


def test_an_ipfilter_set_adds_addresses(lab: Machine) -> None:
    entries = (IpsetEntry(cidr="10.77.1.41"), IpsetEntry(cidr="fd77:1::41"))
    lab.apply_firewall(filtered(ipsets=(Ipset(name="ipfilter-net0", entries=entries),)))
    assert [ask_from(lab, source, target) for source, target in ADDRESSES] == ["10.77.1.41", "fd77:1::41"]
    lab.apply_firewall(filtered(ipsets=(Ipset(name="ipfilter-net0"),)))
    assert [ask_from(lab, source, target) for source, target in ADDRESSES] == ["silence", "silence"]


def test_macfilter_and_ipfilter_drop_false_frames(lab: Machine) -> None:
    honest = arp(OWN, sender_mac=OWN, sender_ip="10.77.1.40", target_ip="10.77.1.50")
    frames = {
        "honest": honest,
        "plain": plain(OWN),
        "foreign source": plain(OTHER),
        "foreign arp mac": arp(OWN, sender_mac=OTHER, sender_ip="10.77.1.40", target_ip="10.77.1.50"),
        "foreign arp address": arp(OWN, sender_mac=OWN, sender_ip="10.77.1.1", target_ip="10.77.1.50"),
    }
    lab.apply_firewall(filtered(macfilter=False))
    assert exchange(lab, LIAR, NEIGHBOUR, frames, last=honest) == set(frames)
    lab.apply_firewall(filtered(ipfilter=True))
    assert exchange(lab, LIAR, NEIGHBOUR, frames, last=honest) == {"honest", "plain"}


def test_tagged_frames_never_pass(lab: Machine) -> None:
    lab.apply_firewall(FirewallSpec())
    frames = {"plain": plain(OWN), "802.1Q": tagged(OWN, "8100"), "802.1ad": tagged(OWN, "88a8")}
    assert exchange(lab, LIAR, NEIGHBOUR, frames, last=plain(OWN)) == {"plain"}
    lab.namespace.run(["nft", "delete", "table", "bridge", "pvelab_own"])
    try:
        assert exchange(lab, LIAR, NEIGHBOUR, frames, last=plain(OWN)) == set(frames), "the control arrives"
    finally:
        nft.load(lab.namespace, nft.own_rules(()))


def test_the_namespace_itself_answers_nobody(lab: Machine) -> None:
    desk = ("10.77.1.200", "fd77:1::200")
    with lab.namespace.listen("::", 2222) as listener:
        assert ask(lab, LIAR, *(("tcp", address, 2222) for address in desk)) == ["silence", "silence"]
        nft.load(lab.namespace, nft.own_rules((2222,)))
        listener.settimeout(5)
        try:
            connect = ["python3", "-c", f"import socket; socket.create_connection(('{desk[0]}', 2222), 2)"]
            must(lab, LIAR, *connect)
            must(lab, LIAR, "ip", "neigh", "replace", desk[0], "lladdr", mac_of(lab, "red"), "dev", "red")
            assert lab.execute(LIAR, connect)[0] != 0, "a bridge's own MAC leads in"
        finally:
            must(lab, LIAR, "ip", "neigh", "flush", "nud", "all", "dev", "red")
            nft.load(lab.namespace, nft.own_rules(()))


def test_a_desks_address_is_where_its_port_is(lab: Machine) -> None:
    must(lab, LIAR, "ip", "address", "add", "10.77.2.41/24", "dev", "red")
    must(lab, LIAR, "ip", "neigh", "flush", "dev", "red")
    assert learned(lab, LIAR, "10.77.1.200") == mac_of(lab, "desk-red")
    assert learned(lab, LIAR, "10.77.2.200") is None, "the blue desk is answered for in the red network"


def mac_of(lab: Machine, name: str) -> str:
    """The MAC of one of the namespace's interfaces."""
    return str(json.loads(lab.namespace.run(["ip", "-json", "link", "show", name]).stdout)[0]["address"])


def learned(lab: Machine, vmid: int, address: str) -> str | None:
    """The MAC that a guest gets told for an address of its network; None where nobody answers."""
    lab.execute(vmid, ["ping", "-c1", "-W1", address])
    found = json.loads(must(lab, vmid, "ip", "-json", "neigh", "show", address) or "[]")
    return next((one["lladdr"] for one in found if "lladdr" in one), None)
