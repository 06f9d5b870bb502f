"""Establish who sends a request."""

import time
import urllib.parse
from collections.abc import Mapping

from pvelab.access.permission import owner
from pvelab.access.ticket import Seal, hash_token
from pvelab.api.errors import unauthorized
from pvelab.store import Store

_SAFE = frozenset({"GET", "HEAD"})


def identify(store: Store, seal: Seal, verb: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> str:
    """The user or token id of a request, by API token or by ticket (writes need the CSRF token too); 401 otherwise.

    Header names in lower case.
    """
    authorization = headers.get("authorization", "")
    if authorization.startswith("PVEAPIToken="):
        return _by_token(store, authorization.removeprefix("PVEAPIToken="))
    ticket = urllib.parse.unquote(cookies.get("PVEAuthCookie", ""))
    if not ticket:
        raise unauthorized("No ticket")
    user = seal.user_of(ticket)
    check_enabled(store, user)
    if verb not in _SAFE:
        seal.check_csrf(user, headers.get("csrfpreventiontoken"))
    return user


def _by_token(store: Store, text: str) -> str:
    token, _, value = text.partition("=")
    record = store.get("token", token)
    if "!" not in token or not value:
        raise unauthorized("no tokenid specified" if not token else "invalid token value!")
    check_enabled(store, owner(token))
    if record is None:
        user, _, name = token.partition("!")
        raise unauthorized(f"no such token '{name}' for user '{user}'")
    if record["hash"] != hash_token(value):
        raise unauthorized("invalid token value!")
    if record.get("expire") and record["expire"] < time.time():
        raise unauthorized(f"token '{token}' access expired")
    return token


def check_enabled(store: Store, user: str) -> None:
    """401 unless the user exists, is enabled and has not expired."""
    record = store.get("user", user)
    if record is None:
        raise unauthorized(f"no such user ('{user}')")
    if not record.get("enable"):
        raise unauthorized(f"user '{user}' is disabled")
    if record.get("expire") and record["expire"] < time.time():
        raise unauthorized(f"user '{user}' access expired")
