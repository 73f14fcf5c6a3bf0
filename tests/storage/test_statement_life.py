"""Lives of statements in both databases: the older schema brought up, and what each refuses."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import delete, select, text, update

from shared_factory_desktop.domain.period_locks import LockKind
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.statement_life import Step
from shared_factory_desktop.domain.statement_numbers import Series
from shared_factory_desktop.storage import credit_notes, migrate, statement_life, statements
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.rows import Row, StatementRow, StatementTariffRow
from shared_factory_desktop.storage.rows_life import (
    AttachmentRow,
    CreditDecisionRow,
    CreditedLineRow,
    CreditProposalRow,
    PeriodLockRow,
    StatementEventRow,
)
from tests.storage.conftest import START, Clock

pytestmark = pytest.mark.slow

RELEASED = Path(__file__).parent.parent / "databases"
DZ = Series("DZ-2026-", 6)
MARCH = (dt.date(2026, 3, 1), dt.date(2026, 4, 1))
APRIL = (dt.date(2026, 4, 1), dt.date(2026, 5, 1))
NOTED = (
    StatementEventRow,
    AttachmentRow,
    CreditProposalRow,
    CreditDecisionRow,
    CreditedLineRow,
    PeriodLockRow,
)
_OLD = text(
    "INSERT INTO statement (number, series, seq, tenant, start_on, end_on, issued_at, sha256,"
    " refers_to, document, context) VALUES (:number, 'DZ-2026', :seq, 'anping', :start, :end,"
    " 0, :sha256, :refers_to, :document, '{}')"
)


def until(folder: Path, last: str) -> Path:
    """Give a copy of the migrations up to one of them."""
    copy = folder / f"migrations-{last}"
    shutil.copytree(migrate.FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (copy / "versions").glob("v*.py"):
        if file.name[1:5] > last:
            file.unlink()
    return copy


def bring(database: Database, folder: Path, last: str) -> None:
    """Run the migrations up to one of them; PostgreSQL is not asked for later tables."""
    with database._writer.begin() as connection:  # noqa: SLF001 - a schema of before
        migrate.upgrade(connection, until(folder, last))


def old_statement(tx: Transaction, seq: int, month: int, refers_to: str | None = None) -> str:
    """Store a statement or credit note as the schema before had it."""
    values = {
        "number": f"DZ-2026-{seq:06d}",
        "seq": seq,
        "start": f"2026-{month:02d}-01",
        "end": f"2026-{month + 1:02d}-01",
        "sha256": f"{seq:064d}",
        "refers_to": refers_to,
        "document": f'{{"seq":{seq}}}',
    }
    tx.run(_OLD.bindparams(**values))
    return str(values["number"])


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Database]:
    """A database of the schema before, with a statement, a credited one, and its successor."""
    where = str(tmp_path / "old.db")
    if request.param == "postgresql":
        make: Callable[[str], str] = request.getfixturevalue("new_postgresql")
        where = make("template0")
    database = Database.open(where, clock)
    bring(database, tmp_path, "0005")
    with database.write() as tx:
        tx.run(text("INSERT INTO tenant VALUES ('anping')"))
        old_statement(tx, 1, 3)
        wrong = old_statement(tx, 2, 4)
        old_statement(tx, 3, 4, refers_to=wrong)
        old_statement(tx, 4, 4)
        tx.run(text("INSERT INTO statement_tariff VALUES ('DZ-2026-000002', 'p', '2026-01-01')"))
    yield database
    database.close()


def test_older_statements_are_kept_and_old_credit_notes_are_whole(
    old: Database, tmp_path: Path
) -> None:
    bring(old, tmp_path, "0006")

    with old.read() as tx:
        kept = statements.list_statements(tx)
        assert [(one.number, one.refers_to, one.whole) for one in kept] == [
            ("DZ-2026-000001", None, False),
            ("DZ-2026-000002", None, False),
            ("DZ-2026-000003", "DZ-2026-000002", True),
            ("DZ-2026-000004", None, False),
        ]
        assert [one.document for one in kept] == [{"seq": seq} for seq in (1, 2, 3, 4)]
        standing = statements.overlapping(tx, "anping", APRIL[0], APRIL[1])
        assert [one.number for one in standing] == ["DZ-2026-000004"]
        frozen = select(StatementTariffRow.statement, StatementTariffRow.tariff)
        assert tx.pairs(frozen) == [("DZ-2026-000002", "p")]


@pytest.mark.parametrize(
    "change",
    [
        update(StatementRow).values(tenant="anping"),
        delete(StatementRow),
        text("INSERT INTO statement_tariff VALUES ('DZ-2026-9', 'p', '2026-01-01')"),
    ],
    ids=["update", "delete", "foreign key"],
)
def test_the_rebuilt_table_is_guarded_as_before(
    old: Database, tmp_path: Path, change: object
) -> None:
    bring(old, tmp_path, "0006")

    def try_() -> None:
        with old.write() as tx:
            tx.run(change)  # type: ignore[arg-type]  # one of the statements above

    with pytest.raises(StorageFault) as refused:
        try_()
    assert refused.value.code in (FaultCode.APPEND_ONLY, FaultCode.RULE)


@pytest.mark.parametrize("dump", sorted(RELEASED.glob("000[1-5].sql")), ids=lambda path: path.stem)
def test_a_released_database_is_brought_up(dump: Path, tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite.connect(str(path))) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
        was = connection.execute("SELECT number, document, context FROM statement").fetchall()
        tariffs = connection.execute("SELECT * FROM statement_tariff").fetchall()
    brought = Database.open(path, clock)
    brought.create_or_migrate(until(tmp_path, "0006"))

    assert brought.check() == ()
    brought.close()
    with closing(sqlite.connect(str(path))) as connection:
        now = connection.execute("SELECT number, document, context FROM statement").fetchall()
        assert now == was != []
        assert connection.execute("SELECT * FROM statement_tariff").fetchall() == tariffs != []
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def issue(
    tx: Transaction,
    period: tuple[dt.date, dt.date] = MARCH,
    refers_to: str | None = None,
    whole: bool = False,
) -> str:
    document = {"tenant": "anping", "lines": []}
    return statements.issue(
        tx, DZ, "anping", period, document, {}, refers_to=refers_to, whole=whole
    ).number


def note_all(tx: Transaction) -> None:
    """Store one row or more in each table of lives."""
    number = issue(tx)
    statement_life.note(tx, number, Step.SEND, {"on": "2026-03-01"}, None, "li")
    statement_life.attach(tx, number, "回执.pdf", "application/pdf", b"%PDF", "li")
    proposal = credit_notes.propose(tx, number, [1], "twice", "li")
    credit = issue(tx, refers_to=number)
    credit_notes.take_back(tx, number, {1: "S-1"}, credit)
    credit_notes.decide(tx, proposal.id, "wang", credit=credit)
    statement_life.lock(tx, Period(*MARCH), LockKind.HARD, "closed", "li")


def test_what_is_noted_comes_back(database: Database) -> None:
    with database.write() as tx:
        note_all(tx)
    with database.read() as tx:
        [event] = statement_life.events(tx, "DZ-2026-000001")
        [kept] = statement_life.attachments(tx, "DZ-2026-000001")
        [proposal] = credit_notes.proposals(tx)
        assert (event.step, event.values, event.by) == (Step.SEND, {"on": "2026-03-01"}, "li")
        assert statement_life.content(tx, kept.id) == (kept, b"%PDF")
        assert (proposal.statement, proposal.lines, proposal.by) == ("DZ-2026-000001", (1,), "li")
        assert proposal.decision is not None
        assert (proposal.decision.credit, proposal.decision.by) == ("DZ-2026-000002", "wang")
        assert credit_notes.credited(tx, "DZ-2026-000001") == {1: "DZ-2026-000002"}
        assert credit_notes.was_credited(tx, "S-1")
        assert not credit_notes.was_credited(tx, "S-2")
        assert statement_life.hard_locked(tx) == (Period(*MARCH),)


@pytest.mark.parametrize("row", NOTED, ids=lambda row: row.__tablename__)
def test_what_is_noted_can_never_be_changed(database: Database, row: type[Row]) -> None:
    with database.write() as tx:
        note_all(tx)
    column = next(iter(row.__table__.columns))

    def change(statement: object) -> None:
        with database.write() as tx:
            assert tx.first(select(column)) is not None
            tx.run(statement)  # type: ignore[arg-type]  # an update or delete of the row

    for statement in (update(row).values({column.name: column}), delete(row)):
        with pytest.raises(StorageFault) as refused:
            change(statement)
        assert refused.value.code is FaultCode.APPEND_ONLY


def refused_after(database: Database, work: Callable[[Transaction, str], object]) -> StorageFault:
    """Give what the database says to something done after a line was credited."""

    def try_() -> None:
        with database.write() as tx:
            number = issue(tx)
            credit = issue(tx, refers_to=number)
            credit_notes.take_back(tx, number, {1: None}, credit)
            work(tx, number)

    with pytest.raises(StorageFault) as refused:
        try_()
    with database.read() as tx:
        assert statements.list_statements(tx) == ()
    return refused.value


def test_the_database_refuses_a_line_credited_twice(database: Database) -> None:
    def again(tx: Transaction, number: str) -> None:
        credit_notes.take_back(tx, number, {1: None}, issue(tx, refers_to=number))

    assert refused_after(database, again).code in (FaultCode.APPEND_ONLY, FaultCode.RULE)


def test_the_database_refuses_a_line_of_another_statement(database: Database) -> None:
    def strange(tx: Transaction, number: str) -> None:
        other = issue(tx, APRIL)
        credit_notes.take_back(tx, other, {1: None}, issue(tx, refers_to=number))

    assert "credit-line" in refused_after(database, strange).detail


def test_the_database_refuses_to_credit_what_is_cancelled(database: Database) -> None:
    def again(tx: Transaction, number: str) -> None:
        issue(tx, refers_to=number, whole=True)
        issue(tx, refers_to=number)

    assert "credit-of-cancelled" in refused_after(database, again).detail


def test_only_a_whole_credit_note_frees_the_days(database: Database) -> None:
    assert refused_after(database, lambda tx, _number: issue(tx)).code is FaultCode.OVERLAP
    with database.write() as tx:
        number = issue(tx)
        part = issue(tx, refers_to=number)
        rest = issue(tx, refers_to=number, whole=True)
        again = issue(tx)

        assert [number, part, rest, again] == [DZ.number(seq) for seq in (1, 2, 3, 4)]
        assert list(statements.verify(tx)) == []


@pytest.mark.parametrize("size", [0, 20 * 2**20 + 1])
def test_the_database_refuses_an_empty_and_a_large_file(database: Database, size: int) -> None:
    def attach() -> None:
        with database.write() as tx:
            number = issue(tx)
            statement_life.attach(tx, number, "x.pdf", "application/pdf", bytes(size), "li")

    with pytest.raises(StorageFault) as refused:
        attach()
    assert refused.value.code is FaultCode.RULE


def test_steps_are_stamped_by_the_shared_clock(database: Database, clock: Clock) -> None:
    with database.write() as tx:
        number = issue(tx)
        event = statement_life.note(tx, number, Step.DISPUTE, {}, "not ours", "li")
        assert abs(event.at - tx.shared_now()) < dt.timedelta(minutes=1)
    assert clock() == START
