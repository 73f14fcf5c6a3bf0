"""Every problem has a sentence in every language, and it says the value seen and what to write."""

from __future__ import annotations

import re

import pytest

from shared_factory_desktop import words
from shared_factory_desktop.domain.problems import Problem
from shared_factory_desktop.words import LANGUAGES, Words
from tests.domain.floorfile.scene import floor_data, refusal, spoil, toml
from tests.domain.floorfile.test_bad_floor_fields import ONE_FIELD
from tests.domain.floorfile.test_usage_file import BAD_USAGE, usage_refusal

SAYS_NOTHING_OF_THE_VALUE = {"missing", "machines-or-kinds", "no-reading"}


def line(problem: Problem, language: str) -> str:
    say = Words(language)
    area = "problems" if say.knows(f"problems.{problem.code}") else "pricing_problems"
    sentence = say(f"{area}.{problem.code}", seen=problem.seen, expected=problem.expected)
    return f"{problem.file}: {problem.place}: {sentence}"


def test_a_float_price_is_refused_in_the_words_of_the_contract() -> None:
    data = floor_data()
    data["tariff"][0]["id"] = "printer-2026"
    data["contract"][0]["tariff"] = data["contract"][1]["tariff"] = "printer-2026"
    data["tariff"][0]["charge"][0] |= toml("price = 0.65")
    assert [line(problem, "en") for problem in refusal(data)] == [
        'floor.toml: tariff.printer-2026.charge.machine-time.price: write "0.65", not 0.65'
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_can_be_said_with_the_value_seen(language: str) -> None:
    said = set()
    for path, value, *_ in ONE_FIELD:
        data = floor_data()
        spoil(data, path, value)
        for problem in refusal(data):
            sentence = line(problem, language)
            assert "\n" not in sentence
            assert problem.seen in sentence or problem.code in SAYS_NOTHING_OF_THE_VALUE
            said.add(problem.code)
    for path, value, *_ in BAD_USAGE:
        for problem in usage_refusal((path, value)):
            assert problem.seen in line(problem, language)
            said.add(problem.code)
    assert len(said) > 30


def test_both_languages_fill_in_the_same_values() -> None:
    blanks = [
        {
            code: sorted(re.findall(r"{(\w+)}", text))
            for code, text in words.catalogue(language).items()
            if code.startswith("problems.")
        }
        for language in LANGUAGES
    ]
    assert blanks[0] == blanks[1]
