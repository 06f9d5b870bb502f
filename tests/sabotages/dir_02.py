"""Sabotages of DIR-02: a trust between the two directories, and one copied into the other."""

import secrets
from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import run
from tests.sabotages.hand import scene_of

ROOT = ("-Q", "-Y", "EXTERNAL", "-H", "ldapi:///")
FOLDER, SAVED = "/etc/ldap/slapd.d", "/etc/ldap/slapd.d.saved"


@sabotage(requirement="DIR-02", name="trust-added")
def trust_added(target: Target) -> Iterator[None]:
    """The citizens' directory hands sign-ins of the internal domain on to it: one login for e-services, at last."""
    with scene_of(target) as scene:
        domain = scene.federation.hall.ad_domain
        base = ",".join(f"DC={label}" for label in domain.split("."))
        trust = (
            "dn: cn=module{0},cn=config\nchangetype: modify\nadd: olcModuleLoad\nolcModuleLoad: back_ldap\n\n"
            "dn: olcDatabase=ldap,cn=config\nchangetype: add\nobjectClass: olcDatabaseConfig\n"
            f"objectClass: olcLDAPConfig\nolcDatabase: ldap\nolcSuffix: {base}\nolcDbURI: ldaps://dc1.{domain}\n"
        )
        run(scene, "cdir", "cp", "-a", FOLDER, SAVED)
        try:
            run(scene, "cdir", "ldapmodify", *ROOT, given=trust)
            yield
        finally:
            run(scene, "cdir", "systemctl", "stop", "slapd.service")
            run(scene, "cdir", "rm", "-rf", FOLDER)
            run(scene, "cdir", "mv", SAVED, FOLDER)
            run(scene, "cdir", "systemctl", "start", "slapd.service")


@sabotage(requirement="DIR-02", name="citizens-imported")
def citizens_imported(target: Target) -> Iterator[None]:
    """A citizen who helps out gets the same account inside, by hand."""
    with scene_of(target) as scene:
        name, password = f"q{secrets.token_hex(4)}", f"Aa1-{secrets.token_urlsafe(18)}"
        dn, address = f"uid={name},ou=people,o=citizens", f"{name}@internet.example"
        entry = f"dn: {dn}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: Nonce\nsn: Probe\nmail: {address}\n"
        member, domain = scene.members[0].key, scene.federation.hall.ad_domain
        origin = scene.station("dc1")
        try:
            run(scene, "cdir", "ldapadd", *ROOT, given=entry)
            origin.ask(
                "account.make", name=name, password=password, member=member, kind="staff", domain=domain, mail=address
            )
            yield
        finally:
            origin.ask("account.remove", name=name)
            run(scene, "cdir", "ldapdelete", *ROOT, dn)
