"""Use the webmail as a browser does: by the portal, then what its pages ask for, such as the list of the inbox."""

import html
import http.cookiejar
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from tests.checks.probe.remote import entrance


class _Browser:
    """One person's browser, with its cookies."""

    def __init__(self) -> None:
        self.jar = http.cookiejar.CookieJar()
        self.way = entrance.browser(jar=self.jar)
        self.account = ""

    def enters(self, host: str, user: str, password: str, key: str) -> None:
        """Sign in; PermissionError where the person is not let in."""
        at, _ = entrance.enter(self.way, f"https://{host}/SOGo/", user=user, password=password, key=key)
        # The webmail's address then names the account, whatever name was typed.
        path = urllib.parse.urlsplit(at).path.split("/")
        if path[1:3] != ["SOGo", "so"]:
            raise PermissionError(f"{user} ends at {at}")
        self.account = path[3]


def front(*, host: str) -> dict[str, Any]:
    """Fetch the page that comes to whoever is not signed in; return its status, address, language and text."""
    return _page(_Browser(), f"https://{host}/")


def inbox(
    *, host: str, user: str, password: str, word: str = "", seconds: float = 0.0, key: str = ""
) -> dict[str, Any]:
    """Sign in and list the inbox; return whether one is `in`, as which `account`, the `subjects` there, `page`.

    With a `word`, as soon as a subject holds it, or after the time. `page` is what the person then sees, as of `front`.
    """
    browser = _Browser()
    try:
        browser.enters(host, user, password, key)
    except PermissionError as error:
        return {"in": False, "account": "", "subjects": [], "text": str(error)}
    page = _page(browser, f"https://{host}/SOGo/so/{browser.account}/Mail/view")
    deadline = time.monotonic() + seconds
    while True:
        subjects = _subjects(browser, host, browser.account)
        if any(word in one for one in subjects) or time.monotonic() > deadline:
            return {"in": True, "account": browser.account, "subjects": subjects, "page": page}
        time.sleep(0.5)


def known(
    *, host: str, user: str, password: str, searches: list[str], key: str = ""
) -> dict[str, dict[str, list[str]]]:
    """Sign in and look for names; return the mail addresses found, by search, in two places.

    `recipients`: as the field for recipients looks, in the address books; `people`: as it looks with whom a calendar or
    a folder may be shared.
    """
    browser = _Browser()
    browser.enters(host, user, password, key)
    base = f"https://{host}/SOGo/so/{browser.account}"
    found: dict[str, dict[str, list[str]]] = {"recipients": {}, "people": {}}
    for search in searches:
        words = urllib.parse.quote(search)
        cards = _ask(browser, f"{base}/Contacts/allContactSearch?search={words}")["contacts"]
        found["recipients"][search] = [str(mail["value"]) for one in cards for mail in one.get("emails", ())]
        users = _ask(browser, f"{base}/usersSearch?search={words}")["users"]
        found["people"][search] = [str(one["c_email"]) for one in users]
    return found


def sends(
    *, host: str, user: str, password: str, sender: str, recipient: str, subject: str, key: str = ""
) -> dict[str, Any]:
    """Sign in, write a message and send it, as the form for it does; return what the webmail said."""
    browser = _Browser()
    browser.enters(host, user, password, key)
    mail = f"https://{host}/SOGo/so/{browser.account}/Mail"
    draft = _ask(browser, f"{mail}/0/compose")
    where = f"{mail}/{draft['accountId']}/folder{draft['mailboxPath']}/{draft['draftId']}"
    content = {"from": sender, "to": [recipient], "subject": subject, "text": subject, "isHTML": 0}
    return _ask(browser, f"{where}/send", **content)


def appoints(*, host: str, user: str, password: str, title: str, day: str, key: str = "") -> dict[str, Any]:
    """Put an appointment into the own calendar, as the form for it does; sign in anew, and look at that day.

    Returns what is `shown` then, each with its `title` and the name of its `calendar`; and the `page`, as of `front`.
    + day: such as 2027-01-31
    """
    browser = _Browser()
    browser.enters(host, user, password, key)
    own = f"https://{host}/SOGo/so/{browser.account}/Calendar"
    name = _ask(browser, f"{own}/personal/newguid")["id"]
    when = {"startDate": day, "startTime": "10:00", "endDate": day, "endTime": "11:00"}
    _ask(browser, f"{own}/personal/{name}/saveAsAppointment", summary=title, type="appointment", **when)
    again = _Browser()
    again.enters(host, user, password, key)
    date = day.replace("-", "")
    told = _ask(again, f"{own}/eventslist?day={date}&filterpopup=view_selectedday")
    days = [shown for month in told["events"].values() for shown in month["days"].values()]
    title_at, calendar_at = (told["fields"].index(name) for name in ("c_title", "calendarName"))
    shown = [{"title": one[title_at], "calendar": one[calendar_at]} for each in days for one in each["events"]]
    return {"shown": shown, "page": _page(again, f"{own}/view")}


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
    try:
        with browser.way.open(request, timeout=30) as answer:
            told: dict[str, Any] = json.loads(answer.read() or b"{}")
            return told
    except urllib.error.HTTPError as error:
        raise OSError(f"{url}: {error.code} {error.read().decode(errors='replace')[:200]}") from error
