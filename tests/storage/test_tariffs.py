"""Proposed prices and imported holidays: kept for ever, in both databases."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import text

from shared_factory_desktop.domain.holidays import HolidayYear
from shared_factory_desktop.storage import holidays, tariffs
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.tariffs import Decision, Proposal
from tests.storage.conftest import START

pytestmark = pytest.mark.slow

BODY = 'format = 1\n[[tariff]]\nname = "三月"\n'


def test_a_proposal_is_given_back_as_it_was_made(database: Database) -> None:
    with database.write() as tx:
        made = tariffs.propose(tx, "prices.toml", BODY, "li")

    with database.read() as tx:
        assert tariffs.proposal(tx, 1) == made
        assert tariffs.proposals(tx) == (made,)
        assert tariffs.proposal(tx, 2) is None
    assert (made.number, made.file, made.text, made.by) == (1, "prices.toml", BODY, "li")
    assert made.decision is None


def test_the_same_prices_are_proposed_once_until_they_are_decided_about(
    database: Database,
) -> None:
    with database.write() as tx:
        first = tariffs.propose(tx, "prices.toml", BODY, "li")
        again = tariffs.propose(tx, "again.toml", BODY, "wang")
        other = tariffs.propose(tx, "prices.toml", BODY + "\n", "li")
        tariffs.decide(tx, first.number, "zhao", approved=False, reason="too dear")
        anew = tariffs.propose(tx, "prices.toml", BODY, "li")

    assert again == first
    assert [first.number, other.number, anew.number] == [1, 2, 3]


def test_a_decision_is_taken_once(database: Database) -> None:
    with database.write() as tx:
        tariffs.propose(tx, "prices.toml", BODY, "li")
        tariffs.decide(tx, 1, "zhao", approved=False, reason="too dear")

    with pytest.raises(StorageFault), database.write() as tx:
        tariffs.decide(tx, 1, "wang", approved=True)

    with database.read() as tx:
        stored = tariffs.proposal(tx, 1)
    assert stored is not None
    assert stored.decision is not None
    assert stored.decision == Decision(False, "zhao", stored.decision.at, "too dear")
    assert abs(stored.decision.at - stored.at) < dt.timedelta(minutes=5)
    assert stored.at.tzinfo == dt.UTC


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE tariff_draft SET body = 'x'",
        "DELETE FROM tariff_decision",
        "UPDATE tariff_decision SET approved = NOT approved",
        "UPDATE holiday_year SET source = 'x'",
        "DELETE FROM holiday_year",
    ],
)
def test_what_was_proposed_decided_or_imported_cannot_be_changed(
    database: Database, sql: str
) -> None:
    with database.write() as tx:
        tariffs.propose(tx, "prices.toml", BODY, "li")
        tariffs.decide(tx, 1, "zhao", approved=True)
        holidays.add(tx, _year(2027, 1), "li")

    with pytest.raises(StorageFault) as refused, database.write() as tx:
        tx.run(text(sql))

    assert refused.value.code is FaultCode.APPEND_ONLY


def test_the_last_import_of_a_year_counts(database: Database) -> None:
    with database.write() as tx:
        holidays.add(tx, _year(2028, 3), "li")
        holidays.add(tx, _year(2027, 1), "li")
        holidays.add(tx, _year(2027, 2), "wang")

    with database.read() as tx:
        assert holidays.imported(tx) == (_year(2027, 2), _year(2028, 3))


def test_a_backup_has_them_too(database: Database, tmp_path: Path) -> None:
    with database.write() as tx:
        made: Proposal = tariffs.propose(tx, "prices.toml", BODY, "li")
        holidays.add(tx, _year(2027, 1), "li")

    database.backup(tmp_path / "copy.db")

    copy = Database.open(tmp_path / "copy.db", lambda: START)
    with copy.read() as tx:
        assert tariffs.proposals(tx) == (made,)
        assert holidays.imported(tx) == (_year(2027, 1),)
    copy.close()


def _year(year: int, month: int) -> HolidayYear:
    rest_days = frozenset(dt.date(year, month, day) for day in (1, 2, 3))
    return HolidayYear(year, rest_days, frozenset({dt.date(year, month, 28)}), f"notice {month}")
