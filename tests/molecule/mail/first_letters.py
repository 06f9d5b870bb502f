"""On the store: letters for somebody whose mailbox is not there yet, each beside a session that opens every folder.

Arguments: the account, its home, how often. Says how many letters were taken, how many sessions had every folder, and
how often Dovecot fell.
"""

import json
import random
import shutil
import smtplib
import subprocess
import sys
import threading
import time

DOOR, READER = "/run/dovecot/lmtp-postfix", "/usr/lib/dovecot/imap"
FOLDERS = ("Drafts", "Junk", "Trash", "INBOX", "Sent", "Archive")
LETTER = "Subject: Hej\r\n\r\nHej\r\n"


def deliver(account: str, taken: list[str]) -> None:
    """Hand a letter in as the store's transport does."""
    try:
        with smtplib.LMTP(DOOR) as store:
            store.sendmail("anna@internet.example", [account], LETTER)
    except (smtplib.SMTPException, OSError):
        return
    taken.append(account)


def look(account: str, whole: list[str]) -> None:
    """Open every folder, some milliseconds after the letter: as long as making the mailbox takes."""
    time.sleep(random.random() * 0.012)
    asked = "".join(f"{number} EXAMINE {name}\r\n" for number, name in enumerate(FOLDERS)) + "x LOGOUT\r\n"
    done = subprocess.run([READER, "-u", account], input=asked, capture_output=True, text=True, check=False)
    if all(f"{number} OK" in done.stdout for number in range(len(FOLDERS))):
        whole.append(account)


def main(account: str, home: str, times: int) -> None:
    """Have both at once, again and again."""
    begun, taken, whole = int(time.time()), list[str](), list[str]()
    for _ in range(times):
        shutil.rmtree(home, ignore_errors=True)
        both = [threading.Thread(target=deliver, args=(account, taken))]
        both.append(threading.Thread(target=look, args=(account, whole)))
        for one in both:
            one.start()
        for one in both:
            one.join()
    log = ["journalctl", "--unit=dovecot", "--no-pager", f"--since=@{begun}"]
    panics = subprocess.run(log, capture_output=True, text=True, check=True).stdout.count("Panic")
    json.dump({"letters": len(taken), "sessions": len(whole), "panics": panics}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
