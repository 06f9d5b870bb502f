"""Load packet filters into the lab's namespace, each in one transaction."""

from collections.abc import Mapping

from pvelab.runtime.errors import MachineError
from pvelab.runtime.namespace import Namespace

OWN_RULES = """\
table inet pvelab_own
delete table inet pvelab_own
table bridge pvelab_own
delete table bridge pvelab_own
table inet pvelab_own {{
  chain input {{
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    # Frames to a bridge's own MAC are for nobody: the desk sits on ports of its own.
    iifname != "desk-*" drop
    ct state established,related accept
    meta l4proto {{ icmp, ipv6-icmp }} accept
{listeners}
  }}
}}
table bridge pvelab_own {{
  chain prerouting {{
    # A VNet is one VLAN: its ports are access ports, and a tagged frame is nobody's. `ether type` sees the tag that
    # the kernel has already taken out of the frame, `meta protocol` does not.
    type filter hook prerouting priority -400; policy accept;
    ether type {{ 8021q, 8021ad }} drop
  }}
}}
"""


def own_rules(ports: tuple[int, ...]) -> str:
    """The namespace's own filter: closed to guests except for answers and the ports that the lab listens on."""
    listeners = f"    tcp dport {{ {', '.join(str(port) for port in sorted(ports))} }} accept" if ports else ""
    return OWN_RULES.format(listeners=listeners)


def rate_rules(vmid: int, rates: Mapping[str, float | None]) -> str:
    """A guest's bandwidth limits, by name of its interfaces on the machine's side, in megabytes per second.

    What exceeds them is dropped, in both directions; about a second's worth may come at once.
    """
    table = f"table bridge pvelab_rate_{vmid}"
    head = f"{table}\ndelete {table}\n"
    limited = {veth: max(1, round(rate * 1000)) for veth, rate in rates.items() if rate}
    if not limited:
        return head
    chains = []
    for hook, name in (("prerouting", "iifname"), ("forward", "oifname")):
        lines = [
            f'    {name} "{veth}" limit rate over {rate} kbytes/second burst {max(64, rate // 10)} kbytes drop'
            for veth, rate in limited.items()
        ]
        head_line = f"    type filter hook {hook} priority -350; policy accept;"
        chains.append("\n".join([f"  chain {hook} {{", head_line, *lines, "  }"]))
    return f"{head}{table} {{\n" + "\n".join(chains) + "\n}\n"


def load(namespace: Namespace, ruleset: str) -> None:
    """Load a ruleset; when it does not load, the one before stays in force. Raises MachineError with nft's reason."""
    done = namespace.run(["nft", "-f", "-"], text=ruleset, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()
        raise MachineError(f"the packet filter does not load: {reason[0] if reason else 'nft gave no reason'}")
