"""What keeps a tenant from starting on a machine, every reason at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.contracts import Agreements
from shared_factory_desktop.domain.floor import Floor, Machine, Tenant
from shared_factory_desktop.domain.problems import Cause, cause
from shared_factory_desktop.domain.sessions import Session
from shared_factory_desktop.services.work_orders import unfit_job
from shared_factory_desktop.storage import sessions as rows
from shared_factory_desktop.storage.database import Transaction

Obstacle = Callable[[Transaction, Floor, Machine, Tenant, dt.datetime], Sequence[Cause]]
"""What may keep a tenant from starting on a machine now: gives its reasons, none where it may."""


def against_start(
    tx: Transaction,
    floor: Floor,
    wanted: Session,
    takeover: bool,
    obstacles: Sequence[Obstacle],
    now: dt.datetime,
) -> list[Cause]:
    """Find every reason why a session cannot start, meters aside.

    Asked in the transaction that starts it: what another has stored until then counts.
    """
    causes = unknown(floor, wanted.machine, wanted.tenant)
    running = rows.open_on(tx, wanted.machine)
    if running is not None and not _yields(running, wanted, takeover):
        causes.append(cause("machine-busy", machine=running.machine, session=running.id))
    machine, tenant = floor.machine(wanted.machine), floor.tenant(wanted.tenant)
    if machine is not None and tenant is not None:
        today = now.astimezone(ZoneInfo(floor.factory.timezone)).date()
        if Agreements(floor).contract(tenant.id, machine.id, today) is None:
            causes.append(cause("no-contract", tenant=tenant.id, machine=machine.id, day=today))
        for objects in obstacles:
            causes += objects(tx, floor, machine, tenant, now)
    return [*causes, *unfit_job(tx, wanted.tenant, wanted.job)]


def unknown(floor: Floor, machine: str, tenant: str | None) -> list[Cause]:
    """Say which of the names the floor does not know."""
    causes = []
    if floor.machine(machine) is None:
        causes.append(cause("unknown-machine", machine=machine))
    if tenant is not None and floor.tenant(tenant) is None:
        causes.append(cause("unknown-tenant", tenant=tenant))
    return causes


def _yields(running: Session, wanted: Session, takeover: bool) -> bool:
    """Tell whether an open session makes room: only another tenant's, only when told to, and only
    one that did not begin while the meters were read for this one.
    """
    return takeover and running.tenant != wanted.tenant and running.start <= wanted.start
