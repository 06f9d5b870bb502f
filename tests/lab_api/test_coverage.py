"""The README's table says what the lab answers."""

from pathlib import Path

import pvelab
from pvelab.api.areas import HANDLERS
from pvelab.coverage import lines

README = Path(str(pvelab.__file__)).with_name("README.md")


def test_the_readme_has_the_table_of_today() -> None:
    assert "\n".join(lines(markdown=True)) in README.read_text()


def test_every_handler_says_what_it_does() -> None:
    assert all(handler.__doc__ or handler.__name__.startswith(("_", "<")) for handler in HANDLERS.values())
