"""NET-03: every member's site reaches every shared service, well enough, on an address plan without overlap."""

from typing import Any

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.standard import catalogue
from tests.checks.scene import Place, Scene, new_word
from tests.checks.service import addresses_for_clients, declared_targets
from tests.checks.watch import first

NO_ERROR, NO_SUCH_NAME = 0, 3
REQUIREMENT = catalogue.load().by_id("NET-03")
DIRECTORIES = ("dc1", "dc2")


@pytest.mark.requirement("NET-03")
def test_net_03_every_site_reaches_the_hall(member: str, scene: Scene, evidence: Evidence) -> None:
    """A service in the hall that one site does not reach, or reaches badly, is not a shared service."""
    sites = [scene.at(name) for name in scene.guests if name in (f"{member}-adm", f"{member}-ped")]
    targets = {site.name: declared_targets(scene, site.interface, member=member) for site in sites}
    evidence.need(sum(map(len, targets.values())))
    for name in ("adm", "ped"):
        assert not (wrong := duplicates(scene, member, name, evidence)), first(wrong)
    found = []
    for site in sites:
        evidence.control(f"{site.name} is answered in its own segment by {member}-gw", alive=met(scene, member, site))
        found += unreached(site, targets[site.name], evidence)
        found += unnamed(scene, site, evidence)
        found += bad_lines(scene, site, evidence)
        found += detours(scene, member, site, evidence)
        found += slow(scene, site, evidence)
    assert not found, first(found)


def met(scene: Scene, member: str, site: Place) -> bool:
    """Whether the gateway answers in the site's own segment: where it does not, the site itself may be cut off."""
    gateway = str(scene.guests[f"{member}-gw"].interface(site.interface).ipv4.ip)
    owners = site.station.ask("neighbour.owners", interface=site.interface, own=site.ipv4, addresses=[gateway])
    return bool(owners[gateway])


def unreached(site: Place, targets: list[dict[str, Any]], evidence: Evidence) -> list[str]:
    """Open every declared TCP port, and have every declared echo answered."""
    told = site.station.ask("sender.burst", targets=targets, word=new_word())
    evidence.case(len(told))
    reached = [one for one in told if one["result"] == "answered"]
    evidence.note(f"{site.name} reached {len(reached)} of {len(told)} declared ports")
    return [
        f"{site.name} does not reach {one['name']} {one['address']} {one['protocol']}/{one['port']}: {one['result']}"
        for one in told
        if one not in reached
    ]


def unnamed(scene: Scene, site: Place, evidence: Evidence) -> list[str]:
    """Look a name up that nobody can have asked for before: a cache cannot answer it, the directory itself must."""
    domain = scene.federation.hall.ad_domain
    wrong = []
    for host in DIRECTORIES:
        for server in addresses_for_clients(scene, host):
            label = f"{new_word()}.{domain}"
            answer = site.station.ask("name.lookup", server=server, name=label)
            known = site.station.ask("name.lookup", server=server, name=domain)
            evidence.case(2)
            codes = (answer["code"], known["code"])
            if codes != (NO_SUCH_NAME, NO_ERROR):
                wrong.append(f"{site.name}: {host} at {server} answers {label} and {domain} with codes {codes}")
        evidence.note(f"{site.name}: {host} answers for {domain} and for a name never asked before")
    for server in addresses_for_clients(scene, "edge"):
        ahead = site.station.ask("name.clock", server=server)
        evidence.note(f"{site.name}: edge's clock at {server} is {ahead:+.3f} s off")
    return wrong


def bad_lines(scene: Scene, site: Place, evidence: Evidence) -> list[str]:
    """Measure round trips and loss to edge and the directory hosts."""
    names = {address: host for host in ("edge", *DIRECTORIES) for address in addresses_for_clients(scene, host)}
    told = site.station.ask("line.echoes", addresses=list(names), word=new_word())
    bad = []
    for address, line in told.items():
        loss = 100 * (1 - line["received"] / line["sent"])
        said = f"{site.name} to {names[address]} {address}: {line['median']} ms, {loss:.1f} % of {line['sent']:g} lost"
        evidence.case()
        evidence.note(said)
        if loss > REQUIREMENT.threshold("loss") or line["median"] > REQUIREMENT.threshold("latency"):
            bad.append(said)
    return bad


def detours(scene: Scene, member: str, site: Place, evidence: Evidence) -> list[str]:
    """Follow the way to a directory host: by the member's gateway and edge, in both families."""
    gateway, edge = scene.guests[f"{member}-gw"], scene.guests["edge"]
    wrong = []
    for family, target in enumerate(addresses_for_clients(scene, "dc1")):
        legs = gateway.interface(site.interface), edge.interface("transit")
        declared = [str((leg.ipv4, leg.ipv6)[family].ip) for leg in legs] + [target]
        way = site.station.ask("line.trace", address=target)
        evidence.case()
        evidence.note(f"{site.name} to {target} by {' > '.join(way)}")
        wrong += [f"{site.name} reaches {target} by {way}, declared is {declared}"] if way != declared else []
    return wrong


def slow(scene: Scene, site: Place, evidence: Evidence) -> list[str]:
    """Fetch the largest package that the workplace has, through the hall's proxy: twice, for the first time it may come
    from the world. An index would do that each time: the proxy asks anew for what changes.
    """
    if (proxy := scene.federation.hall.packages) is None:
        return []
    sizes = ["dpkg-query", "--show", "--showformat", "${Installed-Size} ${Package}\\n"]
    largest = max(site.station.ask("shell.run", command=sizes)["out"].splitlines(), key=lambda one: int(one.split()[0]))
    where = ["apt-get", "download", "--print-uris", largest.split()[1]]
    url = site.station.ask("shell.run", command=where)["out"].split("'")[1]
    site.station.ask("line.fetch", url=url, proxy=proxy, patience=60.0)
    got = site.station.ask("line.fetch", url=url, proxy=proxy, patience=60.0)
    speed = got["octets"] * 8 / got["seconds"] / 1e6
    evidence.case()
    evidence.note(f"{site.name} fetched {got['octets'] / 1e6:.1f} MB from the hall at {speed:.0f} Mbit/s")
    least = REQUIREMENT.threshold("throughput")
    return [f"{site.name} gets {speed:.1f} Mbit/s from the hall, agreed are {least:g}"] if speed < least else []


def duplicates(scene: Scene, member: str, name: str, evidence: Evidence) -> list[str]:
    """Ask in one segment who answers for every planned address: exactly the planned hardware address.

    The gateway asks for the workplace first: where two answer, nobody gets to the workplace to ask there.
    """
    asked = [scene.at(f"{member}-gw", name)] + [scene.at(g) for g in scene.guests if g == f"{member}-{name}"]
    for place in asked:
        legs = [scene.guests[other.name].interface(name) for other in asked if other is not place]
        planned = {str(address.ip): leg.mac.lower() for leg in legs for address in (leg.ipv4, leg.ipv6)}
        owners = place.station.ask(
            "neighbour.owners", interface=place.interface, own=place.ipv4, addresses=list(planned)
        )
        evidence.case(len(planned))
        if wrong := [address for address, mac in planned.items() if owners[address] != [mac]]:
            return [
                f"{one} in {member}'s {name} network is {planned[one]}, and answers as {owners[one]}" for one in wrong
            ]
    evidence.note(f"every planned address in {member}'s {name} network has one owner, the planned one")
    return []
