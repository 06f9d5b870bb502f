"""The firewall's configuration at its three levels, and what the machine is told of it."""

from typing import Any

import httpx
import pytest

from pvelab.firewall.model import GuestFirewall
from tests.lab_api.refusal import refused
from tests.lab_api.running import RunningLab, eventually


@pytest.fixture(scope="module")
def guest(lab: RunningLab, node: Any, make: Any) -> Any:
    """proxmoxer at the firewall of a running container."""
    make(101, start=1)
    return node.lxc(101).firewall


@pytest.fixture(autouse=True)
def empty(guest: Any) -> None:
    """No rules before a test."""
    for _ in guest.rules.get():
        guest.rules(0).delete()


def add(rules: Any, *ports: int) -> None:
    """One rule per port, in this order."""
    for port in reversed(ports):
        rules.post(type="in", action="ACCEPT", proto="tcp", dport=str(port), enable=1)


def told_of(lab: RunningLab) -> GuestFirewall:
    """What the machine was last told of the container."""
    return next(entry for entry in lab.machine.firewall.guests if entry.vmid == 101)


def ports(rules: Any) -> list[str]:
    """The ports in the order of the rules."""
    return [rule["dport"] for rule in rules.get()]


def test_a_new_rule_goes_first_and_is_off_unless_said(guest: Any) -> None:
    add(guest.rules, 80)
    guest.rules.post(type="in", action="ACCEPT", proto="tcp", dport="22")
    assert [(rule["pos"], rule["dport"], rule["enable"]) for rule in guest.rules.get()] == [(0, "22", 0), (1, "80", 1)]


def test_the_position_of_a_single_rule_is_a_string(guest: Any) -> None:
    add(guest.rules, 80)
    assert guest.rules(0).get()["pos"] == "0"


def test_empty_texts_are_not_kept(guest: Any) -> None:
    guest.rules.post(type="in", action="DROP", enable=1, comment="", dest="", source="", dport="", macro="", proto="")
    assert set(guest.rules(0).get()) == {"type", "action", "enable", "pos", "digest"}


@pytest.mark.parametrize(
    ("start", "target", "after"),
    [(2, 0, ["3", "1", "2"]), (0, 2, ["2", "1", "3"]), (0, 9, ["2", "3", "1"]), (1, 0, ["2", "1", "3"])],
)
def test_moving_a_rule(guest: Any, start: int, target: int, after: list[str]) -> None:
    add(guest.rules, 1, 2, 3)
    guest.rules(start).put(moveto=target, comment="ignored")
    assert ports(guest.rules) == after
    assert not any("comment" in rule for rule in guest.rules.get())


def test_changing_and_deleting_fields(guest: Any) -> None:
    add(guest.rules, 80)
    guest.rules(0).put(source="10.0.0.0/8", comment="c")
    assert guest.rules(0).get()["ipversion"] == 4
    guest.rules(0).put(delete="source,comment")
    assert {"source", "comment", "ipversion"}.isdisjoint(guest.rules(0).get())


def test_positions_past_the_end(guest: Any) -> None:
    for method in (guest.rules(7).get, guest.rules(7).delete):
        with refused(500, "no rule at position 7"):
            method()


@pytest.mark.parametrize(
    ("rule", "field", "complaint"),
    [
        ({"action": "MAYBE"}, "action", "unknown action"),
        ({"macro": "Teleport"}, "macro", "unknown macro 'Teleport'"),
        ({"source": "10.0.0.300"}, "source", "valid IP address or network"),
        ({"source": "10.0.0.1,fd00::1"}, "source", "mixed ipv4/ipv6"),
        ({"source": "+nowhere"}, "source", "no such ipset 'nowhere'"),
        ({"dest": "dc/nobody"}, "dest", "no such alias 'nobody'"),
        ({"dport": "22"}, "proto", "'dport' requires this property"),
        ({"proto": "tcp", "dport": "99999"}, "dport", "invalid port"),
        ({"proto": "tcp", "dport": "90:80"}, "dport", "backwards range"),
        ({"iface": "eth0"}, "iface", "valid network interface"),
        ({"type": "group", "action": "nogroup"}, "action", "no such security group"),
    ],
)
def test_rules_that_make_no_sense(guest: Any, rule: dict[str, str], field: str, complaint: str) -> None:
    with refused(400, "Parameter verification failed", **{field: complaint}):
        guest.rules.post(**{"type": "in", "action": "ACCEPT", "enable": 1, **rule})
    assert guest.rules.get() == []


def test_every_change_reaches_the_machine(lab: RunningLab, root: Any, guest: Any) -> None:
    root.cluster.firewall.options.put(enable=1, policy_in="DROP")
    guest.options.put(enable=1, policy_in="DROP", policy_out="REJECT", ipfilter=1, macfilter=1, dhcp=0)
    assert lab.machine.firewall.enable, "options are in force before the answer"
    add(guest.rules, 22)
    eventually(lambda: told_of(lab).rules, "the rule is in force")
    told = told_of(lab)
    assert (told.enable, told.policy_in, told.policy_out, told.ipfilter, told.dhcp) == (
        True,
        "DROP",
        "REJECT",
        True,
        False,
    )
    assert [(rule.proto, rule.dport, rule.enable) for rule in told.rules] == [("tcp", "22", True)]
    nic = told.nics[0]
    assert (nic.veth, nic.vnet, nic.firewall, nic.ips) == ("veth101i0", "svc", True, ("10.0.0.101",))


def test_a_change_that_the_machine_refuses_is_not_kept(lab: RunningLab, guest: Any) -> None:
    eventually(lambda: not told_of(lab).rules, "what was deleted before is out of force, and no load is due")
    before = guest.options.get()
    lab.machine.fail_next = "apply_firewall"
    with refused(500, "apply_firewall was told to fail"):
        guest.options.put(policy_in="REJECT")
    assert guest.options.get() == before


def test_many_rules_are_loaded_together(lab: RunningLab, guest: Any) -> None:
    eventually(lambda: not told_of(lab).rules, "no rules are in force")
    before = len(lab.machine.named("apply_firewall"))
    add(guest.rules, *range(1, 31))
    eventually(lambda: len(told_of(lab).rules) == 30, "all rules are in force")
    # How many of the 30 come in before a load begins is the machine's business; each by itself would be 30.
    assert len(lab.machine.named("apply_firewall")) - before < 30


def test_security_groups(lab: RunningLab, root: Any, guest: Any) -> None:
    groups = root.cluster.firewall.groups
    groups.post(group="ssh", comment="way in")
    add(groups("ssh"), 22, 2222)
    assert ports(groups("ssh")) == ["22", "2222"]
    groups.post(group="ssh", rename="ssh", comment="again")
    assert [(entry["group"], entry["comment"]) for entry in groups.get()] == [("ssh", "again")]
    guest.rules.post(type="group", action="ssh", enable=1)
    assert [group.name for group in lab.machine.firewall.groups] == ["ssh"]
    with refused(500, "Security group 'ssh' is not empty"):
        groups("ssh").delete()
    with refused(400, "Parameter verification failed", group="already exists"):
        groups.post(group="ssh")
    with refused(400, "Parameter verification failed", type="security groups not allowed"):
        groups("ssh").post(type="group", action="ssh")
    for _ in range(2):
        groups("ssh")(0).delete()
    groups("ssh").delete()
    with refused(500, "no such security group 'ssh'"):
        groups("ssh").get()


def test_aliases_are_lower_case(root: Any) -> None:
    aliases = root.cluster.firewall.aliases
    aliases.post(name="Printer", cidr="10.0.0.4/32", comment="c")
    found = aliases("printer").get()
    assert (found["name"], found["cidr"], found["ipversion"], found["comment"]) == ("printer", "10.0.0.4", 4, "c")
    aliases("printer").put(cidr="fd00::4", rename="plotter")
    assert aliases("plotter").get()["ipversion"] == 6
    with refused(400, "Parameter verification failed", name="no such alias"):
        aliases("printer").get()
    with refused(400, "Parameter verification failed", name="already exists"):
        aliases.post(name="PLOTTER", cidr="10.0.0.5")
    aliases("plotter").delete()


def test_ip_sets(lab: RunningLab, root: Any) -> None:
    sets = root.cluster.firewall.ipset
    sets.post(name="desks", comment="c")
    sets("desks").post(cidr="10.0.2.0/24")
    sets("desks").post(cidr="10.0.2.9", nomatch=1, comment="not he")
    assert [(entry["name"], entry["comment"]) for entry in sets.get()] == [("desks", "c")]
    assert {entry["cidr"]: entry.get("nomatch") for entry in sets("desks").get()} == {
        "10.0.2.0/24": None,
        "10.0.2.9": 1,
    }
    with refused(400, "Parameter verification failed", cidr="already exists"):
        sets("desks").post(cidr="10.0.2.9/32")
    with refused(400, "Parameter verification failed", name="already exists"):
        sets.post(name="desks")
    with refused(500, "IPSet 'desks' is not empty"):
        sets("desks").delete()
    assert [ipset.name for ipset in lab.machine.firewall.ipsets] == ["desks"]
    refs = [(entry["type"], entry["ref"]) for entry in root.cluster.firewall.refs.get()]
    assert refs == [("ipset", "+dc/desks")]
    sets("desks").delete(force=1)
    with refused(500, "no such IPSet 'desks'"):
        sets("desks").get()


def test_a_rule_whose_name_was_deleted_has_no_effect(lab: RunningLab, root: Any, guest: Any) -> None:
    root.cluster.firewall.aliases.post(name="gone", cidr="10.0.0.9")
    guest.rules.post(type="in", action="ACCEPT", source="dc/gone", enable=1)
    root.cluster.firewall.aliases("gone").delete()
    assert len(guest.rules.get()) == 1
    guest.rules.post(type="in", action="DROP", enable=1)
    eventually(lambda: [rule.action for rule in told_of(lab).rules] == ["DROP"], "only the other rule is in force")


def test_macros_are_listed(root: Any) -> None:
    assert {"SSH", "DNS", "Ping"} <= {entry["macro"] for entry in root.cluster.firewall.macros.get()}


def test_vnet_rules_are_501(lab: RunningLab) -> None:
    with lab.http() as client:
        answer: httpx.Response = client.get("/cluster/sdn/vnets/svc/firewall/rules")
    assert answer.status_code == 501


def test_node_rules_are_kept(node: Any) -> None:
    add(node.firewall.rules, 8006)
    assert ports(node.firewall.rules) == ["8006"]
    node.firewall.options.put(enable=1, log_level_in="nolog")
    assert node.firewall.options.get()["log_level_in"] == "nolog"
