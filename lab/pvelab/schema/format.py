"""The named formats of the API's schema: each a check that returns Proxmox VE's complaint, or None."""

import ipaddress
import re
from collections.abc import Callable

Check = Callable[[str], str | None]

_CONFIG_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]+")
_NODE = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)")
_STORAGE = re.compile(r"[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]")
_WORD = re.compile(r"[A-Za-z0-9._-]+")
_USER = re.compile(r"[^\s:/]+@[A-Za-z][A-Za-z0-9._-]+")
_REALM = re.compile(r"[A-Za-z][A-Za-z0-9._-]+")
_DNS = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_MAC = re.compile(r"[A-Fa-f0-9]{2}(?::[A-Fa-f0-9]{2}){5}")
_SDN_ID = re.compile(r"[A-Za-z][A-Za-z0-9]*[A-Za-z0-9]")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\-+.]*")
_VOLUME = re.compile(r"[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]:\S+")
_DISK_SIZE = re.compile(r"\d+(?:\.\d+)?[KMGT]?")
_STARTUP = re.compile(r"(?:(?:order=)?\d+|up=\d+|down=\d+)")
_SPLIT = re.compile(r"[,;\s\0]+")
_PRIVILEGES: set[str] = set()


def split_list(text: str) -> list[str]:
    """The items of one of Proxmox VE's lists: separators are comma, semicolon, NUL and white space.

    >>> split_list("a,b; c")
    ['a', 'b', 'c']
    """
    return [item for item in _SPLIT.split(text) if item]


def accept_privileges(names: frozenset[str]) -> None:
    """Tell the `pve-priv` format which privileges exist; their home is pvelab.access.privilege."""
    _PRIVILEGES.update(names)


def _match(pattern: re.Pattern[str], complaint: str) -> Check:
    def check(value: str) -> str | None:
        return None if pattern.fullmatch(value) else complaint.format(value=value)

    return check


def _address(version: int | None, complaint: str) -> Check:
    def check(value: str) -> str | None:
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            return complaint
        return None if version in (None, address.version) else complaint

    return check


def _network(version: int | None, complaint: str, *words: str) -> Check:
    def check(value: str) -> str | None:
        if value in words:
            return None
        try:
            interface = ipaddress.ip_interface(value)
        except ValueError:
            return complaint
        return None if "/" in value and version in (None, interface.version) else complaint

    return check


def _mac(value: str) -> str | None:
    if _MAC.fullmatch(value) and int(value[:2], 16) % 2 == 0:
        return None
    return "value does not look like a valid unicast MAC address"


def _sdn(word: str) -> Check:
    def check(value: str) -> str | None:
        if not _SDN_ID.fullmatch(value):
            return f"{word} ID '{value}' contains illegal characters"
        return f"{word} ID '{value}' can't be more length than 8 characters" if len(value) > 8 else None

    return check


def _vmid(value: str) -> str | None:
    ok = re.fullmatch(r"[1-9][0-9]{2,8}", value)
    return None if ok else "value does not look like a valid VM ID"


def _pool(value: str) -> str | None:
    parts = value.split("/")
    ok = all(_WORD.fullmatch(part) for part in parts) and len(parts) <= 3
    return None if ok else f"pool name '{value}' contains invalid characters"


def _startup(value: str) -> str | None:
    ok = all(_STARTUP.fullmatch(part) for part in value.split(",") if part)
    return None if ok else "unable to parse startup options"


def _privilege(value: str) -> str | None:
    return None if value in _PRIVILEGES else f"invalid privilege '{value}'"


def _address_or_name(value: str) -> str | None:
    if _address(None, "x")(value) is None or _DNS.fullmatch(value):
        return None
    return "value does not look like a valid address"


def _ha_nodes(value: str) -> str | None:
    ok = all(re.fullmatch(rf"{_NODE.pattern}(?::\d+)?", item) for item in split_list(value))
    return None if ok and split_list(value) else "value does not look like a valid ha node list"


def _ha_resource(value: str) -> str | None:
    ok = re.fullmatch(r"(?:vm|ct):[1-9][0-9]{2,8}", value)
    return None if ok else f"unable to parse ha resource id '{value}'"


_FORMATS: dict[str, Check] = {
    "pve-configid": _match(_CONFIG_ID, "invalid configuration ID '{value}'"),
    "pve-node": _match(_NODE, "value does not look like a valid node name"),
    "pve-vmid": _vmid,
    "pve-storage-id": _match(_STORAGE, "storage ID '{value}' contains illegal characters"),
    "pve-storage-content": _match(_CONFIG_ID, "invalid content type '{value}'"),
    "pve-userid": _match(_USER, "value '{value}' does not look like a valid user name"),
    "pve-realm": _match(_REALM, "value does not look like a valid realm"),
    "pve-tokenid": _match(
        re.compile(rf"{_USER.pattern}![A-Za-z][A-Za-z0-9._-]+"), "value '{value}' does not look like a valid token ID"
    ),
    "pve-groupid": _match(_WORD, "group name '{value}' contains invalid characters"),
    "pve-roleid": _match(_WORD, "role name '{value}' contains invalid characters"),
    "pve-poolid": _pool,
    "pve-priv": _privilege,
    "pve-tag": _match(_TAG, "invalid characters in tag"),
    "pve-volume-id": _match(_VOLUME, "unable to parse volume ID '{value}'"),
    "pve-startup-order": _startup,
    "pve-sdn-zone-id": _sdn("zone"),
    "pve-sdn-vnet-id": _sdn("vnet"),
    "pve-ha-node-list": _ha_nodes,
    "pve-ha-resource-id": _ha_resource,
    "dns-name": _match(_DNS, "value does not look like a valid DNS name"),
    "mac-addr": _mac,
    "ip": _address(None, "value does not look like a valid IP address"),
    "ipv4": _address(4, "value does not look like a valid IPv4 address"),
    "ipv6": _address(6, "value does not look like a valid IPv6 address"),
    "lxc-ip-with-ll-iface": _address(None, "value does not look like a valid IP address"),
    "CIDR": _network(None, "value does not look like a valid CIDR network"),
    "CIDRv4": _network(4, "value does not look like a valid IPv4 network"),
    "CIDRv6": _network(6, "value does not look like a valid IPv6 network"),
    "pve-ipv4-config": _network(4, "value does not look like a valid ipv4 network configuration", "dhcp", "manual"),
    "pve-ipv6-config": _network(
        6, "value does not look like a valid ipv6 network configuration", "auto", "dhcp", "manual"
    ),
    "address": _address_or_name,
    "disk-size": _match(_DISK_SIZE, "value does not look like a valid disk size: {value}"),
    "email": _match(re.compile(r"[^\s@]+@[^\s@]+"), "value does not look like a valid email address"),
}
_EMPTY_IS_FINE = frozenset({"email-opt"})


def complaint(name: str, value: str) -> str | None:
    """What Proxmox VE says about a value that does not have the named format; None: fine, or a format not checked here.

    A format `x-list` is a list of `x`.
    """
    if name in _EMPTY_IS_FINE and value == "":
        return None
    name = name.removesuffix("-opt")
    if name in _FORMATS:
        return _FORMATS[name](value)
    if name.endswith("-list") and name.removesuffix("-list") in _FORMATS:
        check = _FORMATS[name.removesuffix("-list")]
        return next((said for item in split_list(value) if (said := check(item))), None)
    return None
