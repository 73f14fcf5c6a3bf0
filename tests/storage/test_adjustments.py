"""Metering corrections in both databases: two people, and one statement in force for each line."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import delete, select, update

from shared_factory_desktop.domain.statement_numbers import Series
from shared_factory_desktop.storage import adjustments as rows
from shared_factory_desktop.storage import calibration as calibrations
from shared_factory_desktop.storage import seal_proof, statements
from shared_factory_desktop.storage.adjustments import Adjustment, AdjustmentProposal, Due
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.rows import Row
from shared_factory_desktop.storage.rows_adjustments import (
    AdjustmentDecisionRow,
    AdjustmentLineRow,
    AdjustmentProposalRow,
)
from tests.storage.calibration_scene import CALIBRATION, INSTRUMENT, STANDARD

pytestmark = pytest.mark.slow

MARCH = (dt.date(2026, 3, 1), dt.date(2026, 4, 1))
APRIL = (dt.date(2026, 4, 1), dt.date(2026, 5, 1))
MAY = (dt.date(2026, 5, 1), dt.date(2026, 6, 1))
ROWS = (AdjustmentProposalRow, AdjustmentDecisionRow, AdjustmentLineRow)
BODY = {"meter": "M-1", "quantity": "energy_wh", "policy": "half-time"}


def item(tenant: str = "anping", line: int | None = 1) -> Adjustment:
    billed = {"session": "S-1", "contract": "c-1", "charge": "energy", "gross": "10.00"}
    return Adjustment(tenant, "DZ-2026-000001", line, MARCH, billed, {**billed, "gross": "9.80"})


def proposed(tx: Transaction) -> AdjustmentProposal:
    """Propose two lines of one tenant and one of another, by a calibration."""
    calibrations.set_instrument(tx, INSTRUMENT, "li")
    calibrations.set_standard(tx, STANDARD, "li")
    made = calibrations.record(tx, CALIBRATION, Series("JZ-2026-", 6), "li")
    items = [item(), item("hengshui"), item(line=None)]
    return rows.propose(tx, made.number, made.version, BODY, items, "li")


def issue(
    tx: Transaction,
    period: tuple[dt.date, dt.date] = APRIL,
    refers_to: str | None = None,
    whole: bool = False,
) -> str:
    document: dict[str, object] = {"lines": []}
    made = statements.issue(
        tx, Series("DZ-2026-", 6), "anping", period, document, {}, (), refers_to, whole
    )
    return made.number


def waiting(tx: Transaction, tenant: str = "anping") -> list[int]:
    return [one.position for one in rows.due(tx, tenant, APRIL[0])]


def test_a_proposal_comes_back_as_it_was(tx: Transaction) -> None:
    made = proposed(tx)

    assert rows.proposal(tx, made.id) == made
    assert rows.proposals(tx) == rows.proposals(tx, made.certificate) == (made,)
    assert rows.proposals(tx, "JZ-9") == ()
    assert not made.approved


def test_approved_lines_wait_for_a_statement_of_later_days(tx: Transaction) -> None:
    made = proposed(tx)
    assert waiting(tx) == []

    rows.decide(tx, made.id, "wang")

    assert waiting(tx) == [1, 3]
    assert waiting(tx, "hengshui") == [2]
    assert list(rows.due(tx, "anping", MARCH[1] - dt.timedelta(days=1))) == []
    rows.place(tx, issue(tx), rows.due(tx, "anping", APRIL[0]))
    assert waiting(tx) == []
    assert rows.placed(tx, made.id) == {1: "DZ-2026-000001", 3: "DZ-2026-000001"}


def test_a_refused_proposal_bills_nothing(tx: Transaction) -> None:
    made = proposed(tx)

    rows.decide(tx, made.id, "li", "wrong meter")

    assert waiting(tx) == []


def test_a_cancelled_statement_lets_its_lines_wait_again(tx: Transaction) -> None:
    made = proposed(tx)
    rows.decide(tx, made.id, "wang")
    number = issue(tx)
    rows.place(tx, number, rows.due(tx, "anping", APRIL[0]))
    issue(tx, refers_to=number)  # of a part: the lines stand
    assert waiting(tx) == []

    issue(tx, refers_to=number, whole=True)

    assert waiting(tx) == [1, 3]
    rows.place(tx, issue(tx), rows.due(tx, "anping", APRIL[0]))
    assert waiting(tx) == []


def _twice(tx: Transaction, made: AdjustmentProposal) -> None:
    rows.decide(tx, made.id, "wang")
    due = [Due(made.id, 1, made.certificate, made.items[0])]
    rows.place(tx, issue(tx), due)
    rows.place(tx, issue(tx, MAY), due)


def _undecided(tx: Transaction, made: AdjustmentProposal) -> None:
    rows.place(tx, issue(tx), [Due(made.id, 1, made.certificate, made.items[0])])


def _turned_down(tx: Transaction, made: AdjustmentProposal) -> None:
    rows.decide(tx, made.id, "wang", "wrong meter")
    _undecided(tx, made)


def _own(tx: Transaction, made: AdjustmentProposal) -> None:
    rows.decide(tx, made.id, "li")


@pytest.mark.parametrize(
    ("act", "detail"),
    [
        (_twice, "adjusted-twice"),
        (_undecided, "not-approved"),
        (_turned_down, "not-approved"),
        (_own, "own-approval"),
    ],
)
def test_the_database_refuses(database: Database, act: object, detail: str) -> None:
    assert callable(act)

    with pytest.raises(StorageFault) as refused, database.write() as tx:
        act(tx, proposed(tx))

    assert refused.value.code is FaultCode.RULE
    assert detail in refused.value.detail


@pytest.mark.parametrize("row", ROWS)
def test_what_was_stored_is_sealed_and_never_changes(database: Database, row: type[Row]) -> None:
    with database.write() as tx:
        made = proposed(tx)
        rows.decide(tx, made.id, "wang")
        rows.place(tx, issue(tx), rows.due(tx, "anping", APRIL[0]))
    with database.read() as tx:
        assert tx.first(select(row)) is not None
        assert list(seal_proof.unlike(tx)) == []
    [first, *_] = row.__table__.primary_key
    for change in (update(row).values({first.name: 99}), delete(row)):
        with pytest.raises(StorageFault) as refused, database.write() as tx:
            tx.run(change)
        assert refused.value.code is FaultCode.APPEND_ONLY
