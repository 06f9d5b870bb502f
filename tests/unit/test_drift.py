"""Drift: what each observer says is turned into differences that name stack, subject and property, and hide secrets."""

import json
from pathlib import Path
from typing import Any

import pytest

from samdrift import drift
from samdrift.federation.guest import all_guests
from samdrift.federation.load import load_federation
from samdrift.federation.network import networks_of
from samdrift.hypervisor import Hypervisor
from samdrift.state import State

ROOT = Path(__file__).resolve().parents[2]
FEDERATION = load_federation(ROOT / "stacks")
STACKS = [one.name for one in FEDERATION.stacks]
STACK = "ystad-osterlen.ystad"


class Engine:
    """Stands in for the engine: writes the events of a preview that was refreshed."""

    def __init__(self, place: State, steps: list[dict[str, Any]]) -> None:
        self.events = place.logs / f"pulumi-{STACK}-preview.events"
        self.steps = steps
        self.asked: list[tuple[str, ...]] = []

    def run(self, *words: str, say: Any) -> None:
        self.asked.append(words)
        events = [{"preludeEvent": {}}, *({"resourcePreEvent": {"metadata": one}} for one in self.steps)]
        self.events.write_text("".join(json.dumps(one) + "\n" for one in events))


def step(
    op: str, name: str, kind: str = "proxmoxve:index/containerLegacy:ContainerLegacy", **more: Any
) -> dict[str, Any]:
    return {"op": op, "type": kind, "urn": f"urn:pulumi:{STACK}::samdrift::{kind}::{name}", **more}


def differences(tmp_path: Path, *steps: dict[str, Any]) -> list[str]:
    place = State("lab", tmp_path).open()
    engine = Engine(place, list(steps))
    found = [str(one) for one in drift.of_stack(place, engine, STACK, say=print)]  # type: ignore[arg-type]
    assert engine.asked == [(STACK, "preview", "--refresh")], "a preview changes nothing"
    return found


def test_an_untouched_stack_has_no_difference(tmp_path: Path) -> None:
    assert differences(tmp_path, step("refresh", "ystad-gw"), step("same", "ystad-gw"), step("read", "hall")) == []


def test_a_changed_property_is_told_with_both_values(tmp_path: Path) -> None:
    memory: dict[str, Any] = {
        "detailedDiff": {"memory.dedicated": {"kind": "update"}},
        "old": {"inputs": {"memory": {"dedicated": 320}}},
        "new": {"inputs": {"memory": {"dedicated": 256}}},
    }
    (found,) = differences(tmp_path, step("update", "ystad-gw", **memory))
    assert found == (
        f"{STACK}: ystad-gw: Container differs in memory.dedicated (is 320, code says 256) (seen by the engine)"
    )


def test_a_secret_is_named_and_not_shown(tmp_path: Path) -> None:
    secret: dict[str, Any] = {
        "diffs": ["password"],
        "old": {"inputs": {"password": "[secret]"}},
        "new": {"inputs": {"password": "[secret]"}},
    }
    (found,) = differences(tmp_path, step("update", "token", **secret))
    assert found.startswith(f"{STACK}: token: Container differs in password (seen")


def test_missing_and_left_over_resources_are_told_apart(tmp_path: Path) -> None:
    found = differences(tmp_path, step("create", "ystad-gw"), step("delete", "old-rule"))
    assert [one.split(": ", 2)[2] for one in found] == [
        "Container is missing (seen by the engine)",
        "Container is there, and no longer in the code (seen by the engine)",
    ]


NOBODY = {"PROXMOX_VE_ENDPOINT": "https://127.0.0.1:9", "PROXMOX_VE_API_TOKEN": "a@b!c=d", "SSL_CERT_FILE": ""}
"""An endpoint that nobody answers at."""


def lists(monkeypatch: pytest.MonkeyPatch, *, guests: list[dict[str, Any]], vnets: list[str]) -> list[str]:
    answers = {"/cluster/resources": guests, "/cluster/sdn/vnets": [{"vnet": one} for one in vnets]}
    monkeypatch.setattr(Hypervisor, "call", lambda _, method, path, **parameters: answers[path])
    return [str(one) for one in drift.of_lists(FEDERATION, STACKS, NOBODY)]


@pytest.fixture
def guests() -> list[dict[str, Any]]:
    return [{"vmid": one.vm_id, "name": one.name, "status": "running"} for one in all_guests(FEDERATION)]


@pytest.fixture
def vnets() -> list[str]:
    return [one.vnet for stack in FEDERATION.stacks for one in networks_of(FEDERATION, stack)]


def test_lists_that_agree_have_no_difference(
    monkeypatch: pytest.MonkeyPatch, guests: list[dict[str, Any]], vnets: list[str]
) -> None:
    assert lists(monkeypatch, guests=guests, vnets=vnets) == []


def test_lists_are_compared_in_both_directions(
    monkeypatch: pytest.MonkeyPatch, guests: list[dict[str, Any]], vnets: list[str]
) -> None:
    stray = {"vmid": 9999, "name": "by-hand", "status": "stopped"}
    lost, halted = guests[0]["name"], guests[1]
    halted["status"] = "stopped"
    found = "\n".join(lists(monkeypatch, guests=[*guests[1:], stray], vnets=[*vnets[1:], "stray"]))
    assert "by-hand (9999): a guest that no stack declares" in found
    assert f"{lost}: the guest is missing" in found
    assert f"{halted['name']}: the guest is stopped" in found
    assert "stray: a network that no stack declares" in found
    assert f"{vnets[0]}: the network is missing" in found
    assert len(found.splitlines()) == 5


def test_nothing_up_is_no_absence_of_drift(tmp_path: Path) -> None:
    with pytest.raises(drift.DriftError, match="nothing is up"):
        drift.observe(state=tmp_path)


def test_a_hypervisor_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(drift.DriftError, match="does not say what it runs"):
        list(drift.of_lists(FEDERATION, STACKS, NOBODY))


def rules_step(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> dict[str, Any]:
    changed = {f"rules[{n}].dport": {"kind": "update"} for n in range(max(len(found), len(wanted)))}
    sides = {"old": {"inputs": {"rules": found}}, "new": {"inputs": {"rules": wanted}}}
    return step("update", "dc2-rules", "proxmoxve:firewall/rules:Rules", detailedDiff=changed, **sides)


def test_a_rule_put_before_the_others_is_the_only_one_named(tmp_path: Path) -> None:
    """A list that is shifted by one differs in every place, which says nothing to a person."""
    declared = [{"dport": str(port), "action": "ACCEPT"} for port in range(53, 83)]
    by_hand = {"dport": "8080", "action": "ACCEPT", "comment": ""}
    (added,) = differences(tmp_path, rules_step([by_hand, *declared], declared))
    assert "Rules differs in rules (there are action=ACCEPT dport=8080 that the code does not say)" in added
    (lost,) = differences(tmp_path, rules_step(declared[:-1], declared))
    assert "rules (there lack action=ACCEPT dport=82)" in lost
    (moved,) = differences(tmp_path, rules_step(declared[::-1], declared))
    assert "rules (the order differs)" in moved
    (many,) = differences(tmp_path, rules_step(declared, declared[:20]))
    assert many.count("dport=") == 3
    assert "and 7 more" in many
