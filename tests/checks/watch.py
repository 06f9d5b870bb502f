"""Protected places under watch: listeners that must not be reached, and captures that must see nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from samdrift.compliance.evidence import Evidence
from samdrift.federation.derived import Network
from tests.checks.scene import Place, Scene, new_word

PROTOCOLS = ("tcp", "udp", "icmp")


@dataclass(frozen=True)
class Protected:
    """One place under watch, with its listeners' ports and the number of its capture."""

    place: Place
    tcp: int
    udp: int
    capture: int

    def targets(self) -> list[dict[str, Any]]:
        """Return what a sender has to try: three protocols, both families."""
        ports = {"tcp": self.tcp, "udp": self.udp, "icmp": 0}
        return [
            {"name": self.place.name, "address": address, "protocol": protocol, "port": ports[protocol]}
            for address in self.place.addresses
            for protocol in PROTOCOLS
        ]


class Watch:
    """Watches places for one random word; `tell` ends it and says who saw it."""

    def __init__(self, word: str, places: Iterable[Place]) -> None:
        self.word, self.allowed_word = word, new_word()
        self.protected = tuple(self._protect(place) for place in places)

    def _protect(self, place: Place) -> Protected:
        opened = place.station.ask("listener.open_ports")
        number = place.station.ask(
            "capture.start",
            interfaces=[place.interface],
            words=[self.word, self.allowed_word],
            ports=[opened["tcp"], opened["udp"]],
        )
        return Protected(place=place, tcp=opened["tcp"], udp=opened["udp"], capture=number)

    def targets(self) -> list[dict[str, Any]]:
        """Return everything a sender has to try."""
        return [target for one in self.protected for target in one.targets()]

    @property
    def ports(self) -> list[int]:
        """Every port that is listened on."""
        return [port for one in self.protected for port in (one.tcp, one.udp)]

    def prove_captures(self, scene: Scene, evidence: Evidence) -> None:
        """Send every place an echo that is allowed, from edge or a plugged neighbour: each capture has to see it."""
        origins = {one: self._allowed_origin(scene, one.place) for one in self.protected}
        for origin in set(origins.values()):
            targets = [
                t for one in self.protected if origins[one] == origin for t in one.targets() if t["protocol"] == "icmp"
            ]
            origin.station.ask("sender.burst", targets=targets, word=self.allowed_word, seconds=0.5)
        for one, origin in origins.items():
            seen = one.place.station.ask("capture.wait", number=one.capture, word=self.allowed_word, seconds=5.0)
            evidence.control(f"the capture at {one.place.name} sees an allowed echo of {origin.name}", alive=seen)

    @staticmethod
    def _allowed_origin(scene: Scene, place: Place) -> Place:
        return scene.plug(place.network, 2) if place.network else scene.at("edge", "transit")

    def attack(self, origins: Sequence[Place], evidence: Evidence, *, allowed: list[dict[str, Any]]) -> list[str]:
        """Try every target from every origin at once, and what is `allowed` in the same second as the control.

        Returns a sentence for each target that the sender itself took for answered: the first of the two observers.
        """
        wanted = [*self.targets(), *allowed]
        with ThreadPoolExecutor(len(origins)) as together:
            told = list(
                together.map(lambda one: one.station.ask("sender.burst", targets=wanted, word=self.word), origins)
            )
        answered = []
        for origin, answers in zip(origins, told, strict=True):
            tried, controls = answers[: -len(allowed)], answers[-len(allowed) :]
            note_controls(evidence, origin.name, controls, what="a shared service")
            evidence.case(len(tried))
            answered += [
                f"{origin.name} got an answer from {one['name']} {one['address']} {one['protocol']}"
                for one in tried
                if one["result"] == "answered"
            ]
        evidence.note(f"{len(told)} x {len(self.targets())} probes with {self.word} from {_names(origins)}")
        return answered

    def prove_listeners(self, scene: Scene, evidence: Evidence) -> set[str]:
        """Reach every plugged listener from a neighbour in its own segment; return the neighbours' addresses."""
        innocent: set[str] = set()
        for protected in self.protected:
            if network := protected.place.network:
                neighbour = scene.plug(network, 2)
                innocent |= {*neighbour.addresses}
                answers = neighbour.station.ask("sender.burst", targets=protected.targets(), word=self.word)
                note_controls(evidence, neighbour.name, answers, what="the protected listener in its own segment")
        return innocent

    def tell(self, *, innocent: Collection[str] = ()) -> list[str]:
        """End it; return a sentence for each arrival that did not come from an `innocent` address."""
        seen: list[str] = []
        for protected in self.protected:
            station, name = protected.place.station, protected.place.name
            frames = [
                f for f in station.ask("capture.stop", number=protected.capture) if self.allowed_word not in f["words"]
            ]
            seen += [sentence(frame, f"the capture at {name}") for frame in _guilty(frames, innocent)]
            heard = [one for one in station.ask("listener.heard") if one["peer"] not in innocent]
            seen += [f"the {one['protocol']} listener at {name} was reached from {one['peer']}" for one in heard]
            station.ask("listener.close")
        return seen


class Tap:
    """Records on the ports of some VNets: the second observer, which no guest can influence."""

    def __init__(self, scene: Scene, networks: Iterable[Network], **wanted: Any) -> None:
        """`wanted`: words, ports or sources, as `capture.start` takes them."""
        self.wall = scene.wall
        self.vnets = {port: one.vnet for one in networks for port in self.wall.ask("wire.ports", bridge=one.vnet)}
        self.number = self.wall.ask("capture.start", interfaces=list(self.vnets), **wanted)

    def frames(self) -> list[dict[str, Any]]:
        """End it; return each recorded frame with its `vnet`."""
        found: list[dict[str, Any]] = self.wall.ask("capture.stop", number=self.number)
        return [{**one, "vnet": self.vnets[one["interface"]]} for one in found]

    def tell(self, *, innocent: Collection[str] = ()) -> list[str]:
        """End it; return a sentence for each frame not from or to an `innocent` address."""
        return [sentence(one, f"the tap on {one['vnet']}") for one in _guilty(self.frames(), innocent)]


def first(sentences: Iterable[str], *, most: int = 5) -> str:
    """Return the first different sentences in one, and how many more there are."""
    different = list(dict.fromkeys(sentences))
    more = [f"and {len(different) - most} more"] if len(different) > most else []
    return "; ".join([*different[:most], *more])


def _guilty(frames: Iterable[dict[str, Any]], innocent: Collection[str]) -> list[dict[str, Any]]:
    return [one for one in frames if one.get("source") not in innocent and one.get("target") not in innocent]


def _names(places: Iterable[Place]) -> str:
    return ", ".join(one.name for one in places)


def sentence(frame: dict[str, Any], observer: str) -> str:
    """Say what an observer saw."""
    port = f":{frame['dport']}" if "dport" in frame else ""
    tags = f" tagged {frame['tags']}" if frame.get("tags") else ""
    kind = frame.get("protocol", hex(frame["ether"]))
    ends = f"from {frame.get('source', frame['from_mac'])} to {frame.get('target', '?')}{port}"
    return f"{observer} saw {kind}{tags} {ends} ({frame['way']})"


def note_controls(evidence: Evidence, origin: str, answers: Iterable[dict[str, Any]], *, what: str) -> None:
    """Write every answer down as a positive control: alive where a peer took part."""
    for answer in answers:
        port = f"/{answer['port']}" if answer.get("port") else ""
        told = (
            f"{what}: {answer['name']} {answer['address']} {answer['protocol']}{port} from {origin}: {answer['result']}"
        )
        evidence.control(told, alive=answer["result"] == "answered")
