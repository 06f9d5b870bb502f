"""Edge, the authority and a directory host: a certificate from first issue to replacement, looked at from elsewhere."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

On = Callable[..., str]
STATE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
ROOT = Path(__file__).resolve().parents[3]
DC, DOMAIN, PKI = "dc1.ad.osterlen.example", "ad.osterlen.example", "pki.osterlen.example"
SERIAL = "openssl x509 -noout -serial"


def verified(on: On, name: str, words: str, *, where: str = "edge", ok: bool = True) -> str:
    """Return what openssl says of a server seen from a guest, by the guest's own trust store and for this name."""
    port = words.split(maxsplit=1)[0]
    return on(
        where,
        f"openssl s_client -connect {name}:{port} -servername {name} -verify_hostname {name} -verify_return_error "
        f"{words.removeprefix(port)} < /dev/null 2>&1",
        ok=ok,
    )


def signed(on: On, begins: str, ends: str) -> None:
    """Put a certificate of the real authority with this life, relative days, in the place of dc1's."""
    made = on(
        "pki",
        "cd $(mktemp -d) && openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -subj / "
        f"-out r -addext subjectAltName=DNS:{DC},DNS:{DOMAIN} 2>/dev/null && "
        "openssl x509 -req -in r -CA /etc/samdrift/pki/issuing.crt -CAkey /etc/samdrift/pki/issuing.key "
        f"-copy_extensions copy -not_before $(date -ud '{begins} days' +%Y%m%d%H%M%SZ) "
        f"-not_after $(date -ud '{ends} days' +%Y%m%d%H%M%SZ) "
        "2>/dev/null && cat /etc/samdrift/pki/issuing.crt && echo ==== && cat k",
    )
    chain, key = made.split("====\n")
    for name, text in (("fullchain.pem", chain), ("key.pem", key)):
        on("dc1", f"cat > /etc/samdrift/tls/{name} <<'E'\n{text}E")


def deployed(host: str) -> str:
    """Deploy the host once more, as a person does."""
    words = ["-m", "pyinfra", "-y", "--limit", host, "inventories/molecule.py", "roles/site.py"]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def serial(on: On) -> str:
    """Serial number of the certificate on dc1's disk."""
    return on("dc1", f"{SERIAL} -in /etc/samdrift/tls/fullchain.pem").strip()


def is_served(on: On, number: str) -> bool:
    """Whether the directory shows that certificate within a minute: its processes are told by message."""
    ask = f"openssl s_client -connect {DC}:636 < /dev/null 2>/dev/null | {SERIAL}"
    found = on("edge", f'for n in $(seq 60); do [ "$({ask})" = "{number}" ] && echo yes && break; sleep 1; done')
    return found.strip() == "yes"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (PKI, "443"),
        (DC, "636"),
        (DOMAIN, "636"),
        (DC, "389 -starttls ldap"),
        (DC, "3269"),
        (DC, "636 -4"),
        (DC, "636 -6"),
    ],
)
def test_another_guest_trusts_what_is_served(on: On, name: str, words: str) -> None:
    said = verified(on, name, words)
    assert "Verify return code: 0 (ok)" in said
    assert f"Verified peername: {name}" in said


def test_another_name_is_not_believed(on: On) -> None:
    """The control of the above: it can fail."""
    said = on(
        "edge",
        f"openssl s_client -connect {DC}:636 -verify_hostname dc2.{DOMAIN} -verify_return_error < /dev/null 2>&1",
        ok=False,
    )
    assert "hostname mismatch" in said


def test_nobody_listens_on_port_80_and_the_keys_are_their_readers_only(on: On) -> None:
    for host in ("pki", "dc1"):
        assert on(host, "ss -Hltn 'sport = :80'") == ""
    assert on("dc1", "stat -L -c '%a %U %G' /etc/samdrift/tls/key.pem").split() == ["600", "root", "root"]
    assert on("pki", "stat -c '%a %U %G' /etc/samdrift/pki/issuing.key").split() == ["640", "root", "caddy"]


def test_the_roots_key_is_on_no_host(on: On) -> None:
    root, issuing = ((STATE / "secrets" / f"{name}.ca").read_text().splitlines()[2] for name in ("root", "issuing"))
    look = "grep -rlF -- '{}' /etc /var/lib /root /home || true"
    assert on("pki", look.format(issuing)).split() == ["/etc/samdrift/pki/issuing.key"]  # the control: it is found
    for host in ("edge", "pki", "dc1"):
        assert on(host, look.format(root)) == ""


def test_an_authority_that_is_no_longer_the_federations_leaves_the_store(on: On) -> None:
    added, link = "/usr/local/share/ca-certificates/samdrift-0000.crt", "/etc/ssl/certs/samdrift-0000.pem"
    on("pki", f"cp /etc/samdrift/pki/issuing.crt {added} && update-ca-certificates && test -e {link}")
    assert re.search(r"The federation's authority is trusted +1 +1 ", deployed("pki"))
    on("pki", f"test ! -e {added} && test ! -L {link}")
    assert "Verify return code: 0 (ok)" in verified(on, DC, "636", where="pki")


def test_the_timer_renews_what_is_in_its_last_third_and_the_directory_goes_on(on: On) -> None:
    signed(on, "-25", "+5")
    before, process = serial(on), on("dc1", "systemctl show -p MainPID samba-ad-dc")
    assert on("dc1", "samdrift-certificate due").strip() in ("119 hours of it remain", "120 hours of it remain")
    on("dc1", "systemctl start samdrift-certificate.service")
    assert serial(on) != before
    assert is_served(on, serial(on))
    assert on("dc1", "systemctl show -p MainPID samba-ad-dc") == process
    assert on("dc1", "samdrift-certificate due; ls /run/samdrift/pending") == ""


def test_the_timer_leaves_alone_what_is_young(on: On) -> None:
    before = serial(on)
    on("dc1", "systemctl start samdrift-certificate.service")
    assert serial(on) == before
    assert "samdrift-certificate.timer" in on("dc1", "systemctl list-timers --no-legend samdrift-certificate.timer")


def test_a_renewal_can_be_forced(on: On) -> None:
    before = serial(on)
    on("dc1", "samdrift-certificate renew now")
    assert serial(on) != before
    assert is_served(on, serial(on))


def test_an_expired_certificate_is_replaced_by_the_next_deploy(on: On) -> None:
    signed(on, "-40", "-10")
    on("dc1", "systemctl restart samba-ad-dc")
    on("dc1", "samdrift-directory wait 60")
    assert "certificate has expired" in verified(on, DC, "636", ok=False)
    assert re.search(rf"Certificate of {re.escape(DC)} +1 +1 ", deployed("dc1"))
    assert "Verify return code: 0 (ok)" in verified(on, DC, "636")
    assert re.search(rf"Certificate of {re.escape(DC)} +1 +- +- +1 ", deployed("dc1"))


def test_an_authority_that_lost_its_accounts_is_no_obstacle(on: On) -> None:
    accounts = "/var/lib/caddy/.local/share/caddy/acme_server"
    on("pki", f"test -d {accounts} && systemctl stop caddy && rm -r {accounts} && systemctl start caddy")
    before = serial(on)
    on("dc1", "samdrift-certificate renew now")
    assert serial(on) != before
    assert is_served(on, serial(on))


def test_an_authority_that_is_off_is_named_and_the_old_certificate_stays(on: On) -> None:
    before = serial(on)
    on("pki", "systemctl stop caddy")
    try:
        said = on("dc1", "samdrift-certificate renew now 2>&1", ok=False)
    finally:
        on("pki", "systemctl start caddy")
    assert "the authority does not answer" in said
    assert PKI in said
    assert "the present one is valid until" in said
    assert serial(on) == before
    assert is_served(on, before)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("nonsuch.osterlen.example", "the name nonsuch.osterlen.example cannot be resolved"),
        (PKI, "did not find this host at port 80"),  # another host's name: there nobody answers for dc1
    ],
)
def test_a_name_that_is_not_the_hosts_is_not_certified(on: On, name: str, word: str) -> None:
    before = serial(on)
    conf = "/etc/samdrift/certificate.conf"
    on("dc1", f"cp -p {conf} /root/conf && sed -i 's/^NAMES=.*/NAMES=\"{name}\"/' {conf}")
    try:
        said = on("dc1", "samdrift-certificate renew now 2>&1", ok=False)
    finally:
        on("dc1", f"mv /root/conf {conf}")
    assert re.search(word, said), said
    assert serial(on) == before
