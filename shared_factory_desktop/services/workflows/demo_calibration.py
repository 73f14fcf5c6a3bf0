"""A calibration of the demo's printer meter that somebody has left half done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from shared_factory_desktop.domain.calibration import Instrument, Standard, Verdict
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor
from shared_factory_desktop.services.workflows.calibrating import Comparison, Run, Step
from shared_factory_desktop.services.workflows.calibrating_bench import CalibrationBench

METER, QUANTITY = "M-PRINTER", "power_w"
_LOADS_W = (200, 500, 1000)
_FOUND, _LEFT = Decimal("1.008"), Decimal("1.0083")  # what the meter shows for 1 W, both times
_SCATTER_W = (Decimal("-0.1"), Decimal("0.0"), Decimal("0.1"), Decimal("0.0"), Decimal("0.1"))


def leave_half_done(services: Services, actor: Actor, now: Callable[[], dt.datetime]) -> None:
    """Set up what a calibration needs, and keep one that waits to be recorded."""
    services.calibration.add_instrument(
        actor,
        Instrument(
            METER, QUANTITY, "SN-23070915", "Eastron", "SDM630", "0.25-5(80) A", Decimal("0.1"),
            "0.5", Decimal("0.005"), "一号车间", 12, "internal",
        ),
    )  # fmt: skip
    due = now().date() + dt.timedelta(days=200)
    traceability = "JDJL-2026-0417，河北省计量监督检测研究总院"
    services.calibration.add_standard(
        actor,
        Standard(
            "STD-1", "三相标准功率表", "S-77", traceability, Decimal("0.0005"), Decimal(2), due
        ),
    )
    bench = CalibrationBench(services, now)
    draft = bench.begin(actor, METER, QUANTITY).draft
    bench.keep(
        actor,
        replace(
            draft,
            step=Step.SUMMARY,
            standard="STD-1",
            method="JJG 596-2012，标准表法",
            place="一号车间",
            temperature_c=Decimal("22.5"),
            humidity_percent=Decimal("46"),
            as_found=_compared(_FOUND, now()),
            verdict=Verdict.ADJUST,
            as_left=_compared(_LEFT, now()),
        ),
    )


def _compared(shown: Decimal, at: dt.datetime) -> tuple[Comparison, ...]:
    return tuple(
        Comparison(
            f"{load} W",
            tuple(Run(load * shown + scatter, Decimal(load), at) for scatter in _SCATTER_W),
        )
        for load in _LOADS_W
    )
