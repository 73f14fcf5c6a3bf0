"""How times, amounts and quantities read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pytest

from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.widgets.plot import MOST_POINTS, thinned
from shared_factory_desktop.words import Words

EN, ZH = Words("en"), Words("zh_CN")


@dataclass(frozen=True)
class Span:
    start: dt.date
    end: dt.date


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (42, "0:42"), (2535, "42:15"), (11229, "3:07:09"), (-1, "0:00")],
)
def test_stopwatch(seconds: int, text: str) -> None:
    assert formats.stopwatch(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(59, "59 s"), (60, "1 min"), (4320, "1 h 12 min"), (360000, "100 h 0 min")],
)
def test_duration(seconds: int, text: str) -> None:
    assert formats.duration(EN, seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2, "2 秒前"), (119, "119 秒前"), (120, "2 分钟前"), (7200, "2 小时前"), (180000, "2 天前")],
)
def test_age(seconds: int, text: str) -> None:
    assert formats.age(ZH, seconds) == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("energy_wh", "812", "812 Wh"),
        ("energy_wh", "4210", "4.21 kWh"),
        ("energy_wh", "142100", "142.1 kWh"),
        ("energy_wh", "1234567890", "1,234,568 kWh"),
        ("power_w", "1840", "1.84 kW"),
        ("power_w", "62.46", "62.46 W"),
        ("charge_ah", "5312.5", "5,313 Ah"),
        ("pieces", "36", "36 件"),
        ("arc_time_s", "740.25", "12 min"),
        ("temperature_c", "-4.5", "-4.50 °C"),
        ("dips", "3", "3"),
    ],
)
def test_quantity(name: str, value: str, text: str) -> None:
    assert formats.joined(formats.quantity(ZH, name, Decimal(value))) == text


def test_a_measure_without_a_word_shows_its_own_name() -> None:
    assert formats.measure_name(EN, "energy_wh") == "Energy"
    assert formats.measure_name(EN, "dips") == "dips"


@pytest.mark.parametrize(
    ("fen", "text"),
    [(7240, "¥ 72.40"), (123456789, "¥ 1,234,567.89"), (None, "—"), (-5, "¥ -0.05")],
)
def test_amount(fen: int | None, text: str) -> None:
    assert formats.amount(fen) == text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2026-10-01", "2026-11-01", "2026-10"),
        ("2026-12-01", "2027-01-01", "2026-12"),
        ("2026-10-01", "2026-12-01", "2026-10-01 – 2026-11-30"),
        ("2026-10-05", "2026-10-12", "2026-10-05 – 2026-10-11"),
    ],
)
def test_period(start: str, end: str, text: str) -> None:
    span = Span(dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    assert formats.period(span) == text


def test_bands_have_their_words() -> None:
    assert formats.band(ZH, "deep_valley") == "深谷"
    assert formats.band(ZH, "lunch") == "lunch"
    assert formats.band(ZH, None) == "—"


def test_priced_quantities_are_exact_to_four_places() -> None:
    assert formats.exact_quantity(Fraction(6, 5)) == "1.2"
    assert formats.exact_quantity(Fraction(1, 3)) == "0.3333"
    assert formats.exact_quantity(Fraction(0)) == "0"
    assert formats.exact_quantity(Fraction(100)) == "100"


def test_a_long_trend_keeps_its_peaks_and_its_gaps() -> None:
    trend: list[tuple[float, float | None]] = [(float(n), 1.0) for n in range(9000)]
    trend[4321] = (4321.0, 99.0)
    trend[7000] = (7000.0, None)
    drawn = thinned(trend, MOST_POINTS)
    assert len(drawn) <= MOST_POINTS
    assert (4321.0, 99.0) in drawn
    assert (7000.0, None) in drawn
    assert thinned(trend[:50], MOST_POINTS) == trend[:50]
