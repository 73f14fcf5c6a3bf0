"""Live samples: kept apart, pruned by age, never in the way of anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared_factory_desktop.storage.trend import Trend, TrendSample

START = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)


def sample(second: int, value: float | None = 1.5, quantity: str = "power_w") -> TrendSample:
    at = START + dt.timedelta(seconds=second)
    return TrendSample("M-1", quantity, at, value, "missing" if value is None else "good")


@pytest.fixture
def trend(tmp_path: Path) -> Iterator[Trend]:
    opened = Trend.open(tmp_path / "trend.db")
    yield opened
    opened.close()


def test_a_series_comes_back_by_time(trend: Trend) -> None:
    trend.append([sample(2), sample(0, None), sample(1, 0.1), sample(1, 7.0, "current_a")])
    trend.append([])
    assert trend.series("M-1", "power_w", START) == (sample(0, None), sample(1, 0.1), sample(2))
    assert trend.series("M-1", "power_w", sample(1).at) == (sample(1, 0.1), sample(2))
    assert trend.series("M-2", "power_w", START) == ()


def test_a_sample_twice_is_kept_once(trend: Trend) -> None:
    trend.append([sample(0, 1.0)])
    trend.append([sample(0, 2.0)])
    assert trend.series("M-1", "power_w", START) == (sample(0, 2.0),)


def test_old_samples_go_and_the_file_opens_again(trend: Trend, tmp_path: Path) -> None:
    trend.append([sample(second) for second in range(10)])
    assert trend.prune(sample(7).at) == 7
    again = Trend.open(tmp_path / "trend.db")
    assert again.series("M-1", "power_w", START) == (sample(7), sample(8), sample(9))
    again.close()
