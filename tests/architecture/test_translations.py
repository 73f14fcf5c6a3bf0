"""Both languages say the same things: same files, same keys, same values to fill in."""

from __future__ import annotations

import string

import pytest

from shared_factory_desktop.words import LANGUAGES, catalogue
from tests.architecture.project import ROOT

TRANSLATIONS = ROOT / "resources" / "translations"


def test_each_language_has_the_same_files() -> None:
    files = {
        language: sorted(file.name for file in (TRANSLATIONS / language).iterdir())
        for language in LANGUAGES
    }

    assert files["zh_CN"] == files["en"] != []


def test_each_language_has_the_same_keys() -> None:
    chinese, english = catalogue("zh_CN"), catalogue("en")

    assert sorted(chinese.keys() ^ english.keys()) == []
    assert chinese


def test_each_sentence_fills_in_the_same_values() -> None:
    chinese, english = catalogue("zh_CN"), catalogue("en")

    different = {
        code: (chinese[code], english[code])
        for code in chinese.keys() & english.keys()
        if _fields(chinese[code]) != _fields(english[code])
    }
    assert different == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty(language: str) -> None:
    assert [code for code, text in catalogue(language).items() if not text.strip()] == []


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
