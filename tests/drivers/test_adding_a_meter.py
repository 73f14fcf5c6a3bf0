"""What docs/adding-a-meter.md tells to do, done."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from drivers.device import read_meter
from drivers.profile_file import PROFILES_FOLDER, load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from drivers.transports import open_line
from drivers.transports.line import Timing
from drivers.transports.replay import ReplayLine

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-meter.md"


def examples() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def test_a_file_dropped_in_a_folder_is_a_new_meter(tmp_path: Path) -> None:
    (tmp_path / "acme-e1.toml").write_text(examples()[0], "utf-8")

    profile = load_profile("acme-e1", [PROFILES_FOLDER, tmp_path])

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
    (tmp_path / "acme-e1.toml").write_text(examples()[0], "utf-8")
    recording = tomllib.loads(examples()[1])
    line = ReplayLine(
        (bytes.fromhex(each["request"]), bytes.fromhex(each["answer"]))
        for each in recording["exchange"]
    )

    read = read_meter(line, load_profile("acme-e1", [tmp_path]), recording["unit"])

    expected = {q: Decimal(value) for q, value in recording["expected"].items()}
    assert {sample.quantity: sample.value for sample in read.samples} == expected
