"""Settings and templates of `base`: defaults, refusals, and the text a host gets."""

from pathlib import Path
from typing import Any

import pytest

from roles.base.deploy import TEMPLATES
from roles.base.settings import Settings
from roles.operations.setting import SettingError
from roles.operations.template import render

FACTS: dict[str, Any] = {
    "fqdn": "dc1.ad.osterlen.example",
    "authorized_keys": ["ssh-ed25519 AAAA desk"],
    "nameservers": ["10.0.0.11", "fd5a:6d64:0:10::11"],
    "search": "ad.osterlen.example",
    "time_servers": ["10.0.0.1"],
}


def text(dest: str, **changes: object) -> str:
    return render(templates=TEMPLATES, dest=dest, values={"settings": Settings(**{**FACTS, **changes})})


def test_defaults_are_swedish_and_the_clock_is_the_nodes() -> None:
    settings = Settings(**FACTS)
    assert (settings.timezone, settings.locale, settings.admin) == ("Europe/Stockholm", "sv_SE.UTF-8", "drift")
    assert settings.sets_clock is False
    assert settings.name == "dc1"


@pytest.mark.parametrize(
    ("field", "found", "word"),
    [
        ("fqdn", "dc1", "base.fqdn"),
        ("authorized_keys", [], "at least one key"),
        ("authorized_keys", ["ssh-ed25519 AAAA\nssh-rsa BBBB"], "one line"),
        ("authorized_keys", ["-----BEGIN OPENSSH PRIVATE KEY-----"], "public SSH key"),
        ("nameservers", ["dc1"], "an IP address"),
        ("nameservers", [], "at least one address"),
        ("admin", "root", "not root"),
        ("locale", "sv_SE", "UTF-8"),
        ("trusted", ["root.ca"], "certificates in PEM"),
        ("trusted", ["-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----"], "without keys"),
        ("packages_proxy", "10.0.0.9:3142", "http://"),
    ],
)
def test_refuses_what_would_lock_the_engineer_out(field: str, found: object, word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**FACTS, field: found})


def test_resolver_file_names_every_server_and_the_domain() -> None:
    lines = text("/etc/resolv.conf").splitlines()
    assert [line for line in lines if line.startswith("nameserver")] == [
        "nameserver 10.0.0.11",
        "nameserver fd5a:6d64:0:10::11",
    ]
    assert "search ad.osterlen.example" in lines


def test_name_resolves_to_the_hosts_own_addresses() -> None:
    """A directory host that takes its own name for 127.0.1.1 tells the others that."""
    assert "127.0.1.1 dc1.ad.osterlen.example dc1" in text("/etc/hosts")
    given = text("/etc/hosts", addresses=["10.0.0.11", "fd5a:6d64:0:10::11"])
    assert "127.0.1.1" not in given
    assert "10.0.0.11 dc1.ad.osterlen.example dc1" in given


def test_only_a_host_that_may_sets_its_clock() -> None:
    unit, conf = "/etc/systemd/system/chrony.service.d/samdrift.conf", "/etc/chrony/chrony.conf"
    assert "chronyd -x" in text(unit)
    assert "makestep" not in text(conf)
    assert "chronyd -x" not in text(unit, sets_clock=True)
    assert "makestep" in text(conf, sets_clock=True)


def test_every_template_says_whose_it_is() -> None:
    """Whoever finds a file on a host must learn where to change it; some formats have no room for that."""
    root = Path(__file__).parents[2] / "roles"
    files = [path for path in root.glob("*/templates/**/*") if path.is_file()]
    assert len(files) > 30
    silent = [path for path in files if "managed by roles/" not in path.read_text()]
    # JSON and signatures have no comments, locale.conf takes assignments only, pam-configs fields only; the help desk's
    # texts are letters.
    mute = ("*.json", "*.json.j2", "*.ndb", "locale.conf.j2", "pam-configs/*", "texts/*")
    assert [str(path) for path in silent if not any(path.match(pattern) for pattern in mute)] == []
