"""A profile file with mistakes is refused, with every mistake named at once and where it stands."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from drivers.profile import QUANTITIES
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
        ("offset = 2", 'offset = 2\n  role = "gauge"', "role: gauge; expected counter for what"),
        ("count = 2", "count = 1", "identity: offset: 0; expected uint32 inside 1 of the block"),
        ('name = "Some meter"', "name = ", "maker-model.toml: Invalid value"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, right: str, wrong: str, problem: str) -> None:
    assert right in GOOD

    found = problems(tmp_path, GOOD.replace(right, wrong))

    assert any(problem in line for line in found), found


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


def test_shipped_profiles_say_what_a_counter_needs() -> None:
    for profile in shipped_profiles():
        assert profile.manual
        for point in profile.points:
            assert point.quantity in QUANTITIES
            if point.role == "counter":
                assert point.max_rate is not None, (profile.id, point.quantity)
                assert (point.wrap is None) == point.type.startswith("float")
