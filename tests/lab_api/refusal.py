"""Expect an error from proxmoxer, with its code and text."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from proxmoxer import AuthenticationError, ResourceException


@contextmanager
def refused(status: int, text: str, **errors: str) -> Iterator[None]:
    """The block must end in that status, with the text in the message and each named parameter's complaint."""
    with pytest.raises(ResourceException) as caught:
        yield
    assert caught.value.status_code == status, caught.value
    assert text in str(caught.value), caught.value
    said = caught.value.errors or {}
    for name, complaint in errors.items():
        assert re.search(complaint, said.get(name.replace("_", "-"), "")), said


@contextmanager
def unauthorized(text: str) -> Iterator[None]:
    """The block must end in 401; proxmoxer's own sign-in hides the text."""
    with pytest.raises((AuthenticationError, ResourceException)) as caught:
        yield
    if isinstance(caught.value, ResourceException):
        assert caught.value.status_code == 401 and text in str(caught.value)
