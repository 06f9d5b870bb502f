"""Which guests the engine's state holds without their rules."""

from typing import Any

from samdrift.unrecorded import Bare, bare_guests


def _state(*resources: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "resources": [
            {"urn": f"urn:pulumi:a::samdrift::x::{name}", "type": f"proxmoxve:{kind}", "inputs": inputs}
            for name, kind, inputs in resources
        ]
    }


GATEWAY = ("ystad-gw", "index/containerLegacy:ContainerLegacy", {"vmId": 101, "nodeName": "pve1"})
VAULT = ("vault", "index/vmLegacy:VmLegacy", {"vmId": 102, "nodeName": "pve2"})
OPTIONS = ("ystad-gw-options", "firewall/optionsLegacy:OptionsLegacy", {"containerId": 101})
RULES = ("ystad-gw-rules", "firewall/rulesLegacy:RulesLegacy", {"containerId": 101})
CLUSTER: tuple[str, str, dict[str, Any]] = ("cluster", "firewall/rulesLegacy:RulesLegacy", {})


def test_a_guest_without_rules_in_the_state_is_told_by_where_the_api_has_it() -> None:
    found = bare_guests(_state(GATEWAY, OPTIONS, VAULT, CLUSTER))
    assert found == (Bare("ystad-gw", "pve1", "lxc", 101), Bare("vault", "pve2", "qemu", 102))


def test_a_guest_whose_rules_the_state_holds_keeps_them() -> None:
    assert [one.number for one in bare_guests(_state(GATEWAY, RULES, VAULT))] == [102]
    assert bare_guests({}) == ()
