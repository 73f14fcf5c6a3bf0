"""What docs/adding-a-meter.md tells to do, done."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.device import read_identity, read_meter
from drivers.profile import Profile
from drivers.profile_file import PROFILES_FOLDER, ProfileError, load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from drivers.transports import open_line
from drivers.transports.line import Timing
from drivers.transports.replay import ReplayLine

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-meter.md"


def examples() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


PROFILE, MORE, DERIVED, RECORDING, DLT645, PRINTER = range(6)


def load(folder: Path, *numbers: int) -> Profile:
    """Load the profile that these examples of the page make together."""
    text = "\n".join(examples()[number] for number in numbers)
    (folder / "acme-e1.toml").write_text(text, "utf-8")
    return load_profile("acme-e1", [PROFILES_FOLDER, folder])


def test_a_file_dropped_in_a_folder_is_a_new_meter(tmp_path: Path) -> None:

    profile = load(tmp_path, PROFILE)

    image = RegisterImage(profile)
    image.set({"energy_wh": Decimal(123450), "power_w": Decimal("-1.5")})
    timing = Timing(0.5, 0.5, retries=0)
    with (
        VirtualBus([Slave(9, image)]) as bus,
        open_line(replace(bus.settings, opening_quiet_s=0.0)) as line,
    ):
        read = read_meter(line, profile, 9, timing=timing)
    assert {sample.quantity: sample.value for sample in read.samples} == {
        "energy_wh": Decimal(123450),
        "power_w": Decimal("-1.5"),
    }


def test_the_recording_of_the_page_proves_the_profile_of_the_page(tmp_path: Path) -> None:
    recording = tomllib.loads(examples()[RECORDING])
    line = ReplayLine(
        (bytes.fromhex(each["request"]), bytes.fromhex(each["answer"]))
        for each in recording["exchange"]
    )

    read = read_meter(line, load(tmp_path, PROFILE), recording["unit"])

    expected = {q: Decimal(value) for q, value in recording["expected"].items()}
    assert {sample.quantity: sample.value for sample in read.samples} == expected


def test_a_meter_with_a_number_a_contact_and_counters_of_ours(tmp_path: Path) -> None:
    profile = load(tmp_path, PROFILE, MORE, DERIVED)

    image = RegisterImage(profile)
    image.set({"serial_number": Decimal(4711), "status_contact": Decimal(1)})
    timing = Timing(2.0, 2.0, retries=0)
    with VirtualBus([Slave(9, image)], "tcp") as bus, open_line(bus.settings) as line:
        number = read_identity(line, profile, 9, timing)
        read = read_meter(line, profile, 9, timing=timing)

    assert number == "4711"
    assert {sample.quantity: sample.value for sample in read.samples}["status_contact"] == 1
    assert profile.quantities == (
        "energy_wh", "power_w", "status_contact", "run_time_s", "energy_export_wh",
    )  # fmt: skip


def test_the_other_protocols_examples_are_profiles(tmp_path: Path) -> None:
    meter, printer = load(tmp_path, DLT645), load(tmp_path, PRINTER)

    assert (meter.protocol, meter.quantities) == ("dlt645-2007", ("energy_wh",))
    assert (printer.protocol, printer.quantities) == ("moonraker", ("status_printing",))


def test_every_key_of_a_point_is_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(examples()[PROFILE].replace("scale =", "scales ="), "utf-8")

    with pytest.raises(ProfileError) as refused:
        load_profile("x", [tmp_path])

    [keys] = {p.expected for p in refused.value.problems if p.place.endswith("point 1: scales")}
    page = PAGE.read_text("utf-8")
    missing = [key for key in keys.removeprefix("one of ").split(", ") if key not in page]
    assert missing == []
