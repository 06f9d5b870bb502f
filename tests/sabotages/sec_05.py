"""Sabotages of SEC-05: certificates that prove nothing any more, and a password that may cross in clear text."""

from collections.abc import Iterator
from contextlib import contextmanager

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from samdrift.federation.hall import DIRECTORY
from tests.checks.host import run
from tests.checks.scene import Scene
from tests.sabotages.hand import scene_of

TLS = "/etc/samdrift/tls"
WORK = "/run/samdrift/sabotage"
NAMES = "set -e; . /etc/samdrift/certificate.conf; san=$(printf 'DNS:%s,' $NAMES)"
CURVE = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
NEW_KEY = f"{CURVE} -keyout {WORK}/key.pem -subj /CN=${{NAMES%% *}} -addext subjectAltName=${{san%,}}"
TIMER = "samdrift-certificate.timer"
RELOAD = ". /etc/samdrift/certificate.conf; systemctl reload-or-restart $UNITS"
SERIAL = "openssl x509 -noout -serial"
SAMBA = "/etc/samba/smb.conf"


@contextmanager
def shown(scene: Scene, host: str, port: int) -> Iterator[None]:
    """Show the certificate that stands in WORK, then the one of before: by the link that a renewal changes too."""
    right = run(scene, host, "readlink", TLS).strip()
    # The host's programs read the key by its owner, group and mode.
    for command in ("chown", "chmod"):
        run(scene, host, command, "--reference", f"{right}/key.pem", f"{WORK}/key.pem")
    run(scene, host, "systemctl", "stop", TIMER)  # it would find the certificate wrong, and mend it
    try:
        point(scene, host, port, WORK)
        yield
    finally:
        point(scene, host, port, right)
        run(scene, host, "systemctl", "start", TIMER)
        run(scene, host, "rm", "-r", WORK)


def point(scene: Scene, host: str, port: int, folder: str) -> None:
    """Let the link point to this folder, and wait until the certificate in it is the one that is shown."""
    run(scene, host, "sh", "-c", f"set -e; ln -sfn {folder} {TLS}.new; mv -T {TLS}.new {TLS}; {RELOAD}")
    seen = f"openssl s_client -connect 127.0.0.1:{port} < /dev/null 2>/dev/null | {SERIAL}"
    same = f'[ "$({seen})" = "$({SERIAL} -in {TLS}/fullchain.pem)" ]'
    run(scene, host, "sh", "-c", f"for n in $(seq 40); do {same} && exit 0; sleep 1; done; exit 1")


@sabotage(requirement="SEC-05", name="self-signed-certificate")
def self_signed_certificate(target: Target) -> Iterator[None]:
    """The real one could not be found in a hurry; the name is right, and browsers can be told to go on."""
    host = DIRECTORY[0]
    with scene_of(target) as scene:
        made = f"mkdir -p {WORK}; openssl req -x509 -days 365 {NEW_KEY} -out {WORK}/fullchain.pem"
        run(scene, host, "sh", "-c", f"{NAMES}; {made}")
        with shown(scene, host, 636):
            yield


@sabotage(requirement="SEC-05", name="expired-certificate")
def expired_certificate(target: Target) -> Iterator[None]:
    """Nobody noticed that renewal had stopped: the federation's own authority signed it, a month ago."""
    host, authority, folder = "mail", "pki", "/etc/samdrift/pki"
    with scene_of(target) as scene:
        run(scene, host, "sh", "-c", f"{NAMES}; mkdir -p {WORK}; openssl req -new {NEW_KEY} -out {WORK}/request.pem")
        signing = (
            f"openssl x509 -req -CA {folder}/issuing.crt -CAkey {folder}/issuing.key -copy_extensions copy "
            "-not_before $(date -ud '-31 days' +%Y%m%d%H%M%SZ) -not_after $(date -ud '-1 day' +%Y%m%d%H%M%SZ)"
        )
        request = run(scene, host, "cat", f"{WORK}/request.pem")
        chain = run(scene, authority, "sh", "-c", f"{signing} && cat {folder}/issuing.crt", given=request)
        run(scene, host, "tee", f"{WORK}/fullchain.pem", given=chain)
        with shown(scene, host, 993):
            yield


@sabotage(requirement="SEC-05", name="password-in-clear-text")
def password_in_clear_text(target: Target) -> Iterator[None]:
    """An old program could not be made to speak TLS to the directory."""
    host, strict = DIRECTORY[-1], "ldap server require strong auth"
    with scene_of(target) as scene:
        right = run(scene, host, "cat", SAMBA)
        if f"{strict} = yes" not in right:
            raise OSError(f"{host}: {SAMBA} does not say {strict!r}")
        try:
            serve(scene, host, right.replace(f"{strict} = yes", f"{strict} = no"))
            yield
        finally:
            serve(scene, host, right)


def serve(scene: Scene, host: str, text: str) -> None:
    """Let the directory host serve with this configuration."""
    run(scene, host, "tee", SAMBA, given=text)
    run(scene, host, "sh", "-c", "systemctl restart samba-ad-dc && samdrift-directory wait 50")
