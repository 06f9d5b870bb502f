"""Sabotages of BAK-03: the copy elsewhere becomes one that the hall can destroy, or nobody hears what it holds."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import changed, run
from tests.sabotages.hand import scene_of

KEYS = "/root/.ssh/authorized_keys"
DOOR, READER = "/usr/local/sbin/samdrift-door", '["rrsync", "-ro", str(STORE)]'
VAULT = "/usr/local/sbin/samdrift-vault"


@sabotage(requirement="BAK-03", name="halls-key-enters-the-vault")
def halls_key_enters_the_vault(target: Target) -> Iterator[None]:
    """ "So that I need not carry two keys"."""
    with scene_of(target) as scene:
        right = run(scene, "vault", "cat", KEYS)
        try:
            run(scene, "vault", "tee", "-a", KEYS, given=(target.state.ssh / "id_ed25519.pub").read_text())
            yield
        finally:
            run(scene, "vault", "tee", KEYS, given=right)


@sabotage(requirement="BAK-03", name="halls-token-rules-the-vault")
def halls_token_rules_the_vault(target: Target) -> Iterator[None]:
    """One token for everything, to make the automation simpler. Only the right to change options is granted."""
    with scene_of(target) as scene:
        grant = {
            "path": f"/vms/{scene.guests['vault'].vm_id}",
            "users": f"{scene.federation.hall.name}@pve",
            "roles": f"{scene.federation.hall.name}.own",
        }
    target.call("PUT", "/access/acl", **grant)
    try:
        yield
    finally:
        target.call("PUT", "/access/acl", **grant, delete=1)


@sabotage(requirement="BAK-03", name="reader-may-write")
def reader_may_write(target: Target) -> Iterator[None]:
    """The vault's account at the store is opened for writing, "for a test"."""
    with scene_of(target) as scene:
        right = run(scene, "backup", "cat", DOOR)
        try:
            run(scene, "backup", "tee", DOOR, given=right.replace(READER, '["rrsync", str(STORE)]'))
            run(scene, "backup", "chmod", "777", "/srv/backup")
            yield
        finally:
            run(scene, "backup", "tee", DOOR, given=right)
            run(scene, "backup", "chmod", "751", "/srv/backup")
            run(scene, "backup", "rm", "-f", "/srv/backup/taken")


@sabotage(requirement="BAK-03", name="vault-follows")
def vault_follows(target: Target) -> Iterator[None]:
    """The alarm was a nuisance: the vault now takes over whatever the store has."""
    alarm = 'raise Wrong("it is gone before its time")'
    with scene_of(target) as scene, changed(scene, "vault", VAULT, lambda text: text.replace(alarm, "pass")):
        yield


@sabotage(requirement="BAK-03", name="alarm-kept-to-itself")
def alarm_kept_to_itself(target: Target) -> Iterator[None]:
    """It holds what it shall, and always says that all is well."""
    said, well = '"held": held, "error": error', '"held": {}, "error": None'
    with scene_of(target) as scene, changed(scene, "vault", VAULT, lambda text: text.replace(said, well)):
        yield
