"""An invoice with malware, and the same invoice without."""

import pytest

from tests.checks import post
from tests.checks.post import EICAR, OUTSIDE
from tests.checks.scene import Scene
from tests.journeys.conftest import MEMBER, read

pytestmark = pytest.mark.lab

SELLER = f"faktura@{OUTSIDE}"
CLEAN = b"%PDF-1.4\n% an invoice of nobody's\n%%EOF\n"


def test_an_invoice_with_malware(scene: Scene) -> None:
    """The seller is told that it was refused; the one that is clean arrives though the same seller sent both."""
    with post.people(scene, [scene.member(MEMBER)]) as (clerk,):
        (gateway, *_) = post.exchanger(scene, clerk.member.domain)

        def send(attached: bytes) -> tuple[post.Letter, str]:
            one = post.letter(
                SELLER,
                clerk.address,
                body="Här kommer fakturan.",
                attached=("faktura.zip", post.zipped("faktura.pdf", attached)),
            )
            told = post.from_outside(scene, one, sender=SELLER, recipient=clerk.address, address=gateway)
            return one, str(told["step"])

        bad, step = send(EICAR)
        assert step == "message", "the seller's own host is told at once, so the seller knows"
        good, step = send(CLEAN)
        assert step == "taken"
        assert read(scene, clerk, good.word, at=f"{MEMBER}-adm") == ["INBOX"]
        assert read(scene, clerk, bad.word, at=f"{MEMBER}-adm", seconds=0.0) == []
