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


def front(*, host: str) -> dict[str, Any]:
    """Fetch the page that asks who one is; return its status, language and text."""
    return _page(_browser(), f"https://{host}/")


def inbox(*, host: str, user: str, password: str, word: str = "", seconds: float = 0.0) -> dict[str, Any]:
    """Sign in by the form and list the inbox; return `status` of signing in, the `subjects` that are there, `page`.

    With a `word`, as soon as a subject holds it, or after the time. `page` is what the person then sees, as of `front`.
    """
    browser = _browser()
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
    browser = _browser()
    _ask(browser, f"https://{host}/SOGo/connect", userName=user, password=password, rememberLogin=0)
    url = f"https://{host}/SOGo/so/{user}/Contacts/allContactSearch?search={urllib.parse.quote(search)}"
    found = _ask(browser, url)["contacts"]
    return [str(mail["value"]) for one in found for mail in one.get("emails", ())]


def _page(browser: urllib.request.OpenerDirector, url: str) -> dict[str, Any]:
    with browser.open(url, timeout=30) as answer:
        text = html.unescape(answer.read().decode(errors="replace"))
        language = text.partition('lang="')[2].partition('"')[0]
        return {"status": answer.status, "url": answer.url, "language": language, "text": text}


def _subjects(browser: urllib.request.OpenerDirector, host: str, user: str) -> list[str]:
    order = {"sort": "arrival", "asc": 0}
    told = _ask(browser, f"https://{host}/SOGo/so/{user}/Mail/0/folderINBOX/view", sortingAttributes=order)
    # The first row of `headers` names the columns.
    names, *rows = told.get("headers") or [["Subject"]]
    return [str(row[names.index("Subject")]) for row in rows]


def _ask(browser: urllib.request.OpenerDirector, url: str, **values: Any) -> dict[str, Any]:
    """Ask as the page's own program does; with values by POST. Nothing is answered without the page's token."""
    jar = next(one.cookiejar for one in browser.handlers if isinstance(one, urllib.request.HTTPCookieProcessor))
    headers = {"Content-Type": "application/json"}
    headers |= {"X-XSRF-TOKEN": str(one.value) for one in jar if one.name == "XSRF-TOKEN"}
    request = urllib.request.Request(url, data=json.dumps(values).encode() if values else None, headers=headers)
    with browser.open(request, timeout=30) as answer:
        told: dict[str, Any] = json.loads(answer.read() or b"{}")
        return told


def _browser() -> urllib.request.OpenerDirector:
    browser = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
    )
    browser.addheaders = [("User-Agent", FIREFOX)]
    return browser
