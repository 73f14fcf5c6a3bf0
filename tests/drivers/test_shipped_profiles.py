"""The shipped profiles: which there are, and what each has to say for a bill to rest on it."""

from __future__ import annotations

import struct
from collections import Counter
from decimal import Decimal

import pytest

from drivers.device import read_identity, read_meter
from drivers.profile import QUANTITIES, Point, Profile
from drivers.profile_file import load_profile, shipped_profiles
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from drivers.transports import open_line
from drivers.transports.line import Timing
from drivers.transports.replay import ReplayLine

SHIPPED = shipped_profiles()


def with_crc(text: str) -> bytes:
    """Complete a serial frame, bit by bit as the standard's flow chart draws it."""
    frame, value = bytes.fromhex(text), 0xFFFF
    for byte in frame:
        for place in range(8):
            differs = (value ^ byte >> place) & 1
            value = value >> 1 ^ (0xA001 if differs else 0)
    return frame + struct.pack("<H", value)


@pytest.mark.parametrize("profile", SHIPPED, ids=lambda profile: profile.id)
def test_a_shipped_profile_says_what_a_counter_needs(profile: Profile) -> None:
    assert profile.manual
    for point in profile.points:
        assert point.quantity in QUANTITIES or point.quantity.startswith("status_")
        if point.role == "counter" and profile.protocol == "modbus":
            assert point.max_rate is not None, point.quantity


@pytest.mark.parametrize(
    "profile_id",
    [
        "eastron-sdm120", "eastron-sdm230", "eastron-sdm630", "eastron-sdm72", "chint-dtsu666",
        "chint-dtsu666-4028", "chint-ddsu666", "acrel-adl3000e", "acrel-adw300", "acrel-ddsy1352",
        "acrel-djsf1352-rn", "schneider-iem3155", "schneider-pm5100", "abb-b23", "hiking-dds238",
        "carlo-gavazzi-em340", "ime-nemo-d4-dc", "kraftpowercon-flexkraft", "riden-rd6006",
        "riden-rd6018", "peacefair-pzem-016", "peacefair-pzem-017", "advantech-adam-6050",
        "advantech-adam-6051", "seneca-z-d-in", "ebyte-e831", "isma-sfar-s-16di", "delta-dtb",
        "fronius-ri", "counter-32bit", "dc-ampere-hour", "welder-current-transducer",
        "rectifier-current-transducer", "contact-input",
    ],
)  # fmt: skip
def test_promised_modbus_profiles_are_there(profile_id: str) -> None:
    assert load_profile(profile_id).protocol == "modbus"


@pytest.mark.parametrize(
    "profile_id", [p.id for p in SHIPPED if p.protocol == "modbus" and len(p.blocks) > 1]
)
def test_the_blocks_of_a_meter_answer_in_different_lengths(profile_id: str) -> None:
    """An answer to the wrong question is then refused by its length alone."""
    sizes = Counter((block.table, block.size) for block in load_profile(profile_id).blocks)
    alike = {"chint-ddsu666"}  # its two counters stand alone

    assert (max(sizes.values()) > 1) == (profile_id in alike)


@pytest.mark.parametrize(
    ("profile_id", "request_body", "answer_body", "number"),
    [
        ("schneider-iem3155", "01 03 00 81 00 02", "01 03 04 05 F5 E0 FE", "99999998"),
        ("schneider-pm5100", "01 03 00 81 00 02", "01 03 04 00 01 E2 40", "123456"),
        ("riden-rd6006", "01 03 00 01 00 02", "01 03 04 00 00 30 39", "12345"),
        ("riden-rd6018", "01 03 00 01 00 02", "01 03 04 00 00 30 39", "12345"),
    ],
)
def test_a_meter_tells_its_own_number(
    profile_id: str, request_body: str, answer_body: str, number: str
) -> None:
    line = ReplayLine([(with_crc(request_body), with_crc(answer_body))])

    assert read_identity(line, load_profile(profile_id), 1, Timing()) == number


@pytest.mark.parametrize("word", ["8002", "8003", "8004", "8006", "8007"])
def test_a_temperature_controller_without_a_sensor_has_no_temperature(word: str) -> None:
    line = ReplayLine([(with_crc("09 03 10 00 00 02"), with_crc(f"09 03 04 {word} 03 52"))])

    [temperature] = read_meter(line, load_profile("delta-dtb"), 9).samples

    assert (temperature.value, temperature.raw) == (None, word)
    assert temperature.fault == "sensor_error"


def shown(point: Point) -> Decimal:
    """Give a value that the point's register can hold exactly."""
    return Decimal(1) if point.type == "bit" else 123 * point.scale


def test_a_simulated_meter_of_every_modbus_profile_reads_as_set() -> None:
    modbus = [profile for profile in SHIPPED if profile.protocol == "modbus"]
    meters = []
    for unit, profile in enumerate(modbus, 1):
        image = RegisterImage(profile)
        image.set({point.quantity: shown(point) for point in profile.points})
        meters.append(Slave(unit, image))

    with VirtualBus(meters, "tcp") as bus, open_line(bus.settings) as line:
        for unit, profile in enumerate(modbus, 1):
            read = read_meter(line, profile, unit, timing=Timing(2.0, 2.0, retries=0))

            values = {sample.quantity: sample.value for sample in read.samples}
            assert values == {point.quantity: shown(point) for point in profile.points}
