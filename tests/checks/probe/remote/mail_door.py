"""The two doors of mail that need no browser: IMAP and submission, tried with a password or with the portal's token."""

import base64
import imaplib
import smtplib
import ssl


def tried(*, host: str, user: str, password: str = "", token: str = "") -> dict[str, bool]:
    """Sign in at both, and do nothing more; tell which let the person in."""
    return {
        "imap": _imap(host, user, password, token),
        "submission": _submission(host, user, password, token),
    }


def _imap(host: str, user: str, password: str, token: str) -> bool:
    with imaplib.IMAP4_SSL(host, 993, ssl_context=ssl.create_default_context(), timeout=30) as call:
        try:
            if token:
                call.authenticate("OAUTHBEARER", lambda _: _bearer(user, token))
            else:
                call.login(user, password)
        except imaplib.IMAP4.error as error:
            if "UNAVAILABLE" in str(error):
                raise
            return False
        return call.select("INBOX", readonly=True)[0] == "OK"


def _submission(host: str, user: str, password: str, token: str) -> bool:
    with smtplib.SMTP(host, 587, timeout=30) as call:
        call.starttls(context=ssl.create_default_context())
        call.ehlo()
        if token:
            code, _ = call.docmd("AUTH", f"XOAUTH2 {base64.b64encode(_xoauth2(user, token)).decode()}")
            # RFC 7628, 3.2.3: what is wrong comes as a challenge, and the refusal after an empty answer to it.
            if code == 334:
                code, _ = call.docmd("")
        else:
            plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
            code, _ = call.docmd("AUTH", f"PLAIN {plain}")
        # 454 is no better: Dovecot answers who was wrong several times later than Postfix waits for it. So whoever asks
        # must see somebody else come in as well.
        return code == 235


def _bearer(user: str, token: str) -> bytes:
    return f"n,a={user},\x01auth=Bearer {token}\x01\x01".encode()  # RFC 7628, 3.1


def _xoauth2(user: str, token: str) -> bytes:
    return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()
