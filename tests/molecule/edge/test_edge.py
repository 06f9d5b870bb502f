"""The hall's edge, seen from the management network and from the Internet's side."""

from collections.abc import Callable

# The resolver reads its files anew, which systemd counts as a change of state; it is the same process all the while.
STARTED = (
    "systemctl show -p MainPID,ActiveEnterTimestampMonotonic unbound nftables chrony; "
    "systemctl show -p StateChangeTimestampMonotonic nftables chrony"
)
OUTSIDE = {"4": "198.51.100.1", "6": "2001:db8:0:ffff::1"}


def test_members_are_elements_and_routes_of_both_families(on: Callable[..., str]) -> None:
    for table, member in (("adm4", "10.80.96.0/21"), ("ped6", "fd5a:6d64:1286:2::/64"), ("gateways4", "10.0.4.138")):
        assert member in on("edge", f"nft list set inet edge {table}")
    assert "via 10.0.4.138 dev transit" in on("edge", "ip -4 route show 10.80.96.0/21")
    assert "via fd5a:6d64:0:14::138 dev transit" in on("edge", "ip -6 route show fd5a:6d64:1286:1::/64")


def test_what_no_member_has_does_not_leave_by_the_internet(on: Callable[..., str]) -> None:
    """There is a way out for the rest of the world, and none for an address of ours that nobody has."""
    assert "dev wan" in on("edge", "ip -4 route get 203.0.113.1")
    assert "No route to host" in on("edge", "ip -4 route get 10.99.0.1 2>&1 || true")


def test_a_member_leaves_and_comes_back_without_any_restart(on: Callable[..., str]) -> None:
    """Its route and its places go, the others' stay, and no service notices: same processes, same ruleset load."""
    before = on("edge", STARTED)
    leave = "sed -i '/10.0.4.138/d' /etc/samdrift/routes && sed -i '/10.80.96.0/d' /etc/samdrift/members.nft"
    on("edge", f"cp -a /etc/samdrift /tmp/kept && {leave} && systemctl reload samdrift-members")
    try:
        assert "10.0.4.138" not in on("edge", "ip -4 route show 10.80.96.0/21")
        assert "10.80.96.0" not in on("edge", "nft list set inet edge adm4")
        assert "via 10.0.4.125" in on("edge", "ip -4 route show 10.79.96.0/21")
        assert "10.79.96.0/21" in on("edge", "nft list set inet edge adm4")
    finally:
        on("edge", "cp -a /tmp/kept/. /etc/samdrift/ && rm -r /tmp/kept && systemctl reload samdrift-members")
    assert "via 10.0.4.138" in on("edge", "ip -4 route show 10.80.96.0/21")
    assert on("edge", STARTED) == before


def test_nothing_answers_on_the_internets_side(on: Callable[..., str]) -> None:
    """SSH and DNS listen on edge, as the desk and edge itself show: from outside neither opens, in either family.

    What is published leads to hosts that do not stand here.
    """
    listening = on("edge", "ss -Hlnt | awk '{print $4}'")
    assert ":22" in listening
    assert ":53" in listening
    for address in OUTSIDE.values():
        for port in (22, 53):
            probe = f"timeout 2 bash -c 'exec 3<>/dev/tcp/{address}/{port}' 2>/dev/null && echo open || echo shut"
            assert on("outside", probe).strip() == "shut"


def test_edge_is_the_clock(on: Callable[..., str]) -> None:
    assert on("edge", "chronyc -c tracking").split(",")[2] == "8"


def test_the_resolver_serves_the_inside(on: Callable[..., str]) -> None:
    addresses = on("edge", "ss -Hlnu 'sport = :53' | awk '{print $4}'")
    assert "10.0.4.1:53" in addresses
    assert "198.51.100.1" not in addresses
    on("edge", "unbound-checkconf -q")
