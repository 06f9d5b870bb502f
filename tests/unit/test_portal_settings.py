"""Settings, configuration and pages of `portal`."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from roles.operations.setting import SettingError
from roles.operations.template import render
from roles.portal.configuration import configuration
from roles.portal.deploy import SHARED, SKIN, TEMPLATES, paragraphs, recorded
from roles.portal.settings import Settings

DESK = {
    "name": "desk",
    "title": "Servicedesk",
    "address": "https://desk.osterlen.example/",
    "callback": "https://desk.osterlen.example/oidc/callback",
    "groups": ["all-staff", "all-pupils"],
    "second_factor": False,
    "secret": "Desk-1-secret",
}
MAIL = {**DESK, "name": "webmail", "groups": ["service-mail"], "scope": "mail"}
WATCH = {**DESK, "name": "monitoring", "groups": ["priv-operators"], "second_factor": True, "secret": "Watch-2-secret"}
FACTS: dict[str, Any] = {
    "fqdn": "sso.osterlen.example",
    "realm": "AD.OSTERLEN.EXAMPLE",
    "domain_dns": "ad.osterlen.example",
    "dcs": ["dc1.ad.osterlen.example", "dc2.ad.osterlen.example"],
    "certificate": {"names": ["sso.osterlen.example"], "directory": "https://pki.osterlen.example/acme/x/directory"},
    "lookup": {"user": "svc-sso", "password": "Lookup-3-secret"},
    "agreement": {
        "version": "2026-1",
        "text": "Du får <ett> konto.\nDet är ditt.\n\nLogga ut.\n",
        "user": "svc-agreement",
        "password": "Agreement-4-secret",
    },
    "signing_key": "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n",
    "signing_public": "MIIB" * 98,
    "key": "Seal-5-secret-and-long",
    "privileged": "privileged",
    "applications": [DESK, WATCH],
}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"dcs": []}, "at least one directory host"),
        ({"realm": "OSTERLEN.EXAMPLE"}, "AD.OSTERLEN.EXAMPLE"),
        ({"applications": [DESK, DESK]}, "stands once"),
        ({"applications": [{**DESK, "groups": []}]}, "for at least one group"),
        ({"applications": [{**DESK, "groups": ['x") or inGroup("y']}]}, "lower-case name"),
        ({"applications": [{**DESK, "callback": "http://desk.osterlen.example/"}]}, "an https:// URL"),
        ({"mail": "webmail"}, "one of ['desk', 'monitoring']"),
        ({"signing_key": "MIIB"}, "a private key in PEM"),
        ({"idle_s": 11 * 3600}, "token <= idle <= life"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=re.escape(word)):
        Settings(**{**FACTS, **changes})


def test_no_secret_is_shown() -> None:
    shown = repr(Settings(**FACTS))
    assert "secret" not in shown
    assert "PRIVATE" not in shown


def test_an_application_is_entered_by_its_groups_and_no_others() -> None:
    clients = configuration(Settings(**FACTS))["oidcRPMetaDataOptions"]
    assert clients["desk"]["oidcRPMetaDataOptionsRule"] == 'inGroup("all-staff") or inGroup("all-pupils")'
    assert clients["monitoring"]["oidcRPMetaDataOptionsRule"] == 'inGroup("priv-operators")'
    assert all(one["oidcRPMetaDataOptionsRedirectUris"] == DESK["callback"] for one in clients.values())


def test_mail_has_a_scope_that_no_other_application_gets() -> None:
    made = configuration(Settings(**{**FACTS, "applications": [DESK, MAIL, WATCH], "mail": "webmail"}))
    assert made["oidcRPMetaDataScopeRules"] == {
        "desk": {"mail": "0"},
        "webmail": {"mail": "1"},
        "monitoring": {"mail": "0"},
    }
    assert made["customPlugins"] == "Samdrift::Agreement, Samdrift::MailPassword"
    assert made["applicationList"]["1samdrift"]["mailpasswords"]["options"]["display"] == 'inGroup("service-mail")'
    assert configuration(Settings(**FACTS))["customPlugins"] == "Samdrift::Agreement"


def test_a_second_factor_is_worth_more_than_any_other_sign_in() -> None:
    made = configuration(Settings(**FACTS))
    level = made["totp2fAuthnLevel"]
    assert level > made["krbAuthnLevel"] > made["ldapAuthnLevel"]
    assert made["oidcRPMetaDataOptions"]["monitoring"]["oidcRPMetaDataOptionsAuthnLevel"] == level
    assert "oidcRPMetaDataOptionsAuthnLevel" not in made["oidcRPMetaDataOptions"]["desk"]


def test_a_password_alone_gives_nobody_their_first_second_factor() -> None:
    made = configuration(Settings(**FACTS))
    assert made["totp2fSelfRegistration"] == f"$authenticationLevel >= {made['totp2fAuthnLevel']}"
    assert 'not inGroup("privileged") or has2f' in next(iter(made["grantSessionRules"].values()))


def test_the_agreement_is_shown_whole_and_escaped() -> None:
    settings = Settings(**FACTS)
    values: dict[str, object] = {
        "agreement": settings.agreement,
        "paragraphs": paragraphs(settings.agreement["text"]),
    }
    page = render(templates=TEMPLATES, dest=f"{SKIN}/agreement.tpl", values=values)
    assert "<p>Du får &lt;ett&gt; konto. Det är ditt.</p>\n      <p>Logga ut.</p>" in page
    assert 'data-version="2026-1"' in page
    assert recorded(settings)["group"] == "CN=agreement-2026-1,OU=Agreements,DC=ad,DC=osterlen,DC=example"


def test_pages_speak_swedish_and_every_word_of_ours_is_there() -> None:
    words = json.loads(render(templates=TEMPLATES, dest=f"{SHARED}/sv.json", values={}))
    assert all(words.values())
    assert {"noSecondFactor", "PE5", "PE9", "PE90", "enterTotpCode"} <= set(words)


def test_a_changed_note_breaks_the_chain(tmp_path: Path) -> None:
    """The program itself, on notes as it writes them."""
    text = (TEMPLATES / "usr/local/sbin/samdrift-agreement").read_text()
    notes = tmp_path / "notes.jsonl"
    program = tmp_path / "program.py"
    no_ldap = re.sub(r"^(import ldap3|from ldap3.*)$", "", text, flags=re.MULTILINE)
    program.write_text(no_ldap.replace("/var/lib/samdrift-agreement/notes.jsonl", str(notes)))

    def verify() -> str:
        done = subprocess.run(["python3", program, "verify"], capture_output=True, text=True, check=False)
        return done.stderr

    assert verify() == ""
    chained = f"""
import sys; sys.argv = ["x", "verify"]
exec(open({str(program)!r}).read())
before = BEGIN
for user in "abc":
    line = json.dumps({{"user": user, "before": before}}) + "\\n"
    NOTES.open("a").write(line)
    before = digest(line)
"""
    subprocess.run(["python3", "-c", chained], check=True)
    assert verify() == ""
    lines = notes.read_text().splitlines(keepends=True)
    notes.write_text(lines[0].replace('"a"', '"d"') + "".join(lines[1:]))
    assert "line 2 does not follow" in verify()
    notes.write_text("".join(lines[::2]))
    assert "line 2 does not follow" in verify()
