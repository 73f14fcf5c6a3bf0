"""Every code that the program can refuse with has a sentence, in both languages."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared_factory_desktop.domain.problems import Cause, Problem
from shared_factory_desktop.services.faults import as_refused
from shared_factory_desktop.services.wording import explain, explain_cause, explain_problem
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.words import LANGUAGES, Words, catalogue

SOURCES = Path(__file__).resolve().parents[2] / "shared_factory_desktop"
CODE_AT = {"refused": 1, "cause": 0, "Problem": 1, "problem": 1}


def _calls(function: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of `function` with a literal code."""
    for file in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            if name != function:
                continue
            code = node.args[CODE_AT[function]] if len(node.args) > CODE_AT[function] else None
            if isinstance(code, ast.Constant):
                yield str(code.value), node


def _causes() -> list[tuple[str, frozenset[str]]]:
    """Every code of a cause with the values it comes with."""
    calls = [*_calls("refused"), *_calls("cause")]
    plain = [(code, call) for code, call in calls if all(k.arg for k in call.keywords)]
    return sorted({(code, frozenset(str(k.arg) for k in call.keywords)) for code, call in plain})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_has_a_sentence_that_its_values_fill(language: str) -> None:
    found = _causes()

    assert len(found) > 20
    for code, values in found:
        filled = tuple((value, f"<{value}>") for value in values)
        assert explain_cause(Words(language), Cause(code, filled)), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_a_sentence(language: str) -> None:
    found = {code for code, _ in [*_calls("Problem"), *_calls("problem")]}

    assert len(found) > 20
    silent = {
        code
        for code in found
        if explain_problem(Words(language), Problem("", code, "s", "e")) == f"{code}: s (e)"
    }
    assert silent == set()


@pytest.mark.parametrize("code", FaultCode)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_storage_fault_has_a_sentence(language: str, code: FaultCode) -> None:
    [line] = explain(Words(language), as_refused(StorageFault(code, "so it said")))

    assert "so it said" in line


def test_a_sentence_names_what_where_and_what_to_do() -> None:
    english = {code: text for code, text in catalogue("en").items() if code.startswith("refusals.")}
    short = {code for code, text in english.items() if _parts(text) < 3}

    assert short == set()


def _parts(text: str) -> int:
    """How many parts a line of the form `what: why: what to do` has."""
    filled = string.Formatter().vformat(text, (), _Named())
    return len([part for part in filled.split(": ") if part])


class _Named(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return name
