"""Amounts in capitals, shares that add up, and the JSON document, byte by byte."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared_factory_desktop.domain.allocation import allocate
from shared_factory_desktop.domain.capitals import capitals
from shared_factory_desktop.domain.rating import price
from shared_factory_desktop.domain.statement_json import (
    price_document,
    sha256_of,
    statement_document,
)
from tests.domain.pricing.scene import (
    HOURLY,
    NOVEMBER,
    OCTOBER,
    charge,
    floor_of,
    one_line,
    session,
)

ILLEGAL = ("零零", "零万", "零亿", "亿万", "零整", "零角", "零分")
amounts_of_lines = st.lists(st.fractions(-1000, 1000, max_denominator=100), min_size=1)
DIGITS = "零壹贰叁肆伍陆柒捌玖"


@pytest.mark.parametrize(
    ("fen", "expected"),
    [
        (1409_50, "壹仟肆佰零玖元伍角"),
        (6007_14, "陆仟零柒元壹角肆分"),
        (1680_32, "壹仟陆佰捌拾元零叁角贰分"),
        (107000_53, "壹拾万柒仟元零伍角叁分"),
        (16409_02, "壹万陆仟肆佰零玖元零贰分"),
        (325_04, "叁佰贰拾伍元零肆分"),
        (5, "伍分"),
        (10, "壹角"),
        (15, "壹角伍分"),
        (0, "零元整"),
        (90_00, "玖拾元整"),
        (10_00, "壹拾元整"),
        (10010_00, "壹万零壹拾元整"),
        (100100_00, "壹拾万零壹佰元整"),
        (100500_00, "壹拾万零伍佰元整"),
        (20003000_00, "贰仟万叁仟元整"),
        (20003000_40, "贰仟万叁仟元零肆角"),
        (30_30, "叁拾元零叁角"),
        (30_03, "叁拾元零叁分"),
        (100000000_00, "壹亿元整"),
        (100000000_05, "壹亿元零伍分"),
        (100000001_00, "壹亿零壹元整"),
        (100010000_00, "壹亿零壹万元整"),
        (1234567890_12, "壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元零壹角贰分"),
        (1000000000000_00, "壹万亿元整"),
        (10**18 - 1, "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        (-325_04, "负叁佰贰拾伍元零肆分"),
    ],
)
def test_amounts_in_capitals(fen: int, expected: str) -> None:
    assert capitals(fen) == "人民币" + expected


@pytest.mark.parametrize("fen", [10**18, -(10**18)])
def test_amounts_without_a_name_are_refused(fen: int) -> None:
    with pytest.raises(ValueError, match=str(fen)):
        capitals(fen)


@given(st.integers(-(10**18) + 1, 10**18 - 1) | st.integers(-(10**7), 10**7))
@example(100_00_00_00_00)
def test_capitals_can_be_read_back(fen: int) -> None:
    text = capitals(fen)
    assert read_back(text) == fen
    assert not any(
        wrong in text for wrong in ("零零", "零万", "零亿", "亿万", "零整", "零角", "零分")
    )
    assert text.endswith("整") == (fen % 100 == 0)


def read_back(text: str) -> int:
    """Read capitals by their places alone, without any rule of where a zero stands."""
    body = text.removeprefix("人民币").removesuffix("整")
    sign = -1 if body.startswith("负") else 1
    whole, _, rest = body.removeprefix("负").rpartition("元")
    fen = 0
    for place, size in (("角", 10), ("分", 1)):
        if place in rest:
            fen += DIGITS.index(rest[rest.index(place) - 1]) * size
    return sign * (sections(whole, (("亿", 10**8), ("万", 10**4))) * 100 + fen)


def sections(text: str, names: tuple[tuple[str, int], ...]) -> int:
    if not names:
        return thousands(text)
    (name, size), *smaller = names
    high, found, low = text.rpartition(name)
    return (sections(high, tuple(smaller)) * size if found else 0) + sections(low, tuple(smaller))


def thousands(text: str) -> int:
    total, digit = 0, 0
    for sign in text:
        if sign in DIGITS:
            digit = DIGITS.index(sign)
        else:
            total, digit = total + digit * {"拾": 10, "佰": 100, "仟": 1000}[sign], 0
    return total + digit


@pytest.mark.parametrize(
    ("amounts", "total", "expected"),
    [
        (["1/3", "1/3", "1/3"], 1, (1, 0, 0)),
        (["10000/3"] * 3, 100_00, (33_34, 33_33, 33_33)),
        (["3/2", "3/2", "3/2", "1/2"], 5, (2, 2, 1, 0)),
        (["1250", "725", "8025"], 100_00, (1250, 725, 8025)),
        (["3400.8333", "8000", "2571.5277"], 139_72, (3401, 8000, 2571)),
        (["100.4", "-100"], 0, (100, -100)),
        (["50", "50"], 140, (70, 70)),  # a minimum
        (["0", "0"], 5, (3, 2)),
        (["-3/2", "1/2"], -1, (-1, 0)),
        ([], 0, ()),
    ],
)
def test_shares_add_up_by_largest_remainder(
    amounts: list[str], total: int, expected: tuple[int, ...]
) -> None:
    assert allocate([Fraction(amount) for amount in amounts], total) == expected


@given(
    st.lists(st.fractions(-1000, 1000, max_denominator=100), min_size=1),
    st.integers(-(10**6), 10**6),
)
def test_shares_always_add_up(amounts: list[Fraction], total: int) -> None:
    assert sum(allocate(amounts, total)) == total


@given(amounts_of_lines)
def test_a_share_is_its_amount_rounded_up_or_down(amounts: list[Fraction]) -> None:
    exact = sum(amounts, Fraction(0))
    for share, amount in zip(allocate(amounts, int(exact)), amounts, strict=True):
        assert abs(share - amount) < 2


def test_the_details_of_a_line_are_printed_so_that_they_add_up() -> None:
    keys = {**HOURLY, "price": "35", "band_prices": {"valley": "10"}}
    line = one_line(floor_of(charge(**keys)), session("10-08 23:01:42", "10-09 08:44:05"))
    assert sum(line.details_fen) == line.list_fen


def test_the_document_of_the_contract() -> None:
    floor = floor_of(
        charge("machine-time", **HOURLY, price="60.00"),
        tenant=[{"id": "anping-mesh", "name": "A"}],
        contract={"id": "c-anping", "tenant": "anping-mesh"},
    )
    use = session("10-08 08:00", "10-08 09:30", tenant="anping-mesh")
    statements = price(floor, [use], OCTOBER, NOVEMBER).statements
    document = price_document(statements, OCTOBER, NOVEMBER)
    expected = (
        '{"format": 1, "period": ["2026-10-01", "2026-11-01"],'
        ' "statements": [{"tenant": "anping-mesh", "currency": "CNY",'
        ' "lines": [{"session": "S-1", "contract": "c-anping", "charge": "machine-time",'
        ' "quantity": "1.5", "unit": "h", "list": "90.00", "discount": "0.00", "net": "79.65",'
        ' "tax": "10.35", "gross": "90.00", "tax_rate": "0.13", "details": [{"band": null,'
        ' "tier": null, "quantity": "1.5", "price": "60", "amount": "90"}]}],'
        ' "net": "79.65", "tax": "10.35", "gross": "90.00", "gross_uppercase": "人民币玖拾元整"}]}'
    )
    assert json.dumps(document, ensure_ascii=False) == expected


def test_what_does_not_end_is_printed_to_twelve_places() -> None:
    floor = floor_of(charge(**HOURLY, price="10"))
    (statement,) = price(
        floor, [session("10-08 08:00", "10-08 08:40")], OCTOBER, NOVEMBER
    ).statements
    line = statement_document(statement)["lines"][0]
    assert line["quantity"] == "0.666666666667"
    assert line["details"][0]["amount"] == "6.666666666667"


def test_the_hash_is_of_sorted_bytes_without_spaces() -> None:
    # printf '{"a":"元","b":[1,null]}' | sha256sum
    digest = "5c6cabc33dba69641fee512e6b8c0543b37d9830fe7de04e5e35900474040ab3"
    assert sha256_of({"b": [1, None], "a": "元"}) == digest
