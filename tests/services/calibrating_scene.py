"""A factory with a meter that errs by a known share, a reference meter that does not, and somebody
who takes calibrations through their steps.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from drivers.profile_file import load_profile
from drivers.simulate.image import RegisterImage
from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.calibration import Calibration, Instrument, Standard, Verdict
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.workflows.calibrating import Phase, Step
from shared_factory_desktop.services.workflows.calibrating_bench import CalibrationBench, View
from tests.services.conftest import BOSS

START = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
ERROR, NOISE_W = Decimal("0.008"), 0.3
LOADS_W = (500, 1000, 2500, 5000, 10000)
STANDARD = Standard(
    id="std-1",
    name="标准功率源",
    serial="S-77",
    traceability="证书 2026-118，省计量院",
    uncertainty=Decimal("0.001"),
    coverage=Decimal(2),
    due=dt.date(2027, 3, 1),
)
POWER = Instrument(
    meter="M-1",
    quantity="power_w",
    serial="A-1",
    maker="Eastron",
    model="SDM120",
    measuring_range="0.25–5 (45) A",
    resolution=Decimal(1),
    accuracy_class="1",
    limit=Decimal("0.005"),
    location="一车间",
    interval_months=12,
    legal_use="internal",
)
ENERGY = replace(POWER, quantity="energy_wh")
BENCH_METERS = """
[[meter]]
id = "M-REF"
bus = "lan-1"
profile = "eastron-sdm120"
unit = 8
"""


class ErrantMeter(RegisterImage):
    """Shows a load, and what was used of it, with an error and noise of its own at each read."""

    def __init__(self, error: Decimal = Decimal(0), noise_w: float = 0.0) -> None:
        super().__init__(load_profile("eastron-sdm120"))
        self.error, self.noise_w = error, noise_w
        self.draws = random.Random(1)
        self.load_w, self.used_wh = Decimal(0), Decimal(0)

    def read(self, table: str, address: int, count: int) -> bytes | None:
        noise_w = Decimal(self.draws.gauss(0, self.noise_w))
        energy_wh = 5000 + self.used_wh * (1 + self.error)
        self.set({"power_w": self.load_w * (1 + self.error) + noise_w, "energy_wh": energy_wh})
        return super().read(table, address, count)


class Clock:
    """Each look at it is a millisecond later."""

    def __init__(self) -> None:
        self.at = START
        self._lock = threading.Lock()

    def __call__(self) -> dt.datetime:
        with self._lock:
            self.at += dt.timedelta(milliseconds=1)
            return self.at

    def stamp(self, _monotonic_ns: int) -> dt.datetime:
        return self()


@dataclass
class Workshop:
    """A factory with a meter that errs, and a reference meter that does not, on one line."""

    data: Path
    meter: ErrantMeter
    reference: ErrantMeter
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.services = self.opened()
        self.bench = CalibrationBench(self.services, self.clock)

    def opened(self) -> Services:
        return Bootstrap(self.clock, self.clock.stamp).open_services(self.data)

    def reopen(self) -> None:
        """End the program, as a power cut would, and start it again."""
        self.services.close()
        self.__post_init__()

    def show(self, load_w: int) -> None:
        self.meter.load_w = self.reference.load_w = Decimal(load_w)

    def use(self, energy_wh: int) -> None:
        """Use energy at the 10 kW that the meter is made for."""
        self.clock.at += dt.timedelta(hours=1) * energy_wh / 10_000
        self.meter.used_wh += energy_wh
        self.reference.used_wh += energy_wh

    def begin(self, quantity: str = "power_w", reference_meter: str = "") -> View:
        """Begin and settle all that comes before the points."""
        draft = self.bench.begin(BOSS, "M-1", quantity).draft
        settled = replace(draft, standard="std-1", reference_meter=reference_meter)
        draft = self.bench.forward(BOSS, settled).draft
        return self.bench.forward(BOSS, replace(draft, method="标准表法"))

    def measure(
        self, view: View, phase: Phase, share: Decimal = Decimal(0), count: int = 10
    ) -> View:
        """Read five loads `count` times; the reference is wrong by a share of the load."""
        for load_w in LOADS_W:
            self.show(load_w)
            reference = load_w * (1 + share)
            nominal = f"{load_w} W"
            view = self.bench.read(BOSS, view.draft, phase, nominal, reference, count)
        return view


def calibrate(workshop: Workshop, seed: int) -> Calibration:
    """Calibrate the meter from the first step to the record, adjusting it by what was found."""
    draws = random.Random(seed)
    workshop.meter.draws = random.Random(1000 + seed)
    # the standard errs too, by less than its expanded uncertainty
    share = STANDARD.uncertainty * Decimal(draws.uniform(-0.9, 0.9))
    view = workshop.measure(workshop.begin(), Phase.FOUND, share)
    view = workshop.bench.forward(BOSS, view.draft)
    view = workshop.bench.forward(BOSS, view.draft)
    assert view.draft.verdict is Verdict.ADJUST  # 0.8 % where 0.5 % are allowed
    view = workshop.bench.forward(BOSS, view.draft)
    assert view.draft.step is Step.LEFT
    view = workshop.measure(view, Phase.LEFT, share, 3)
    view = workshop.bench.forward(BOSS, view.draft)
    return workshop.bench.record(BOSS, view.draft)
