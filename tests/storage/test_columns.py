"""Column types refuse what they could not give back exactly."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import make_url
from sqlalchemy.engine import Dialect

from shared_factory_desktop.storage.columns import (
    DecimalText,
    Instant,
    ScaledInteger,
    instant,
    microseconds,
)

DIALECTS = [make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql")]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(
    ("places", "value", "stored"),
    [
        (0, 884956, 884956),
        (0, -(2**63), -(2**63)),
        (2, Decimal("8849.56"), 884956),
        (2, Decimal("-0.01"), -1),
        (2, Decimal("1.500"), 150),
        (6, Decimal("9223372036854.775807"), 2**63 - 1),
        (6, 12, 12_000_000),
    ],
)
def test_a_scaled_integer_comes_back(
    dialect: Dialect, places: int, value: Decimal | int, stored: int
) -> None:
    column = ScaledInteger(places)
    assert column.process_bind_param(value, dialect) == stored
    assert column.process_result_value(stored, dialect) == value


@pytest.mark.parametrize(
    ("places", "value", "expected"),
    [
        (0, 1.0, TypeError),
        (0, True, TypeError),
        (0, Decimal(1), TypeError),
        (0, "1", TypeError),
        (2, 0.65, TypeError),
        (0, 2**63, ValueError),
        (2, Decimal("0.001"), ValueError),
        (6, Decimal("1.0000001"), ValueError),
        (2, Decimal("92233720368547758.08"), ValueError),
        (2, Decimal("1.000000000000000000000000000000000001"), ValueError),
        (2, Decimal("NaN"), ValueError),
        (2, Decimal("Infinity"), (ValueError, OverflowError)),
    ],
)
def test_nothing_is_rounded_or_cut(
    places: int, value: object, expected: type[Exception] | tuple[type[Exception], ...]
) -> None:
    with pytest.raises(expected):
        ScaledInteger(places).process_bind_param(value, DIALECTS[0])


@pytest.mark.parametrize("value", [0.1, "0.1", 1, Decimal("NaN"), Decimal("Infinity")])
def test_only_finite_decimals_are_readings(value: object) -> None:
    with pytest.raises(TypeError):
        DecimalText().process_bind_param(value, DIALECTS[0])  # type: ignore[arg-type] # refused


@pytest.mark.parametrize("year", [1, 1969, 1970, 2026, 9999])
def test_an_instant_keeps_its_microseconds(year: int) -> None:
    at = dt.datetime(year, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)
    assert instant(microseconds(at)) == at


def test_an_instant_in_another_zone_is_the_same_instant() -> None:
    shanghai = dt.timezone(dt.timedelta(hours=8))
    at = dt.datetime(2026, 3, 1, 16, tzinfo=shanghai)
    stored = Instant().process_bind_param(at, DIALECTS[0])
    assert Instant().process_result_value(stored, DIALECTS[0]) == at


def test_an_instant_without_zone_is_refused() -> None:
    naive = dt.datetime(2026, 3, 1, 8)  # noqa: DTZ001 - what is refused
    with pytest.raises(ValueError, match="no time zone"):
        microseconds(naive)
