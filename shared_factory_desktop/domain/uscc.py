"""Checks unified social credit codes, the 18 characters that name a Chinese firm."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I O S V Z
LENGTH = 18


def check_digit(first: str) -> str:
    """Compute the last character from the 17 before it: weights 3^i mod 31 (GB 32100-2015, 5).

    Raises ValueError where a character is not of the alphabet.
    """
    total = sum(ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(first))
    return ALPHABET[-total % 31]


def problem(code: str) -> tuple[str, str] | None:
    """Tell what is wrong with a code: the problem's code and what was expected; None for right.

    `uscc-format` expects the alphabet, `uscc-check` the right check digit.
    """
    if len(code) != LENGTH or not set(code) <= set(ALPHABET):
        return "uscc-format", ALPHABET
    right = check_digit(code[:-1])
    return None if code[-1] == right else ("uscc-check", right)
