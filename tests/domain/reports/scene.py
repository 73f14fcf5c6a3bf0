"""A small workshop and what was used in it, as reports are given them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.floor import (
    Contract,
    Factory,
    Floor,
    Machine,
    Measure,
    Tenant,
)
from shared_factory_desktop.domain.ledger import OpenItem
from shared_factory_desktop.domain.periods import read_period
from shared_factory_desktop.domain.reports.report import Billed, Report, Sources, Value
from shared_factory_desktop.domain.sessions import SessionUse, Span
from shared_factory_desktop.domain.statement import Line
from shared_factory_desktop.domain.tariff import BandCalendar, Season, Tariff

ZONE = ZoneInfo("Asia/Shanghai")
EVERY_MONTH = tuple(range(1, 13))
# valley 0-8 and 18-24, peak 8-12, flat 12-18
CALENDAR = BandCalendar(
    "south",
    dt.date(2026, 1, 1),
    (
        Season(
            EVERY_MONTH,
            "all",
            (
                ("valley", ((0, 480), (1080, 1440))),
                ("peak", ((480, 720),)),
                ("flat", ((720, 1080),)),
            ),
        ),
    ),
)
FLOOR = Floor(
    Factory("renze", "任泽共享制造车间", uscc="91130600MA07T1KX5L"),
    machines=(
        Machine("lathe", "车床", "other", measures=(Measure("energy_wh", "M-1", "energy_wh"),)),
        Machine("press", "=冲压机", "other"),
    ),
    tenants=(
        Tenant("anping", "安平丝网"),
        Tenant("renze-own", "本厂", uscc="91130600MA07T1KX5L"),
        Tenant("school", "实训室", class_="internal"),
    ),
    bands=(CALENDAR,),
    tariffs=(Tariff("hourly", "按时", dt.date(2026, 1, 1), "inclusive", ()),),
    contracts=(
        Contract("c-1", "anping", "hourly", dt.date(2026, 1, 1), kinds=("other",)),
        Contract("c-2", "anping", "hourly", dt.date(2026, 1, 1), mode="lease"),
    ),
)


def at(month: int, day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=ZONE)


NOW = at(11, 23, 10)


def use(
    start: dt.datetime,
    end: dt.datetime | None,
    session: str = "S-1",
    tenant: str = "anping",
    machine: str = "lathe",
    energy: Sequence[tuple[dt.datetime, int]] = (),
    working: tuple[Span, ...] = (),
    powered: tuple[Span, ...] = (),
    reserved: Span | None = None,
    value: str | None = None,
) -> SessionUse:  # fmt: skip
    series = {"energy_wh": tuple((when, Decimal(count)) for when, count in energy)}
    return SessionUse(
        session, machine, tenant, start, end, working=working, powered=powered, reserved=reserved,
        value=Decimal(value) if value else None, readings=series if energy else {},
    )  # fmt: skip


def line(net_fen: int, tax_fen: int, contract: str = "c-1", session: str | None = "S-1") -> Line:
    gross = net_fen + tax_fen
    return Line(
        session, contract, "time", Fraction(1), "h", gross, 0, net_fen, tax_fen, gross,
        Decimal("0.13"),
    )  # fmt: skip


def sources(
    period: str = "2026-10",
    uses: Mapping[str, Sequence[SessionUse]] | None = None,
    billed: Sequence[Billed] = (),
    reserved: Mapping[str, Sequence[Span]] | None = None,
    floor: Floor = FLOOR,
    open_items: Mapping[str, Sequence[OpenItem]] | None = None,
) -> Sources:
    return Sources(
        floor,
        read_period(period),
        NOW,
        tuple((machine.id, machine.name) for machine in floor.machines),
        billed=lambda: billed,
        uses=lambda machine: (uses or {}).get(machine, ()),
        reserved=lambda machine: (reserved or {}).get(machine, ()),
        open_items=lambda tenant: (open_items or {}).get(tenant, ()),
    )


def cells(report: Report, row: int = 0) -> dict[str, Value]:
    return _keyed(report, report.rows[row])


def totals(report: Report) -> dict[str, Value]:
    return _keyed(report, report.totals)


def _keyed(report: Report, row: tuple[Value, ...]) -> dict[str, Value]:
    return dict(zip([column.key for column in report.columns], row, strict=True))
