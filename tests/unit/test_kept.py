"""What hosts keep, as a drill and a restore look it up."""

from samdrift.recovery.restore import Kept


def test_a_system_is_looked_up_whatever_became_of_its_last_run() -> None:
    before = Kept("mail", "mail", "ystad", None)
    after = Kept("mail", "mail", "ystad", {"ok": True, "archive": "mail-ystad-1"})
    assert {before: "never ran", after: "ran"}[after] == "ran"
    assert after.repository == before.repository == "mail-ystad"
