"""Whole programs: what each kind of stack declares, hands over, and leaves alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pulumi
import pytest

from samdrift.federation import hall
from samdrift.handover import host_records
from samdrift.rehearsal import NOTHING, Rehearsal, rehearse
from tests.components.recording import STACKS, federation, lies_below, of_type, provider_of, waits_for

FEDERATION = federation()
HALL = rehearse("ystad-osterlen.hall", stacks=STACKS)
OTHERS = {HALL.stack: HALL.outputs}


def _stack(key: str) -> Rehearsal:
    return rehearse(f"ystad-osterlen.{key}", stacks=STACKS, others=OTHERS)


def test_hall_has_its_guests() -> None:
    assert set(of_type(HALL, ":ContainerLegacy")) == set(hall.BY_NAME)


def test_hall_names_no_member() -> None:
    declared = json.dumps([[one.name, dict(one.props)] for one in HALL.resources if one.type.startswith("proxmoxve:")])
    for member in FEDERATION.members:
        assert f"{member.key}-" not in declared.replace(FEDERATION.name, "") and f"a{member.code}" not in declared


def test_administrators_prefixes_are_let_in_beside_the_management_network(tmp_path: Path) -> None:
    """Default drop with a set that lacks them would lock out whoever runs it."""
    stacks = shutil.copytree(STACKS, tmp_path / "stacks")
    file = stacks / "Pulumi.ystad-osterlen.hall.yaml"
    text = file.read_text()
    file.write_text(
        text.replace("      uplinks:", "      management: [192.0.2.0/24, '2001:db8:a::/48']\n      uplinks:")
    )
    (found,) = [
        one
        for one in of_type(rehearse("ystad-osterlen.hall", stacks=stacks), ":IpsetLegacy").values()
        if one.props["name"] == "management"
    ]
    assert [one["name"] for one in found.props["cidrs"]] == [
        "10.0.2.0/24",
        "fd5a:6d64:0:12::/64",
        "192.0.2.0/24",
        "2001:db8:a::/48",
    ]


def test_vault_is_one_guest_of_its_own_pool_in_the_halls_network() -> None:
    found = _stack("vault")
    (vault,) = of_type(found, ":ContainerLegacy").values()
    assert vault.props["poolId"] == "ystad-osterlen.vault"
    assert vault.props["networkInterfaces"][0]["bridge"] == "vaultnet"
    assert not of_type(found, ":Vnet")
    paths = {one.props["path"] for one in of_type(found, ":Acl").values()}
    assert "/pool/ystad-osterlen.hall" not in paths and "/" not in paths


@pytest.mark.parametrize("key", [member.key for member in FEDERATION.members])
def test_member_has_a_gateway_and_two_workplaces(key: str) -> None:
    found = _stack(key)
    assert sorted(of_type(found, ":ContainerLegacy")) == sorted([f"{key}-gw", f"{key}-adm", f"{key}-ped"])
    assert len(of_type(found, ":Vnet")) == 2 and len(of_type(found, ":Job")) == 1


def test_guests_are_made_with_the_stacks_own_token_and_the_cluster_with_the_organisations() -> None:
    found = _stack("ystad")
    for one in found.resources:
        guests = one.type.rsplit(":", 1)[-1] in ("ContainerLegacy", "OptionsLegacy", "RulesLegacy", "IpsetLegacy")
        if one.type.startswith("proxmoxve:"):
            assert provider_of(one) == ("operation" if guests else "administration"), one.name
    providers = of_type(found, "providers:proxmoxve")
    assert providers["operation"].props["apiToken"] == f"ystad-osterlen.ystad@pve!operation={NOTHING}"
    assert all("apiToken" in provider.secrets for provider in providers.values())


def test_guests_wait_for_their_networks_and_their_token_for_its_rights() -> None:
    found = _stack("ystad")
    waits = waits_for(found, of_type(found, ":ContainerLegacy")["ystad-adm"])
    assert "ystad-osterlen.ystad-applier" in waits
    rights = {name for name, one in of_type(found, ":Acl").items() if lies_below(found, one, "samdrift:access:Access")}
    assert rights and rights <= waits_for(found, of_type(found, "providers:proxmoxve")["operation"])


@pytest.mark.parametrize("key", [stack.key for stack in FEDERATION.stacks])
def test_hosts_are_handed_over_as_plain_data(key: str) -> None:
    found = HALL if key == "hall" else _stack(key)
    expected = [one.model_dump(mode="json") for one in host_records(FEDERATION, FEDERATION.stack(key))]
    assert found.outputs["hosts"] == _without_null(expected)
    assert not of_type(found, "pulumi:Stack")[f"samdrift-{found.stack}"].secrets


@pytest.mark.usefixtures("swept")
def test_mistakes_in_the_stack_files_are_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.ystad-osterlen.hall.yaml").write_text("config: {samdrift:stack: {kind: hall}}")
    with pytest.raises(pulumi.RunError, match=r"mistakes? in the stack files"):
        rehearse("ystad-osterlen.hall", stacks=tmp_path)


@pytest.mark.usefixtures("swept")
def test_member_without_a_hall_makes_nothing() -> None:
    with pytest.raises(Exception, match="zones"):
        rehearse("ystad-osterlen.ystad", stacks=STACKS, others={})


def _without_null(value: Any) -> Any:
    """Take out what is not set: the recorder's wire does not carry it."""
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    return [_without_null(item) for item in value] if isinstance(value, list) else value
