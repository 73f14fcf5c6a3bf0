"""Work orders as stored: opened once, closed once."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from shared_factory_desktop.domain.work_orders import WorkOrder
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import SessionRow
from shared_factory_desktop.storage.rows_rules import WorkOrderClosingRow, WorkOrderRow
from shared_factory_desktop.storage.uses import frozen


def add(tx: Transaction, order: WorkOrder, at: dt.datetime, by: str) -> None:
    """Store a new work order; raises StorageFault where its id is taken."""
    row = {
        "id": order.id,
        "tenant": order.tenant,
        "name": order.name,
        "value": order.value,
        "target_pieces": order.target_pieces,
        "at": at,
        "opened_by": by,
    }
    tx.add(WorkOrderRow, row)


def close(tx: Transaction, order_id: str, at: dt.datetime, by: str) -> None:
    """Close a work order, once."""
    tx.add(WorkOrderClosingRow, {"work_order": order_id, "at": at, "closed_by": by})


def get(tx: Transaction, order_id: str) -> WorkOrder | None:
    """Find a work order by id."""
    return next((order for order in list_all(tx) if order.id == order_id), None)


def list_all(tx: Transaction) -> tuple[WorkOrder, ...]:
    """Give all work orders in the order they were opened."""
    closed = dict(tx.pairs(select(WorkOrderClosingRow.work_order, WorkOrderClosingRow.at)))
    rows = tx.all(select(WorkOrderRow).order_by(WorkOrderRow.at, WorkOrderRow.id))
    return tuple(
        WorkOrder(row.id, row.tenant, row.name, row.value, row.target_pieces, closed.get(row.id))
        for row in rows
    )


def pieces_made(tx: Transaction, order: WorkOrder) -> tuple[int, int]:
    """Count the good pieces of the closed sessions that name a work order, and those sessions of
    the tenant that told of none.
    """
    named = select(SessionRow.id).where(
        SessionRow.job == order.id,
        SessionRow.tenant == order.tenant,
        SessionRow.state.in_(["closed", "problem"]),
    )
    sessions = tx.all(named)
    counts = [use.pieces.good for use in frozen(tx, sessions).values() if use.pieces]
    return sum(counts), len(sessions) - len(counts)
