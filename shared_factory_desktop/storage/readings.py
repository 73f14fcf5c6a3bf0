"""Readings as stored: numbered without gaps and chained per workstation, never changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, column, select

from shared_factory_desktop.domain.chain import ChainEntry, ChainProblem, breaks, counted, link
from shared_factory_desktop.domain.readings import ClockState, Fault, Quality, Reading, Reason
from shared_factory_desktop.storage import counters
from shared_factory_desktop.storage.columns import as_stored, instant
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.rows import CounterRow, ReadingRow
from shared_factory_desktop.storage.rows_billed import NOT_GOOD

_SERIES = "reading:"
_FIELDS = tuple(field.name for field in fields(Reading))
_HASHED = (*_FIELDS, "workstation", "bus")
_SEQ = _HASHED.index("seq")


def _unseen(_count: int) -> None:
    """Tell nobody."""


def append(
    tx: Transaction, workstation: str, bus: str | None, readings: Sequence[Reading]
) -> tuple[Reading, ...]:
    """Store readings in order and give them with their numbers.

    `bus` is the one they came over (None: none did, as for a reading typed in). Raises
    StorageFault (fenced) where the epoch of a reading is not that of the bus's lease: another
    agent has taken the bus over and counts already.
    """
    if not readings:
        return ()
    series = _SERIES + workstation
    seq, head = counters.last(tx, series)
    stored, rows = [], []
    for reading in readings:
        seq += 1
        stored.append(replace(reading, seq=seq, at=reading.at.astimezone(dt.UTC)))
        row = _columns(stored[-1]) | {"workstation": workstation, "bus": bus}
        head = link(head, _hashed(row))
        rows.append({**row, "hash": head})
    tx.add(ReadingRow, *rows)
    counters.keep(tx, series, seq, head)
    return tuple(stored)


def query(
    tx: Transaction,
    meter: str | None = None,
    quantity: str | None = None,
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
    limit: int | None = None,
) -> tuple[Reading, ...]:
    """Give readings with `at` in [start, end) by time; with `limit` the first so many."""
    found = _of(meter, quantity).order_by(ReadingRow.at, ReadingRow.workstation, ReadingRow.seq)
    if start is not None:
        found = found.where(ReadingRow.at >= start)
    if end is not None:
        found = found.where(ReadingRow.at < end)
    return _all(tx, found if limit is None else found.limit(limit))


def after(tx: Transaction, workstation: str, seq: int, limit: int) -> tuple[Reading, ...]:
    """Give a workstation's readings numbered above `seq`, by number: what came since."""
    found = _of(None, None).where(ReadingRow.workstation == workstation, ReadingRow.seq > seq)
    return _all(tx, found.order_by(ReadingRow.seq).limit(limit))


def last(
    tx: Transaction,
    meter: str,
    quantity: str,
    at_most: dt.datetime | None = None,
    qualities: Sequence[Quality] = tuple(Quality),
) -> Reading | None:
    """Give the newest reading of a register, up to and including an instant if given."""
    found = _of(meter, quantity).where(ReadingRow.quality.in_([str(q) for q in qualities]))
    if at_most is not None:
        found = found.where(ReadingRow.at <= at_most)
    row = tx.first(found.order_by(ReadingRow.at.desc(), ReadingRow.seq.desc()))
    return _reading(row) if row else None


def between(
    tx: Transaction, meter: str, quantity: str, start: dt.datetime, end: dt.datetime
) -> tuple[Reading, ...]:
    """Give readings in [start, end] with their neighbours: what a session's use is made from.

    The neighbours are the last reading with a value before `start`, where none is at `start`, and
    the first with one after `end`, where none is at `end`; a neighbour that does not exist is
    left out.
    """
    inside = query(tx, meter, quantity, start, end + dt.timedelta(microseconds=1))
    valued = _of(meter, quantity).where(ReadingRow.value.is_not(None))
    before = after_end = None
    if not any(r.at == start and r.value is not None for r in inside):
        earlier = valued.where(ReadingRow.at < start)
        before = tx.first(earlier.order_by(ReadingRow.at.desc(), ReadingRow.seq.desc()))
    if not any(r.at == end and r.value is not None for r in inside):
        later = valued.where(ReadingRow.at > end)
        after_end = tx.first(later.order_by(ReadingRow.at, ReadingRow.seq))
    return (
        *((_reading(before),) if before else ()),
        *inside,
        *((_reading(after_end),) if after_end else ()),
    )


def bad_instants(
    tx: Transaction, meter: str, quantity: str, start: dt.datetime, end: dt.datetime
) -> Sequence[dt.datetime]:
    """Give when in [start, end) a register was read and the reading is not good; an index of such
    readings answers at once.
    """
    bad = select(ReadingRow.at).where(
        ReadingRow.meter == meter,
        ReadingRow.quantity == quantity,
        ReadingRow.at >= start,
        ReadingRow.at < end,
        NOT_GOOD,
    )
    return tx.all(bad.order_by(ReadingRow.at))


def verify(tx: Transaction, seen: Callable[[int], None] = _unseen) -> Iterator[ChainProblem]:
    """Walk every workstation's chain and give each place where one does not hold; `seen` is told
    how many readings were walked since the last time.

    A chain whose kept end is gone is walked too: it then shows as one without an end.
    """
    kept = tx.all(select(CounterRow.name).where(CounterRow.name.startswith(_SERIES)))
    stored = tx.all(select(ReadingRow.workstation).distinct())
    for workstation in sorted({name.removeprefix(_SERIES) for name in kept} | set(stored)):
        rows = as_stored("reading", (*_HASHED, "hash")).where(column("workstation") == workstation)
        entries = (
            ChainEntry(row[_SEQ], _stored_hashed(row), row[-1])
            for row in tx.rows(rows.order_by(column("seq")))
        )
        series = _SERIES + workstation
        yield from breaks(series, counted(entries, seen), *counters.last(tx, series))


def _of(meter: str | None, quantity: str | None) -> Select[ReadingRow]:
    found = select(ReadingRow)
    if meter is not None:
        found = found.where(ReadingRow.meter == meter)
    return found if quantity is None else found.where(ReadingRow.quantity == quantity)


def _all(tx: Transaction, found: Select[ReadingRow]) -> tuple[Reading, ...]:
    return tuple(_reading(row) for row in tx.all(found))


def _reading(row: ReadingRow) -> Reading:
    return Reading(
        meter=row.meter,
        quantity=row.quantity,
        value=row.value,
        raw=row.raw,
        at=row.at,
        quality=Quality(row.quality),
        reason=Reason(row.reason),
        fault=Fault(row.fault) if row.fault else None,
        monotonic_ns=row.monotonic_ns,
        clock=ClockState(row.clock),
        profile=row.profile,
        calibration=row.calibration,
        epoch=row.epoch,
        seq=row.seq,
    )


def _columns(reading: Reading) -> dict[str, object]:
    values = {name: getattr(reading, name) for name in _FIELDS}
    return {n: str(v) if isinstance(v, StrEnum) else v for n, v in values.items()}


def _stored_hashed(row: Sequence[Any]) -> dict[str, object]:
    """Give what the hash covers from the columns as they lie there: a value is its own text.

    Nothing for an instant out of range, which we never write.
    """
    body = dict(zip(_HASHED, row, strict=False))
    try:
        return {**body, "at": instant(body["at"]).isoformat()}
    except OverflowError:
        return {}


def _hashed(row: dict[str, object]) -> dict[str, object]:
    """Give what the hash covers: every column but the hash, the value as its exact text."""
    value, at = row["value"], row["at"]
    assert isinstance(at, dt.datetime)
    return {**row, "value": None if value is None else f"{value:f}", "at": at.isoformat()}


def count(tx: Transaction) -> int:
    """Give how many readings all workstations have numbered."""
    kept = select(CounterRow.last_seq).where(CounterRow.name.startswith(_SERIES))
    return sum(tx.all(kept))
