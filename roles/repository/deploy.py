"""Install, configure and activate the backup store."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.operations import file, package, unit
from roles.repository.client import READERS, STORE, admitted
from roles.repository.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("borgbackup", "openssh-server", "rsync")
SSHD = "samdrift-store.service"
TEND = "samdrift-tend.timer"
HEARD = "samdrift-heard.timer"
SAID = "/var/lib/samdrift-said/vault.json"
"""What the vault last said of its copy; its service makes the folder, the vault's account owns it."""
READER = "vault"
PYTHON = "python3 -Ic 'import ast, sys; ast.parse(open(sys.argv[1]).read())' {}"


@deploy("repository: install")
def install(settings: Settings) -> None:
    """Borg, and rsync with its restricted half, which the vault reads by."""
    package.installed(name="Backup store", names=PACKAGES)


@deploy("repository: configure")
def configure(settings: Settings) -> None:
    """Accounts whose only program is the door, and an SSH daemon that lets in nobody else."""
    values: dict[str, object] = {
        "settings": settings,
        "store": STORE,
        "reader": READER,
        "readers": READERS,
        "said": SAID,
    }

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, **options)

    rendered("Door of the store", "/usr/local/sbin/samdrift-door", mode="755", check=PYTHON)
    rendered("Upkeep of the store", "/usr/local/sbin/samdrift-tend", mode="755", check=PYTHON)
    # The store itself is owned by root: a client makes repositories in its own part, and no part.
    admitted(name="The vault may read", user=READER, folder=STORE, reads=True)
    rendered("What the vault says is passed on", "/usr/local/sbin/samdrift-heard", mode="755", check=PYTHON)
    for client in settings.clients:
        user = f"borg-{client['host']}"
        admitted(name=f"{client['host']} may bring archives", user=user, folder=f"{STORE}/{client['host']}")
        _key(user, client["key"])
    _key(READER, settings.reader_key)

    file.written(
        name="The store's own key",
        dest="/etc/samdrift/store/host_key",
        text=f"{settings.host_key.strip()}\n",
        units=[SSHD],
        reload=True,
    )
    rendered(
        "SSH daemon of the store",
        "/etc/samdrift/store/sshd_config",
        check="mkdir -p /run/sshd && sshd -t -f {}",
        units=[SSHD],
        reload=True,
    )
    rendered("The daemon's service", f"/etc/systemd/system/{SSHD}", units=[SSHD])
    for suffix in ("service", "timer"):
        rendered(f"Upkeep regularly: {suffix}", f"/etc/systemd/system/samdrift-tend.{suffix}", units=[TEND])
        rendered(
            f"The vault is heard regularly: {suffix}", f"/etc/systemd/system/samdrift-heard.{suffix}", units=[HEARD]
        )


@deploy("repository: activate")
def activate(settings: Settings) -> None:
    """Open the store."""
    unit.running(name="SSH daemon of the store", unit=SSHD)
    unit.running(name="Upkeep of the store", unit=TEND)
    unit.running(name="What the vault says", unit=HEARD)


def _key(user: str, key: str) -> None:
    # Readable by its owner, as whom sshd opens it; writable by root, so that no client admits another.
    dest = f"/etc/samdrift/store/keys/{user}"
    file.written(name=f"Key of {user}", dest=dest, text=f"restrict {key}\n", mode="644")
