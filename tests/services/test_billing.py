"""Statements: numbers without gaps, nothing half issued, one total everywhere."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from openpyxl import load_workbook

from shared_factory_desktop.domain.money import yuan_text
from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.services.application import Services
from tests.services.conftest import BOSS, Open

MONTHS = [f"2026-{month:02d}" for month in range(1, 11)]


def test_statements_issued_at_once_are_numbered_without_gaps(
    services: Services, open_services: Open
) -> None:
    doors = [open_services() for _ in range(4)]
    wanted = [(tenant, month) for month in MONTHS for tenant in ("anping", "renze")]
    wanted += [("stranger", "2026-01"), ("anping", "2026-11")]  # nothing to bill, not over yet

    def issue(number: int) -> str | None:
        try:
            issued = doors[number % 4].billing.issue(BOSS, *wanted[number]).number
        except Refused:
            return None
        return issued

    with ThreadPoolExecutor(8) as threads:
        numbers = [number for number in threads.map(issue, range(len(wanted))) if number]

    issued = sorted(int(number.rpartition("-")[2]) for number in numbers)
    assert issued == list(range(1, 2 * len(MONTHS) + 1))
    assert services.verification.verify(BOSS).ok


def test_one_period_asked_for_ten_times_at_once_is_issued_once(
    services: Services, open_services: Open
) -> None:
    doors = [open_services() for _ in range(4)]
    before = services.sync.status(BOSS)[0].pending

    def issue(number: int) -> str | None:
        try:
            return doors[number % 4].billing.issue(BOSS, "anping", "2026-10").number
        except Refused as refused:
            return ", ".join(cause.code for cause in refused.causes)

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(issue, range(10)))

    [row] = services.billing.list(BOSS)
    assert sorted(answers, key=str) == [row.number, *["already-issued"] * 9]
    assert services.sync.status(BOSS)[0].pending == before + 2  # statement and checkpoint


def test_a_refused_issue_leaves_nothing_behind(services: Services) -> None:
    before = services.sync.status(BOSS)
    audited = services.verification.verify(BOSS).checked

    for tenant, period in (("stranger", "2026-10"), ("anping", "2026-11"), ("anping", "2025-01")):
        with pytest.raises(Refused):
            services.billing.issue(BOSS, tenant, period)

    assert services.sync.status(BOSS) == before
    assert services.verification.verify(BOSS).checked == audited
    assert services.billing.issue(BOSS, "anping", "2026-10").number == "DZ-2026-000001"


def test_draft_statement_list_and_every_export_have_one_total(
    services: Services, tmp_path: Path
) -> None:
    draft = services.billing.draft(BOSS, "anping", "2026-10")
    issued = services.billing.issue(BOSS, "anping", "2026-10")
    [row] = services.billing.list(BOSS)
    assert issued.number is not None
    kinds = ("csv", "xlsx", "pdf")
    files = services.exporting.export(BOSS, issued.number, kinds, tmp_path, _unheard)

    assert services.billing.as_json(draft).items() <= services.billing.as_json(issued).items()
    total = draft.statement.gross_fen
    assert row.gross_fen == total > 0
    assert row.net_fen + row.tax_fen == total
    assert services.billing.as_json(issued)["gross"] == yuan_text(total)
    with files[0].open(encoding="utf-8-sig", newline="") as stream:
        cells = {cell for line in csv.reader(stream) for cell in line}
    assert yuan_text(total) in cells
    sheet = load_workbook(files[1]).active
    assert sheet is not None
    amounts = {str(cell) for line in sheet.iter_rows(values_only=True) for cell in line}
    assert yuan_text(total) in {_two_places(amount) for amount in amounts}


def test_an_unknown_kind_of_export_is_refused_before_any_file(
    services: Services, tmp_path: Path
) -> None:
    number = services.billing.issue(BOSS, "anping", "2026-10").number
    assert number is not None

    with pytest.raises(Refused) as refused:
        services.exporting.export(BOSS, number, ["pdf", "odt"], tmp_path / "out", print)

    [cause] = refused.value.causes
    assert cause.code == "unknown-export"
    assert dict(cause.values)["seen"] == "odt"
    assert not (tmp_path / "out").exists()


def test_an_issued_statement_stays_as_it_was_when_the_contract_changes(
    services: Services, tmp_path: Path
) -> None:
    issued = services.billing.issue(BOSS, "anping", "2026-10")
    assert issued.number is not None
    file = tmp_path / "floor.toml"
    changed = file.read_text(encoding="utf-8").replace('discount = "0.05"', 'discount = "0.5"')
    file.write_text(changed.replace("安平丝网有限公司", "安平新名有限公司"), encoding="utf-8")

    services.floor.import_file(BOSS, file)

    assert services.billing.document(BOSS, issued.number) == issued
    assert services.billing.draft(BOSS, "anping", "2026-10") != issued


def _two_places(text: str) -> str:
    try:
        return f"{float(text):.2f}"
    except ValueError:
        return text


def _unheard(_done: int, _of: int) -> None:
    """Nobody watches how far it is."""
