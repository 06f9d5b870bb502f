"""One entry of a register: a person's engagement with a member, whatever register it came from."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import date

GROUPS = {
    "employee": "staff",
    "elected": "elected",
    "consultant": "consultants",
    "contractor": "contractors",
    "pupil": "pupils",
}
"""Target group as a register writes it (USR-01), and the kind of account that follows."""


@dataclass(frozen=True)
class Entry:
    """An engagement. One person may have several, in several members: they share `key`, and so an account."""

    member: str
    id: str
    """The register's own number of the person."""
    key: str
    """The person, from `person_key`."""
    kind: str
    first: str
    last: str
    unit: str = ""
    classes: tuple[str, ...] = ()
    title: str = ""
    manager: str = ""
    """`id` of another entry of the same register."""
    starts: date | None = None
    ends: date | None = None
    mail: str = ""
    """Address the register gives; empty: made by rule."""
    protected: bool = False
    """A protected identity (skyddad identitet): neither name nor place may be seen."""
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    def is_live(self, today: date) -> bool:
        """Whether the engagement has begun and not ended; it lasts through its last day."""
        return (self.starts is None or self.starts <= today) and (self.ends is None or today <= self.ends)


def person_key(secret: str, *, personal_number: str, register: str) -> str:
    """Return what stands for the person in the directory: 26 letters and digits that tell nothing without the secret.

    By the personal number where there is one, so that the same person in two registers is one; else by the register's
    own number. A plain hash would not do: there are so few personal numbers that all can be tried.
    """
    subject = f"person/{personal_number}" if personal_number else f"register/{register}"
    digest = hmac.new(secret.encode(), subject.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest)[:26].decode().lower()
