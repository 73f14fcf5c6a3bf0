"""Unified social credit codes: published ones are right, and no slip of the pen passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain import identifiers, uscc

RIGHT = (
    "91350100M000100Y43",
    "91512081MA62K0260E",
    "91110000802100433B",
    "91440300708461136T",
    "91110000600037341L",
    "91130100MA0EXAMP1X",
    "91130100700000000B",
    "91130600MA07T1KX5L",
)
first_17 = st.text(uscc.ALPHABET, min_size=17, max_size=17)


@pytest.mark.parametrize("code", RIGHT)
def test_published_codes_are_right(code: str) -> None:
    assert uscc.problem(code) is None


def test_the_example_of_the_standard_that_is_often_copied_wrong_is_told_its_right_digit() -> None:
    assert uscc.problem("91350100M000100Y4Z") == ("uscc-format", uscc.ALPHABET)  # no Z at all
    assert uscc.problem("91350100M000100Y4X") == ("uscc-check", "3")


@given(first_17, st.integers(0, 16), st.sampled_from(uscc.ALPHABET))
def test_one_wrong_character_is_always_found(first: str, place: int, char: str) -> None:
    check = uscc.check_digit(first)
    wrong = first[:place] + char + first[place + 1 :]
    assert (uscc.problem(wrong + check) is None) == (wrong == first)


@given(first_17, st.integers(0, 15))
def test_two_neighbours_swapped_are_always_found(first: str, place: int) -> None:
    check = uscc.check_digit(first)
    swapped = first[:place] + first[place + 1] + first[place] + first[place + 2 :]
    assert (uscc.problem(swapped + check) is None) == (swapped == first)


@pytest.mark.parametrize(
    "code", ["", "91350100m000100Y43", "9135010OM000100Y43", "９1350100M000100Y4"]
)
def test_other_lengths_and_characters_are_refused(code: str) -> None:
    assert uscc.problem(code) == ("uscc-format", uscc.ALPHABET)


@pytest.mark.parametrize("text", ["88.608", "88.608.8889/x", "86.608.1", "88.608.8889\n", "88..1"])
def test_what_is_no_prefix_of_identifiers(text: str) -> None:
    assert not identifiers.is_prefix(text)


def test_an_object_is_named_under_the_prefix_or_not_at_all() -> None:
    assert identifiers.is_prefix("88.608.8889")
    assert identifiers.of_object("88.608.8889", "printer-1") == "88.608.8889/printer-1"
    assert identifiers.of_object(None, "printer-1") is None
