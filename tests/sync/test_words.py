"""Every end, error and difference of sending has its sentence in every language."""

from __future__ import annotations

import pytest

from shared_factory_desktop.sync.worker import State
from shared_factory_desktop.words import LANGUAGES, Words

ERRORS = (
    *("timeout", "cut", "unreachable", "body", "status", "busy", "later", "too-large"),
    *("unprocessable", "denied", "redirect", "certificate", "tls", "differs"),
)
DIFFERENCES = ("last-id", "count", "events", "energy_wh", "gross_fen")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence(language: str) -> None:
    words = Words(language)
    for code in [*State, *(f"error.{error}" for error in ERRORS)]:
        assert words(f"sync.{code}", detail="x")
    for what in DIFFERENCES:
        sentence = words(f"sync.difference.{what}", ours="1", theirs="2", day="2026-03-01")
        assert "1" in sentence
        assert "2" in sentence
