"""The firewall of a guest that is gone is forgotten with it."""

from __future__ import annotations

from samdrift.orphan import orphans


def _state(*resources: tuple[str, str, dict[str, int]]) -> dict[str, object]:
    return {
        "resources": [{"urn": urn, "type": f"proxmoxve:{kind}", "inputs": inputs} for urn, kind, inputs in resources]
    }


GUEST = ("guest", "index/containerLegacy:ContainerLegacy", {"vmId": 101})
RULES = ("rules", "firewall/rulesLegacy:RulesLegacy", {"containerId": 101})
OPTIONS = ("options", "firewall/optionsLegacy:OptionsLegacy", {"containerId": 101})
CLUSTER: tuple[str, str, dict[str, int]] = ("cluster", "firewall/rulesLegacy:RulesLegacy", {})


def test_the_firewall_of_a_lost_guest_is_an_orphan_last_made_first() -> None:
    other = ("other", "index/vmLegacy:VmLegacy", {"vmId": 102})
    assert orphans(_state(RULES, OPTIONS, CLUSTER, other)) == ("options", "rules")


def test_nothing_is_an_orphan_beside_its_guest() -> None:
    assert orphans(_state(GUEST, RULES, OPTIONS, CLUSTER)) == ()
    assert orphans({}) == ()
