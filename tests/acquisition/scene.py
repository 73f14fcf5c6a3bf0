"""A press with a power meter and a piece counter, its polls written by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from drivers.decode import Sample
from drivers.profile_file import load_profile
from shared_factory_desktop.acquisition.plan import MeterPlan, plan_meter
from shared_factory_desktop.acquisition.recorder import Poll, Recorded, Recorder
from shared_factory_desktop.domain.counters import CounterMemory
from shared_factory_desktop.domain.floor import (
    Bus,
    Factory,
    Floor,
    Machine,
    Measure,
    Meter,
    StateRule,
)
from shared_factory_desktop.domain.readings import Reading, Reason
from shared_factory_desktop.domain.tariff import BandCalendar, Season

START = dt.datetime(2026, 10, 8, 1, 58, 30, tzinfo=dt.UTC)  # 09:58:30 in Shanghai
ZONE = ZoneInfo("Asia/Shanghai")
PEAK_FROM = 10 * 60  # minutes after midnight
ENERGY = ("M-1", "energy_wh")


def floor(ratio_ct: str = "1", poll_ms: int = 1000) -> Floor:
    """Give a factory of one machine; a band begins at 10:00."""
    rule = StateRule("M-1", "power_w", Decimal(20), Decimal(150), hold_s=5)
    bands = (("flat", ((0, PEAK_FROM),)), ("peak", ((PEAK_FROM, 24 * 60),)))
    return Floor(
        factory=Factory("f", "F"),
        buses=(Bus("line", "tcp", host="127.0.0.1"),),
        meters=(
            Meter("M-1", "line", "eastron-sdm120", 1, ratio_ct=Decimal(ratio_ct), poll_ms=poll_ms),
        ),
        machines=(
            Machine("press", "Press", "other", rule, (Measure("energy_wh", "M-1", "energy_wh"),)),
        ),
        bands=(
            BandCalendar("c", dt.date(2026, 1, 1), (Season(tuple(range(1, 13)), "all", bands),)),
        ),
    )


def plan(ratio_ct: str = "1", poll_ms: int = 1000) -> MeterPlan:
    """Plan the press's meter."""
    place = floor(ratio_ct, poll_ms)
    return plan_meter(place, place.meters[0], load_profile("eastron-sdm120"))


class Bench:
    """A recorder fed one poll at a time, at seconds after START; None is a missing sample."""

    def __init__(
        self,
        last: Mapping[tuple[str, str], CounterMemory] | None = None,
        ratio_ct: str = "1",
        poll_ms: int = 1000,
    ) -> None:
        self.recorder = Recorder([plan(ratio_ct, poll_ms)], ZONE, last or {})
        self.readings: list[Reading] = []

    def poll(
        self,
        second: float,
        energy: int | None = 1000,
        power: int | None = 0,
        reason: Reason | None = None,
        drift_s: float = 0.0,
    ) -> Recorded:
        """Take one poll; `drift_s` moves the wall clock against the monotonic one."""
        at = START + dt.timedelta(seconds=second + drift_s)
        at_ns = int(second * 1_000_000_000)
        samples = (_sample("power_w", power, at_ns), _sample("energy_wh", energy, at_ns))
        poll = Poll("M-1", samples, (at, at), 7, reason, None if reason is None else 1)
        result = self.recorder.take(poll)
        self.readings += result.readings
        return result

    def energy(self) -> list[Reading]:
        """Give the energy readings recorded so far."""
        return [reading for reading in self.readings if reading.quantity == "energy_wh"]


def _sample(quantity: str, value: int | None, at_ns: int) -> Sample:
    if value is None:
        return Sample(quantity, None, None, "comm_error", at_ns)
    return Sample(quantity, Decimal(value), f"{value:08X}", None, at_ns)
