"""What tenants still have to pay, by how long ago it was billed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from shared_factory_desktop.domain.ledger import OpenItem, ageing
from shared_factory_desktop.domain.reports.report import (
    Chart,
    Column,
    Definition,
    Kind,
    Report,
    Row,
    Sources,
)

_AGES = ("to_30", "to_60", "to_90", "over_90")
_COLUMNS = (
    Column("tenant", Kind.NAME),
    *(Column(age, Kind.MONEY) for age in _AGES),
    Column("open", Kind.MONEY),
)


def build(sources: Sources) -> Report:
    """Give what is open now, of tenants who have any, whatever the period: what was open at an
    earlier day is not asked. Ages are days from issue up to today.
    """
    today = sources.now.astimezone(sources.zone).date()
    rows: list[Row] = []
    every: list[OpenItem] = []
    for tenant in sources.floor.tenants:
        items = sources.open_items(tenant.id)
        if items:
            rows.append((tenant.name, *_sums(items, today)))
            every += items
    chart = Chart(_AGES, stacked=True)
    totals = (None, *_sums(every, today))
    return sources.report(RECEIVABLES.name, _COLUMNS, rows, totals, chart)


def _sums(items: Sequence[OpenItem], today: dt.date) -> tuple[int, ...]:
    aged = ageing(items, today)
    sums = (aged.to_30_fen, aged.to_60_fen, aged.to_90_fen, aged.over_90_fen)
    return (*sums, sum(sums))


RECEIVABLES = Definition("receivables", build, money=True)
