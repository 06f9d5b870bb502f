"""The help desk as people use it: the portal's own forms, and its API under the same sign-in."""

import http.cookiejar
import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from typing import Any

from tests.checks.probe.remote import entrance

_Who = tuple[str, str, str, str]
_signed_in: dict[_Who, urllib.request.OpenerDirector] = {}


def open_case(
    *, host: str, user: str, password: str, subject: str, text: str, system: str = "", key: str = ""
) -> dict[str, Any]:
    """Fill in the portal's form as the person; return the `case`'s number (0: none) and the page that came."""
    page = _page((host, user, password, key), "/SelfService/CreateTicketInQueue.html")
    way = re.search(r'href="(/SelfService/Create\.html\?Queue=\d+)"', page)
    if not way:
        return {"case": 0, "page": page}
    form = Form(_page((host, user, password, key), way[1]), "TicketCreate")
    form.fields |= {"Subject": subject, "Content": text, "ContentType": "text/plain", "SubmitTicket": "1"}
    if system:
        form.choose(system)
    page = _page((host, user, password, key), "/SelfService/Create.html", form.fields)
    found = re.search(r"<title>#(\d+)", page)
    return {"case": int(found[1]) if found else 0, "page": page}


def shown(*, host: str, user: str, password: str, case: int, key: str = "") -> dict[str, Any]:
    """Return the text of the portal's page about the case, and its status code."""
    try:
        page = _page((host, user, password, key), f"/SelfService/Display.html?id={case}")
    except urllib.error.HTTPError as error:
        return {"code": error.code, "text": ""}
    return {"code": 200, "text": entrance.text_of(page)}


def enters(*, host: str, user: str, password: str, key: str = "") -> bool:
    """Tell whether this sign-in opens the portal."""
    _signed_in.pop((host, user, password, key), None)
    try:
        _session((host, user, password, key))
    except PermissionError:
        return False
    return True


def ask(
    *,
    host: str,
    user: str,
    password: str,
    path: str,
    method: str = "GET",
    body: Any = None,
    basic: bool = False,
    key: str = "",
) -> dict[str, Any]:
    """Call the API; return `code` and the parsed `answer`. With `basic` as a program does, by its own password."""
    call = urllib.request.Request(f"https://{host}/REST/2.0{path}", method=method, headers=_headers(host))
    if body is not None:
        call.data = json.dumps(body).encode()
        call.add_header("Content-Type", "application/json")
    if basic:
        keys = urllib.request.HTTPPasswordMgrWithPriorAuth()
        keys.add_password(None, f"https://{host}/", user, password, is_authenticated=True)
        opener = _opener(urllib.request.HTTPBasicAuthHandler(keys))
    else:
        opener = _session((host, user, password, key))
    try:
        with opener.open(call, timeout=60) as answer:
            # Where RT only says what it did, it says it in Latin-1.
            said = answer.read().decode(errors="replace") or "null"
            return {"code": answer.status, "answer": json.loads(said)}
    except urllib.error.HTTPError as error:
        return {"code": error.code, "answer": error.read().decode(errors="replace")}


def satisfied(*, link: str, answer: int) -> dict[str, Any]:
    """Follow the link of a closing mail without signing in, and answer; return what the two pages said."""
    opener = _opener()
    with opener.open(link, timeout=60) as page:
        asked = page.read().decode()
    address = urllib.parse.urlsplit(link)
    fields = dict(urllib.parse.parse_qsl(address.query)) | {"answer": str(answer), "words": ""}
    send = urllib.parse.urlencode(fields).encode()
    with opener.open(f"https://{address.netloc}{address.path}", data=send, timeout=60) as page:
        return {"asked": entrance.text_of(asked), "told": entrance.text_of(page.read().decode())}


def published(*, host: str) -> dict[str, Any]:
    """Return the published index of satisfaction, by member."""
    with _opener().open(f"https://{host}/NoAuth/SatisfactionIndex.html?format=json", timeout=60) as page:
        found: dict[str, Any] = json.loads(page.read())
        return found


class Form(HTMLParser):
    """The fields of one form of a page, as a browser would send them."""

    def __init__(self, page: str, name: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._name, self._inside, self._select = name, False, ""
        self._options: dict[str, tuple[str, str]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a field with the value it has."""
        found = {key: value or "" for key, value in attrs}
        if tag == "form":
            self._inside = found.get("name") == self._name
        if not self._inside:
            return
        if tag == "input" and found.get("type") not in ("submit", "button", "file", "checkbox", "radio"):
            self.fields[found.get("name", "")] = found.get("value", "")
        elif tag == "select":
            self._select = found.get("name", "")
        elif tag == "option" and self._select:
            value = found.get("value", "")
            self._options[value] = (self._select, value)
            if "selected" in found:
                self.fields[self._select] = value

    def handle_endtag(self, tag: str) -> None:
        """Leave the form, or a list to choose from."""
        if tag == "select":
            self._select = ""
        elif tag == "form":
            self._inside = False

    def choose(self, value: str) -> None:
        """Choose a value in whichever list has it."""
        name, chosen = self._options[value]
        self.fields[name] = chosen


def _session(who: _Who) -> urllib.request.OpenerDirector:
    """Sign in once, at the sign-on portal. The one place that knows how; PermissionError where one is refused."""
    if who not in _signed_in:
        host, user, password, key = who
        opener = _opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        entrance.enter(opener, f"https://{host}/", user=user, password=password, key=key)
        _signed_in[who] = opener
    return _signed_in[who]


def _page(who: _Who, path: str, fields: dict[str, str] | None = None) -> str:
    data = urllib.parse.urlencode(fields).encode() if fields is not None else None
    call = urllib.request.Request(f"https://{who[0]}{path}", data=data, headers=_headers(who[0]))
    with _session(who).open(call, timeout=60) as answer:
        page: str = answer.read().decode()
        return page


def _opener(*handlers: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    trusting = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), trusting, *handlers)


def _headers(host: str) -> dict[str, str]:
    # The portal takes no order that another site's page has sent.
    return {"Referer": f"https://{host}/", "Origin": f"https://{host}"}
