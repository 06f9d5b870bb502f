"""An application of the sign-on portal, as far as the portal can tell: it asks for people, and redeems what they bring.

The portal is reached at the address that the stack files say, under its own name, with the federation's root alone.
"""

import base64
import http.client
import json
import secrets
import socket
import ssl
import urllib.parse


def ask(*, issuer: str, client: str, callback: str) -> dict[str, str]:
    """Return where an application sends somebody who is to sign in: `url`, and the `state` that must come back."""
    state = secrets.token_urlsafe(12)
    query = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": callback,
        "scope": "openid profile email",
        "state": state,
        "nonce": secrets.token_urlsafe(12),
    }
    return {"url": f"{issuer}/oauth2/authorize?{urllib.parse.urlencode(query)}", "state": state}


def redeem(
    *, issuer: str, address: str, authority: str, client: str, secret: str, code: str, callback: str
) -> dict[str, object]:
    """Redeem a code; return `status`, the `token` with its unchecked `claims`, and the `person` it is of."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback}
    status, told = _post(issuer, address, authority, "/oauth2/token", form, client=client, secret=secret)
    if status != 200:
        return {"status": status, "error": told}
    payload = told["id_token"].split(".")[1]
    _, person = call(
        url=f"{issuer}/oauth2/userinfo",
        address=address,
        authority=authority,
        headers={"Authorization": f"Bearer {told['access_token']}"},
    )
    return {
        "status": status,
        "token": told["id_token"],
        "access": told["access_token"],
        "claims": json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))),
        "person": json.loads(person),
    }


def introspect(
    *, issuer: str, address: str, authority: str, client: str, secret: str, token: str, path: str = "/oauth2/introspect"
) -> dict[str, object]:
    """Return what the portal says of a token (RFC 7662)."""
    status, told = _post(issuer, address, authority, path, {"token": token}, client=client, secret=secret)
    return {"status": status, **told}


def call(
    *, url: str, address: str, authority: str, data: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    """Ask for a page at this address; return the status and the text."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    trust = ssl.create_default_context(cadata=authority)
    with socket.create_connection((address, parts.port or 443), timeout=15) as line:
        connection = http.client.HTTPSConnection(host)
        connection.sock = trust.wrap_socket(line, server_hostname=host)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("POST" if data is not None else "GET", target, body=data, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def _post(
    issuer: str, address: str, authority: str, path: str, form: dict[str, str], *, client: str, secret: str
) -> tuple[int, dict]:
    who = base64.b64encode(f"{client}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {who}", "Content-Type": "application/x-www-form-urlencoded"}
    data = urllib.parse.urlencode(form)
    status, text = call(url=f"{issuer}{path}", address=address, authority=authority, data=data, headers=headers)
    return status, json.loads(text) if text.startswith("{") else {"error": text[:300]}
