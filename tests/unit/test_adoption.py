"""What a killed run leaves in the state: guests are adopted, nothing stays pending."""

from typing import Any

from samdrift.adoption import adopt, pending_creations

GUEST: dict[str, Any] = {
    "urn": "urn:pulumi:a::samdrift::proxmoxve:index/containerLegacy:ContainerLegacy::ystad-gw",
    "type": "proxmoxve:index/containerLegacy:ContainerLegacy",
    "custom": True,
    "inputs": {"vmId": 128601, "nodeName": "pve1"},
}
ENTRY: dict[str, Any] = {
    "urn": "urn:pulumi:a::samdrift::x::acl",
    "type": "proxmoxve:index/acl:Acl",
    "inputs": {"path": "/"},
}


def left_by_a_killed_run() -> dict[str, Any]:
    return {
        "resources": [{"urn": "urn:stack", "type": "pulumi:pulumi:Stack"}],
        "pending_operations": [
            {"type": "creating", "resource": GUEST},
            {"type": "creating", "resource": ENTRY},
            {"type": "deleting", "resource": {"urn": "urn:old", "type": "x", "inputs": {}}},
        ],
    }


def test_a_guest_whose_end_nobody_saw_becomes_a_resource_with_its_number() -> None:
    mended = adopt(left_by_a_killed_run())
    adopted = mended["resources"][-1]
    assert (adopted["urn"], adopted["id"]) == (GUEST["urn"], "128601")
    assert adopted["outputs"]["nodeName"] == "pve1", "the provider reads a guest by node and number"


def test_what_has_no_id_is_made_again() -> None:
    mended = adopt(left_by_a_killed_run())
    assert ENTRY["urn"] not in [one["urn"] for one in mended["resources"]]
    assert pending_creations(mended) == ()


def test_other_open_operations_stay() -> None:
    assert [one["type"] for one in adopt(left_by_a_killed_run())["pending_operations"]] == ["deleting"]


def test_a_whole_state_stays_as_it_is() -> None:
    whole = {"resources": [GUEST], "pending_operations": []}
    assert adopt(whole) == whole
