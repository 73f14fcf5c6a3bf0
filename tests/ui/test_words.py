"""The words of the window: complete in both languages, and none that pages ask for is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared_factory_desktop.domain.floor import CUMULATIVE_QUANTITIES
from shared_factory_desktop.domain.readings import Fault, Quality, State
from shared_factory_desktop.domain.sessions import SessionState
from shared_factory_desktop.domain.users import Role
from shared_factory_desktop.sync.worker import State as Drain
from shared_factory_desktop.words import LANGUAGES, catalogue

UI = Path(__file__).parents[2] / "shared_factory_desktop" / "ui"
PLACE = re.compile(r"\{\w+\}")
ENUMERATED = (
    *(f"ui.state.{state}" for state in State),
    *(f"ui.session_state.{state}" for state in SessionState),
    *(f"ui.quality.{quality}" for quality in Quality),
    *(f"ui.fault.{fault}" for fault in Fault),
    *(f"ui.role.{role}" for role in Role),
    *(f"ui.measure.{quantity}" for quantity in CUMULATIVE_QUANTITIES),
    *(f"ui.topbar.platform_{state}" for state in ("ok", "offline", "none")),
    *(f"ui.sync.result_{state}" for state in Drain),
    *(f"ui.floor.{done}_in_doubt" for done in ("started", "stopped")),
    *(f"ui.{page}.empty_{part}" for page in ("floor", "sessions") for part in ("title", "text")),
)


def words_of(language: str) -> dict[str, str]:
    return {k: v for k, v in catalogue(language).items() if k.startswith("ui.")}


def test_both_languages_say_the_same_things() -> None:
    chinese, english = words_of("zh_CN"), words_of("en")
    assert chinese.keys() == english.keys()
    differing = [
        code
        for code in chinese
        if set(PLACE.findall(chinese[code])) != set(PLACE.findall(english[code]))
    ]
    assert differing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_missing(language: str) -> None:
    known = words_of(language)
    asked = set(ENUMERATED)
    for file in UI.rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        asked.update(re.findall(r'words\(\s*"(ui\.[\w.-]+)"', source))
        if file.parent.parent.name == "pages":
            used = re.findall(r'\bword\(\s*"([\w-]+)"', source)
            asked.update(f"ui.{file.parent.name}.{word}" for word in used)
    assert len(asked) > 150
    assert sorted(asked - known.keys()) == []
