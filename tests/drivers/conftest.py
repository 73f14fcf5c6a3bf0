"""A workbench: meters with known registers on a bus of any transport, and quick timings."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest

from drivers.profile import Block, Limits, LineDefaults, Point, Profile
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from drivers.transports.line import Timing


def _two_alike() -> Profile:
    """Two blocks whose answers differ in nothing but the value: the worst case for a mix-up."""
    blocks = (
        Block("input", 0x0000, 2, (Point("energy_wh", 0, "uint32", role="counter"),)),
        Block("input", 0x0100, 2, (Point("energy_export_wh", 0, "uint32", role="counter"),)),
    )
    return Profile(
        "two-alike", "Two alike", "modbus", "made for tests", "none",
        LineDefaults(), Limits(worst_latency_ms=150), blocks, "0",
    )  # fmt: skip


@pytest.fixture
def two_alike() -> Profile:
    return _two_alike()


@pytest.fixture
def meter(two_alike: Profile) -> Slave:
    """A meter at unit 1 that counts 1111 Wh in and 2222 Wh out."""
    image = RegisterImage(two_alike)
    image.set({"energy_wh": Decimal(1111), "energy_export_wh": Decimal(2222)})
    return Slave(1, image)


@pytest.fixture
def quick() -> Timing:
    """For a meter that answers at once or never."""
    return Timing(timeout_s=0.1, worst_latency_s=0.12, retries=0)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert [thread for thread in threading.enumerate() if thread not in before] == []
