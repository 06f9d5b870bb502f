"""The compiled packet filter of the lab: which chains exist, and what a rule becomes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvelab.firewall.compile import check_ruleset, compile_ruleset
from pvelab.firewall.macro import MACROS
from pvelab.firewall.model import (
    FirewallError,
    FirewallSpec,
    GuestFirewall,
    GuestNic,
    Ipset,
    IpsetEntry,
    Rule,
    SecurityGroup,
)


def guest(*rules: Rule, vmid: int = 101, nics: int = 1, **options: object) -> GuestFirewall:
    """A guest that is filtered on all its interfaces."""
    own = tuple(
        GuestNic(
            index=index, veth=f"veth{vmid}i{index}", mac=f"BC:24:11:00:00:{index:02X}", vnet="svc",
            firewall=True, ips=(f"10.0.0.{index + 1}",),
        )
        for index in range(nics)
    )  # fmt: skip
    defaults: dict[str, object] = {"vmid": vmid, "enable": True, "rules": rules, "nics": own, "ndp": False}
    return GuestFirewall(**{**defaults, **options})  # type: ignore[arg-type]


def ruleset(*guests: GuestFirewall, **fields: object) -> str:
    """What a lab with these guests compiles to."""
    return compile_ruleset(FirewallSpec(enable=True, guests=guests, **fields))  # type: ignore[arg-type]


def chain(text: str, name: str) -> list[str]:
    """The lines of a chain."""
    found = re.search(rf"^  chain {re.escape(name)} {{\n(.*?)^  }}$", text, re.MULTILINE | re.DOTALL)
    assert found, f"no chain {name}"
    return [line.strip() for line in found[1].splitlines()]


def rules_of(*rules: Rule, direction: str = "in", **fields: object) -> list[str]:
    """What rules become in the guest's chain, the policy's line left out."""
    text = ruleset(guest(*rules, policy_in="ACCEPT", radv=True), **fields)
    return chain(text, f"{direction}-veth101i0")[:-1]


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        (Rule("in", "ACCEPT"), ["accept"]),
        (Rule("in", "DROP", proto="tcp"), ["meta l4proto 6 drop"]),
        (Rule("in", "ACCEPT", proto="tcp", dport="22,8000:8010"),
            ["meta l4proto 6 tcp dport { 22, 8000-8010 } accept"]),
        (Rule("in", "REJECT", source="10.0.0.0/8"), ["ip saddr 10.0.0.0/8 goto refuse"]),
        (Rule("in", "ACCEPT", source="fd00::/8", proto="udp"), ["ip6 saddr fd00::/8 meta l4proto 17 accept"]),
        (Rule("in", "ACCEPT", dest="0.0.0.0/0"), ["meta nfproto ipv4 accept"]),
        (Rule("in", "ACCEPT", macro="SSH"), ["meta l4proto 6 tcp dport { 22 } accept"]),
        (Rule("in", "ACCEPT", macro="dns", source="10.0.0.1"), [
            "ip saddr 10.0.0.1 meta l4proto 17 udp dport { 53 } accept",
            "ip saddr 10.0.0.1 meta l4proto 6 tcp dport { 53 } accept",
        ]),
        (Rule("in", "ACCEPT", macro="Ping"), [
            "meta nfproto ipv4 meta l4proto 1 icmp type 8 accept",
            "meta nfproto ipv6 meta l4proto 58 icmpv6 type 128 accept",
        ]),
        (Rule("in", "ACCEPT", proto="icmp", icmp_type="fragmentation-needed"),
            ["meta nfproto ipv4 meta l4proto 1 icmp type 3 icmp code 4 accept"]),
        (Rule("in", "ACCEPT", proto="icmp", dport="echo-request"),
            ["meta nfproto ipv4 meta l4proto 1 icmp type 8 accept"]),
        (Rule("in", "ACCEPT", source="+empty"), []),
        (Rule("in", "ACCEPT", source="10.0.0.1", dest="fd00::1"), []),
        (Rule("in", "ACCEPT", enable=False), []),
        (Rule("out", "ACCEPT"), []),
        (Rule("forward", "ACCEPT"), []),
        (Rule("in", "ACCEPT", iface="net1"), []),
        (Rule("in", "ACCEPT", iface="net0"), ["accept"]),
        (Rule("group", "web"), ["jump group-web-in"]),
    ],
)  # fmt: skip
def test_what_a_rule_becomes(rule: Rule, lines: list[str]) -> None:
    assert rules_of(rule, ipsets=(Ipset("empty"),), groups=(SecurityGroup("web"),)) == lines


@pytest.mark.parametrize("name", MACROS)
def test_every_macro_compiles(name: str) -> None:
    assert rules_of(Rule("in", "ACCEPT", macro=name))


def test_a_set_is_shared_by_the_rules_that_name_it() -> None:
    web = Ipset("web", (IpsetEntry("10.1.0.0/24"), IpsetEntry("10.3.0.0/24")))
    text = ruleset(guest(Rule("in", "ACCEPT", source="+web"), Rule("in", "DROP", dest="+web")), ipsets=(web,))
    assert text.count("set addresses4_1 {") == 1
    assert "ip saddr @addresses4_1 accept" in text
    assert "ip daddr @addresses4_1 drop" in text


def test_group_rules_stand_in_their_own_chains() -> None:
    group = SecurityGroup("web", (Rule("in", "ACCEPT", macro="HTTP"), Rule("out", "DROP", macro="SMTP")))
    text = ruleset(guest(Rule("group", "web")), groups=(group,))
    assert chain(text, "group-web-in") == ["meta l4proto 6 tcp dport { 80 } accept"]
    assert chain(text, "group-web-out") == ["meta l4proto 6 tcp dport { 25 } drop"]


def test_identity_of_an_interface() -> None:
    lines = chain(ruleset(guest(ipfilter=True)), "from-veth101i0")
    assert lines[:2] == [
        "ether saddr != bc:24:11:00:00:00 counter drop",
        "ether type arp arp saddr ether != bc:24:11:00:00:00 counter drop",
    ]
    assert "ether type ip ip saddr != 10.0.0.1 counter drop" in lines
    assert "ether type ip6 ip6 saddr != fe80::be24:11ff:fe00:0 counter drop" in lines
    assert chain(ruleset(guest(macfilter=False)), "from-veth101i0") == []


def test_options_of_a_guest() -> None:
    outward = chain(ruleset(guest(dhcp=True, ndp=True)), "out-veth101i0")
    assert outward[:4] == [
        "meta nfproto ipv4 udp sport 68 udp dport 67 accept",
        "meta nfproto ipv6 udp sport 546 udp dport 547 accept",
        "icmpv6 type nd-router-advert counter drop",
        "icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept",
    ]
    assert outward[-1] == "counter accept"
    assert chain(ruleset(guest()), "in-veth101i0")[-1] == "counter drop"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule("in", "ALLOW"), "CT 101, rule 0: unknown action 'ALLOW'"),
        (Rule("in", "ACCEPT", macro="Nope"), "CT 101, rule 0: unknown macro 'Nope'"),
        (Rule("in", "ACCEPT", dport="22"), "CT 101, rule 0: 'dport' and 'sport' require 'proto'"),
        (Rule("in", "ACCEPT", proto="tcp", dport="70000"), "CT 101, rule 0: invalid port '70000'"),
        (Rule("in", "ACCEPT", proto="tcp", dport="9:8"), "CT 101, rule 0: invalid port range '9:8'"),
        (Rule("in", "ACCEPT", proto="esp", dport="9"), "CT 101, rule 0: protocol 'esp' has no ports"),
        (Rule("in", "ACCEPT", proto="quic"), "CT 101, rule 0: unknown protocol 'quic'"),
        (Rule("in", "ACCEPT", proto="icmp", icmp_type="hello"), "CT 101, rule 0: invalid icmp type 'hello'"),
        (Rule("in", "ACCEPT", macro="SSH", proto="udp"), "CT 101, rule 0: parameter 'proto' already define in macro"),
        (Rule("in", "ACCEPT", source="+gone"), "CT 101, rule 0: source: no such IPSet 'gone'"),
        (Rule("group", "gone"), "CT 101, rule 0: no such security group 'gone'"),
    ],
)
def test_a_wrong_rule_is_named_even_while_the_firewall_is_off(rule: Rule, said: str) -> None:
    with pytest.raises(FirewallError) as error:
        check_ruleset(FirewallSpec(enable=False, guests=(guest(rule),)))
    assert str(error.value).startswith(said)


levels = st.tuples(st.booleans(), st.lists(st.tuples(st.booleans(), st.lists(st.booleans(), max_size=4)), max_size=5))


@given(levels)
def test_exactly_the_interfaces_on_at_three_levels_are_filtered(
    drawn: tuple[bool, list[tuple[bool, list[bool]]]],
) -> None:
    cluster, drawn_guests = drawn
    guests, wanted = [], []
    for vmid, (enable, nics) in enumerate(drawn_guests, start=100):
        own = tuple(
            GuestNic(index=index, veth=f"veth{vmid}i{index}", mac="BC:24:11:00:00:00", vnet="svc", firewall=on)
            for index, on in enumerate(nics)
        )
        guests.append(GuestFirewall(vmid=vmid, enable=enable, nics=own))
        wanted += [nic.veth for nic in own if cluster and enable and nic.firewall]
    text = compile_ruleset(FirewallSpec(enable=cluster, guests=tuple(guests)))
    for direction in ("in", "out", "from", "to"):
        assert re.findall(rf"^  chain {direction}-(veth\d+i\d+) {{", text, re.MULTILINE) == wanted
    marks = re.search(r"iifname map {(.*?)}", text)
    assert len(set(re.findall(r"0x\w+", marks[1]))) == len(wanted) if marks else not wanted


@given(st.permutations([f"10.0.0.{number}" for number in range(6)]))
def test_rules_keep_their_order(sources: list[str]) -> None:
    lines = rules_of(*(Rule("in", "ACCEPT", source=source) for source in sources))
    assert [line.split()[2] for line in lines] == sources
