"""LemonLDAP::NG's configuration as it shall be, from the settings: pure, so unit tests see what the host gets."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

from roles.portal.settings import Settings

KEYTAB = "/etc/samdrift/portal.keytab"
FACTOR, TICKET, PASSWORD = 5, 3, 2
"""Levels of a sign-in: with a second factor, by a workplace's ticket, by a password."""
CLAIMS = {
    "name": "displayName",
    "given_name": "givenName",
    "family_name": "sn",
    "email": "mail",
    "preferred_username": "uid",
    "department": "department",
}
"""What an application is told of a person, besides the groups that matter to it: claim (OIDC Core 5.1), attribute."""
ENABLED = "(!(userAccountControl:1.2.840.113556.1.4.803:=2))"  # MS-ADTS 2.2.16: the bit ACCOUNTDISABLE is not set


def configuration(settings: Settings) -> dict[str, Any]:
    """Return the whole configuration; what is not said is LemonLDAP::NG's own default."""
    return {
        # It has no number or date of its own: a changed one comes with a restart.
        "cfgNum": 1,
        "cfgDate": 1,
        "cfgAuthor": "roles/portal",
        "key": settings.key,
        "portal": f"https://{settings.fqdn}/",
        # The portal alone shall see its cookie: applications get statements signed for them instead.
        "domain": settings.fqdn,
        "cookieName": "samdrift",
        "securedCookie": 1,
        "httpOnly": 1,
        "timeout": settings.life_s,
        "timeoutActivity": settings.idle_s,
        "timeoutActivityInterval": 60,
        "locationRules": {settings.fqdn: {"default": "accept"}},
        "strictTransportSecurityMax_Age": 31536000,
        "whatToTrace": "_whatToTrace",
        "macros": {"_whatToTrace": "lc($uid)"},
        **_sessions(),
        **_sign_in(settings),
        **_second_factor(settings),
        **_pages(settings),
        **_issuer(settings),
        "customPlugins": ", ".join(["Samdrift::Agreement", *["Samdrift::MailPassword"] * bool(settings.mail)]),
        "customPluginsParams": {
            "agreementVersion": settings.agreement["version"],
            "mailApplication": settings.mail,
            "privileged": settings.privileged,
            "factor": FACTOR,
        },
    }


def second_factor_rule(settings: Settings) -> str:
    """Return the condition under which a person never signs in without a second factor."""
    return f'inGroup("{settings.privileged}")'


def _sessions() -> dict[str, Any]:
    folder = "/var/lib/lemonldap-ng"
    return {
        # Who reads a session's file or a backup of it cannot use it: its name is a digest of what the browser holds.
        "hashedSessionStore": 1,
        "globalStorage": "Apache::Session::File",
        "globalStorageOptions": {
            "Directory": f"{folder}/sessions",
            "LockDirectory": f"{folder}/sessions/lock",
            "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256",
        },
        "persistentStorage": "Apache::Session::File",
        "persistentStorageOptions": {"Directory": f"{folder}/psessions", "LockDirectory": f"{folder}/psessions/lock"},
        # No copies beside these files, nor for 15 s in the process that answered last: a sign-in that is ended from
        # outside is over at once.
        "localSessionStorage": "",
        "handlerInternalCache": 0,
        "tokenUseGlobalStorage": 1,
    }


def _sign_in(settings: Settings) -> dict[str, Any]:
    """A workplace's ticket first, the form for everybody who has none; both for people of the directory only."""
    root = ",".join(f"DC={label}" for label in settings.domain_dns.split("."))
    named = "(|(sAMAccountName=$user)(userPrincipalName=$user)(mail=$user))"
    return {
        "authentication": "Combination",
        "userDB": "Same",
        "passwordDB": "AD",
        "combination": "[Ticket, Directory] or [Directory, Directory]",
        "combModules": {
            "Ticket": {"type": "Kerberos", "for": 1, "over": {}},
            "Directory": {"type": "AD", "for": 0, "over": {}},
        },
        "krbKeytab": KEYTAB,
        "krbByJs": 1,
        "krbRemoveDomain": 1,
        "krbAllowedDomains": settings.realm,
        "krbAuthnLevel": TICKET,
        "ldapServer": ", ".join(f"ldaps://{name}" for name in settings.dcs),
        "ldapVerify": "require",
        "ldapCAFile": "/etc/ssl/certs/ca-certificates.crt",
        "ldapTimeout": 10,
        "ldapIOTimeout": 10,
        "managerDn": f"{settings.lookup['user']}@{settings.domain_dns}",
        "managerPassword": settings.lookup["password"],
        "ldapBase": f"OU=Members,{root}",
        "AuthLDAPFilter": f"(&{named}(objectClass=user){ENABLED})",
        "mailLDAPFilter": f"(&(mail=$mail)(objectClass=user){ENABLED})",
        "ldapAuthnLevel": PASSWORD,
        "ldapExportedVars": {
            "uid": "sAMAccountName",
            "cn": "cn",
            "userPrincipalName": "userPrincipalName",
            **{attribute: attribute for attribute in CLAIMS.values() if attribute != "uid"},
        },
        "ldapGroupBase": root,
        "ldapGroupObjectClass": "group",
        "ldapGroupAttributeName": "member",
        "ldapGroupAttributeNameUser": "dn",
        "ldapGroupAttributeNameSearch": "cn",
        "ldapGroupAttributeNameGroup": "dn",
        "ldapGroupRecursive": 1,
        # The directory locks an account after ten wrong passwords. Who guesses here is slowed down before that, so that
        # nobody is locked out of a workplace from a web page.
        "loginHistoryEnabled": 1,
        "bruteForceProtection": 1,
        "bruteForceProtectionMaxFailed": 5,
        "failedLoginNumber": 6,
    }


def _second_factor(settings: Settings) -> dict[str, Any]:
    """Asked of whoever has one. Who must have one and has none does not come in: a password alone cannot make one."""
    another = f"$authenticationLevel >= {FACTOR}"
    return {
        "totp2fActivation": "1",
        "totp2fSelfRegistration": another,
        "totp2fUserCanRemoveKey": 0,
        "totp2fIssuer": settings.fqdn,
        "totp2fAuthnLevel": FACTOR,
        "totp2fRange": 1,
        "sfRetries": 2,
        "upgradeSession": 1,
        "grantSessionRules": {
            "noSecondFactor##1": f"not {second_factor_rule(settings)} or has2f('TOTP')",
        },
    }


def _pages(settings: Settings) -> dict[str, Any]:
    mail = [one for one in settings.applications if one["name"] == settings.mail]
    entries = [(one["name"], one["title"], one["address"], one) for one in settings.applications]
    entries += [
        ("mailpasswords", "Lösenord för e-postprogram", f"https://{settings.fqdn}/mailpasswords", one) for one in mail
    ]
    return {
        "portalSkin": "samdrift",
        "captcha_mail_enabled": 0,
        "captcha_register_enabled": 0,
        "portalSkinBackground": "",
        "portalMainLogo": "",
        "showLanguages": 0,
        "portalDisplayAppslist": 1,
        "portalDisplayChangePassword": "$_auth =~ /^(LDAP|AD|Combination|Directory)$/",
        "ldapChangePasswordAsUser": 1,
        "portalDisplayLoginHistory": 1,
        "portalDisplayLogout": 1,
        "portalDisplayOidcConsents": 0,
        "portalDisplayRefreshMyRights": 0,
        "portalDisplayRegister": 0,
        "portalDisplayResetPassword": 0,
        "portalCheckLogins": 0,
        "portalRequireOldPassword": 1,
        "applicationList": {
            "1samdrift": {
                "type": "category",
                "catname": "Tjänster",
                **{
                    name: {
                        "type": "application",
                        "options": {
                            "name": title,
                            "uri": address,
                            "display": _entry_rule(one),
                            "logo": "",
                            "description": "",
                        },
                    }
                    for name, title, address, one in entries
                },
            }
        },
    }


def _issuer(settings: Settings) -> dict[str, Any]:
    lines = "\n".join(wrap(settings.signing_public, 64))
    scopes = sorted({one["scope"] for one in settings.applications if one.get("scope")})
    return {
        "issuerDBOpenIDConnectActivation": 1,
        "oidcServiceMetaDataIssuer": f"https://{settings.fqdn}",
        "oidcServicePrivateKeySig": settings.signing_key,
        "oidcServicePublicKeySig": f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n",
        # Tells keys apart while an old one is still remembered somewhere.
        "oidcServiceKeyIdSig": settings.signing_public[-16:].translate(str.maketrans("+/=", "-_.")),
        "oidcServiceAllowAuthorizationCodeFlow": 1,
        "oidcServiceAllowImplicitFlow": 0,
        "oidcServiceAllowHybridFlow": 0,
        "oidcServiceIDTokenExpiration": settings.token_s,
        "oidcServiceAccessTokenExpiration": settings.token_s,
        "oidcServiceIgnoreScopeForClaims": 1,
        # Given unasked to the application whose it is, to no other that asks: so tokens tell what they are for.
        "oidcRPMetaDataScopeRules": {
            one["name"]: {scope: str(int(scope == one.get("scope"))) for scope in scopes}
            for one in settings.applications
        },
        "oidcRPMetaDataOptions": {one["name"]: _client(one) for one in settings.applications},
        "oidcRPMetaDataExportedVars": {
            one["name"]: {**CLAIMS, "groups": "groups;string;always"} for one in settings.applications
        },
        "oidcRPMetaDataMacros": {
            one["name"]: {"groups": f"join('; ', grep {{ inGroup($_) }} qw({' '.join(one['groups'])}))"}
            for one in settings.applications
        },
    }


def _entry_rule(application: dict[str, Any]) -> str:
    """Return who may enter: whoever is in one of the groups."""
    return " or ".join(f'inGroup("{group}")' for group in application["groups"])


def _client(application: dict[str, Any]) -> dict[str, Any]:
    return {
        "oidcRPMetaDataOptionsClientID": application["name"],
        "oidcRPMetaDataOptionsClientSecret": application["secret"],
        "oidcRPMetaDataOptionsRedirectUris": application["callback"],
        "oidcRPMetaDataOptionsDisplayName": application["title"],
        "oidcRPMetaDataOptionsRule": _entry_rule(application),
        "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256",
        "oidcRPMetaDataOptionsUserIDAttr": "uid",
        # The federation's own applications: the user agreement covers them.
        "oidcRPMetaDataOptionsBypassConsent": 1,
        # A token is renewed for as long as the sign-in lasts, and no longer.
        "oidcRPMetaDataOptionsRefreshToken": 1,
        "oidcRPMetaDataOptionsLogoutType": "front",
        **({"oidcRPMetaDataOptionsAuthnLevel": FACTOR} if application["second_factor"] else {}),
    }
