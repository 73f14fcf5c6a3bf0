"""Shares that add up, and the JSON document, byte by byte."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_factory_desktop.domain.allocation import allocate
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

amounts_of_lines = st.lists(st.fractions(-1000, 1000, max_denominator=100), min_size=1)


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
