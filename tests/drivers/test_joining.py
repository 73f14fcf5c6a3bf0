"""Blocks are joined where one request over a hole is quicker than two, and nowhere else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import read_meter
from drivers.joining import joined
from drivers.profile import Block, Limits, Point, Profile
from drivers.profile_file import load_profile, shipped_profiles
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from drivers.transports import open_line
from drivers.transports.line import LineSettings
from drivers.wire_time import load, read_s

LIMITS = Limits()


def serial(baudrate: int, parity: str = "N") -> LineSettings:
    return LineSettings("serial", port="x", baudrate=baudrate, parity=parity)


def registers(address: int, count: int = 2, table: str = "holding") -> Block:
    return Block(table, address, count, (Point("power_w", 0, "uint16"),))


def widest_hole(line: LineSettings) -> int:
    """Find the most registers over which two blocks are still joined."""
    return max(
        hole
        for hole in range(120)
        if len(joined([registers(0, 1), registers(1 + hole, 1)], LIMITS, line)) == 1
    )


@pytest.mark.parametrize(
    ("baudrate", "parity", "hole"),
    [
        (1200, "E", 8), (2400, "E", 9), (4800, "N", 10), (9600, "N", 13), (9600, "E", 12),
        (19200, "N", 18), (19200, "E", 16), (38400, "N", 29), (115200, "N", 74),
    ],
)  # fmt: skip
def test_the_widest_hole_worth_reading_is_the_references(
    baudrate: int, parity: str, hole: int
) -> None:
    assert widest_hole(serial(baudrate, parity)) == hole


@pytest.mark.parametrize(
    ("baudrate", "parity", "registers_", "polls_per_s"),
    [
        (1200, "E", 2, "5.1"), (2400, "E", 30, "2.8"), (9600, "N", 2, "31.5"),
        (9600, "N", 30, "11.1"), (9600, "E", 125, "3.2"), (19200, "E", 30, "18.6"),
        (38400, "N", 125, "12.5"), (115200, "N", 2, "75.6"), (115200, "N", 125, "28.9"),
    ],
)  # fmt: skip
def test_read_times_are_the_references(
    baudrate: int, parity: str, registers_: int, polls_per_s: str
) -> None:
    seconds = read_s("modbus", registers(0, registers_), serial(baudrate, parity))

    assert f"{1 / seconds:.1f}" == polls_per_s


def test_load_is_the_share_of_time_asked_for() -> None:
    assert load([(0.032, 1.0)] * 10) == pytest.approx(0.32)


def test_a_meters_limit_is_kept() -> None:
    blocks = [registers(0, 6), registers(6, 2), registers(8, 2)]

    assert [block.count for block in joined(blocks, Limits(max_registers=8), serial(9600))] == [
        8,
        2,
    ]


def test_bits_are_joined_among_themselves() -> None:
    coils = [registers(0, 8, "coil"), registers(60, 8, "coil"), registers(0, 8, "discrete")]

    assert [(b.table, b.count) for b in joined(coils, LIMITS, serial(9600))] == [
        ("coil", 68),
        ("discrete", 8),
    ]


def test_blocks_of_other_protocols_stay_as_they_are() -> None:
    blocks = [registers(0x9010, 4, "identifier"), registers(0x9011, 4, "identifier")]

    assert joined(blocks, LIMITS, serial(2400)) == tuple(blocks)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 20)), min_size=1, max_size=8),
    st.sampled_from([1200, 9600, 115200]),
)
def test_joining_keeps_every_point_where_it_was(
    spans: list[tuple[int, int]], baudrate: int
) -> None:
    blocks = [registers(address, count) for address, count in spans]
    found = joined(blocks, LIMITS, serial(baudrate))

    def places(all_: list[Block]) -> list[int]:
        return sorted(block.address + point.offset for block in all_ for point in block.points)

    assert places(list(found)) == places(blocks)
    assert all(block.count <= 125 for block in found)
    assert sum(read_s("modbus", block, serial(baudrate)) for block in found) <= sum(
        read_s("modbus", block, serial(baudrate)) for block in blocks
    )


@pytest.mark.parametrize(
    "profile",
    [p for p in shipped_profiles() if p.protocol == "modbus"],
    ids=lambda profile: profile.id,
)
def test_a_meter_read_in_joined_blocks_tells_the_same(profile: Profile) -> None:
    asked = joined(profile.blocks, profile.limits, serial(9600))
    image = RegisterImage(profile)
    image.set({point.quantity: Decimal(7) * point.scale for point in profile.points[:1]})
    whole = Profile(
        profile.id, profile.name, profile.protocol, profile.manual, profile.verified,
        profile.line, profile.limits, asked, profile.version,
    )  # fmt: skip
    joined_image = RegisterImage(whole)
    joined_image.set({point.quantity: Decimal(7) * point.scale for point in profile.points[:1]})
    slaves = [Slave(1, image), Slave(2, joined_image)]
    with VirtualBus(slaves, "tcp") as bus, open_line(bus.settings) as line:
        apart = read_meter(line, profile, 1)
        together = read_meter(line, whole, 2)
    assert (apart.faults, together.faults) == ((), ())
    assert {s.quantity: s.value for s in together.samples} == {
        s.quantity: s.value for s in apart.samples
    }


def test_both_energies_of_a_chint_are_one_request_at_9600() -> None:
    profile = load_profile("chint-dtsu666")

    assert len(joined(profile.blocks, profile.limits, serial(9600))) < len(profile.blocks)
