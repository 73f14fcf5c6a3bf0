"""What is stored is priced as what was given, to the byte, by SQLite and by PostgreSQL alike."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared_factory_desktop.domain.chain import canonical_json
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.rating import price
from shared_factory_desktop.domain.sessions import Session, SessionState, SessionUse
from shared_factory_desktop.domain.statement_json import price_document
from shared_factory_desktop.storage import sessions, uses
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import StorageFault
from shared_factory_desktop.storage.floor import load_floor, save_floor
from tests.domain.pricing.scene import ZONE, Table, floor_of
from tests.domain.pricing.strategies import charges, many

pytestmark = pytest.mark.slow

START, END = dt.date(2026, 10, 20), dt.date(2026, 11, 20)
MIDNIGHTS = tuple(dt.datetime.combine(day, dt.time(), ZONE) for day in (START, END))


class Undone(Exception):
    """Takes back what was stored."""


@contextmanager
def undone(database: Database) -> Iterator[Transaction]:
    """Store things for as long as the block lasts."""
    with suppress(Undone), database.write() as tx:
        yield tx
        raise Undone


@settings(
    max_examples=int(os.environ.get("PRICING_EXAMPLES", "15")),
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example is undone
)
@given(charges(), charges("period"), many(), st.decimals("0", "500", places=2))
def test_stored_sessions_are_priced_as_given_ones(
    database: Database, one: Table, two: Table, given_uses: list[SessionUse], minimum: object
) -> None:
    floor = floor_of(
        {**one, "id": "one"},
        {**two, "id": "two"},
        tariff={"bands": "hebei-south"},
        contract={"minimum_per_period": str(minimum), "discount": "0.03"},
    )
    with undone(database) as tx:
        save_floor(tx, floor)
        for use in given_uses:
            sessions.import_use(tx, use, SessionState.CLOSED, "paper")
        stored_floor = load_floor(tx)
        assert stored_floor is not None
        assert document(stored_floor, stored_uses(tx)) == document(floor, given_uses)


def test_a_use_is_frozen_once_and_given_back_by_id(tx: Transaction) -> None:
    session = sessions.open_session(tx, Session("", "printer-1", "anping", MIDNIGHTS[0]))
    use = SessionUse(
        session.id,
        "printer-1",
        "anping",
        MIDNIGHTS[0],
        MIDNIGHTS[1],
        value=Decimal("0.10"),
        readings={"energy_wh": ((MIDNIGHTS[0], Decimal("1.50")), (MIDNIGHTS[1], Decimal(7)))},
    )

    uses.freeze(tx, use)

    many_ids = [f"P-{number}" for number in range(1200)]  # more than one query takes
    assert uses.frozen(tx, [*many_ids, session.id]) == {session.id: use}
    assert uses.frozen(tx, []) == {}


def test_a_frozen_use_is_never_replaced(database: Database) -> None:
    with database.write() as tx:
        session = sessions.open_session(tx, Session("", "printer-1", "anping", MIDNIGHTS[0]))
        use = SessionUse(session.id, "printer-1", "anping", MIDNIGHTS[0], MIDNIGHTS[1])
        uses.freeze(tx, use)

    with pytest.raises(StorageFault), database.write() as tx:
        uses.freeze(tx, replace(use, value=Decimal(1)))

    with database.read() as tx:
        assert uses.frozen(tx, [use.id]) == {use.id: use}


def stored_uses(tx: Transaction) -> list[SessionUse]:
    """Find the tenant's sessions of the period as a statement does."""
    closed = (SessionState.CLOSED,)
    found = sessions.list_sessions(tx, closed, tenant="t-1", start=MIDNIGHTS[0], end=MIDNIGHTS[1])
    frozen = uses.frozen(tx, [session.id for session in found])
    return [frozen[session.id] for session in found]


def document(floor: Floor, used: list[SessionUse]) -> str:
    """Write the statements down."""
    return canonical_json(price_document(price(floor, used, START, END).statements, START, END))
