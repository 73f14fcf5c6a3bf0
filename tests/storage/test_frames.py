"""Traffic of watched lines: the newest frames of each bus, none missed, none shown twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared_factory_desktop.storage.frames import Frame, Frames
from shared_factory_desktop.storage.trend import Trend

START = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
RING = 10


def heard(first: int, last: int, bus: str = "rs485-1") -> list[Frame]:
    """Frames of one second each, of which the number is the only byte."""
    return [
        Frame(0, bus, START + dt.timedelta(seconds=n), "tx" if n % 2 else "rx", bytes([n]))
        for n in range(first, last)
    ]


def numbers(frames: tuple[Frame, ...]) -> list[int]:
    return [frame.data[0] for frame in frames]


@pytest.fixture
def frames(tmp_path: Path) -> Iterator[Frames]:
    opened = Frames.open(tmp_path / "trend.db", ring=RING)
    yield opened
    opened.close()


def test_a_reader_gets_what_came_since(frames: Frames) -> None:
    frames.append("rs485-1", heard(0, 3))
    frames.append("lan-1", heard(50, 52, "lan-1"))
    frames.append("rs485-1", [])
    first = frames.since("rs485-1", 0)
    frames.append("rs485-1", heard(3, 5))

    assert numbers(first) == [0, 1, 2]
    assert (first[1].bus, first[1].at, first[1].direction) == (
        "rs485-1",
        START + dt.timedelta(seconds=1),
        "tx",
    )
    assert numbers(frames.since("rs485-1", first[-1].seq)) == [3, 4]
    assert numbers(frames.since("lan-1", 0)) == [50, 51]
    assert frames.since("lan-1", frames.last("lan-1")) == ()
    assert frames.last("other") == 0


def test_only_the_newest_of_each_bus_are_kept(frames: Frames) -> None:
    frames.append("lan-1", heard(100, 104, "lan-1"))
    for first in range(0, 60, 6):
        frames.append("rs485-1", heard(first, first + 6))

    assert numbers(frames.since("rs485-1", 0)) == [*range(60 - RING, 60)]
    assert numbers(frames.since("lan-1", 0)) == [100, 101, 102, 103]


def test_a_number_is_never_given_twice(frames: Frames) -> None:
    """Even where all were thrown away: a reader asks for what came after the last it saw."""
    frames.append("rs485-1", heard(0, 5))
    seen = frames.last("rs485-1")
    assert frames.prune(START + dt.timedelta(days=1)) == 5
    frames.append("rs485-1", heard(5, 6))

    assert numbers(frames.since("rs485-1", seen)) == [5]


def test_frames_and_plots_share_a_file(frames: Frames, tmp_path: Path) -> None:
    trend = Trend.open(tmp_path / "trend.db")
    frames.append("rs485-1", heard(0, 1))
    assert trend.series("M-1", "power_w", START) == ()
    trend.close()
    again = Frames.open(tmp_path / "trend.db", ring=RING)
    assert numbers(again.since("rs485-1", 0)) == [0]
    again.close()
