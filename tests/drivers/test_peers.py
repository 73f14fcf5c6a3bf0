"""Our Modbus and an independent one understand each other, in both roles."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers.device import read_meter
from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from drivers.transports import open_line
from drivers.transports.line import LineSettings, Timing
from tests.peers.wire import Cable, need_programs, said

PATIENT = Timing(timeout_s=2.0, worst_latency_s=2.0, retries=0)


@pytest.fixture
def sdm630() -> Slave:
    image = RegisterImage(load_profile("eastron-sdm630"))
    image.set({"energy_wh": Decimal(12345000), "power_w": Decimal("2701.5")})
    return Slave(7, image)


@contextmanager
def foreign_client(bus: VirtualBus) -> Iterator[ModbusSerialClient | ModbusTcpClient]:
    settings = bus.settings
    client: ModbusSerialClient | ModbusTcpClient
    if settings.transport == "serial":
        client = ModbusSerialClient(str(settings.port), baudrate=9600, timeout=2, retries=0)
    else:
        framer = FramerType.SOCKET if settings.transport == "tcp" else FramerType.RTU
        client = ModbusTcpClient(
            str(settings.host), port=settings.tcp_port, framer=framer, timeout=2, retries=0
        )
    assert client.connect()
    try:
        yield client
    finally:
        client.close()  # type: ignore[no-untyped-call]  # pymodbus gives no types here


@pytest.mark.parametrize("transport", ["serial", "tcp", "rtu-over-tcp"])
def test_a_foreign_client_reads_our_simulated_meter(transport: str, sdm630: Slave) -> None:
    with VirtualBus([sdm630], transport) as bus, foreign_client(bus) as client:
        energy = client.read_input_registers(0x48, count=2, device_id=7)
        power = client.read_input_registers(0x34, count=2, device_id=7)
        refused = client.read_input_registers(0x7000, count=1, device_id=7)
        too_many = client.read_coils(0, count=8, device_id=7)

    assert energy.registers == [0x4640, 0xE400]
    assert struct.unpack(">f", struct.pack(">2H", *power.registers)) == (2701.5,)
    assert refused.exception_code == 2
    assert too_many.exception_code == 2


def foreign_meter() -> SimDevice:
    """Unit 7 with input registers from 0048: 12345.0 and 0.125 kWh as floats."""
    blank = SimData(0, values=0, count=1, datatype=DataType.REGISTERS)
    registers = [0x4640, 0xE400, 0x3E00, 0x0000]
    data = SimData(0x48, values=registers, datatype=DataType.REGISTERS)
    bits = SimData(0, values=False, count=16, datatype=DataType.BITS)
    return SimDevice(7, ([bits], [bits], [blank], [data]))


@contextmanager
def served(make: Callable[[], ModbusTcpServer | ModbusSerialServer]) -> Iterator[None]:
    """Run a pymodbus server in a thread of its own."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stop: asyncio.Future[None] = loop.create_future()

    async def serve() -> None:
        server = make()
        await server.serve_forever(background=True)
        ready.set()
        await stop
        await server.shutdown()  # type: ignore[no-untyped-call]  # as above

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield
    finally:
        loop.call_soon_threadsafe(stop.set_result, None)
        thread.join(10)
        loop.close()


@contextmanager
def foreign_server(transport: str, folder: Path) -> Iterator[LineSettings]:
    """Serve the foreign meter; gives how to reach it."""
    if transport == "serial":
        with Cable(folder) as cable:
            far = str(cable.far)
            with served(lambda: ModbusSerialServer(foreign_meter(), port=far, baudrate=9600)):
                yield LineSettings("serial", port=str(cable.near), opening_quiet_s=0.0)
        return
    framer = FramerType.SOCKET if transport == "tcp" else FramerType.RTU
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    address = ("127.0.0.1", port)
    with served(lambda: ModbusTcpServer(foreign_meter(), framer=framer, address=address)):
        yield LineSettings(transport, host="127.0.0.1", tcp_port=port, opening_quiet_s=0.0)


@pytest.mark.parametrize("transport", ["serial", "tcp", "rtu-over-tcp"])
def test_our_client_reads_a_foreign_meter(transport: str, tmp_path: Path) -> None:
    profile = load_profile("eastron-sdm630")
    with foreign_server(transport, tmp_path) as settings, open_line(settings) as line:
        read = read_meter(line, profile, 7, profile.blocks[2:], PATIENT)
        refused = read_meter(line, profile, 7, profile.blocks[1:2], PATIENT)

    assert [(s.quantity, s.value, s.raw) for s in read.samples] == [
        ("energy_wh", Decimal(12345000), "4640E400"),
        ("energy_export_wh", Decimal(125), "3E000000"),
    ]
    assert [(s.value, s.fault) for s in refused.samples] == [(None, "exception")]
    assert refused.faults[0].detail == "02"


@pytest.mark.parametrize("transport", ["serial", "tcp"])
def test_mbpoll_reads_our_simulated_meter(transport: str, sdm630: Slave, tmp_path: Path) -> None:
    need_programs("mbpoll")
    # mbpoll's own defaults are even parity, registers counted from 1 and low words first.
    asking = ["-a", "7", "-0", "-1", "-t", "3:float", "-B", "-o", "5"]
    with VirtualBus([sdm630], transport, link=tmp_path / "tty") as bus:
        to = bus.settings
        where = ["-m", "tcp", "-p", str(to.tcp_port), str(to.host)]
        if transport == "serial":
            where = ["-m", "rtu", "-b", "9600", "-P", "none", str(to.port)]
        energy = said("mbpoll", *asking, "-r", str(0x48), *where)
        power = said("mbpoll", *asking, "-r", str(0x34), *where)
        refused = said("mbpoll", *asking, "-r", str(0x7000), *where)

    assert "[72]: \t12345\n" in energy
    assert "[52]: \t2701.5\n" in power
    assert "Illegal data address" in refused


def test_both_kinds_of_client_share_a_gateway(sdm630: Slave) -> None:
    with (
        VirtualBus([sdm630], "tcp") as bus,
        foreign_client(bus) as theirs,
        open_line(bus.settings) as ours,
    ):
        for _ in range(5):
            read = read_meter(ours, sdm630.image.profile, 7, timing=PATIENT)
            answer = theirs.read_input_registers(0x48, count=2, device_id=7)

    assert not read.faults
    assert answer.registers == [0x4640, 0xE400]
