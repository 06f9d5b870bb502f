"""The guests' packet filter, judged by packets: both directions, both families, with a control beside every refusal."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pvelab.firewall.model import FirewallSpec, GuestFirewall, GuestNic, Ipset, IpsetEntry, Rule, SecurityGroup
from pvelab.runtime.machine import Machine
from pvelab.runtime.model import GuestSpec
from tests.lab_runtime.conftest import NETWORKS, nic, run_guest
from tests.lab_runtime.probe import ask, everything, listen, must

pytestmark = pytest.mark.lab

A, B, GATEWAY, FAR = 110, 120, 101, 130
B_RED = ("10.77.1.20", "fd77:1::20")
FAR_BLUE = ("10.77.2.30", "fd77:2::30")
OPEN, CLOSED = 80, 81


def filtered(vmid: int, *rules: Rule, nics: tuple[str, ...] = ("red",), **options: object) -> GuestFirewall:
    """A guest with its firewall on at all levels."""
    own = []
    for index, vnet in enumerate(nics):
        spec = nic(vmid, index, vnet)
        ips = tuple(f"{prefix}{'.' if '.' in prefix else '::'}{vmid % 100}" for prefix in NETWORKS[vnet])
        own.append(GuestNic(index=index, veth=f"veth{vmid}i{index}", mac=spec.mac, vnet=vnet, firewall=True, ips=ips))
    return GuestFirewall(vmid=vmid, enable=True, rules=rules, nics=tuple(own), **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def lab(machine: Machine, make_spec: Callable[..., GuestSpec]) -> Machine:
    """A and B in red, FAR in blue, and a gateway guest between the two."""
    for vmid, vnet in ((A, "red"), (B, "red"), (FAR, "blue")):
        run_guest(machine, make_spec(vmid, nics=(nic(vmid, 0, vnet),)))
        listen(machine, vmid, OPEN, CLOSED)
    run_guest(machine, make_spec(GATEWAY, nics=(nic(GATEWAY, 0, "red"), nic(GATEWAY, 1, "blue"))))
    must(machine, GATEWAY, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    return machine


@pytest.fixture(autouse=True)
def no_filter(lab: Machine) -> Iterator[None]:
    """Each test begins and ends without a filter."""
    lab.apply_firewall(FirewallSpec())
    yield
    lab.apply_firewall(FirewallSpec())


def test_without_a_filter_everything_passes(lab: Machine) -> None:
    assert ask(lab, A, *everything(B_RED, OPEN)) == ["10.77.1.10", "10.77.1.10", "fd77:1::10", "fd77:1::10"]
    assert ask(lab, A, *everything(FAR_BLUE, OPEN)) == ["10.77.1.10", "10.77.1.10", "fd77:1::10", "fd77:1::10"]


def test_incoming_is_dropped_unless_a_rule_accepts_it(lab: Machine) -> None:
    accept = [Rule(direction="in", action="ACCEPT", proto=proto, dport=str(OPEN)) for proto in ("tcp", "udp")]
    lab.apply_firewall(FirewallSpec(enable=True, guests=(filtered(B, *accept),)))
    assert "silence" not in ask(lab, A, *everything(B_RED, OPEN))
    assert ask(lab, A, *everything(B_RED, CLOSED)) == ["silence"] * 4
    assert ask(lab, B, *everything(("10.77.1.10", "fd77:1::10"), CLOSED)) == ["10.77.1.20"] * 2 + ["fd77:1::20"] * 2


def test_a_level_that_is_off_filters_nothing(lab: Machine) -> None:
    guest = filtered(B)
    off_nic = GuestNic(**{**guest.nics[0].__dict__, "firewall": False})
    for spec in (
        FirewallSpec(enable=False, guests=(guest,)),
        FirewallSpec(enable=True, guests=(GuestFirewall(**{**guest.__dict__, "enable": False}),)),
        FirewallSpec(enable=True, guests=(GuestFirewall(**{**guest.__dict__, "nics": (off_nic,)}),)),
    ):
        lab.apply_firewall(spec)
        assert ask(lab, A, ("tcp", B_RED[0], OPEN), ("tcp", B_RED[1], OPEN)) == ["10.77.1.10", "fd77:1::10"]


def test_outgoing_follows_the_senders_rules(lab: Machine) -> None:
    rule = Rule(direction="out", action="ACCEPT", proto="tcp", dport=str(OPEN))
    lab.apply_firewall(FirewallSpec(enable=True, guests=(filtered(A, rule, policy_in="ACCEPT", policy_out="DROP"),)))
    for address in B_RED:
        assert ask(lab, A, ("tcp", address, CLOSED), ("udp", address, OPEN)) == ["silence", "silence"]
        assert ask(lab, A, ("tcp", address, OPEN))[0] in ("10.77.1.10", "fd77:1::10")


def test_sender_and_receiver_must_both_agree(lab: Machine) -> None:
    out = Rule(direction="out", action="ACCEPT", proto="tcp", dport=f"{OPEN},{CLOSED}")
    inward = Rule(direction="in", action="ACCEPT", proto="tcp", dport=str(OPEN))
    guests = (filtered(A, out, policy_out="DROP"), filtered(B, inward))
    lab.apply_firewall(FirewallSpec(enable=True, guests=guests))
    for address in B_RED:
        assert ask(lab, A, ("tcp", address, OPEN), ("tcp", address, CLOSED))[1] == "silence"
        assert ask(lab, A, ("tcp", address, OPEN)) != ["silence"]
        assert ask(lab, A, ("udp", address, OPEN)) == ["silence"]


def test_each_hop_of_a_routed_packet_is_filtered(lab: Machine) -> None:
    at_far = filtered(FAR, Rule(direction="in", action="ACCEPT", proto="tcp", dport=str(OPEN)), nics=("blue",))
    lab.apply_firewall(FirewallSpec(enable=True, guests=(at_far,)))
    for address in FAR_BLUE:
        assert ask(lab, A, ("tcp", address, OPEN), ("tcp", address, CLOSED))[1] == "silence"
        assert ask(lab, A, ("tcp", address, OPEN)) != ["silence"]
    # The gateway's own leg refuses as well, in the direction in which the packet passes it.
    leg = Rule(direction="in", action="DROP", proto="tcp", dport=str(OPEN), iface="net0")
    gateway = filtered(GATEWAY, leg, nics=("red", "blue"), policy_in="ACCEPT")
    lab.apply_firewall(FirewallSpec(enable=True, guests=(gateway,)))
    for address in FAR_BLUE:
        assert ask(lab, A, ("tcp", address, OPEN)) == ["silence"]
        assert ask(lab, A, ("tcp", address, CLOSED)) != ["silence"]


def test_reject_answers_at_once(lab: Machine) -> None:
    rule = Rule(direction="in", action="REJECT", proto="tcp", dport=str(CLOSED))
    lab.apply_firewall(FirewallSpec(enable=True, guests=(filtered(B, rule, policy_in="ACCEPT"),)))
    for address in B_RED:
        assert ask(lab, A, ("tcp", address, CLOSED)) == ["refused"]
        assert ask(lab, A, ("tcp", address, OPEN)) != ["refused"]
    rule = Rule(direction="out", action="REJECT", proto="tcp", dport=str(CLOSED))
    lab.apply_firewall(FirewallSpec(enable=True, guests=(filtered(A, rule, nics=("red",)),)))
    for address in (*B_RED, *FAR_BLUE):
        assert ask(lab, A, ("tcp", address, CLOSED), ("tcp", address, OPEN))[0] == "refused"
        assert ask(lab, A, ("tcp", address, OPEN)) != ["refused"]


def test_group_ipset_and_macro(lab: Machine) -> None:
    group = SecurityGroup(name="web", rules=(Rule(direction="in", action="ACCEPT", macro="web", source="+dc/friends"),))
    friends = Ipset(
        name="friends",
        entries=tuple(IpsetEntry(cidr=cidr) for cidr in ("10.77.1.0/24", "fd77:1::/64"))
        + tuple(IpsetEntry(cidr=cidr, nomatch=True) for cidr in ("10.77.1.1", "fd77:1::1")),
    )
    guest = filtered(B, Rule(direction="group", action="web"), Rule(direction="in", action="ACCEPT", macro="ping"))
    lab.apply_firewall(FirewallSpec(enable=True, groups=(group,), ipsets=(friends,), guests=(guest,)))
    for address in B_RED:
        assert ask(lab, A, ("tcp", address, OPEN)) != ["silence"]
        assert ask(lab, GATEWAY, ("tcp", address, OPEN)) == ["silence"]
        must(lab, GATEWAY, "ping", "-c1", "-W1", address)


def test_the_desk_is_filtered_like_a_guest(lab: Machine) -> None:
    lab.namespace.connect(B_RED[0], OPEN, timeout_s=1).close()
    lab.apply_firewall(FirewallSpec(enable=True, guests=(filtered(B),)))
    for address in B_RED:
        with pytest.raises(TimeoutError):
            lab.namespace.connect(address, OPEN, timeout_s=0.7)
    accept = Rule(direction="in", action="ACCEPT", proto="tcp", source="10.77.1.200")
    lab.apply_firewall(FirewallSpec(enable=True, guests=(filtered(B, accept),)))
    lab.namespace.connect(B_RED[0], OPEN, timeout_s=1).close()


def test_a_connection_survives_a_new_ruleset_and_a_guest_its_reboot(lab: Machine) -> None:
    accept = Rule(direction="in", action="ACCEPT", proto="tcp", dport=str(OPEN))
    spec = FirewallSpec(enable=True, guests=(filtered(B, accept), filtered(A, policy_in="ACCEPT")))
    lab.apply_firewall(spec)
    script = (
        "import socket,time; s=socket.create_server(('',9)); s.settimeout(9); c,_=s.accept();"
        "c.recv(1); time.sleep(0.5); c.sendall(b'still here'); time.sleep(9)"
    )
    must(lab, A, "systemd-run", "--quiet", "python3", "-c", script)
    client = (
        "import socket,time\nfor _ in range(50):\n"
        " try: s=socket.create_connection(('10.77.1.10',9)); break\n except OSError: time.sleep(0.1)\n"
        "s.sendall(b'?'); s.settimeout(5); print(s.recv(99).decode())"
    )
    must(
        lab,
        B,
        "systemd-run",
        "--quiet",
        "--unit=talk",
        "--property=StandardOutput=file:/run/talk",
        "python3",
        "-c",
        client,
    )
    lab.apply_firewall(spec)
    must(lab, B, "sh", "-c", "for _ in $(seq 60); do grep -q still /run/talk && exit; sleep 0.1; done; exit 1")


def test_a_connection_made_while_a_guests_filter_was_off_goes_on_when_it_is_on(lab: Machine) -> None:
    """The far end speaks first, and no rule lets it in: only what is known of the connection does."""
    shut = filtered(B, policy_out="DROP")
    lab.apply_firewall(FirewallSpec(enable=True, guests=(replace(shut, enable=False),)))
    server = (
        "import os,socket,time; s=socket.create_server(('',10)); c,_=s.accept(); c.recv(1)\n"
        "while not os.path.exists('/run/go'): time.sleep(0.05)\n"
        "c.sendall(b'still here'); time.sleep(9)"
    )
    client = (
        "import socket,time\nfor _ in range(50):\n"
        " try: s=socket.create_connection(('10.77.1.10',10)); break\n except OSError: time.sleep(0.1)\n"
        "s.sendall(b'?'); open('/run/connected','w').close()\n"
        "s.settimeout(9); open('/run/heard','wb').write(s.recv(99))"
    )
    must(lab, A, "systemd-run", "--quiet", "python3", "-c", server)
    must(lab, B, "systemd-run", "--quiet", "python3", "-c", client)
    must(lab, B, "sh", "-c", "for _ in $(seq 60); do test -e /run/connected && exit; sleep 0.1; done; exit 1")
    lab.apply_firewall(FirewallSpec(enable=True, guests=(shut,)))
    assert ask(lab, A, ("tcp", B_RED[0], OPEN)) == ["silence"], "the filter is on"
    must(lab, A, "touch", "/run/go")
    must(lab, B, "sh", "-c", "for _ in $(seq 60); do grep -qs still /run/heard && exit; sleep 0.1; done; exit 1")
