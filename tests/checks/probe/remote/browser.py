"""A real browser, without a window: headless Chromium, spoken to over its own pipe (Chrome DevTools Protocol).

One browser a station. It trusts the federation's authority and no other, asks the resolver it is told, and knows
nothing of earlier visits: its home is made new, and goes with it.
"""

import atexit
import base64
import itertools
import json
import os
import select
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAM = "chromium"
QUIET = (
    "--headless=new",
    "--no-sandbox",  # the station is root's, in a network that leads nowhere
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--lang=sv-SE",
    "--accept-lang=sv-SE,sv",
    "--window-size=1280,900",
)

PASSING = ("net::ERR_NAME_NOT_RESOLVED", "net::ERR_NETWORK_CHANGED")
"""What Chromium says while the network it was just plugged into comes up, or a resolver is slow: one asks again."""


class _Browser:
    """The process, its pipe, and the one page in it."""

    def __init__(self, *, authority: str, resolver: str, krb5: str, ticket: str, negotiate: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="samdrift-browser-"))
        self._numbers = itertools.count(1)
        self._rest = b""
        store = self.home / ".pki" / "nssdb"
        store.mkdir(parents=True)
        (self.home / "authority.pem").write_text(authority)
        (self.home / "resolv.conf").write_text(f"nameserver {resolver}\noptions timeout:2\n")
        (self.home / "krb5.conf").write_text(krb5)
        # Who has no ticket has no file either: over an empty one Chromium 156's network process often falls.
        if ticket:
            (self.home / "ticket").write_bytes(base64.b64decode(ticket))
        # A new profile loads Kerberos only after it was asked for a ticket once; this one was asked before.
        (self.home / "profile").mkdir()
        (self.home / "profile" / "Local State").write_text('{"net": {"received_http_auth_negotiate_headers": true}}')
        for words in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "a", "-i", f"{self.home}/authority.pem"]):
            subprocess.run(["certutil", "-d", f"sql:{store}", *words], check=True, capture_output=True)
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        environment = {
            **os.environ,
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "KRB5_CONFIG": str(self.home / "krb5.conf"),
            "KRB5CCNAME": f"FILE:{self.home}/ticket",
        }
        options = [*QUIET, f"--user-data-dir={self.home}/profile", f"--auth-server-allowlist={negotiate}"]
        # Its resolver is nobody else's: the file is laid over the machine's in a mount namespace of its own.
        inner = (
            f"mount --bind {self.home}/resolv.conf /etc/resolv.conf && "
            f"exec {shlex.join([PROGRAM, *options])} 3<&{to_browser} 4>&{from_browser}"
        )
        self._log = (self.home / "log").open("wb")
        self._process = subprocess.Popen(
            ["unshare", "--mount", "bash", "-c", inner],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            pass_fds=(to_browser, from_browser),
        )
        os.close(to_browser)
        os.close(from_browser)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._page = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    _page: str | None = None

    def call(self, method: str, **parameters: object) -> dict:
        """Call and return the result; a request that is to be stopped is, all else told unasked is let pass."""
        number = self._send(method, **parameters)
        for told in self._told(time.monotonic() + 30):
            if told.get("method") == "Fetch.requestPaused":
                self._send("Fetch.failRequest", requestId=told["params"]["requestId"], errorReason="BlockedByClient")
            if told.get("id") == number:
                if "error" in told:
                    raise OSError(f"{method}: {told['error']['message']}")
                return told["result"]
        raise AssertionError("unreachable")

    def _send(self, method: str, **parameters: object) -> int:
        number = next(self._numbers)
        message: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if self._page:
            message["sessionId"] = self._page
        os.write(self._write, json.dumps(message).encode() + b"\0")
        return number

    def _told(self, deadline: float) -> Iterator[dict]:
        while True:
            while b"\0" in self._rest:
                line, _, self._rest = self._rest.partition(b"\0")
                yield json.loads(line)
            if not select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise OSError("the browser itself does not answer")
            if not (more := os.read(self._read, 1 << 16)):
                raise OSError(f"the browser went away: {(self.home / 'log').read_text()[-300:]}")
            self._rest += more

    def evaluate(self, script: str) -> object:
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise OSError(f"{script}: {result['exceptionDetails'].get('exception', {}).get('description')}")
        return result["result"].get("value")

    def settled(self, script: str, seconds: float = 10.0) -> object:
        """What a script says, asked anew where the page gave way to another meanwhile."""
        end = time.monotonic() + seconds
        while True:
            try:
                return self.evaluate(script)
            except OSError as error:
                if "navigated" not in str(error) or time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def wait(self, until: str, seconds: float) -> bool:
        """Wait until the page, loaded, says true; False when the time is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.evaluate(f"document.readyState == 'complete' && Boolean({until})"):
                    return True
            except OSError as error:
                # Between two pages there is nobody to ask; a script that cannot work at all is told at the end.
                if "browser" in str(error):
                    raise
            time.sleep(0.2)
        return False

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for end in (self._write, self._read):
            os.close(end)
        self._log.close()
        # Its network process goes a moment after it, and writes to the last.
        deadline = time.monotonic() + 5
        while self.home.exists() and time.monotonic() < deadline:
            shutil.rmtree(self.home, ignore_errors=True)


_OPEN: list[_Browser] = []


def start(*, authority: str, resolver: str, krb5: str = "", ticket: str = "", negotiate: str = "") -> None:
    """Start anew. `authority`: PEM of the one root it trusts; `ticket`: base64 of a Kerberos cache for `negotiate`."""
    stop()
    _OPEN.append(_Browser(authority=authority, resolver=resolver, krb5=krb5, ticket=ticket, negotiate=negotiate))


def stop() -> None:
    """End the browser, and everything it knew."""
    while _OPEN:
        _OPEN.pop().close()


atexit.register(stop)


def visit(*, url: str, until: str = "true", seconds: float = 30.0, stop: str = "") -> dict[str, object]:
    """Go to an address as by typing it; return the page once it says `until` (JavaScript), or as it then is.

    + stop: what begins so is not asked for: whoever was sent there gets an error, and the address is known
    """
    _OPEN[-1].call("Fetch.disable")
    if stop:
        _OPEN[-1].call("Fetch.enable", patterns=[{"urlPattern": f"{stop}*"}])
    end = time.monotonic() + seconds
    while (failed := _OPEN[-1].call("Page.navigate", url=url).get("errorText")) in PASSING and time.monotonic() < end:
        time.sleep(1)
    return {"error": failed} | page(until=until, seconds=seconds) if not failed else {"error": failed, **_shown(False)}


def act(*, script: str, until: str = "true", seconds: float = 30.0) -> dict[str, object]:
    """Do something in the page; return the page once it says `until`."""
    _OPEN[-1].evaluate(script)
    return page(until=until, seconds=seconds)


def page(*, until: str = "true", seconds: float = 30.0) -> dict[str, object]:
    """Return `there` (the page came to say `until`), `url`, `title`, `text`, and `asks`: it asks for a password."""
    return {"error": None, **_shown(_OPEN[-1].wait(until, seconds))}


def picture() -> str:
    """Return what a person sees, a PNG in base64."""
    return str(_OPEN[-1].call("Page.captureScreenshot", format="png")["data"])


def _shown(there: bool) -> dict[str, object]:
    script = """({title: document.title, text: document.body ? document.body.innerText : "",
        asks: [...document.querySelectorAll("input[type=password]")].some(one => one.offsetParent !== null)})"""
    told = _OPEN[-1].settled(script)
    assert isinstance(told, dict)
    # Not the page's own word: where nobody answers, it is the browser's page of an error.
    history = _OPEN[-1].call("Page.getNavigationHistory")
    return {"there": there, "url": history["entries"][history["currentIndex"]]["url"], **told}
