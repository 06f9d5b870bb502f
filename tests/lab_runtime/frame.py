"""Raw frames between guests: what a guest sends that it should not, and whether its neighbour sees it."""

import json
import uuid

from pvelab.runtime.machine import Machine
from tests.lab_runtime.probe import must

# Notes every frame that carries the word, until one says the end.
SNIFF = """
import json, os, socket, sys
name, word = sys.argv[1], sys.argv[2].encode()
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind((name, 0)); s.settimeout(15)
open("/run/sniffing", "w").close()
seen = []
while True:
    frame = s.recv(2000)
    if word in frame:
        text = frame[frame.index(word) + len(word):].split(b"\\0")[0].decode()
        if text == "end": break
        seen.append(text)
json.dump(seen, open("/run/seen.new", "w")); os.rename("/run/seen.new", "/run/seen")
"""

SEND = """
import json, socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind((sys.argv[1], 0))
for frame in json.loads(sys.argv[2]): s.send(bytes.fromhex(frame))
"""

AWAIT = "for _ in $(seq 200); do cat {} 2>/dev/null && exit; sleep 0.05; done; exit 1"
BROADCAST = "ff" * 6


def mac_hex(mac: str) -> str:
    """A MAC as hex digits."""
    return mac.replace(":", "").lower()


def arp(source: str, *, sender_mac: str, sender_ip: str, target_ip: str) -> str:
    """A broadcast ARP request (RFC 826) as hex; MACs as hex digits."""
    addresses = sender_mac + "".join(f"{int(part):02x}" for part in sender_ip.split("."))
    addresses += "00" * 6 + "".join(f"{int(part):02x}" for part in target_ip.split("."))
    return f"{BROADCAST}{source}0806" + "0001080006040001" + addresses


def plain(source: str) -> str:
    """A broadcast frame of an experimental type (IEEE 802, 0x88b5) as hex."""
    return f"{BROADCAST}{source}88b5"


def tagged(source: str, protocol: str) -> str:
    """The same inside a VLAN tag of 802.1Q (`8100`) or 802.1ad (`88a8`)."""
    return f"{BROADCAST}{source}{protocol}000a88b5"


def exchange(machine: Machine, sender: int, receiver: int, frames: dict[str, str], *, last: str) -> set[str]:
    """Send named frames from guest to guest on `red`; the names of those that arrived. `last` surely arrives."""
    word = uuid.uuid4().hex
    must(machine, receiver, "rm", "-f", "/run/sniffing", "/run/seen")
    must(machine, receiver, "systemd-run", "--quiet", "python3", "-c", SNIFF, "red", word)
    must(
        machine, receiver, "sh", "-c", "for _ in $(seq 100); do test -e /run/sniffing && exit; sleep 0.05; done; exit 1"
    )
    marked = [frame + (word + name).encode().hex() + "00" for name, frame in [*frames.items(), ("end", last)]]
    must(machine, sender, "python3", "-c", SEND, "red", json.dumps(marked))
    seen = must(
        machine,
        receiver,
        "sh",
        "-c",
        "for _ in $(seq 200); do cat /run/seen 2>/dev/null && exit; sleep 0.05; done; exit 1",
    )
    return set(json.loads(seen))
