"""Come into an application by the sign-on portal without a browser: its forms are filled in as a person does."""

import base64
import hmac
import http.cookiejar
import json
import re
import ssl
import struct
import time
import urllib.error
import urllib.parse
import urllib.request
from html import unescape
from html.parser import HTMLParser

STEPS = 8
"""More forms than any way through the portal has."""
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""Whom it does not know the webmail tells to take another browser."""


def comes_in(*, url: str, user: str, password: str, key: str = "") -> dict[str, object]:
    """Open an application; tell whether it let the person `in`, and what the last page said."""
    try:
        _, page = enter(browser(), url, user=user, password=password, key=key)
    except PermissionError as error:
        return {"in": False, "text": str(error)}
    return {"in": True, "text": text_of(page)}


_STAYED: dict[tuple[str, str], tuple[urllib.request.OpenerDirector, str]] = {}


def stay(*, url: str, user: str, password: str) -> str:
    """Sign in to an application and stay there; return the address one ends at. PermissionError where it refuses."""
    opener = browser()
    at, _ = enter(opener, url, user=user, password=password)
    _STAYED[user, url] = opener, at
    return at


def inside_still(*, url: str, user: str, seconds: float = 0.0) -> bool:
    """Whether the application shows whoever stayed a page of its own still, after so long at the most."""
    opener, at = _STAYED[user, url]
    deadline = time.monotonic() + seconds
    while True:
        try:
            inside = urllib.parse.urlsplit(_open(opener, at)[0]).netloc == urllib.parse.urlsplit(url).netloc
        except PermissionError:
            inside = False
        if not inside or time.monotonic() > deadline:
            return inside
        time.sleep(1.0)


def leave(*, url: str, user: str) -> None:
    """Close that browser."""
    _STAYED.pop((user, url))


def browser(
    *handlers: urllib.request.BaseHandler, jar: http.cookiejar.CookieJar | None = None
) -> urllib.request.OpenerDirector:
    """Make a browser with cookies of its own; it trusts whom its host trusts."""
    found = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPCookieProcessor(jar if jar is not None else http.cookiejar.CookieJar()),
        *handlers,
    )
    found.addheaders = [("User-Agent", FIREFOX)]
    return found


def enter(
    opener: urllib.request.OpenerDirector,
    url: str,
    *,
    user: str,
    password: str,
    key: str = "",
    home: str = "",
    until: str = "",
) -> tuple[str, str]:
    """Go to an application and sign in on the way; return the address and the page one ends at.

    Accepts the user agreement where it is asked for. `key` makes the code of a second factor; `home` is the host where
    one wants to end, where that is not `url`'s, `until` the id of what the portal's own page then has. PermissionError
    where the portal keeps the person.
    """
    home = home or urllib.parse.urlsplit(url).netloc
    at, page = _open(opener, url)
    shown = False
    for _ in range(STEPS):
        forms = [form for form in Forms(page).found if {"password", "code", "answer", "kerberos"} & set(form["fields"])]
        if urllib.parse.urlsplit(at).netloc == home or not forms or (until and f'id="{until}"' in page):
            break
        form = forms[0]
        fields = dict(form["fields"])
        if "password" in fields:
            if shown:
                break
            shown = True
            fields |= {"user": user, "password": password}
        elif "code" in fields:
            if not key:
                break
            fields["code"] = totp(key)
        elif "answer" in fields:
            fields["answer"] = "accept"
        # What is left asks for a ticket of the workplace: there is none to show.
        at, page = _open(opener, urllib.parse.urljoin(at, form["action"] or at), fields)
    if urllib.parse.urlsplit(at).netloc != home and not (until and f'id="{until}"' in page):
        raise PermissionError(f"the portal does not let {user} through: {text_of(page)[:300]}")
    return at, page


def totp(key: str) -> str:
    """The one-time password of now (RFC 6238)."""
    digest = hmac.new(base64.b32decode(key), struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def text_of(page: str) -> str:
    """What a person reads."""
    plain = re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", plain))).strip()


class Forms(HTMLParser):
    """Every form of a page, with its fields as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[dict] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a form, or a field of the last one."""
        told = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.found.append({"action": told.get("action", ""), "fields": {}})
        elif self.found and tag in ("input", "button") and told.get("name"):
            self.found[-1]["fields"].setdefault(told["name"], told.get("value", ""))


def _open(opener: urllib.request.OpenerDirector, url: str, fields: dict[str, str] | None = None) -> tuple[str, str]:
    data = urllib.parse.urlencode(fields).encode() if fields is not None else None
    try:
        # What does not ask for pages is told to sign in, not sent there.
        with opener.open(urllib.request.Request(url, data=data, headers={"Accept": "text/html"}), timeout=60) as answer:
            return answer.url, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        # The portal says in a page why it refuses; an application that does is somewhere to be, not in.
        page = error.read().decode(errors="replace")
        if Forms(page).found:
            return error.url or url, page
        raise PermissionError(f"{error.url} says {error.code}: {text_of(page)[:200]}") from error


def token(
    *,
    issuer: str,
    client: str,
    secret: str,
    callback: str,
    user: str,
    password: str,
    key: str = "",
    scope: str = "openid",
) -> str:
    """Sign in for an application, stand in its place at the end, and redeem; return the access token."""
    ask = {"response_type": "code", "client_id": client, "redirect_uri": callback, "scope": scope}
    url = f"{issuer}/oauth2/authorize?{urllib.parse.urlencode(ask)}"
    try:
        at, _ = enter(browser(_Stop(callback)), url, user=user, password=password, key=key, home="nowhere")
    except _ArrivedError as arrived:
        at = str(arrived)
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(at).query))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback}
    request = urllib.request.Request(f"{issuer}/oauth2/token", data=urllib.parse.urlencode(form).encode())
    request.add_header("Authorization", f"Basic {base64.b64encode(f'{client}:{secret}'.encode()).decode()}")
    with browser().open(request, timeout=60) as answer:
        return str(json.loads(answer.read())["access_token"])


def mail_password(*, url: str, user: str, password: str, name: str, key: str = "") -> dict[str, str]:
    """Make a password for a mail program on the portal's page for it; return the `user` and `password` it shows."""
    opener = browser()
    _, page = enter(opener, url, user=user, password=password, key=key, home="nowhere", until="make")
    form = next(form for form in Forms(page).found if "name" in form["fields"])
    _, page = _open(opener, urllib.parse.urljoin(url, form["action"]), {**form["fields"], "name": name})
    found = {what: re.search(rf'id="made-{what}">([^<]+)<', page) for what in ("user", "password")}
    return {what: unescape(one[1]) if one else "" for what, one in found.items()}


class _ArrivedError(Exception):
    """The portal sends the person to the application, with what it is to redeem."""


class _Stop(urllib.request.HTTPRedirectHandler):
    """Follows every redirection but the one to the application."""

    def __init__(self, callback: str) -> None:
        self._callback = callback

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def] # noqa: PLR0917
        if newurl.startswith(self._callback):
            raise _ArrivedError(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
