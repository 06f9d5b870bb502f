"""Doors a person goes through besides the workplace's own, tried from the workplace: mailbox and Kerberos tickets."""

import imaplib
import os
import ssl
import subprocess
import tempfile
import time
from pathlib import Path


def mailbox(*, host: str, user: str, password: str) -> bool:
    """Whether the mail store lets the person in by IMAP; any other trouble is an error."""
    box = imaplib.IMAP4_SSL(host, ssl_context=ssl.create_default_context(), timeout=15)
    try:
        box.login(user, password)
    except imaplib.IMAP4.error:
        return False
    finally:
        box.shutdown()
    return True


def ticket(*, user: str, password: str) -> str:
    """Sign in to Kerberos; return the file that holds the ticket, empty where it is refused."""
    descriptor, path = tempfile.mkstemp(prefix="probe-ticket-")
    os.close(descriptor)
    done = subprocess.run(["kinit", "-c", path, user], input=password, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        Path(path).unlink()
        return ""
    return path


def service(*, ticket: str, principal: str) -> bool:
    """Whether the ticket that was got earlier still gets one for a service (a new one, not a kept one)."""
    done = subprocess.run(["kvno", "-q", "-c", ticket, "--no-store", principal], capture_output=True, check=False)
    return done.returncode == 0


def forget(*, ticket: str) -> None:
    """Remove the ticket."""
    Path(ticket).unlink()


def stay(*, user: str, seconds: int) -> int:
    """Have something open as the person, for so long; return how many of the person's processes run then."""
    subprocess.Popen(
        ["runuser", "-u", user, "--", "sleep", str(seconds)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return _wait(user, wanted=True, patience=10.0)


def open_still(*, user: str, patience: float = 10.0) -> int:
    """How many processes of the person run here, after so long at the most."""
    return _wait(user, wanted=False, patience=patience)


def _wait(user: str, *, wanted: bool, patience: float) -> int:
    end = time.monotonic() + patience
    while True:
        # Zombies are over, though their parent has not asked yet.
        done = subprocess.run(["pgrep", "-c", "-r", "D,R,S", "-U", user], capture_output=True, text=True, check=False)
        count = int(done.stdout.strip() or 0)
        if bool(count) is wanted or time.monotonic() > end:
            return count
        time.sleep(0.2)
