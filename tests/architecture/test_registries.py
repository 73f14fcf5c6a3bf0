"""Nothing is forgotten: each module with a KEY stands in its registry, and the other way round."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

import pytest

REGISTRIES = [
    ("shared_factory_desktop.domain.charges", "MODELS"),
    ("shared_factory_desktop.exports", "EXPORTS"),
    ("shared_factory_desktop.sync.targets", "TARGETS"),
    ("drivers.protocols", "PROTOCOLS"),
]


@pytest.mark.parametrize(("package", "registry"), REGISTRIES)
def test_every_module_with_a_key_is_listed_once(package: str, registry: str) -> None:
    parent = importlib.import_module(package)

    listed = sorted(_key(entry) for entry in getattr(parent, registry))

    assert listed == sorted(module.KEY for module in _modules(parent) if hasattr(module, "KEY"))
    assert len(listed) == len(set(listed)) > 0


def test_every_folder_of_a_page_is_listed_once() -> None:
    pages = importlib.import_module("shared_factory_desktop.ui.pages")

    listed = [page.__module__.removeprefix(f"{pages.__name__}.") for page in pages.PAGES]

    folders = [entry.name for entry in pkgutil.iter_modules(pages.__path__) if entry.ispkg]
    assert sorted(listed) == sorted(f"{folder}.page" for folder in folders)
    assert len({page.KEY for page in pages.PAGES}) == len(listed) > 0


def _modules(parent: ModuleType) -> Iterable[ModuleType]:
    for entry in pkgutil.iter_modules(parent.__path__):
        yield importlib.import_module(f"{parent.__name__}.{entry.name}")


def _key(entry: object) -> str:
    """Give the key of an entry: a module or class with KEY, or a pair that begins with it."""
    return str(entry[0] if isinstance(entry, tuple) else getattr(entry, "KEY"))  # noqa: B009 - mypy
