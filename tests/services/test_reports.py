"""Reports over a real database: income is what was issued, hours and energy what was used."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from shared_factory_desktop.domain.problems import InputRefused, Refused
from shared_factory_desktop.domain.reports.report import Report
from shared_factory_desktop.domain.users import Role
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor
from tests.domain.reports.scene import cells, totals
from tests.services.conftest import BOSS, NOW

pytestmark = pytest.mark.slow

OPERATOR = Actor("li", Role.OPERATOR)
OPEN_TO_ALL = ["utilisation", "energy"]


def issue(services: Services, tenant: str, *periods: str) -> None:
    for period in periods:
        services.billing.issue(BOSS, tenant, period)


@pytest.mark.parametrize("name", ["income", "income-by-machine", "income-by-mode"])
def test_income_equals_the_issued_statements_to_the_fen(services: Services, name: str) -> None:
    issue(services, "anping", "2026-08", "2026-09", "2026-10")
    issue(services, "renze", "2026-09", "2026-10")  # August stays a draft

    report = services.reports.report(BOSS, name, "2026-08-01..2026-11-01")

    issued = services.billing.list(BOSS)
    assert len(issued) == 5
    assert report.totals[1:] == (
        sum(row.net_fen for row in issued),
        sum(row.tax_fen for row in issued),
        sum(row.gross_fen for row in issued),
    )
    for key in ("net", "tax", "gross"):
        assert sum(report.figures(key)) == totals(report)[key]


def test_income_by_tenant_is_each_tenant_s_statements(services: Services) -> None:
    issue(services, "renze", "2026-09")
    issue(services, "anping", "2026-09", "2026-10")

    report = services.reports.report(BOSS, "income", "2026-09-01..2026-11-01")

    sums = {
        name: sum(row.gross_fen for row in services.billing.list(BOSS) if row.tenant_name == name)
        for name in ("安平丝网有限公司", "任泽零件有限公司")
    }
    assert {row[0]: row[3] for row in report.rows} == sums


def test_receivables_are_what_the_ledger_has_open(services: Services) -> None:
    issue(services, "anping", "2026-08", "2026-09")
    issue(services, "renze", "2026-10")

    report = services.reports.report(BOSS, "receivables", "2026-10")

    issued = services.billing.list(BOSS)
    assert totals(report)["open"] == sum(row.gross_fen for row in issued)
    assert totals(report)["to_30"] == totals(report)["open"]  # all were issued today
    assert [row[0] for row in report.rows] == ["安平丝网有限公司", "任泽零件有限公司"]


def test_a_statement_counts_once_in_the_period_of_its_last_day(services: Services) -> None:
    issue(services, "anping", "2026-05-01..2026-07-01", "2026-07-01..2026-07-20")

    months = [_gross(services.reports.report(BOSS, "income", f"2026-0{m}")) for m in (4, 5, 6, 7)]

    [july, june] = services.billing.list(BOSS)
    assert months == [0, 0, june.gross_fen, july.gross_fen]


def test_hours_and_energy_are_those_of_the_sessions(services: Services, tmp_path: Path) -> None:
    log = tmp_path / "more.json"
    log.write_text(json.dumps(_night_shift()), encoding="utf-8")
    services.sessions.import_usage(BOSS, log)
    start = NOW + dt.timedelta(hours=1)
    services.reservations.add(BOSS, "printer-2", "anping", start, start + dt.timedelta(hours=2))

    october = services.reports.report(OPERATOR, "utilisation", "2026-10")
    november = services.reports.report(OPERATOR, "utilisation", "2026-11")
    energy = services.reports.report(OPERATOR, "energy", "2026-10-01..2026-12-01")

    names = [row[0] for row in october.rows]
    assert names == ["手工台", "3D打印机 1号", "3D打印机 2号"]
    printer = cells(october, 1)
    assert (printer["occupied_h"], printer["working_h"]) == (2, 1)
    assert cells(october, 2)["reserved_h"] == 0
    printer = cells(november, 1)
    assert (printer["occupied_h"], printer["working_h"]) == (4, 0)
    assert cells(november, 2)["reserved_h"] == 2
    assert [row[-1] for row in energy.rows] == [0, 3, 0]


def test_a_period_without_anything_shows_every_machine_at_0(services: Services) -> None:
    report = services.reports.report(BOSS, "utilisation", "2020-02")

    assert len(report.rows) == 3
    assert all(set(row[1:]) == {0} for row in (*report.rows, report.totals))
    assert services.reports.report(BOSS, "income", "2020-02").rows == ()


def test_who_does_not_bill_sees_no_money(services: Services) -> None:
    everything = services.reports.list(BOSS)

    assert services.reports.list(OPERATOR) == OPEN_TO_ALL
    assert everything[0] == "income"
    for name in set(everything) - set(OPEN_TO_ALL):
        with pytest.raises(Refused):
            services.reports.report(OPERATOR, name, "2026-10")


def test_a_report_is_written_in_the_formats_asked_for(services: Services, tmp_path: Path) -> None:
    report = services.reports.report(BOSS, "income", "2026-10")

    files = services.reports.export(BOSS, report, ["csv", "xlsx", "pdf"], tmp_path / "new")

    assert [file.name for file in files] == [f"income-2026-10.{s}" for s in ("csv", "xlsx", "pdf")]
    assert all(file.stat().st_size for file in files)
    one = services.reports.save(BOSS, report, tmp_path / "收入.CSV")
    assert one.read_bytes() == files[0].read_bytes()


@pytest.mark.parametrize("kinds", [[], ["csv", "docx"]])
def test_an_unknown_format_writes_nothing(
    services: Services, tmp_path: Path, kinds: list[str]
) -> None:
    report = services.reports.report(BOSS, "income", "2026-10")

    with pytest.raises(Refused):
        services.reports.export(BOSS, report, kinds, tmp_path / "new")
    with pytest.raises(Refused):
        services.reports.save(BOSS, report, tmp_path / "x.docx")

    assert not (tmp_path / "new").exists()


def test_unknown_reports_and_periods_are_refused(services: Services) -> None:
    with pytest.raises(Refused):
        services.reports.report(BOSS, "gossip", "2026-10")
    with pytest.raises(InputRefused):
        services.reports.report(BOSS, "income", "2026-13")


def _gross(report: Report) -> object:
    return totals(report)["gross"]


def _night_shift() -> dict[str, object]:
    """A session of six hours, two in October, of which the second worked; 3 kWh."""
    return {
        "format": 1,
        "sessions": [
            {
                "id": "N-1",
                "machine": "printer-1",
                "tenant": "renze",
                "start": "2026-10-31T22:00:00+08:00",
                "end": "2026-11-01T04:00:00+08:00",
                "working": [["2026-10-31T23:00:00+08:00", "2026-11-01T00:00:00+08:00"]],
                "readings": {
                    "energy_wh": [
                        ["2026-10-31T22:00:00+08:00", "5000"],
                        ["2026-11-01T04:00:00+08:00", "8000"],
                    ]
                },
            }
        ],
    }
