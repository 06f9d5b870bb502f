"""Accounts on a directory host, in its own database: no password in a command line."""

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
    """Make an account among the member's `staff` or `pupils` by hand, with a mailbox if there is `mail`."""
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


def wait(*, name: str, seconds: float, password_set: str = "", group: str = "") -> bool:
    """Tell whether this host's database holds the account as its origin does, within the time.

    `password_set`: the origin's `pwdLastSet`. `group`: one that it is in there. Neither is looked at where it is empty.
    """
    deadline = time.monotonic() + seconds
    while True:
        database = _database()
        found = database.search(database.domain_dn(), 2, f"(sAMAccountName={name})", ["memberOf", "pwdLastSet"])
        groups = [str(one) for one in found[0].get("memberOf", [])] if found else []
        is_in = any(one.startswith(f"CN={group}") for one in groups)
        if is_in and password_set in ("", str(found[0].get("pwdLastSet"))):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)


def remove(*, name: str) -> None:
    """Remove the account."""
    database = _database()
    for entry in database.search(database.domain_dn(), 2, f"(sAMAccountName={name})", ["dn"]):
        database.delete(entry.dn)


def set_password(*, name: str, password: str) -> None:
    """Set the account's password, as the help desk does for somebody new."""
    import ldb  # type: ignore[import-not-found]

    _database().setpassword(f"(sAMAccountName={ldb.binary_encode(name)})", password)


def shown(*, name: str, attributes: list[str]) -> dict[str, list[str]]:
    """Return attributes of the account, `dn` and `sid` beside them; nothing where there is none."""
    from samba.dcerpc import security  # type: ignore[import-not-found]
    from samba.ndr import ndr_unpack  # type: ignore[import-not-found]

    database = _database()
    found = database.search(database.domain_dn(), 2, f"(sAMAccountName={name})", [*attributes, "objectSid"])
    if not found:
        return {}
    told = {one: [str(value) for value in found[0].get(one, [])] for one in attributes}
    sid = str(ndr_unpack(security.dom_sid, found[0]["objectSid"][0]))
    return {**told, "dn": [str(found[0].dn)], "sid": [sid]}


def change(*, name: str, attribute: str, value: str) -> list[str]:
    """Set an attribute by hand, as an administrator does; return the values that are then there."""
    import ldb

    database = _database()
    found = database.search(database.domain_dn(), 2, f"(sAMAccountName={name})", ["dn"])
    message = ldb.Message(found[0].dn)
    message[attribute] = ldb.MessageElement([value] if value else [], ldb.FLAG_MOD_REPLACE, attribute)
    database.modify(message)
    held = database.search(found[0].dn, 0, attrs=[attribute])[0]
    return [str(one) for one in held.get(attribute, [])]


def add_to(*, group: str, name: str) -> None:
    """Put the account into a group by hand."""
    _database().add_remove_group_members(group, [name], add_members_operation=True)


def names(*, attribute: str) -> list[str]:
    """Return every value of an attribute of people."""
    database = _database()
    found = database.search(database.domain_dn(), 2, f"(&(objectCategory=person)({attribute}=*))", [attribute])
    return [str(value) for entry in found for value in entry.get(attribute, [])]
