"""Amounts in capitals: the published examples, the contract's choices, and reading them back."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared_factory_desktop.domain.capitals import capitals
from shared_factory_desktop.domain.money import fen

LIMIT_FEN = 10**18
DIGITS = "零壹贰叁肆伍陆柒捌玖"
TENS = {"仟": 1000, "佰": 100, "拾": 10}
ILLEGAL = re.compile("零零|(?<!币)零元|零[万亿角分拾佰仟整]|亿万|[^元角分]$")
SHAPE = re.compile(
    r"人民币(?P<minus>负?)(?:(?P<whole>[零壹贰叁肆伍陆柒捌玖拾佰仟万亿]+)元)?"
    r"(?P<zero>零?)(?:(?P<jiao>[壹贰叁肆伍陆柒捌玖])角)?(?:(?P<fen>[壹贰叁肆伍陆柒捌玖])分)?(?P<end>整?)"
)

# Annex 1 of 支付结算办法 and what people get wrong; where two forms are legal, the contract's.
PUBLISHED = [
    ("1409.50", "壹仟肆佰零玖元伍角"),
    ("6007.14", "陆仟零柒元壹角肆分"),
    ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
    ("107000.53", "壹拾万柒仟元零伍角叁分"),
    ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
    ("325.04", "叁佰贰拾伍元零肆分"),
    ("0.05", "伍分"),
    ("0.10", "壹角"),
    ("0.15", "壹角伍分"),
    ("0.00", "零元整"),
    ("-0.00", "零元整"),
    ("100000000", "壹亿元整"),
    ("100000000.05", "壹亿元零伍分"),
    ("100000001", "壹亿零壹元整"),
    ("100010000", "壹亿零壹万元整"),
    ("10", "壹拾元整"),
    ("90", "玖拾元整"),
    ("10010", "壹万零壹拾元整"),
    ("100100", "壹拾万零壹佰元整"),
    ("100500", "壹拾万零伍佰元整"),
    ("20003000", "贰仟万叁仟元整"),
    ("20003000.40", "贰仟万叁仟元零肆角"),
    ("30.30", "叁拾元零叁角"),
    ("30.03", "叁拾元零叁分"),
    ("1234567890.12", "壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元零壹角贰分"),
    ("1000000000000", "壹万亿元整"),
    (
        "9999999999999999.99",
        "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
    ),
    ("9999999.995", "壹仟万元整"),
    ("0.999", "壹元整"),
    ("0.005", "壹分"),
    ("-325.04", "负叁佰贰拾伍元零肆分"),
]


@pytest.mark.parametrize(("yuan", "expected"), PUBLISHED)
def test_published_examples(yuan: str, expected: str) -> None:
    assert capitals(fen(Decimal(yuan))) == "人民币" + expected


@pytest.mark.parametrize("amount_fen", [LIMIT_FEN, -LIMIT_FEN])
def test_amounts_without_a_name_are_refused(amount_fen: int) -> None:
    with pytest.raises(ValueError, match=str(amount_fen)):
        capitals(amount_fen)


@given(st.integers(-LIMIT_FEN + 1, LIMIT_FEN - 1) | st.integers(-(10**7), 10**7))
@example(100_00_00_00_00)
def test_any_amount_reads_back(amount_fen: int) -> None:
    assert not faults([amount_fen])


def test_five_thousand_amounts_read_back() -> None:
    assert not faults(spread(5_000, seed=1))


@pytest.mark.slow
def test_three_hundred_thousand_amounts_read_back() -> None:
    assert not faults(spread(300_000, seed=2))


def test_an_altered_amount_is_not_read_as_the_same() -> None:
    """The reader would notice: every other digit in any place is another amount."""
    text = capitals(1234567890_12)
    places = [index for index, sign in enumerate(text) if sign in DIGITS[1:]]
    for place in places:
        for digit in DIGITS[1:].replace(text[place], ""):
            assert read(text[:place] + digit + text[place + 1 :]) != 1234567890_12


def spread(count: int, seed: int) -> Iterable[int]:
    """Give amounts of every size alike, many with runs of zeros, some negative."""
    chance = random.Random(seed)
    for _ in range(count):
        digits = [chance.choice("0123456789000") for _ in range(chance.randint(1, 18))]
        yield int("".join(digits)) * (-1 if chance.random() < 0.1 else 1)


def faults(amounts: Iterable[int]) -> list[tuple[int, str]]:
    """Give the amounts whose capitals are illegal or say another amount."""
    said = ((amount, capitals(amount)) for amount in amounts)
    return [
        (amount, text)
        for amount, text in said
        if read(text) != amount
        or ILLEGAL.search(text.removesuffix("整"))
        or text.endswith("整") != (amount % 100 == 0)
    ]


def read(text: str) -> int | None:
    """Read capitals by the rules of the annex; None where they break one of them."""
    shape = SHAPE.fullmatch(text)
    if shape is None:
        return None
    whole = sections(shape["whole"] or "", (("亿", 10**8), ("万", 10**4)))
    tenth, hundredth = (DIGITS.index(shape[place] or "零") for place in ("jiao", "fen"))
    # Rule 5, and rule 4 as the contract chooses: 零 where 角 or the 元 digit is missing.
    parted = bool(whole and (tenth or hundredth) and (tenth == 0 or whole % 10 == 0))
    if bool(shape["zero"]) != parted and whole:
        return None
    amount = whole * 100 + tenth * 10 + hundredth
    return -amount if shape["minus"] else amount


def sections(text: str, names: tuple[tuple[str, int], ...]) -> int:
    """Read a whole number by its sections of four digits."""
    if not names:
        return thousands(text)
    (name, size), *smaller = names
    high, found, low = text.rpartition(name)
    return (sections(high, tuple(smaller)) * size if found else 0) + sections(low, tuple(smaller))


def thousands(text: str) -> int:
    """Read four digits with their places."""
    total, digit = 0, 0
    for sign in text:
        if sign in TENS:
            total, digit = total + digit * TENS[sign], 0
        else:
            digit = DIGITS.index(sign)
    return total + digit
