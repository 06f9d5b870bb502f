"""A member's gateway, seen from a host in each of its networks. The desk plays edge."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ADM = {"4": "10.80.96.10", "6": "fd5a:6d64:1286:1::10"}
PED = {"4": "10.80.104.10", "6": "fd5a:6d64:1286:2::10"}
PROXY = "10.0.4.9"  # of the scenario; the real one is not there, so no flow to it is declared


def opens(on: Callable[..., str], host: str, address: str, port: int) -> bool:
    """Whether a TCP connection from `host` stands within two seconds."""
    probe = f"timeout 2 bash -c 'exec 3<>/dev/tcp/{address}/{port}' 2>/dev/null && echo open || echo shut"
    return on(host, probe).strip() == "open"


@pytest.mark.parametrize("family", ["4", "6"])
def test_neither_network_reaches_the_other(on: Callable[..., str], family: str) -> None:
    """SSH listens on both hosts, as each shows to itself: what is shut is the way between them."""
    assert opens(on, "ystad-adm", ADM[family], 22)
    assert opens(on, "ystad-ped", PED[family], 22)
    assert not opens(on, "ystad-ped", ADM[family], 22)
    assert not opens(on, "ystad-adm", PED[family], 22)


def test_the_denies_count_what_they_drop(on: Callable[..., str]) -> None:
    before = dropped(on)
    assert not opens(on, "ystad-ped", ADM["4"], 22)
    assert dropped(on) > before


def dropped(on: Callable[..., str]) -> int:
    chain = on("ystad-gw", "nft list chain inet gateway denied").splitlines()
    line = next(one for one in chain if 'comment "ped to adm"' in one)
    return int(line.split("packets ")[1].split()[0])


def test_clients_do_not_reach_the_gateways_own_ssh(on: Callable[..., str]) -> None:
    """The engineer does: this very test came in by it, and through it to both hosts."""
    for address in ("10.80.96.1", "10.80.104.1", "10.0.4.138"):
        assert not opens(on, "ystad-ped", address, 22)
    assert on("ystad-gw", "hostname").strip() == "ystad-gw"


@pytest.mark.parametrize("host", ["ystad-adm", "ystad-ped"])
def test_declared_flows_pass_and_nothing_else_on_the_same_host(on: Callable[..., str], host: str) -> None:
    """Echo to edge is declared, SSH to it is not."""
    on("ystad-gw", "nft list chain inet gateway forward | grep -q 'comment \"echo\"'")
    rule = f"nft list chain inet gateway forward | grep -c 'iifname \"{host[-3:]}\".*10.0.4.1 icmp'"
    assert int(on("ystad-gw", rule)) > 0
    assert not opens(on, host, "10.0.4.1", 22)
    assert not opens(on, host, PROXY, 3142)


def test_a_reload_drops_no_established_flow(on: Callable[..., str]) -> None:
    """The engineer's own session through the gateway stands across a reload of the whole ruleset."""
    config = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ssh" / "config"
    session = subprocess.Popen(
        ["ssh", "-F", config, "ystad-adm", "echo ready; read -r word; echo $word"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert session.stdin is not None
    assert session.stdout is not None
    assert session.stdout.readline() == "ready\n"
    on("ystad-gw", "systemctl reload nftables")
    answer, _ = session.communicate("still-here\n", timeout=30)
    assert answer == "still-here\n"


def test_filter_and_forwarding_hold_after_a_restart(on: Callable[..., str]) -> None:
    """nftables is in force before any interface is configured, and forwarding comes with it."""
    order = on("ystad-gw", "systemctl show networking -p After --value")
    assert "network-pre.target" in order
    assert "network-pre.target" in on("ystad-gw", "systemctl show nftables -p Before --value")
    on("ystad-gw", "systemctl stop nftables")
    assert on("ystad-gw", "cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding").split() == [
        "0",
        "0",
    ]
    on("ystad-gw", "systemctl start nftables")
    assert on("ystad-gw", "cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding").split() == [
        "1",
        "1",
    ]
    assert not opens(on, "ystad-ped", ADM["4"], 22)


def test_dropped_packets_are_in_the_journal(on: Callable[..., str]) -> None:
    assert not opens(on, "ystad-ped", "10.0.4.1", 22)
    assert "SRC=10.80.104.10" in on("ystad-gw", "journalctl -o cat --since -1min | grep 'gateway forward'")
