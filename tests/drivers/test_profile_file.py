"""A profile file with mistakes is refused, with every mistake named at once and where it stands."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from drivers.profile_file import ProfileError, load_profile, read_profile, shipped_profiles

GOOD = """
name = "Some meter"
protocol = "modbus"
manual = "its manual, page 12"

[limits]
max_registers = 20

[identity]
table = "holding"
address = 0x0100
count = 2
type = "uint32"

[[block]]
table = "input"
address = 0x0048
count = 4

  [[block.point]]
  quantity = "energy_wh"
  offset = 0
  type = "float32"
  scale = "1000"
  step = "0.01"
  ratio = "ctpt"
  max_rate = 60000

  [[block.point]]
  quantity = "pieces"
  offset = 2
  type = "uint32"
  scale = 10
  wrap = "4294967296"
  sentinels = { FFFFFFFF = "sensor_error" }
"""
WELDER = """
name = "Some transducer"
protocol = "modbus"
manual = "its manual, page 12"

[[block]]
table = "holding"
address = 0
count = 3

  [[block.point]]
  quantity = "current_a"
  offset = 0
  type = "int16"

  [[block.point]]
  quantity = "power_w"
  offset = 1
  type = "int16"

  [[block.point]]
  quantity = "status_open"
  offset = 2
  type = "bit"
  bit = 9

[[derived]]
quantity = "arc_time_s"
from = "current_a"
rule = "on-time"
on_from = "20"
off_below = "15"
min_on_s = "0.5"

[[derived]]
quantity = "run_time_s"
from = "status_open"
rule = "on-time"

[[derived]]
quantity = "charge_ah"
from = "current_a"
rule = "integral"
gap_polls = 5
"""


def problems(tmp_path: Path, text: str, name: str = "maker-model") -> list[str]:
    path = tmp_path / f"{name}.toml"
    path.write_text(text, "utf-8")
    try:
        read_profile(path)
    except ProfileError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_a_good_file_gives_its_points(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == []
    profile = load_profile("maker-model", [tmp_path])

    energy, pieces = profile.points
    assert (profile.verified, profile.line.parity, profile.identity is not None) == (
        "none",
        "N",
        True,
    )
    assert (energy.role, energy.order, energy.max_rate) == ("counter", "ABCD", Decimal(60000))
    assert energy.step_value == Decimal(10)  # 0.01 kWh
    assert energy.ratio_factor(Decimal(40), Decimal(10)) == 400
    assert pieces.wrap_value == Decimal(42_949_672_960)  # the register counts tens
    assert pieces.ratio_factor(Decimal(40), Decimal(10)) == 1
    assert profile.point("pieces") is pieces


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ('name = "Some meter"', "", "maker-model.toml: name: missing; expected a text"),
        ('"modbus"', '"modbas"', "protocol: 'modbas'; expected one of modbus"),
        ("max_registers = 20", "max_registers = 200", "limits: max_registers: 200; expected a"),
        ("max_registers = 20", "max_regs = 20", "limits: max_regs: unknown key; expected one of"),
        ("max_registers = 20", "max_registers = 3", "block 1: count: 4; expected a whole number"),
        ('table = "input"', 'table = "inputs"', "block 1: table: 'inputs'; expected one of coil"),
        ("address = 0x0048", "address = 0xFFFE", "block 1: count: 4; expected an end at or before"),
        ("address = 0x0048", "address = true", "block 1: address: True; expected a whole number"),
        ("offset = 2", "offset = 3", "point 2: offset: 3; expected uint32 inside 4 of the block"),
        ('scale = "1000"', "scale = 0.1", "scale: 0.1; expected a decimal above 0 as text"),
        ('scale = "1000"', 'scale = "0"', "scale: '0'; expected a decimal above 0"),
        ('scale = "1000"', 'scale = "1e3"', "scale: '1e3'; expected a decimal above 0"),
        ('step = "0.01"', "", "point 1: step: missing; expected a decimal"),
        ('"ctpt"', '"cpt"', "ratio: 'cpt'; expected one of none, ct, pt, ctpt"),
        ('"pieces"', '"piece"', "point 2: quantity: piece; expected one of energy_wh"),
        ('"pieces"', '"energy_wh"', "quantity: energy_wh twice; expected each quantity once"),
        ('type = "uint32"\n  scale', 'type = "u32"\n  scale', "type: 'u32'; expected one of int16"),
        ("FFFFFFFF", "FFFF", "point 2: sentinels: FFFF; expected 4 bytes in hex"),
        ("FFFFFFFF", "ffffffff", "sentinels: 'ffffffff'; expected bytes as upper-case hex"),
        ('"sensor_error"', '"broken"', "FFFFFFFF: 'broken'; expected one of sensor_error"),
        ("count = 2", "count = 1", "identity: offset: 0; expected uint32 inside 1 of the block"),
        ('name = "Some meter"', "name = ", "maker-model.toml: Invalid value"),
        ('wrap = "4294967296"', "", "point 2: wrap: missing; expected the count, at most 4294967"),
        ("4294967296", "4294967297", "wrap: 4294967297; expected the count, at most 4294967296"),
        ("scale = 10", "scale = 10\n  step = 4294967296", "step: 4294967296; expected less than"),
        ("{ FFFFFFFF", "3 #", "sentinels: 3; expected [sentinels]"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, right: str, wrong: str, problem: str) -> None:
    assert right in GOOD

    found = problems(tmp_path, GOOD.replace(right, wrong))

    assert any(problem in line for line in found), found


def test_derived_counters_are_read_with_their_rules(tmp_path: Path) -> None:
    assert problems(tmp_path, WELDER) == []
    profile = load_profile("maker-model", [tmp_path])

    arc, run, charge = profile.derived
    assert (arc.source, arc.rule, arc.gap_polls) == ("current_a", "on-time", 3)
    assert [arc.on_from, arc.off_below] == [20, 15]
    assert [arc.min_on_s, arc.min_off_s] == [Decimal("0.5"), 0]
    assert run.source == "status_open"
    assert [run.on_from, run.off_below] == [1, 1]  # yes is 1, no is 0
    assert (charge.rule, charge.gap_polls) == ("integral", 5)
    assert profile.quantities == (
        "current_a", "power_w", "status_open", "arc_time_s", "run_time_s", "charge_ah",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ('"arc_time_s"', '"arc_time"', "derived 1: quantity: 'arc_time'; expected one of energy"),
        ('"arc_time_s"', '"power_w"', "derived 1: quantity: 'power_w'; expected one of energy_wh"),
        ('"arc_time_s"', '"run_time_s"', "quantity: run_time_s twice; expected each quantity once"),
        ('"arc_time_s"', '"charge_ah"', "quantity: charge_ah; expected …_time_s for on-time"),
        ('from = "status_open"', 'from = "voltage_v"', "derived 2: from: 'voltage_v'; expected on"),
        ('"integral"', '"sum"', "derived 3: rule: 'sum'; expected one of on-time, integral"),
        ('on_from = "20"', "", "derived 1: on_from: missing; expected a decimal above 0"),
        ('off_below = "15"', 'off_below = "21"', "off_below: 21; expected at most 20, the value"),
        ('min_on_s = "0.5"', 'min_on_s = "-1"', "min_on_s: '-1'; expected a decimal of at least 0"),
        ("gap_polls = 5", "gap_polls = 0", "gap_polls: 0; expected a whole number from 1 to 60"),
        ("gap_polls = 5", 'on_from = "1"', "derived 3: on_from: unknown key; expected one of from"),
        ('"charge_ah"', '"energy_wh"', "quantity: energy_wh from current_a; expected integral of"),
        ("bit = 9", "bit = 9\n  max_rate = 5", "max_rate: given; expected none, as it measures"),
        ("type = \"bit\"", 'type = "uint16"', "quantity: status_open; expected one of energy_wh"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_derived_counter_is_named(
    tmp_path: Path, right: str, wrong: str, problem: str
) -> None:
    assert right in WELDER

    found = problems(tmp_path, WELDER.replace(right, wrong))

    assert any(problem in line for line in found), found


def test_what_is_registered_need_not_be_derived(tmp_path: Path) -> None:
    twice = WELDER.replace('"arc_time_s"', '"pieces"', 1) + GOOD[GOOD.index("[[block]]") :]

    assert any("pieces twice" in line for line in problems(tmp_path, twice))


def test_all_mistakes_are_told_together(tmp_path: Path) -> None:
    text = GOOD.replace("= 0x0048", "= -1").replace("offset = 2", "offset = 9").replace("ctpt", "x")

    assert len(problems(tmp_path, text)) == 3


@pytest.mark.parametrize("section", ["block", "limits", "identity", "line"])
def test_a_section_of_the_wrong_shape_is_named(tmp_path: Path, section: str) -> None:
    text = f'name = "x"\nprotocol = "modbus"\nmanual = "y"\n{section} = 3\n'

    assert any(f"{section}: 3; expected [" in line for line in problems(tmp_path, text))


def test_a_file_name_that_is_no_id_is_refused(tmp_path: Path) -> None:
    assert any(
        "name of the file: my meter" in line for line in problems(tmp_path, GOOD, "my meter")
    )


@pytest.mark.parametrize("profile_id", ["no-such", "../secret", ""])
def test_an_unknown_profile_is_told_with_the_known_ones(tmp_path: Path, profile_id: str) -> None:
    problems(tmp_path, GOOD)

    with pytest.raises(ProfileError, match="expected one of maker-model"):
        load_profile(profile_id, [tmp_path])


def test_the_version_follows_the_content_not_the_layout(tmp_path: Path) -> None:
    def version(text: str) -> str:
        problems(tmp_path, text)
        return load_profile("maker-model", [tmp_path]).version

    original = version(GOOD)

    assert version("# a remark\n" + GOOD.replace("\n", "\r\n")) == original
    assert version(GOOD.replace("0x0048", "72")) == original
    assert version(GOOD.replace('"1000"', '"100"')) != original


def test_a_broken_folder_tells_the_mistakes_of_all_its_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(GOOD.replace('"modbus"', '"m"'), "utf-8")

    with pytest.raises(ProfileError) as error:
        shipped_profiles(tmp_path)

    places = [problem.place for problem in error.value.problems]
    assert places == ["a.toml: protocol", "b.toml: protocol"]
