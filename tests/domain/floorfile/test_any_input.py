"""Whatever stands in a file, reading ends in a floor or in a list of problems, never in a crash."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from shared_factory_desktop.domain.floor_read import read_floor
from shared_factory_desktop.domain.floor_write import write_floor
from shared_factory_desktop.domain.problems import InputRefused, Problem
from shared_factory_desktop.domain.usage_file import read_usage
from tests.domain.floorfile.scene import REMOVED, floor_data, spoil, usage_data, workshop

FLOOR = workshop()
T = TypeVar("T")


def paths(data: Any, place: str = "") -> Iterator[str]:
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield f"{place}{key}"
            yield from paths(value, f"{place}{key}.")


values = (
    st.just(REMOVED)
    | st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=8)
        | st.dates()
        | st.times()
        | st.datetimes()
        | st.datetimes(timezones=st.just(dt.UTC)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=5,
    )
    | st.sampled_from(
        (10**5000, "9" * 5000, "M-1", "printing", "24:00-00:00", "2026-13-01T00:00:00Z")
    )
)


def spoiled(data: dict[str, Any], changes: dict[str, object]) -> dict[str, Any]:
    for path in sorted(changes, reverse=True):  # the far end first, so that the way is still there
        spoil(data, path, changes[path])
    return data


def tried(read: Callable[[], T]) -> tuple[T | None, tuple[Problem, ...]]:
    try:
        return read(), ()
    except InputRefused as refused:
        return None, refused.problems


def are_named(problems: tuple[Problem, ...], file: str) -> bool:
    return all(p.file == file and p.place and len(p.seen) <= 80 for p in problems)


@given(st.dictionaries(st.sampled_from(sorted(paths(floor_data()))), values, max_size=3))
@settings(max_examples=150, deadline=None)
def test_any_floor_file_is_read_or_refused(changes: dict[str, object]) -> None:
    data = spoiled(floor_data(), changes)
    floor, problems = tried(lambda: read_floor(data, "floor.toml"))
    assert bool(problems) == (floor is None)
    assert are_named(problems, "floor.toml")
    if floor is not None:
        assert read_floor(write_floor(floor), "written.toml") == floor


@given(st.dictionaries(st.sampled_from(sorted(paths(usage_data()))), values, max_size=3))
@settings(max_examples=150, deadline=None)
def test_any_usage_file_is_read_or_refused(changes: dict[str, object]) -> None:
    data = spoiled(usage_data(), changes)
    uses, problems = tried(lambda: read_usage(data, "usage.json", FLOOR))
    assert bool(problems) == (uses is None)
    assert are_named(problems, "usage.json")
    for use in uses or ():
        assert use.end is not None
        assert use.start <= use.end
