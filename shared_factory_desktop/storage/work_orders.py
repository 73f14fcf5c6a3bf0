"""Work orders as stored: opened once, closed once."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import JSON, cast, func, select, type_coerce

from shared_factory_desktop.domain.work_orders import WorkOrder
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import SessionRow, SessionUseRow
from shared_factory_desktop.storage.rows_rules import WorkOrderClosingRow, WorkOrderRow

_ENDED = ("closed", "problem")


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
    row = tx.first(select(WorkOrderRow).where(WorkOrderRow.id == order_id))
    if row is None:
        return None
    closed = select(WorkOrderClosingRow.at).where(WorkOrderClosingRow.work_order == order_id)
    return _order(row, tx.first(closed))


def list_all(tx: Transaction) -> tuple[WorkOrder, ...]:
    """Give all work orders in the order they were opened."""
    closed = dict(tx.pairs(select(WorkOrderClosingRow.work_order, WorkOrderClosingRow.at)))
    rows = tx.all(select(WorkOrderRow).order_by(WorkOrderRow.at, WorkOrderRow.id))
    return tuple(_order(row, closed.get(row.id)) for row in rows)


def pieces_made(tx: Transaction) -> dict[tuple[str, str], tuple[int, int]]:
    """Count, by work order and tenant, the good pieces of the tenant's closed sessions that name
    it, and those sessions that told of none; what no session names is left out.

    The database counts: a use is not read for the one number in it.
    """
    body = SessionUseRow.body
    document = cast(body, JSON) if tx.on_postgresql else type_coerce(body, JSON)
    good = document[("pieces", 0)].as_integer()
    job, tenant, sessions = SessionRow.job, SessionRow.tenant, func.count(SessionRow.id)
    made = (
        select(job, tenant, func.coalesce(func.sum(good), 0), sessions - func.count(good))
        .outerjoin(SessionUseRow, SessionUseRow.session == SessionRow.id)
        .where(job.in_(select(WorkOrderRow.id)), SessionRow.state.in_(_ENDED))
        .group_by(job, tenant)
    )
    return {(order, of): (int(pieces), uncounted) for order, of, pieces, uncounted in tx.rows(made)}


def _order(row: WorkOrderRow, closed_at: dt.datetime | None) -> WorkOrder:
    return WorkOrder(row.id, row.tenant, row.name, row.value, row.target_pieces, closed_at)
