"""The machine half of the lab hypervisor: namespace, networks, guests and packet filter of one lab on this machine.

Nothing here knows the HTTP API. `machine.Machine` is the one entrance.
"""
