"""What the Internet reaches: a port of edge's leads to one host, whoever declares it."""

from pathlib import Path

import pytest

from samdrift.federation import catalogue
from samdrift.federation.publication import claimed_twice, published
from samdrift.federation.record import Flow
from tests.unit.sample import change, copied, mistakes_of

HALL = "Pulumi.ystad-osterlen.hall.yaml"
OFFERED = tuple(flow for name in catalogue.OFFERED for flow in catalogue.BY_NAME[name].flows)


def flow(name: str, target: str, protocol: str, *ports: str) -> Flow:
    plain = {"name": name, "source": ["wan"], "target": [target], "protocol": protocol, "ports": ports}
    return Flow.model_validate({**plain, "why": "to be published"})


def test_the_catalogue_publishes_the_zones_and_no_port_twice() -> None:
    flows = (*catalogue.PLATFORM_FLOWS, *OFFERED)
    assert {(one.protocol, one.ports, name) for one, name in published(flows)} >= {
        ("udp", ("53",), "ns1"),
        ("tcp", ("53",), "ns1"),
    }
    assert list(claimed_twice(flows)) == []


@pytest.mark.parametrize(
    ("second", "clashes"),
    [
        (flow("two", "mx1", "tcp", "80"), True),
        (flow("two", "ns1", "tcp", "443", "79-81"), True),
        (flow("two", "edge", "tcp", "80"), True),
        (flow("two", "mx1", "udp", "80"), False),
        (flow("two", "mx1", "tcp", "81-90"), False),
    ],
)
def test_a_port_that_two_flows_claim(second: Flow, clashes: bool) -> None:
    found = [(one.name, why) for one, why in claimed_twice((flow("one", "ns1", "tcp", "80"), second))]
    assert [name for name, _ in found] == ["two"] * clashes
    assert not clashes or "ns1 already (one)" in found[0][1]


@pytest.mark.parametrize(
    ("target", "ports", "accepted"),
    [("ns1", "'53'", "nobody else has on the Internet's side"), ("dmz", "'8443'", "guests by name")],
)
def test_the_halls_file_cannot_publish_it(tmp_path: Path, target: str, ports: str, accepted: str) -> None:
    stacks = copied(tmp_path)
    words = f"{{name: mine, source: [wan], target: [{target}], protocol: tcp, ports: [{ports}], why: to be published}}"
    change(stacks, HALL, "    outside: true", f"    flows: [{words}]\n    outside: true")
    (mistake,) = mistakes_of(stacks)
    assert mistake.key.startswith("config.samdrift:stack.flows[0]")
    assert accepted in mistake.accepted
