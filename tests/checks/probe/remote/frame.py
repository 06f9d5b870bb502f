"""Send hand-made Ethernet frames: what a computer might try in order to get into a network that is not its own."""

import socket
import struct

from tests.checks.probe.remote import packet, sender

BROADCAST = bytes.fromhex("ffffffffffff")


def send(*, interface: str, word: str, tags: list[int], address4: str, address6: str) -> list[str]:
    """Send one frame of every kind with this word, untagged and with each tag, alone and behind a second one.

    `tags` are the tags of the networks to get into; the addresses are the sender's. Returns the names of what was sent.
    """
    sent = []
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
        link.bind((interface, 0))
        mac = link.getsockname()[4]
        for name, target, ether, content in _bodies(word.encode(), mac, address4, address6):
            link.send(target + mac + struct.pack("!H", ether) + content)
            sent.append(name)
            for tag in tags:
                inner = struct.pack("!HH", tag, ether) + content
                link.send(target + mac + struct.pack("!H", packet.TAG) + inner)
                outer = struct.pack("!HH", 1, packet.TAG) + inner
                link.send(target + mac + struct.pack("!H", packet.TAG) + outer)
                link.send(target + mac + struct.pack("!H", packet.SERVICE_TAG) + outer)
                sent += [f"{name} tagged {tag}", f"{name} double-tagged {tag}", f"{name} service-tagged {tag}"]
    return sent


def _bodies(word: bytes, mac: bytes, address4: str, address6: str) -> list[tuple[str, bytes, int, bytes]]:
    own4 = socket.inet_pton(socket.AF_INET, address4)
    arp = struct.pack("!HHBBH", 1, packet.IPV4, 6, 4, 1) + mac + own4 + bytes(6) + own4 + word
    discover = struct.pack("!BBBBIHH", 1, 1, 6, 0, 0x5EED, 0, 0x8000) + bytes(16) + mac + bytes(10 + 192)
    discover += bytes.fromhex("63825363350101") + bytes([12, len(word)]) + word + b"\xff"
    return [
        ("ARP request", BROADCAST, packet.ARP, arp),
        ("DHCP discover", BROADCAST, packet.IPV4, _ipv4("0.0.0.0", "255.255.255.255", 68, 67, discover)),
        (
            "IPv4 multicast",
            bytes.fromhex("01005e0000fb"),
            packet.IPV4,
            _ipv4(address4, "224.0.0.251", 5353, 5353, word),
        ),
        ("IPv6 multicast", bytes.fromhex("333300000001"), packet.IPV6, _ipv6(address6, "ff02::1", 5353, word)),
    ]


def _ipv4(source: str, target: str, sport: int, dport: int, content: bytes) -> bytes:
    udp = struct.pack("!HHHH", sport, dport, 8 + len(content), 0) + content
    ends = socket.inet_pton(socket.AF_INET, source) + socket.inet_pton(socket.AF_INET, target)
    bare = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 1, 17, 0)
    return bare[:10] + struct.pack("!H", sender.checksum(bare + ends)) + ends + udp


def _ipv6(source: str, target: str, port: int, content: bytes) -> bytes:
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target)
    length = 8 + len(content)
    udp = struct.pack("!HHHH", port, port, length, 0) + content
    pseudo = ends + struct.pack("!IHBB", length, 0, 0, 17)
    udp = udp[:6] + struct.pack("!H", sender.checksum(pseudo + udp) or 0xFFFF) + udp[8:]
    return struct.pack("!IHBB", 0x60000000, length, 17, 1) + ends + udp


def interfaces() -> list[str]:
    """Return every interface of this place that a cable hangs on."""
    return [name for _, name in socket.if_nameindex() if name != "lo"]
