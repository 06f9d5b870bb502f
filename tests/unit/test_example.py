"""The examples in docstrings of the federation are true."""

import doctest
import importlib
import pkgutil

import pytest

import samdrift.federation

MODULES = [module.name for module in pkgutil.iter_modules(samdrift.federation.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"samdrift.federation.{name}")).failed == 0


def test_there_are_examples() -> None:
    modules = (importlib.import_module(f"samdrift.federation.{name}") for name in MODULES)
    assert sum(doctest.testmod(module).attempted for module in modules) >= 10
