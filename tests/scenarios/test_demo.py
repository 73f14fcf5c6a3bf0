"""The demo from end to end: metered, billed, exported, synced, and proved."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from shared_factory_desktop.bootstrap import Bootstrap, run
from shared_factory_desktop.domain.money import grouped
from shared_factory_desktop.domain.statement import Line, StatementDocument
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role
from tests.scenarios import demo_totals

MANAGER = Actor("demo", Role.MANAGER)
CHARGES = {
    "on-demand": {"machine-time", "energy", "start", "charge"},
    "lease": {"rent", "overage"},
    "processing": {"pieces", "material"},
    "collaborative": {"value-share"},
}


def _text(pdf: Path) -> str:
    """The text of a PDF, without blanks: a cell may break in the middle."""
    shown = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    )
    return "".join(shown.stdout.split())


@pytest.mark.slow
def test_two_days_end_in_statements_that_say_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"

    assert run(["demo", "--headless", "--days", "2", "--data", str(data)]) == 0

    *names, last = capsys.readouterr().out.splitlines()
    assert last == "sync: 0 pending"
    files = [Path(name) for name in names]
    assert {file.suffix for file in files} == {".pdf", ".xlsx", ".csv", ".zip"}
    assert all(file.stat().st_size > 0 for file in files)
    services = Bootstrap().open_services(data)
    try:
        rows = services.billing.list(MANAGER)
        assert {f"{row.number}.pdf" for row in rows} == {
            f.name for f in files if f.suffix == ".pdf"
        }
        for row in rows:
            document = _document(services, row.number)
            [pdf] = [file for file in files if file.name == f"{row.number}.pdf"]
            text = _text(pdf)
            assert "对账单" in text
            assert document.gross_uppercase in text
            assert document.lines
            for line in document.lines:
                assert grouped(line.line.gross_fen) in text
                assert line.charge_name in text
            [again] = services.exporting.export(
                MANAGER, row.number, ["pdf"], tmp_path / "again", lambda _done, _all: None
            )
            assert again.read_bytes() == pdf.read_bytes()
            folder = data / "statements"
            assert set(demo_totals.written(folder, row.number).values()) == {row.gross_fen}
            assert demo_totals.booked(services, MANAGER, row.number) == row.gross_fen
        lines = [line.line for row in rows for line in _document(services, row.number).lines]
        modes = {one.id: one.mode for one in services.floor.floor().contracts}
        verified = services.verification.verify(MANAGER)
    finally:
        services.close()
    assert verified.ok, verified.problems
    assert dict(verified.checked)["statements"] == len(rows) > 0
    assert dict(verified.checked)["readings"] > 0
    billed = {mode: _billed(lines, modes, mode) for mode in modes.values()}
    assert {mode: set(charges) for mode, charges in billed.items()} == CHARGES
    assert all(fen > 0 for charges in billed.values() for fen in charges.values())


def _document(services: Services, number: str) -> StatementDocument:
    return services.billing.document(MANAGER, number)


def _billed(lines: Sequence[Line], modes: Mapping[str, str], mode: str) -> Counter[str]:
    """Give what each charge of one mode of sharing comes to over all statements, in fen."""
    billed = Counter[str]()
    for line in lines:
        if modes[line.contract] == mode:
            billed[line.charge] += line.gross_fen
    return billed
