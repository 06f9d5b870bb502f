"""Signing in: passwords, tickets, CSRF tokens, API tokens."""

import time
from typing import Any

import httpx
import pytest

from tests.lab_api.refusal import refused, unauthorized
from tests.lab_api.running import RunningLab


@pytest.fixture(scope="module")
def clerk(root: Any) -> str:
    """A user with a password, and no rights."""
    root.access.users.post(userid="clerk@pve", password="password-1", comment="desk")
    return "clerk@pve"


def ticket(lab: RunningLab, user: str, password: str) -> dict[str, Any]:
    """The answer of a successful sign-in."""
    with lab.http("") as client:
        answer = client.post("/access/ticket", data={"username": user, "password": password})
    return dict(answer.json()["data"])


def test_a_password_gives_a_ticket_with_capabilities(lab: RunningLab) -> None:
    found = ticket(lab, "root@pam", lab.password)
    assert found["ticket"].split(":")[1] == "root@pam" and found["ticket"].count(":") > 3
    assert found["cap"]["vms"]["VM.Allocate"] == 1


def test_a_wrong_password_is_refused(lab: RunningLab) -> None:
    with unauthorized("authentication failure"):
        lab.proxmoxer(password="wrong-password")


def test_an_unknown_user_gets_the_same_words(lab: RunningLab) -> None:
    with lab.http("") as client:
        for user in ("root@pam", "nobody@pve"):
            answer = client.post("/access/ticket", data={"username": user, "password": "wrong-password"})
            assert (answer.status_code, answer.json()["message"]) == (401, "authentication failure\n")


def test_no_credentials(lab: RunningLab) -> None:
    with lab.http("") as client:
        answer = client.get("/nodes")
    assert (answer.status_code, answer.json()["message"]) == (401, "No ticket\n")


def test_a_ticket_alone_may_read_but_not_write(lab: RunningLab) -> None:
    found = ticket(lab, "root@pam", lab.password)
    with lab.http("") as client:
        client.cookies.set("PVEAuthCookie", found["ticket"])
        assert client.get("/nodes").status_code == 200
        answer = client.post("/pools", data={"poolid": "csrf"})
        assert (answer.status_code, "invalid csrf token" in answer.text) == (401, True)
        headers = {"CSRFPreventionToken": found["CSRFPreventionToken"]}
        assert client.post("/pools", data={"poolid": "csrf"}, headers=headers).status_code == 200


def test_the_csrf_token_of_another_user_does_not_help(lab: RunningLab, clerk: str) -> None:
    mine, other = ticket(lab, "root@pam", lab.password), ticket(lab, clerk, "password-1")
    with lab.http("") as client:
        client.cookies.set("PVEAuthCookie", mine["ticket"])
        headers = {"CSRFPreventionToken": other["CSRFPreventionToken"]}
        assert client.post("/pools", data={"poolid": "stolen"}, headers=headers).status_code == 401


def test_a_forged_ticket_is_refused(lab: RunningLab, clerk: str) -> None:
    forged = ticket(lab, clerk, "password-1")["ticket"].replace(clerk, "root@pam")
    with lab.http("") as client:
        client.cookies.set("PVEAuthCookie", forged)
        assert client.get("/nodes").status_code == 401


def test_a_ticket_expires(lab: RunningLab, monkeypatch: pytest.MonkeyPatch) -> None:
    found = ticket(lab, "root@pam", lab.password)
    now = time.time()
    monkeypatch.setattr("pvelab.access.ticket.time.time", lambda: now + 7300)
    with lab.http("") as client:
        client.cookies.set("PVEAuthCookie", found["ticket"])
        assert client.get("/nodes").status_code == 401


def test_a_ticket_renews_itself(lab: RunningLab) -> None:
    found = ticket(lab, "root@pam", lab.password)
    assert ticket(lab, "root@pam", found["ticket"])["username"] == "root@pam"


def test_a_token_works_without_csrf(lab: RunningLab) -> None:
    lab.by_token(lab.token).pools.post(poolid="token")
    lab.by_token(lab.token).pools("token").delete()


def test_a_wrong_token_value_is_refused(lab: RunningLab) -> None:
    with unauthorized("invalid token value!"):
        lab.by_token("root@pam!lab=00000000-0000-0000-0000-000000000000").nodes.get()


def test_an_unknown_token_is_refused(lab: RunningLab) -> None:
    with unauthorized("no such token 'none' for user 'root@pam'"):
        lab.by_token("root@pam!none=00000000-0000-0000-0000-000000000000").nodes.get()


def test_a_token_is_shown_once_and_kept_as_a_hash(lab: RunningLab, root: Any, clerk: str) -> None:
    made = root.access.users(clerk).token("once").post(comment="c")
    assert made["full-tokenid"] == f"{clerk}!once"
    shown = root.access.users(clerk).token("once").get()
    assert shown == {"privsep": 1, "expire": 0, "comment": "c"}
    kept = lab.lab.store.get("token", f"{clerk}!once")
    assert kept is not None and made["value"] not in str(kept)


def test_an_expired_token_is_refused(lab: RunningLab, root: Any, clerk: str) -> None:
    made = root.access.users(clerk).token("old").post(expire=int(time.time()) - 10)
    with unauthorized("access expired"):
        lab.by_token(f"{made['full-tokenid']}={made['value']}").version.get()


def test_a_disabled_user_cannot_come_in(lab: RunningLab, root: Any) -> None:
    root.access.users.post(userid="gone@pve", password="password-1", enable=0)
    with unauthorized("authentication failure"):
        lab.proxmoxer("gone@pve", password="password-1")


def test_a_token_may_not_make_tickets_or_passwords(lab: RunningLab) -> None:
    with lab.http() as client:
        answer = client.put("/access/password", data={"userid": "root@pam", "password": "password-2"})
    assert answer.status_code == 401


def test_one_changes_ones_own_password_with_the_old_one(lab: RunningLab, root: Any) -> None:
    root.access.users.post(userid="self@pve", password="password-1")
    mine = lab.proxmoxer("self@pve", password="password-1")
    with unauthorized("authentication failure"):
        mine.access.password.put(userid="self@pve", password="password-2")
    mine.access.password.put(**{"userid": "self@pve", "password": "password-2", "confirmation-password": "password-1"})
    assert lab.proxmoxer("self@pve", password="password-2").version.get()
    with refused(403, "Permission check failed"):
        mine.access.password.put(userid="root@pam", password="password-2")


def test_short_passwords_are_refused(root: Any) -> None:
    with refused(400, "Parameter verification failed", password="at least 8 characters"):
        root.access.users.post(userid="short@pve", password="short")


def test_realms_are_shown_to_the_world(lab: RunningLab) -> None:
    with lab.http("") as client:
        found: httpx.Response = client.get("/access/domains")
    assert [realm["realm"] for realm in found.json()["data"]] == ["pam", "pve"]
