"""What the tests of components share."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture
def swept() -> Iterator[None]:
    """Clear away what a program that failed left unfinished.

    The SDK leaves coroutines that nobody awaits any more. Collected at a bad moment, while Python compiles the next
    test file, their warning breaks the compiler (SystemError: AST constructor recursion depth mismatch, CPython 3.11).
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        gc.collect()
