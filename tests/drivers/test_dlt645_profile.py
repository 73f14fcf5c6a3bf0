"""A profile of DL/T 645 says what is asked and where values stand; each mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.profile_file import ProfileError, load_profile, read_profile

GOOD = """
name = "Some meter"
protocol = "dlt645-2007"
manual = "its manual, page 12"

[identity]
identifier = "04000402"
count = 6
type = "bcd6"

[[block]]
identifier = "0203FF00"
count = 12

  [[block.point]]
  quantity = "power_w"
  offset = 0
  type = "sbcd3"
  scale = "0.1"

  [[block.point]]
  quantity = "power_l3_w"
  offset = 9
  type = "sbcd3"
  scale = "0.1"
  sentinels = { FFFFFF = "sensor_error" }
"""


def problems(folder: Path, text: str) -> list[str]:
    path = folder / "maker-model.toml"
    path.write_text(text, "utf-8")
    try:
        read_profile(path)
    except ProfileError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_a_good_file_gives_its_blocks(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == []

    profile = load_profile("maker-model", [tmp_path])

    assert [(block.address, block.count) for block in profile.blocks] == [(0x0203FF00, 12)]
    assert profile.identity is not None
    assert (profile.identity.address, profile.identity.points[0].offset) == (0x04000402, 0)


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ('"0203FF00"', '"0203ff00"', "block 1: identifier: '0203ff00'; expected 8 upper-case hex"),
        ('"0203FF00"', '"9010"', "block 1: identifier: '9010'; expected 8 upper-case hex digits"),
        ('"0203FF00"', "0x0203FF00", "block 1: identifier: 33816320; expected a text"),
        ('identifier = "0203FF00"', "", "block 1: identifier: missing; expected a text"),
        ("count = 12", "count = 0", "block 1: count: 0; expected a whole number from 1"),
        ("count = 12", "count = 2000", "block 1: count: 2000; expected a whole number from 1"),
        ("offset = 9", "offset = 10", "point 2: offset: 10; expected sbcd3 inside 12 bytes"),
        ("offset = 9", "", "point 2: offset: missing; expected a whole number"),
        ("sbcd3", "int16", "point 1: type: 'int16'; expected one of bcd2"),
        ("FFFFFF", "FFFF", "point 2: sentinels: FFFF; expected 3 bytes in hex"),
        ("offset = 9", 'offset = 9\n  order = "CDAB"', "point 2: order: unknown key"),
        ("count = 12", 'count = 12\ntable = "holding"', "block 1: table: unknown key"),
        ("count = 6", "count = 4", "identity: offset: 0; expected bcd6 inside 4 bytes"),
        ('"dlt645-2007"', '"dlt645-1997"', "identifier: '0203FF00'; expected 4 upper-case hex"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, right: str, wrong: str, problem: str) -> None:
    assert right in GOOD

    found = problems(tmp_path, GOOD.replace(right, wrong))

    assert any(problem in line for line in found), found


def test_an_old_meter_is_not_asked_for_more_than_one_answer_holds(tmp_path: Path) -> None:
    old = GOOD.replace("2007", "1997").replace("0203FF00", "B63F").replace("04000402", "C032")

    assert problems(tmp_path, old) == []
    found = problems(tmp_path, old.replace("count = 12", "count = 199"))
    assert any("count: 199; expected a whole number from 1 to 198" in line for line in found), found


@pytest.mark.parametrize(
    "profile", ["dlt645-2007-single-phase", "dlt645-2007-three-phase", "dlt645-1997"]
)
def test_shipped_profiles_bill_by_counters_that_wrap_at_a_million_kwh(profile: str) -> None:
    loaded = load_profile(profile)

    assert loaded.limits.worst_latency_ms >= 1000  # a meter may take 500 ms to begin
    assert (loaded.line.baudrate, loaded.line.parity) == (2400, "E")
    for quantity in ("energy_wh", "energy_export_wh"):
        point = loaded.point(quantity)
        assert point is not None
        assert [point.wrap_value, point.step_value] == [10**9, 10]
        assert point.ratio == "ctpt"
