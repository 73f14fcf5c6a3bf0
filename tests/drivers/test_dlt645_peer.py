"""Our DL/T 645 reads a meter by an independent package, alone and beside a Modbus meter."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers.device import read_meter
from drivers.profile import Block, Limits, LineDefaults, Point, Profile
from drivers.profile_file import load_profile
from drivers.protocols.dlt645 import read_address
from drivers.transports import open_line
from drivers.transports.line import Line, LineSettings, Timing
from tests.peers.party_line import party_line
from tests.peers.wire import SOURCES, Cable, need_python, running

pytestmark = pytest.mark.slow

ADDRESS = "123456789012"
PATIENT = Timing(timeout_s=10.0, worst_latency_s=10.0, retries=0)
QUICK = Timing(timeout_s=0.2, worst_latency_s=0.5, retries=0)


def dlt645_server(port: Path) -> tuple[Path | str, ...]:
    """Give the command that runs the package's meter on a port."""
    return need_python("dlt645"), SOURCES / "dlt645" / "server.py", port, ADDRESS


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A line to the package's meter; it says of itself 230.1 V, 1.2345 kW, 123456.78 kWh."""
    with Cable(tmp_path) as cable, running(*dlt645_server(cable.far)):
        settings = LineSettings("serial", port=str(cable.near), opening_quiet_s=0.0)
        with open_line(settings) as opened:
            yield opened


def test_a_foreign_meter_is_read_to_the_last_digit(line: Line) -> None:
    read = read_meter(line, load_profile("dlt645-2007-single-phase"), ADDRESS, timing=PATIENT)

    assert not read.faults
    assert {sample.quantity: (sample.value, sample.raw) for sample in read.samples} == {
        "energy_wh": (Decimal(123456780), "78563412"),
        "energy_export_wh": (Decimal(0), "00000000"),
        "power_w": (Decimal("1234.5"), "452301"),
        "voltage_v": (Decimal("230.1"), "0123"),
        "current_a": (Decimal("-5.386"), "865380"),
    }


def test_a_foreign_meter_tells_its_address_and_what_it_does_not_have(line: Line) -> None:
    assert read_address(line, PATIENT) == ADDRESS

    phases = load_profile("dlt645-2007-three-phase")
    blocks = [block for block in phases.blocks if block.address == 0x0203FF00]
    refused = read_meter(line, phases, ADDRESS, blocks, PATIENT)
    assert [sample.value for sample in refused.samples] == [None] * 4
    assert (refused.faults[0].code, refused.faults[0].detail) == ("exception", "02")


def test_a_foreign_meter_is_not_taken_for_its_neighbour(line: Line) -> None:
    profile = load_profile("dlt645-2007-single-phase")

    read = read_meter(line, profile, "123456789013", profile.blocks[:1], QUICK)

    assert [(sample.value, sample.raw) for sample in read.samples] == [(None, None)]


@contextmanager
def modbus_server(port: Path) -> Iterator[None]:
    """Serve unit 1, whose holding register n holds 257 n + 1, by pymodbus."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stop: asyncio.Future[None] = loop.create_future()

    async def serve() -> None:
        values = [257 * register + 1 for register in range(50)]
        device = SimDevice(1, simdata=[SimData(0, values=values, datatype=DataType.REGISTERS)])
        server = ModbusSerialServer(device, framer=FramerType.RTU, port=str(port), baudrate=9600)
        await server.serve_forever(background=True)
        ready.set()
        await stop
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus gives no types here

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield
    finally:
        loop.call_soon_threadsafe(stop.set_result, None)
        thread.join(10)
        loop.close()


def test_sixty_reads_of_two_foreign_meters_of_either_protocol_on_one_line() -> None:
    """Each also hears what is asked of the other and what that answers, as on a real pair."""
    energy = load_profile("dlt645-2007-single-phase")
    block = Block("holding", 5, 2, (Point("pieces", 0, "uint16"),))
    counter = Profile(
        "counter", "Counter", "modbus", "above", "none",
        LineDefaults(), Limits(), (block,), "0",
    )  # fmt: skip
    outcomes: Counter[str] = Counter()
    with (
        party_line(3) as (near, far, further),
        running(*dlt645_server(far)),
        modbus_server(further),
        open_line(LineSettings("serial", port=str(near), opening_quiet_s=0.0)) as line,
    ):
        for number in range(60):
            if number % 2:
                read = read_meter(line, counter, 1, timing=PATIENT)
            else:
                read = read_meter(line, energy, ADDRESS, energy.blocks[:1], PATIENT)
            outcomes[f"{read.samples[0].quantity} {read.samples[0].value}"] += 1

    assert outcomes == {"energy_wh 123456780": 30, "pieces 1286": 30}
