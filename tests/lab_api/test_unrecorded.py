"""Rules that a run began with and nobody knows of: gone before the next run, which would refuse to begin."""

import ssl
from typing import Any

from samdrift.hypervisor import Hypervisor
from samdrift.unrecorded import Bare, clear
from tests.lab_api.running import RunningLab


def test_all_rules_of_the_guests_named_go_and_no_others(lab: RunningLab, node: Any, make: Any) -> None:
    make(121)
    make(122)
    for number in (121, 122):
        for port in ("25", "53"):
            node.lxc(number).firewall.rules.post(type="in", action="ACCEPT", proto="tcp", dport=port, enable=1)
    hypervisor = Hypervisor(lab.url, lab.token, verify=ssl.create_default_context(cafile=str(lab.ca_file)))
    half, gone = Bare("half", lab.node, "lxc", 121), Bare("gone", lab.node, "lxc", 123)
    assert clear(hypervisor, (half, gone)) == {"half": 2}
    assert node.lxc(121).firewall.rules.get() == []
    assert len(node.lxc(122).firewall.rules.get()) == 2
    assert clear(hypervisor, (half,)) == {}
