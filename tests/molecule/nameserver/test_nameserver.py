"""The public zones as the world sees them through edge, and the other half of the split view."""

import os
import struct
from collections.abc import Callable
from pathlib import Path

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import pytest

from roles import watched
from samdrift.secret import public

EDGE = {"4": "198.51.100.1", "6": "2001:db8:0:ffff::1"}
INSIDE = {"4": "10.0.1.1", "6": "fd5a:6d64:0:11::1"}  # edge, for who is in dmz
ASK = """
import socket, sys
server, kind, question = sys.argv[1], getattr(socket, sys.argv[2]), bytes.fromhex(sys.argv[3])
with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, kind) as far:
    far.settimeout(5)
    far.connect((server, 53))
    far.sendall(question)
    print(far.recv(65535).hex())
"""
Ask = Callable[..., dns.message.Message]


@pytest.fixture
def ask(on: Callable[..., str]) -> Ask:
    """`ask("outside", server, name, kind)`: the answer that a host gets from a server, by UDP or TCP."""

    def run(host: str, server: str, name: str, kind: str, *, tcp: bool = False) -> dns.message.Message:
        question = dns.message.make_query(name, kind, use_edns=True).to_wire()
        if tcp:
            question = struct.pack("!H", len(question)) + question
        words = f"{server} {'SOCK_STREAM' if tcp else 'SOCK_DGRAM'} {question.hex()}"
        answer = bytes.fromhex(on(host, f"python3 -c '{ASK}' {words}"))
        return dns.message.from_wire(answer[2:] if tcp else answer)

    return run


def data(answer: dns.message.Message, kind: str) -> set[str]:
    """The data of one type in an answer; the strings of a TXT record read as one."""
    wanted = dns.rdatatype.from_text(kind)
    found = [one for entry in answer.answer if entry.rdtype == wanted for one in entry]
    return {b"".join(one.strings).decode() if kind == "TXT" else one.to_text() for one in found}


def key_of(name: str) -> str:
    secret = f"dkim-{name}.rsa"
    return public(secret, (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "secrets" / secret).read_text())


@pytest.mark.parametrize("family", ["4", "6"])
@pytest.mark.parametrize("owner", ["hall", "ystad", "tomelilla", "simrishamn"])
def test_the_world_learns_of_a_domains_mail_through_edge(ask: Ask, owner: str, family: str) -> None:
    server, domain = EDGE[family], f"{'osterlen' if owner == 'hall' else owner}.example"
    assert data(ask("outside", server, domain, "MX"), "MX") == {"10 mx1.osterlen.example."}
    assert data(ask("outside", server, domain, "TXT"), "TXT") == {"v=spf1 ip4:198.51.100.1 ip6:2001:db8:0:ffff::1 -all"}
    assert data(ask("outside", server, f"_dmarc.{domain}", "TXT"), "TXT") == {
        "v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s; rua=mailto:postmaster@osterlen.example"
    }
    signature = ask("outside", server, f"s1._domainkey.{domain}", "TXT")
    assert not signature.flags & dns.flags.TC
    assert data(signature, "TXT") == {f"v=DKIM1; k=rsa; p={key_of(owner)}"}


def test_the_world_finds_the_zones_by_its_own_resolver(ask: Ask) -> None:
    """As a registry delegates them; what it finds there are addresses that it can reach."""
    assert data(ask("outside", "127.0.0.1", "ystad.example", "MX"), "MX") == {"10 mx1.osterlen.example."}
    assert data(ask("outside", "127.0.0.1", "mx1.osterlen.example", "A"), "A") == {EDGE["4"]}
    assert data(ask("outside", "127.0.0.1", "mx1.osterlen.example", "AAAA"), "AAAA") == {EDGE["6"]}
    assert ask("outside", "127.0.0.1", "mail.osterlen.example", "A").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("family", ["4", "6"])
def test_nobody_gets_a_zone_as_a_whole(ask: Ask, family: str) -> None:
    """By the same connection the zone's first record is answered."""
    known = ask("outside", EDGE[family], "ystad.example", "SOA", tcp=True)
    assert len(data(known, "SOA")) == 1
    whole = ask("outside", EDGE[family], "ystad.example", "AXFR", tcp=True)
    assert whole.rcode() in (dns.rcode.REFUSED, dns.rcode.NOTAUTH)
    assert not whole.answer


@pytest.mark.parametrize("family", ["4", "6"])
def test_nobody_gets_names_of_others(ask: Ask, family: str) -> None:
    foreign = ask("outside", EDGE[family], "www.internet.example", "A")
    assert foreign.rcode() == dns.rcode.REFUSED
    assert not foreign.flags & dns.flags.RA
    assert ask("outside", EDGE[family], "ystad.example", "SOA").flags & dns.flags.AA


@pytest.mark.parametrize("family", ["4", "6"])
def test_inside_the_same_names_have_the_addresses_that_they_have_inside(ask: Ask, family: str) -> None:
    server = INSIDE[family]
    for name, four, six in (
        ("ns1", "10.0.1.11", "fd5a:6d64:0:11::11"),
        ("mx1", "10.0.1.10", "fd5a:6d64:0:11::10"),
        ("mail", "10.0.0.15", "fd5a:6d64:0:10::15"),
    ):
        assert data(ask("ns1", server, f"{name}.osterlen.example", "A"), "A") == {four}
        assert data(ask("ns1", server, f"{name}.osterlen.example", "AAAA"), "AAAA") == {six}
    backwards = dns.name.from_text("15.0.0.10.in-addr.arpa").to_text()
    assert data(ask("ns1", server, backwards, "PTR"), "PTR") == {"mail.osterlen.example."}


def test_inside_everything_else_is_as_the_world_sees_it(ask: Ask) -> None:
    """A host inside has no other records, but exists; one that the world knows too has those of its zone."""
    server = INSIDE["4"]
    assert data(ask("ns1", server, "ystad.example", "MX"), "MX") == {"10 mx1.osterlen.example."}
    assert data(ask("ns1", server, "mx1.osterlen.example", "TXT"), "TXT") == {"v=spf1 a -all"}
    assert ask("ns1", server, "mail.osterlen.example", "TXT").rcode() == dns.rcode.NOERROR
    assert ask("ns1", server, "nonsuch.osterlen.example", "A").rcode() == dns.rcode.NXDOMAIN
    assert "198.51.100.9" in data(ask("ns1", server, "www.internet.example", "A"), "A")


def test_inside_a_mail_program_finds_mailbox_and_way_out(ask: Ask) -> None:
    for service, port in (("_imaps", 993), ("_submissions", 465), ("_submission", 587)):
        (found,) = data(ask("ns1", INSIDE["4"], f"{service}._tcp.ystad.example", "SRV"), "SRV")
        assert found.split()[2:] == [str(port), "mail.osterlen.example."]
    assert ask("outside", EDGE["4"], "_imaps._tcp.ystad.example", "SRV").rcode() == dns.rcode.NXDOMAIN


def test_a_new_members_domain_is_known_at_once_although_it_was_asked_for_before(
    on: Callable[..., str], ask: Ask
) -> None:
    """And the resolver is not restarted for it."""
    conf, name = "/etc/unbound/unbound.conf.d/samdrift-members.conf", "_imaps._tcp.ystad.example"
    process = "systemctl show -p MainPID,ActiveEnterTimestampMonotonic unbound"
    before = on("edge", process)
    on("edge", f"mv {conf} /root/kept && systemctl reload samdrift-members")
    try:
        assert ask("ns1", INSIDE["4"], name, "SRV").rcode() == dns.rcode.NXDOMAIN
    finally:
        on("edge", f"mv /root/kept {conf} && systemctl reload samdrift-members")
    assert len(data(ask("ns1", INSIDE["4"], name, "SRV"), "SRV")) == 1
    assert on("edge", process) == before


def test_hosts_are_told_the_time_by_edge(on: Callable[..., str]) -> None:
    """It is the selected source, and has answered."""
    tracking = on("ns1", "chronyc waitsync 45 0.1 0 2 > /dev/null && chronyc -nc tracking").split(",")
    assert tracking[1] == INSIDE["4"]
    assert "^,*,10.0.1.1," in on("ns1", "chronyc -nc sources")


def test_nothing_failed_and_nobody_else_listens(on: Callable[..., str]) -> None:
    assert on("ns1", "systemctl --failed --no-legend").strip() == ""
    ports = {line.rsplit(":", 1)[1] for line in on("ns1", "ss -Hlnt | awk '{print $4}'").splitlines()}
    assert ports == {"22", "53", str(watched.Settings().port)}
