"""Our line meters a server built on libmodbus, behind a serial line that can be pulled out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.device import read_meter
from drivers.faults import LineFault
from drivers.profile import Block, Limits, LineDefaults, Point, Profile
from drivers.transports import open_line
from drivers.transports.line import Line, LineSettings, Timing
from tests.peers.wire import Cable, built_on_libmodbus, running

PATIENT = Timing(timeout_s=5.0, worst_latency_s=5.0, retries=0)
UNIT = 1
INPUT = (  # what libmodbus/server.c says it holds, and how it must read
    (Point("abcd", 0, "float32", order="ABCD"), "220.5"),
    (Point("cdab", 2, "float32", order="CDAB"), "220.5"),
    (Point("badc", 4, "float32", order="BADC"), "220.5"),
    (Point("dcba", 6, "float32", order="DCBA"), "220.5"),
    (Point("int32", 8, "int32"), "-123456"),
    (Point("int64", 10, "int64"), "-123456789012"),
    (Point("int16", 14, "int16"), "-5"),
    (Point("uint16", 14, "uint16"), "65531"),
    (Point("bit", 14, "bit", bit=2), "0"),
)


def holding(address: int, count: int) -> Block:
    """Ask for registers of the kind that all differ."""
    points = (Point(f"register_{n}", n, "uint16") for n in range(count))
    return Block("holding", address, count, tuple(points))


def bits(table: str, address: int, count: int) -> Block:
    points = (Point(f"bit_{n}", n, "bit") for n in range(count))
    return Block(table, address, count, tuple(points))


def profile(*blocks: Block) -> Profile:
    return Profile(
        "libmodbus", "libmodbus", "modbus", "libmodbus/server.c", "bench",
        LineDefaults(115_200), Limits(), blocks, "0",
    )  # fmt: skip


def values(line: Line, block: Block) -> list[Decimal | None]:
    """Read one block, which must not fail."""
    read = read_meter(line, profile(block), UNIT, timing=PATIENT)
    assert read.faults == ()
    return [sample.value for sample in read.samples]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_on_libmodbus("server", tmp_path_factory.mktemp("libmodbus"))


@pytest.fixture
def cable(server: Path, tmp_path: Path) -> Iterator[Cable]:
    """A line with the server at its far end."""
    with Cable(tmp_path) as cable, running(server, cable.far):
        yield cable


@pytest.fixture
def line(cable: Cable) -> Iterator[Line]:
    with open_line(settings(cable)) as line:
        yield line


def settings(cable: Cable) -> LineSettings:
    return LineSettings("serial", port=str(cable.near), baudrate=115_200, opening_quiet_s=0.0)


def test_every_type_and_word_order_is_understood(line: Line) -> None:
    block = Block("input", 0, 15, tuple(point for point, _ in INPUT))

    assert values(line, block) == [Decimal(expected) for _, expected in INPUT]


@pytest.mark.parametrize(("address", "count"), [(0, 1), (3, 2), (75, 125)])
def test_registers_come_whole_and_in_their_places(line: Line, address: int, count: int) -> None:
    expected = [Decimal(257 * (address + n) + 1) for n in range(count)]

    assert values(line, holding(address, count)) == expected


@pytest.mark.parametrize(("table", "divisor"), [("coil", 3), ("discrete", 5)])
@pytest.mark.parametrize(("address", "count"), [(0, 1), (7, 10), (0, 2000)])
def test_bits_come_in_their_places(
    line: Line, table: str, divisor: int, address: int, count: int
) -> None:
    expected = [Decimal(int((address + n) % divisor == 0)) for n in range(count)]

    assert values(line, bits(table, address, count)) == expected


def test_what_it_does_not_have_is_refused_and_costs_nothing_else(line: Line) -> None:
    beyond = profile(holding(200, 1), holding(199, 2), holding(0, 1))

    read = read_meter(line, beyond, UNIT, timing=PATIENT)

    assert [(fault.code, fault.detail) for fault in read.faults] == [("exception", "02")] * 2
    assert [sample.value for sample in read.samples] == [None, None, None, Decimal(1)]


def test_pulled_out_and_plugged_in_again_it_reads_on(server: Path, tmp_path: Path) -> None:
    with Cable(tmp_path) as cable:
        for register in (1, 2):
            with ExitStack() as plugged:
                plugged.enter_context(running(server, cable.far))
                line = plugged.enter_context(open_line(settings(cable)))
                assert values(line, holding(register, 1)) == [Decimal(257 * register + 1)]
                cable.unplug()
                with pytest.raises(LineFault) as lost:
                    read_meter(line, profile(holding(3, 1)), UNIT, timing=PATIENT)
                assert lost.value.code == "port-lost"
            with pytest.raises(LineFault) as missing:
                open_line(settings(cable))
            assert missing.value.code == "port-missing"
            cable.plug()


def test_a_server_that_is_killed_and_started_again_is_metered_over_the_same_line(
    server: Path, tmp_path: Path
) -> None:
    quick = Timing(timeout_s=0.1, worst_latency_s=0.1, retries=0)
    with Cable(tmp_path) as cable, open_line(settings(cable)) as line:
        with running(server, cable.far):
            assert values(line, holding(9, 2)) == [Decimal(9 * 257 + 1), Decimal(10 * 257 + 1)]
        dead = read_meter(line, profile(holding(9, 2)), UNIT, timing=quick)
        with running(server, cable.far):
            alive = values(line, holding(7, 2))

    assert dead.faults[0].code == "timeout"
    assert alive == [Decimal(7 * 257 + 1), Decimal(8 * 257 + 1)]
