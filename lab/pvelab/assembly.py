"""Puts one lab together: the only place that knows which part a handler finds behind `lab.filter` and `lab.engine`."""

from pvelab.api.firewall.spec import build_spec
from pvelab.api.ha.engine import Engine
from pvelab.filter import PacketFilter
from pvelab.lab import Lab, Settings
from pvelab.runtime.machine import Machine


def assemble(settings: Settings, machine: Machine) -> Lab:
    """Open the lab's state; touches nothing of the machine, starts nothing."""
    lab = Lab(settings, machine)
    lab.filter = PacketFilter(lab.store, machine, build_spec)
    lab.engine = Engine(lab)
    return lab
