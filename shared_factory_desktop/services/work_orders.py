"""Work orders: what tenants have made, and how far the sessions that name them have come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared_factory_desktop.domain.problems import Cause, Kind, cause, refused
from shared_factory_desktop.domain.work_orders import WorkOrder
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import work_orders as rows
from shared_factory_desktop.storage.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class WorkOrderView:
    """A work order with the good pieces its closed sessions made; `uncounted` of them told of
    none.
    """

    order: WorkOrder
    made: int
    uncounted: int


class WorkOrderService:
    """Work orders of one factory."""

    def __init__(self, database: Database, trail: Trail, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._trail = trail
        self._now = now

    def add(self, actor: Actor, wanted: WorkOrder) -> None:
        """Open a work order; raises Refused for an unknown tenant or an id that is no good."""
        require(actor, Permission.RUN_SESSIONS)
        if not wanted.id.strip() or wanted.id != wanted.id.strip() or not wanted.id.isprintable():
            raise refused(Kind.INPUT, "job-id", seen=repr(wanted.id))
        if wanted.value is not None and wanted.value < 0:
            raise refused(Kind.INPUT, "job-value", job=wanted.id, value=wanted.value)
        with self._database.write() as tx:
            if stored_floor(tx).tenant(wanted.tenant) is None:
                raise refused(Kind.INPUT, "unknown-tenant", tenant=wanted.tenant)
            if rows.get(tx, wanted.id) is not None:
                raise refused(Kind.INPUT, "job-exists", job=wanted.id)
            rows.add(tx, wanted, self._now(), actor.name)
            after = {
                "tenant": wanted.tenant,
                "name": wanted.name,
                "value": str(wanted.value) if wanted.value is not None else None,
                "target_pieces": wanted.target_pieces,
            }
            self._trail.note(tx, actor.name, "job.add", wanted.id, after=after)

    def close(self, actor: Actor, order_id: str) -> None:
        """Close a work order: no session can name it any more."""
        require(actor, Permission.RUN_SESSIONS)
        with self._database.write() as tx:
            order = rows.get(tx, order_id)
            if order is None or order.closed_at is not None:
                raise refused(Kind.INPUT, "unknown-job", job=order_id)
            rows.close(tx, order_id, self._now(), actor.name)
            self._trail.note(tx, actor.name, "job.close", order_id)

    def list(self, actor: Actor, open_only: bool = False) -> tuple[WorkOrderView, ...]:
        """List work orders in the order they were opened, with what was made of each."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            wanted = [o for o in rows.list_all(tx) if not open_only or o.closed_at is None]
            made = rows.pieces_made(tx)
        return tuple(
            WorkOrderView(order, *made.get((order.id, order.tenant), (0, 0))) for order in wanted
        )


def unfit_job(tx: Transaction, tenant: str, job: str | None) -> Sequence[Cause]:
    """Say why a tenant's session cannot name a job; a text that names no work order always can."""
    order = rows.get(tx, job) if job else None
    if order is not None and order.closed_at is not None and order.tenant == tenant:
        return [cause("job-closed", job=order.id)]
    return others_job(tx, tenant, job)


def others_job(tx: Transaction, tenant: str, job: str | None) -> Sequence[Cause]:
    """Say whether a job is another tenant's work order; a closed one of the tenant's is not."""
    order = rows.get(tx, job) if job else None
    if order is None or order.tenant == tenant:
        return ()
    return [cause("job-of-another", job=order.id, tenant=tenant)]
