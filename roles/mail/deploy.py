"""Install, configure and activate the mail store."""

from __future__ import annotations

from pyinfra.api.deploy import deploy

from roles.mail.settings import Settings
from roles.operations import package

PACKAGES = ("dovecot-imapd", "dovecot-ldap", "dovecot-lmtpd", "dovecot-managesieved", "postfix", "postfix-ldap")


@deploy("mail: install")
def install(settings: Settings) -> None:
    """Mailboxes, and the way in and out."""
    package.installed(name="Mail store", names=PACKAGES)


@deploy("mail: configure")
def configure(settings: Settings) -> None:
    """Nothing yet."""


@deploy("mail: activate")
def activate(settings: Settings) -> None:
    """Nothing yet."""
