"""Find out who answers for an address in this segment, by the segment's own words: ARP and neighbour discovery."""

import ipaddress
import os
import pathlib
import re
import socket
import struct
import time
from itertools import islice

from tests.checks.probe.remote import packet, sender

MOST = (65536, 4096)
"""Addresses asked for in one segment, of IPv4 and of IPv6."""
AT_ONCE = 128
"""Questions sent without a pause: the kernel drops what comes faster than it passes on (netdev_max_backlog)."""


def owners(*, interface: str, own: str, addresses: list[str], seconds: float = 1.0) -> dict[str, list[str]]:
    """Return for each address the distinct hardware addresses that answer for it. Two for one is a duplicate.

    `own` is this place's IPv4 address, in whose name ARP asks: a hypervisor drops requests in anybody else's. Neighbour
    discovery asks from no address, as before one is taken (RFC 4862).
    """
    found: dict[str, set[str]] = {one: set() for one in addresses}
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as link:
        link.bind((interface, 3))
        mac = link.getsockname()[4]
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        for start in range(0, len(addresses), AT_ONCE):
            for one in addresses[start : start + AT_ONCE]:
                link.send(_question(mac, ipaddress.ip_address(own), ipaddress.ip_address(one)))
            _collect(link, found, seconds=0.01)
        _collect(link, found, seconds=seconds)
    return {address: sorted(macs) for address, macs in found.items()}


def _collect(link: socket.socket, found: dict[str, set[str]], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        link.settimeout(left)
        try:
            frame = link.recv(2048)
        except TimeoutError:
            return
        if (answer := _answer(frame)) and answer[0] in found:
            found[answer[0]].add(answer[1])


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _question(mac: bytes, own: Address, address: Address) -> bytes:
    if address.version == 4:
        body = struct.pack("!HHBBH", 1, packet.IPV4, 6, 4, 1) + mac + own.packed + bytes(6) + address.packed
        return b"\xff" * 6 + mac + struct.pack("!H", packet.ARP) + body.ljust(46, b"\0")
    group = bytes.fromhex("ff0200000000000000000001ff") + address.packed[-3:]
    ends = bytes(16) + group
    bare = struct.pack("!BBHI", 135, 0, 0, 0) + address.packed
    pseudo = ends + struct.pack("!IHBB", len(bare), 0, 0, 58)
    body = bare[:2] + struct.pack("!H", sender.checksum(pseudo + bare)) + bare[4:]
    head = struct.pack("!IHBB", 0x60000000, len(body), 58, 255)
    return b"\x33\x33" + group[-4:] + mac + struct.pack("!H", packet.IPV6) + head + ends + body


def _answer(frame: bytes) -> tuple[str, str] | None:
    (ether,) = struct.unpack_from("!H", frame, 12)
    if ether == packet.ARP and frame[20:22] == b"\0\x02":
        return str(ipaddress.ip_address(frame[28:32])), frame[22:28].hex(":")
    if ether == packet.IPV6 and len(frame) >= 78 and frame[20] == 58 and frame[54] == 136:
        return str(ipaddress.ip_address(frame[62:78])), frame[6:12].hex(":")
    return None


def sweep(*, interface: str, own: str, prefixes: list[str], seconds: float = 2.0) -> list[str]:
    """Return every address that answers in this segment.

    All of the IPv4 prefix; of an IPv6 prefix, which nobody can try out, the first host numbers, and whoever
    answers an echo to all nodes.
    """
    asked = [
        str(one) for prefix in prefixes for one in islice(ipaddress.ip_network(prefix).hosts(), MOST[":" in prefix])
    ]
    live = [one for one, macs in owners(interface=interface, own=own, addresses=asked, seconds=seconds).items() if macs]
    return sorted({*live, *_all_nodes(interface, seconds=seconds)})


def _all_nodes(interface: str, *, seconds: float) -> set[str]:
    """Every host answers an echo to ff02::1 from the address that fits the question's source: ask from each own one."""
    found: set[str] = set()
    index = socket.if_nametoindex(interface)
    word = f"all-nodes-{os.urandom(4).hex()}".encode()
    for own in _own_addresses(interface):
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as call:
            call.bind((own, 0, 0, index))
            call.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            call.sendto(sender.echo_request(6, word), ("ff02::1", 0, 0, index))
            deadline = time.monotonic() + seconds / 2
            while (left := deadline - time.monotonic()) > 0:
                call.settimeout(left)
                try:
                    content, peer = call.recvfrom(2048)
                except TimeoutError:
                    break
                if content[0] == 129 and word in content:
                    found.add(peer[0].partition("%")[0])
    return found


def _own_addresses(interface: str) -> list[str]:
    rows = [line.split() for line in pathlib.Path("/proc/net/if_inet6").read_text().splitlines()]
    return [":".join(re.findall("....", row[0])) for row in rows if row[5] == interface]
