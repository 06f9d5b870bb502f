"""Make and remove an account in the directory, on a directory host, in its own database: no password in a command line.

Until there is a personnel register, this is the source of the check's accounts.
"""

import time
from typing import Any


def _database() -> Any:
    from samba.auth import system_session  # type: ignore[import-not-found]
    from samba.credentials import Credentials  # type: ignore[import-not-found]
    from samba.param import LoadParm  # type: ignore[import-not-found]
    from samba.samdb import SamDB  # type: ignore[import-not-found]

    parameters = LoadParm()
    parameters.load("/etc/samba/smb.conf")
    return SamDB(session_info=system_session(), lp=parameters, credentials=Credentials())


def make(*, name: str, password: str, member: str, kind: str, domain: str, mail: str = "") -> str:
    """Make an account among the member's `staff` or `pupils`, with a mailbox if it has `mail`; return its name."""
    database = _database()
    top = f"OU={member},OU=Members,{database.domain_dn()}"
    entry = f"CN={name},OU={kind.capitalize()},{top}"
    database.add(
        {
            "dn": entry,
            "objectClass": "user",
            "sAMAccountName": name,
            "userPrincipalName": f"{name}@{domain}",
            "userAccountControl": "512",
            "clearTextPassword": password.encode("utf-16-le"),
            **({"mail": mail} if mail else {}),
        }
    )
    database.add_remove_group_members(f"{member}-{kind}", [name], add_members_operation=True)
    return entry


def wait(*, name: str, seconds: float) -> bool:
    """Tell whether this host's database holds the account, in its group too, within the time."""
    deadline = time.monotonic() + seconds
    while True:
        database = _database()
        found = database.search(database.domain_dn(), 2, f"(sAMAccountName={name})", ["memberOf"])
        if found and found[0].get("memberOf"):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)


def remove(*, name: str) -> None:
    """Remove the account."""
    database = _database()
    for entry in database.search(database.domain_dn(), 2, f"(sAMAccountName={name})", ["dn"]):
        database.delete(entry.dn)
