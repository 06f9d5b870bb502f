"""Read the headers of one Ethernet frame."""

import ipaddress
import struct

ARP, IPV4, IPV6, TAG, SERVICE_TAG = 0x0806, 0x0800, 0x86DD, 0x8100, 0x88A8
SYN, SYN_ACK = 0x02, 0x12
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}


def read(frame: bytes) -> dict[str, object]:
    """Return what is known of a frame: ether, tags, source, target, protocol, ports, `opening`
    for a TCP packet that asks for a connection; missing where not present."""
    if len(frame) < 14:
        return {}
    (ether,) = struct.unpack_from("!H", frame, 12)
    offset, tags = 14, []
    while ether in (TAG, SERVICE_TAG) and len(frame) >= offset + 4:
        control, ether = struct.unpack_from("!HH", frame, offset)
        tags.append(control & 0x0FFF)
        offset += 4
    found: dict[str, object] = {"ether": ether, "from_mac": frame[6:12].hex(":"), "tags": tags}
    rest = frame[offset:]
    if ether == IPV4 and len(rest) >= 20:
        found |= {"source": str(ipaddress.ip_address(rest[12:16])), "target": str(ipaddress.ip_address(rest[16:20]))}
        found |= _transport(rest[9], rest[(rest[0] & 15) * 4 :])
    elif ether == IPV6 and len(rest) >= 40:
        found |= {"source": str(ipaddress.ip_address(rest[8:24])), "target": str(ipaddress.ip_address(rest[24:40]))}
        found |= _transport(rest[6], rest[40:])
    elif ether == ARP and len(rest) >= 28:
        found |= {"source": str(ipaddress.ip_address(rest[14:18])), "target": str(ipaddress.ip_address(rest[24:28]))}
        found |= {"protocol": "arp"}
    return found


def _transport(number: int, rest: bytes) -> dict[str, object]:
    name = PROTOCOLS.get(number, str(number))
    if name in ("tcp", "udp") and len(rest) >= 4:
        sport, dport = struct.unpack_from("!HH", rest)
        opening = name == "tcp" and len(rest) > 13 and rest[13] & SYN_ACK == SYN
        return {"protocol": name, "sport": sport, "dport": dport, "opening": opening}
    return {"protocol": name}
