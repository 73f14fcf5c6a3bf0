"""补计: what comes too late for its own statement stands on the next, once, with its own dates."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.recomputing import recompute
from shared_factory_desktop.storage import statements
from shared_factory_desktop.storage.database import Database
from tests.services.conftest import BOSS, FLOOR, NOW, Open

pytestmark = pytest.mark.slow

SEPTEMBER = (dt.date(2026, 9, 1), dt.date(2026, 10, 1))


@pytest.fixture
def database(services: Services, tmp_path: Path) -> Iterator[Database]:
    """The services' own database, to see what was stored."""
    assert services
    with closing(Database.open(tmp_path / "data" / "factory.db", lambda: NOW)) as opened:
        yield opened


def logged(services: Services, folder: Path, session: str, start: str, end: str) -> None:
    """Import a paper log of one session of anping's on the bench, local times of 2026."""
    entry = {
        "id": session,
        "machine": "bench-1",
        "tenant": "anping",
        "start": f"2026-{start}:00+08:00",
        "end": f"2026-{end}:00+08:00",
    }
    file = folder / f"{session}.json"
    file.write_text(json.dumps({"format": 1, "sessions": [entry]}), encoding="utf-8")
    services.sessions.import_usage(BOSS, file)


def issue(services: Services, month: str, tenant: str = "anping") -> StatementDocument:
    return services.billing.issue(BOSS, tenant, f"2026-{month}")


def late(document: StatementDocument) -> list[tuple[str | None, int]]:
    return [
        (line.session, line.gross_fen)
        for line in document.statement.lines
        if line.late == SEPTEMBER
    ]


def agrees(database: Database, document: StatementDocument) -> bool:
    with database.read() as tx:
        stored = statements.get(tx, document.number or "")
        assert stored is not None
        return recompute(tx, stored) == stored.document["lines"]


def test_a_paper_log_that_comes_late_stands_on_the_next_statement_once(
    services: Services, database: Database, tmp_path: Path
) -> None:
    september = issue(services, "09")
    logged(services, tmp_path, "P-late", "09-20T08:00", "09-20T10:00")

    drafted = services.billing.draft(BOSS, "anping", "2026-10")
    october = issue(services, "10")

    assert late(drafted) == late(october) == [("P-late", 9139)]  # 2 h at 48.10 less 5 %
    entry = next(row for row in october.lines if row.line.session == "P-late")
    assert entry.start is not None
    assert entry.start.date() == dt.date(2026, 9, 20)
    assert services.billing.document(BOSS, september.number or "") == september
    assert agrees(database, september)
    assert agrees(database, october)

    logged(services, tmp_path, "P-november", "11-02T08:00", "11-02T09:00")
    november = services.billing.issue(BOSS, "anping", "2026-11-01..2026-11-10")
    assert [line.session for line in november.statement.lines] == ["P-november"]


def test_late_usage_alone_makes_a_statement(services: Services, tmp_path: Path) -> None:
    for month in ("09", "10"):
        issue(services, month)
    logged(services, tmp_path, "P-late", "09-20T08:00", "09-20T10:00")

    alone = services.billing.issue(BOSS, "anping", "2026-11-01..2026-11-10")

    assert late(alone) == [("P-late", 9139)]
    assert len(alone.statement.lines) == 1


def test_a_session_over_two_closed_months_is_late_for_both(
    services: Services, database: Database, tmp_path: Path
) -> None:
    for month in ("09", "10"):
        issue(services, month)
    logged(services, tmp_path, "P-late", "09-30T23:00", "10-01T02:00")

    document = services.billing.issue(BOSS, "anping", "2026-11-01..2026-11-10")

    told = [(line.late and line.late[0], line.list_fen) for line in document.statement.lines]
    assert told == [(dt.date(2026, 9, 1), 4810), (dt.date(2026, 10, 1), 9620)]
    assert agrees(database, document)


def test_a_session_that_was_running_at_the_close_is_not_late(
    services: Services, tmp_path: Path
) -> None:
    logged(services, tmp_path, "P-over", "09-30T23:00", "10-01T02:00")
    issue(services, "09")

    october = issue(services, "10")

    [part] = [line for line in october.statement.lines if line.session == "P-over"]
    assert (part.list_fen, part.late) == (9620, None)


def test_a_dispute_resolved_after_the_close_is_billed_with_the_next_days(
    services: Services, database: Database, tmp_path: Path
) -> None:
    logged(services, tmp_path, "P-doubted", "11-02T08:00", "11-02T09:00")
    logged(services, tmp_path, "P-agreed", "11-03T08:00", "11-03T09:00")
    services.corrections.dispute(BOSS, "P-doubted", "面板没有开机")
    first = services.billing.issue(BOSS, "anping", "2026-11-01..2026-11-10")
    with pytest.raises(Refused):  # what is in dispute is not late: it waits
        services.billing.draft(BOSS, "anping", "2026-11-10..2026-11-20")
    services.corrections.resolve(BOSS, "P-doubted", "与记录一致")

    second = services.billing.issue(BOSS, "anping", "2026-11-10..2026-11-20")

    assert [line.session for line in first.statement.lines] == ["P-agreed"]
    [line] = second.statement.lines
    assert line.session == "P-doubted"
    assert line.late == (dt.date(2026, 11, 1), dt.date(2026, 11, 10))
    assert agrees(database, second)


def test_late_usage_uses_up_a_minimum_that_was_paid(
    services: Services, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "floor.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('discount = "0.05"', 'minimum_per_period = "300"'), "utf-8")
    services.floor.import_file(BOSS, file)
    september = issue(services, "09")
    assert september.statement.gross_fen == 30000
    logged(services, tmp_path, "P-late", "09-20T08:00", "09-20T10:00")

    october = issue(services, "10")

    assert late(october) == [("P-late", 9620), (None, -9620)]
    assert agrees(database, september)
    assert agrees(database, october)


def test_a_cancelled_contract_does_not_hide_late_usage_it_is_named(
    services: Services, tmp_path: Path
) -> None:
    issue(services, "09")
    logged(services, tmp_path, "P-late", "09-20T08:00", "09-20T10:00")
    file = tmp_path / "floor.toml"
    text = file.read_text(encoding="utf-8")
    changed = text.replace(
        'valid_from = 2026-01-01\ndiscount = "0.05"',
        'valid_from = 2026-10-01\ndiscount = "0.05"',
    )
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    services.floor.import_file(BOSS, file)

    [outcome] = [
        one
        for one in services.billing.draft_all(BOSS, "2026-10", lambda _done, _of: None)
        if one.tenant == "anping"
    ]

    assert outcome.document is None
    assert "session.P-late" in str(outcome.error)


def test_statements_of_before_are_frozen_with_what_they_rest_on(
    services: Services, database: Database, tmp_path: Path
) -> None:
    issued = issue(services, "10")
    file = tmp_path / "floor.toml"
    file.write_text(FLOOR.replace("{port}", "1").replace('"0.05"', '"0.5"'), "utf-8")
    services.floor.import_file(BOSS, file)

    assert agrees(database, issued)
    with database.read() as tx:
        stored = statements.get(tx, issued.number or "")
    assert stored is not None
    terms = json.dumps(stored.context, ensure_ascii=False)
    assert "安平丝网有限公司" in terms
    assert "任泽零件有限公司" not in terms  # other tenants' names are nobody's business


def test_late_usage_is_found_by_another_door(
    services: Services, open_services: Open, tmp_path: Path
) -> None:
    issue(services, "09")
    logged(open_services(), tmp_path, "P-late", "09-20T08:00", "09-20T10:00")

    assert late(open_services().billing.draft(BOSS, "anping", "2026-10")) == [("P-late", 9139)]
