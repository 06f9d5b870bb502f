"""The files Proxmox VE keeps inside a Debian container, as text. Pure.

Each is a marked part; what the guest's administrator writes outside the marks stays (see `tree.py`).
"""

from collections.abc import Iterable

from pvelab.runtime.model import GuestSpec, NicSpec

MARK = "PVE"


def interfaces(nics: Iterable[NicSpec]) -> str:
    """The part of /etc/network/interfaces (interfaces(5)) for the guest's interfaces."""
    return "".join(_stanza(nic) for nic in nics)


def _stanza(nic: NicSpec) -> str:
    lines = [f"auto {nic.name}"]
    lines += [f"iface {nic.name} inet {_method4(nic)}", *_static(nic.ip4cidr, nic.gw4)]
    if nic.ip6cidr is not None:
        lines += [f"iface {nic.name} inet6 {_method6(nic)}", *_static(nic.ip6cidr, nic.gw6)]
        if _is_address(nic.ip6cidr):
            # Addresses come from one plan: nothing to detect, and services bind to them at once.
            lines += ["\taccept_ra 0", "\tdad-attempts 0"]
    return "\n".join([*lines, "", ""])


def _method4(nic: NicSpec) -> str:
    if nic.ip4cidr is None:
        return "manual"
    return "static" if _is_address(nic.ip4cidr) else nic.ip4cidr


def _method6(nic: NicSpec) -> str:
    assert nic.ip6cidr is not None
    return "static" if _is_address(nic.ip6cidr) else nic.ip6cidr


def _static(cidr: str | None, gateway: str | None) -> list[str]:
    if not _is_address(cidr):
        return []
    return [f"\taddress {cidr}"] + ([f"\tgateway {gateway}"] if gateway else [])


def _is_address(cidr: str | None) -> bool:
    return cidr is not None and "/" in cidr


def short_name(spec: GuestSpec) -> str:
    """The host name without its domain."""
    return spec.hostname.split(".", 1)[0]


def hosts(spec: GuestSpec) -> str:
    """The part of /etc/hosts: the guest's own names on its first address of each family, else on 127.0.1.1."""
    domain = spec.hostname.split(".", 1)[1] if "." in spec.hostname else spec.searchdomain
    names = f"{short_name(spec)}.{domain} {short_name(spec)}" if domain else short_name(spec)
    own = [nic.ip4cidr.split("/")[0] for nic in spec.nics if _is_address(nic.ip4cidr) and nic.ip4cidr][:1]
    own += [nic.ip6cidr.split("/")[0] for nic in spec.nics if _is_address(nic.ip6cidr) and nic.ip6cidr][:1]
    return "".join(f"{address} {names}\n" for address in own or ["127.0.1.1"])


def resolv(spec: GuestSpec) -> str:
    """The part of /etc/resolv.conf; empty when neither name servers nor a search domain are set."""
    lines = [f"search {spec.searchdomain}"] if spec.searchdomain else []
    return "".join(f"{line}\n" for line in [*lines, *(f"nameserver {address}" for address in spec.nameservers)])
