"""Clients of a serial line that read registers, each in its own way: ours, and other people's."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import minimalmodbus
from pymodbus.client import ModbusSerialClient
from pymodbus.exceptions import ModbusException

from drivers.faults import DeviceFault
from drivers.profile import Block
from drivers.protocols import modbus
from drivers.transports import open_line
from drivers.transports.line import LineSettings, Timing

SLAVE = Path(__file__).with_name("paced_slave.py")
UNIT = 1
TELLER = 247  # the slave's unit that counts requests that came too early

logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # its errors are counted here


@contextmanager
def slave(*options: str) -> Iterator[str]:
    """Run paced_slave.py with these options; gives the name of its terminal."""
    command = [sys.executable, str(SLAVE), *options]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdout is None or process.stdin is None:
            raise OSError("no pipes to the slave")
        yield process.stdout.readline().strip()
        process.stdin.close()


class Client(Protocol):
    """Reads `count` holding registers from `address`; None is an honest error."""

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """Read once."""
        ...

    def close(self) -> None:
        """Give the port back."""
        ...


class Ours:
    """The line that meters."""

    def __init__(self, port: str, baud: int, timeout_s: float, worst_latency_s: float) -> None:
        self._line = open_line(
            LineSettings("serial", port=port, baudrate=baud, opening_quiet_s=0.0)
        )
        self._timing = Timing(timeout_s, worst_latency_s, retries=0)

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """Read once, as device.py does before it decodes."""
        try:
            block = Block("holding", address, count, ())
            data = modbus.read(self._line, UNIT, block, self._timing).data
        except DeviceFault:
            return None
        return [int.from_bytes(data[n : n + 2], "big") for n in range(0, len(data), 2)]

    def close(self) -> None:
        """Give the port back."""
        self._line.close()


class Pymodbus:
    """Its synchronous client."""

    def __init__(self, port: str, baud: int, timeout_s: float, retries: int = 0) -> None:
        self._client = ModbusSerialClient(port, baudrate=baud, timeout=timeout_s, retries=retries)
        self._client.connect()

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """Read once."""
        try:
            answer = self._client.read_holding_registers(address, count=count, device_id=UNIT)
        except ModbusException:
            return None
        return None if answer.isError() else list(answer.registers)

    def close(self) -> None:
        """Give the port back."""
        self._client.close()  # type: ignore[no-untyped-call]  # pymodbus gives no types here


class Minimalmodbus:
    """One instrument."""

    def __init__(self, port: str, baud: int, timeout_s: float) -> None:
        self._instrument = minimalmodbus.Instrument(port, UNIT)
        self._instrument.serial.baudrate = baud
        self._instrument.serial.timeout = timeout_s

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """Read once."""
        try:
            return list(self._instrument.read_registers(address, count))
        except (minimalmodbus.ModbusException, OSError):
            return None

    def close(self) -> None:
        """Give the port back."""
        self._instrument.serial.close()


def expected(address: int, count: int) -> list[int]:
    """What the slave's registers hold."""
    return [(number * 257 + UNIT) & 0xFFFF for number in range(address, address + count)]


def early_polls(port: str, baud: int) -> int:
    """Ask the slave how many requests came before the silence between frames was over."""
    settings = LineSettings("serial", port=port, baudrate=baud, opening_quiet_s=0.0)
    with open_line(settings) as line:
        block = Block("holding", 0, 1, ())
        return int.from_bytes(modbus.read(line, TELLER, block, Timing(2.0, 2.0)).data, "big")
