"""Host records become hosts: secrets resolved, the way in, and the order of a deploy."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from inventories.host import InventoryError, host_data, read_secret
from inventories.ssh import forget, known_hosts, ssh_config, way_in, way_to
from inventories.way import Way
from samdrift.deploy import HostResult, _result, needs
from samdrift.handover import HostRecord


def record(name: str, *, member: str | None = None, jump: str | None = "edge", **roles: dict[str, Any]) -> HostRecord:
    leg = {"name": "svc", "network": "svc", "vnet": "svc", "mac": "BC:24:11:00:00:01", "ipv4": "10.0.0.11/24"}
    return HostRecord.model_validate(
        {
            "version": 1,
            "federation": "f",
            "stack": "f.hall",
            "digest": "0",
            "name": name,
            "fqdn": f"{name}.osterlen.example",
            "member": member,
            "node": "pve1",
            "vm_id": 111,
            "kind": "lxc",
            "interfaces": [{**leg, "ipv6": "fd5a:6d64:0:10::11/64", "gateway4": None, "gateway6": None}],
            "ssh": {"address": "10.0.0.11", "user": "root", "jump": jump},
            "nameservers": ["10.0.0.1"],
            "roles": {"base": {"authorized_keys": []}, **roles},
        }
    )


EDGE = record("edge", jump=None, edge={})
DC1, DC2 = record("dc1", directory={"first": True}), record("dc2", directory={"first": False})
GATEWAY, OTHER = record("ystad-gw", member="ystad", gateway={}), record("lund-gw", member="lund", gateway={})
WORKPLACE = record("ystad-adm", member="ystad", workplace={})
ALL = [EDGE, DC1, DC2, GATEWAY, OTHER, WORKPLACE]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    for folder in ("ssh/known_hosts.d", "secrets"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "ssh" / "id_ed25519.pub").write_text("ssh-ed25519 AAAA desk\n")
    (tmp_path / "secrets" / "directory-join").write_text("s3cret\n")
    return tmp_path


def test_secrets_are_resolved_and_the_operators_key_is_put_in(state: Path) -> None:
    host = record("dc1", directory={"join_password": {"secret": "directory-join"}, "members": [{"key": "ystad"}]})
    data = host_data(host, state=state, secret=partial(read_secret, state))
    assert data["roles"]["directory"] == {"join_password": "s3cret", "members": [{"key": "ystad"}]}
    assert data["roles"]["base"]["authorized_keys"] == ["ssh-ed25519 AAAA desk"]
    assert data["roles"]["base"]["addresses"] == ["10.0.0.11", "fd5a:6d64:0:10::11"]
    assert "s3cret" not in json.dumps(data["record"])


def test_a_secret_that_is_not_there_is_named(state: Path) -> None:
    with pytest.raises(InventoryError, match="secrets/nonsuch does not exist: run samdrift deploy"):
        host_data(record("dc1", x={"p": {"secret": "nonsuch"}}), state=state, secret=partial(read_secret, state))


def test_beyond_the_bastion_openssh_carries_the_connection(state: Path) -> None:
    text = ssh_config([EDGE, DC1], state)
    edge, dc1 = text.split("\n\n")
    assert "ControlMaster auto" in edge
    assert "ProxyCommand" not in edge
    assert f"ProxyCommand ssh -F {state}/ssh/config -W [%h]:%p edge" in dc1
    assert way_to(EDGE, state) is None
    assert way_to(DC1, state) == ["ssh", "-F", f"{state}/ssh/config", "-W", "[10.0.0.11]:22", "edge"]


def test_in_a_lab_the_bastion_is_reached_in_the_labs_namespace(state: Path) -> None:
    (state / "lab.json").write_text('{"netns": "/run/netns/pvelab-lab"}')
    assert "ProxyCommand nsenter --net=/run/netns/pvelab-lab" in ssh_config([EDGE], state, way_in=way_in(state))
    words = way_to(EDGE, state)
    assert words is not None
    assert words[-2:] == ["10.0.0.11", "22"]


def test_a_guest_made_anew_is_forgotten(state: Path) -> None:
    known_hosts("dc1", state).write_text("10.0.0.11 ssh-ed25519 AAAA\n")
    forget("dc1", state)
    forget("dc1", state)
    assert not known_hosts("dc1", state).exists()


def test_a_way_carries_bytes_both_ways_and_opens_again() -> None:
    """One mebibyte: far above a pipe's 64 KiB, where a short write would lose the rest."""
    way = Way(["cat"])
    for sent in (b"x" * 2**20, b"again"):
        way.settimeout(10)
        got = b""
        view = memoryview(sent)
        while len(got) < len(sent):
            if view:
                view = view[way.send(view[:65536]) :]
            got += way.recv(65536)
        assert got == sent
        way.close()


@pytest.mark.parametrize(
    ("host", "needed"),
    [
        (EDGE, set()),
        (DC1, {"edge"}),
        (DC2, {"edge", "dc1"}),
        (GATEWAY, {"edge"}),
        (WORKPLACE, {"edge", "dc1", "ystad-gw"}),
    ],
)
def test_a_host_waits_for_what_it_needs_and_no_more(host: HostRecord, needed: set[str]) -> None:
    assert needs(host, ALL) == needed


def operation(result: str, output: list[str] | None = None) -> dict[str, Any]:
    return {"event": "operation", "name": f"base: {result}", "result": result, "seconds": 0.1, "output": output or []}


def test_a_failed_operation_is_named_with_its_last_words(tmp_path: Path) -> None:
    events = [operation("changed"), operation("failed", ["E: one", "", "E: two"]), {"event": "end"}]
    result = _result("dc1", events, status=1, seconds=1.0, log=tmp_path / "log")
    assert result == HostResult(
        "dc1", 1, 0, 1.0, ("base: changed",), "base: failed: E: one / E: two", str(tmp_path / "log")
    )


@pytest.mark.parametrize(
    ("status", "word"), [(-9, "was silent or killed"), (2, "did not finish"), (0, "did not finish")]
)
def test_a_process_that_ends_without_saying_so_has_failed(tmp_path: Path, status: int, word: str) -> None:
    """No news is not good news: also exit status 0 without its last event."""
    (tmp_path / "log").write_text("first\nlast words\n")
    result = _result("dc1", [operation("changed")], status=status, seconds=1.0, log=tmp_path / "log")
    assert result.error is not None
    assert word in result.error
    assert "last words" in result.error
