"""Use the webmail as a browser does: its first page, signing in by its form, the list of the inbox."""

import html
import http.cookiejar
import json
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""Whom it does not know it tells to take another browser."""


class _Browser:
    """One person's browser, with its cookies."""

    def __init__(self) -> None:
        self.jar = http.cookiejar.CookieJar()
        self.way = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context()),
            urllib.request.HTTPCookieProcessor(self.jar),
        )
        self.way.addheaders = [("User-Agent", FIREFOX)]


def front(*, host: str) -> dict[str, Any]:
    """Fetch the page that asks who one is; return its status, language and text."""
    return _page(_Browser(), f"https://{host}/")


def inbox(*, host: str, user: str, password: str, word: str = "", seconds: float = 0.0) -> dict[str, Any]:
    """Sign in by the form and list the inbox; return `status` of signing in, the `subjects` that are there, `page`.

    With a `word`, as soon as a subject holds it, or after the time. `page` is what the person then sees, as of `front`.
    """
    browser = _Browser()
    try:
        _ask(browser, f"https://{host}/SOGo/connect", userName=user, password=password, rememberLogin=0)
    except urllib.error.HTTPError as error:
        return {"status": error.code, "subjects": []}
    page = _page(browser, f"https://{host}/SOGo/so/{user}/Mail/view")
    deadline = time.monotonic() + seconds
    while True:
        subjects = _subjects(browser, host, user)
        if any(word in one for one in subjects) or time.monotonic() > deadline:
            return {"status": 200, "subjects": subjects, "page": page}
        time.sleep(0.5)


def known(*, host: str, user: str, password: str, search: str) -> list[str]:
    """Sign in and look for a name in the address book, as the field for recipients does; return the mail addresses."""
    browser = _Browser()
    _ask(browser, f"https://{host}/SOGo/connect", userName=user, password=password, rememberLogin=0)
    url = f"https://{host}/SOGo/so/{user}/Contacts/allContactSearch?search={urllib.parse.quote(search)}"
    found = _ask(browser, url)["contacts"]
    return [str(mail["value"]) for one in found for mail in one.get("emails", ())]


def _page(browser: _Browser, url: str) -> dict[str, Any]:
    with browser.way.open(url, timeout=30) as answer:
        text = html.unescape(answer.read().decode(errors="replace"))
        language = text.partition('lang="')[2].partition('"')[0]
        return {"status": answer.status, "url": answer.url, "language": language, "text": text}


def _subjects(browser: _Browser, host: str, user: str) -> list[str]:
    order = {"sort": "arrival", "asc": 0}
    told = _ask(browser, f"https://{host}/SOGo/so/{user}/Mail/0/folderINBOX/view", sortingAttributes=order)
    # The first row of `headers` names the columns.
    names, *rows = told.get("headers") or [["Subject"]]
    return [str(row[names.index("Subject")]) for row in rows]


def _ask(browser: _Browser, url: str, **values: Any) -> dict[str, Any]:
    """Ask as the page's own program does; with values by POST. Nothing is answered without the page's token."""
    token = next((str(one.value) for one in browser.jar if one.name == "XSRF-TOKEN"), "")
    headers = {"Content-Type": "application/json", "X-XSRF-TOKEN": token}
    request = urllib.request.Request(url, data=json.dumps(values).encode() if values else None, headers=headers)
    with browser.way.open(request, timeout=30) as answer:
        told: dict[str, Any] = json.loads(answer.read() or b"{}")
        return told
