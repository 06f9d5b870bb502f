"""Plug a network namespace into a bridge, as somebody would plug a computer into a wall socket. Lab only."""

import json
import os
import subprocess


def plug(
    *, pid: int, bridge: str, mac: str, addresses: list[str], routers: list[str], inside: str = "eth0", end: str = ""
) -> str:
    """Lay a cable from `bridge` to the namespace of process `pid`; its end there is `inside`, up, with these addresses.

    `routers` become its default routes. The cable goes with the process. Returns the name of the bridge's end, by
    default a random one that begins with `plug`.
    """
    end = end or f"plug{os.urandom(3).hex()}"
    _ip("link", "add", end, "type", "veth", "peer", "name", inside, "address", mac, "netns", str(pid))
    _ip("link", "set", end, "master", bridge, "up")
    there = ["nsenter", "-t", str(pid), "-n"]
    # Looking for duplicates makes an address appear a second or two later; a browser that just loads a page takes that
    # for another network, and gives its scripts up (net::ERR_NETWORK_CHANGED). Link-local addresses are looked at too.
    subprocess.run([*there, "sh", "-c", f"echo 0 > /proc/sys/net/ipv6/conf/{inside}/accept_dad"], check=True)
    for one in ("lo", inside):
        subprocess.run([*there, "ip", "link", "set", one, "up"], check=True)
    for address in addresses:
        subprocess.run([*there, "ip", "address", "add", address, "dev", inside], check=True)
    for router in routers:
        family = "-6" if ":" in router else "-4"
        subprocess.run([*there, "ip", family, "route", "add", "default", "via", router, "dev", inside], check=True)
    return end


def join(*, one: str, other: str) -> str:
    """Lay a cable from one bridge to another; return the name to `cut` it by."""
    end = f"join{os.urandom(3).hex()}"
    _ip("link", "add", end, "type", "veth", "peer", "name", f"{end}b")
    _ip("link", "set", end, "master", one, "up")
    _ip("link", "set", f"{end}b", "master", other, "up")
    return end


def cut(*, name: str) -> None:
    """Take a cable away."""
    _ip("link", "delete", name)


def ports(*, bridge: str) -> list[str]:
    """Return the interfaces that are plugged into a bridge, the bridge itself included."""
    told = json.loads(_ip("-json", "link", "show", "master", bridge) or "[]")
    return [bridge, *sorted(one["ifname"] for one in told)]


def own_pid() -> int:
    """Return the process id of this program."""
    return os.getpid()


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
