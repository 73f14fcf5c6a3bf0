"""Reads a usage file (parsed JSON): sessions recorded elsewhere, each with what it used."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from shared_factory_desktop.domain.collecting import uncollected
from shared_factory_desktop.domain.floor import CUMULATIVE_QUANTITIES, Floor, Machine
from shared_factory_desktop.domain.floor_read import read_format
from shared_factory_desktop.domain.problems import InputRefused, Problem
from shared_factory_desktop.domain.sessions import Pieces, SessionUse, Span
from shared_factory_desktop.domain.tables import Table, quoted

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})\Z"
)
_INSTANT_EXAMPLE = "2026-10-08T08:00:00+08:00"
_UNREAD = dt.datetime.min.replace(tzinfo=dt.UTC)  # the file is then refused

Reading = tuple[dt.datetime, Decimal]


@uncollected()
def read_usage(data: Mapping[str, Any], file: str, floor: Floor) -> tuple[SessionUse, ...]:
    """Read all sessions, in the order of the file, instants as UTC.

    `data` is the parsed JSON, `file` the name to report. Readings outside their session are left
    out: those at its start and end, which must be there, bound what it used.

    Raises InputRefused with all problems of the file.
    """
    problems: list[Problem] = []
    root = Table(data, "", problems)
    read_format(root)
    if not root.has("sessions"):
        root.problem("sessions", "missing")
    machines = {machine.id: machine for machine in floor.machines}
    tenants = {tenant.id for tenant in floor.tenants}
    uses = tuple(
        _session(table, session_id, machines, tenants)
        for table, session_id in root.entries("sessions", label="session")
    )
    root.close()
    if problems:
        raise InputRefused(problem.in_file(file) for problem in problems)
    return uses


def _session(
    table: Table, session_id: str, machines: Mapping[str, Machine], tenants: set[str]
) -> SessionUse:
    machine = table.identifier("machine", "")
    if machine and machine not in machines:
        table.problem("machine", "dangling", machine, "machine")
    tenant = table.identifier("tenant", "")
    if tenant and tenant not in tenants:
        table.problem("tenant", "dangling", tenant, "tenant")
    whole = _whole(table)
    return SessionUse(
        id=session_id,
        machine=machine,
        tenant=tenant,
        start=whole[0] if whole else _UNREAD,
        end=whole[1] if whole else None,
        job=table.text("job"),
        working=_spans(table, "working", whole),
        powered=_spans(table, "powered", whole),
        reserved=_reserved(table),
        pieces=_pieces(table),
        value=table.decimal("value", low=Decimal(0)),
        readings=_readings(table, machines.get(machine), whole),
    )


def _whole(table: Table) -> Span | None:
    """Read start and end; None where either cannot be read."""
    start, end = _required_instant(table, "start"), _required_instant(table, "end")
    if start is None or end is None:
        return None
    if end < start:
        table.problem("end", "range", table.data["end"], f">= {table.data['start']}")
        return None
    return start, end


def _required_instant(table: Table, key: str) -> dt.datetime | None:
    value = table.raw(key)
    if value is None:
        table.problem(key, "missing")
        return None
    return _instant(table, key, value)


def _instant(table: Table, key: str, value: object) -> dt.datetime | None:
    """Take a value for an instant with offset, to the microsecond; gives it as UTC."""
    if isinstance(value, str) and _INSTANT.match(value):
        try:
            return dt.datetime.fromisoformat(value).astimezone(dt.UTC)
        except (ValueError, OverflowError):  # a day that is in no calendar
            pass
    table.problem(key, "instant", quoted(value), _INSTANT_EXAMPLE)
    return None


def _span(table: Table, key: str, value: object) -> Span | None:
    if not isinstance(value, list) or len(value) != 2:
        table.problem(key, "span", quoted(value))
        return None
    start, end = _instant(table, key, value[0]), _instant(table, key, value[1])
    if start is None or end is None:
        return None
    if end < start:
        table.problem(key, "range", value[1], f">= {value[0]}")
        return None
    return start, end


def _reserved(table: Table) -> Span | None:
    value = table.raw("reserved")
    return None if value is None else _span(table, "reserved", value)


def _spans(table: Table, key: str, whole: Span | None) -> tuple[Span, ...]:
    """Read ordered, disjoint spans inside the session; the whole session where none are given."""
    written = table.raw(key)
    if written is None:
        return (whole,) if whole else ()
    if not isinstance(written, list):
        table.problem(key, "spans", quoted(written))
        return ()
    spans: list[Span] = []
    last_end = ""
    for index, value in enumerate(written):
        place = f"{key}[{index}]"
        span = _span(table, place, value)
        if span is None:
            continue
        if spans and span[0] < spans[-1][1]:
            table.problem(place, "unordered", value[0], f">= {last_end}")
        if whole and not whole[0] <= span[0] <= span[1] <= whole[1]:
            expected = f"{table.data['start']} – {table.data['end']}"
            table.problem(place, "outside-session", f"{value[0]} – {value[1]}", expected)
        spans.append(span)
        last_end = value[1]
    return tuple(spans)


def _pieces(session: Table) -> Pieces | None:
    table = session.table("pieces")
    if table is None:
        return None
    pieces = Pieces(
        good=table.integer("good", 0, low=0, required=True), scrap=table.integer("scrap", 0, low=0)
    )
    table.close()
    return pieces


def _readings(
    session: Table, machine: Machine | None, whole: Span | None
) -> Mapping[str, tuple[Reading, ...]]:
    """Read the readings by measure. A machine without a meter may have them too, from a paper log,
    under the names of cumulative quantities.
    """
    table = session.table("readings")
    if table is None:
        return {}
    named = {measure.name for measure in machine.measures} if machine else set()
    known = named | set(CUMULATIVE_QUANTITIES)
    for name in table.data if machine else ():
        if name not in known:
            table.problem(name, "unknown-measure", name, ", ".join(sorted(known)))
    bounds = {whole[0]: session.data["start"], whole[1]: session.data["end"]} if whole else {}
    return {name: _series(table, name, bounds) for name in table.data if name in known}


def _series(table: Table, name: str, bounds: Mapping[dt.datetime, str]) -> tuple[Reading, ...]:
    """Read one measure's readings; `bounds` are the session's start and end and how they are
    written.
    """
    written = table.raw(name)
    if not isinstance(written, list):
        table.problem(name, "readings", quoted(written))
        return ()
    read = [_reading(table, f"{name}[{index}]", pair) for index, pair in enumerate(written)]
    series = tuple(reading for reading in read if reading is not None)
    if len(series) < len(written):
        return ()
    for index, (before, after) in enumerate(pairwise(series), 1):
        if after[0] <= before[0]:
            expected = f"> {written[index - 1][0]}"
            table.problem(f"{name}[{index}]", "unordered", written[index][0], expected)
        elif after[1] < before[1]:
            table.problem(f"{name}[{index}]", "falls", written[index][1], f">= {before[1]}")
    read_at = {at for at, _ in series}
    for instant, text in bounds.items():
        if instant not in read_at:
            table.problem(name, "no-reading", "", text)
    first, last = min(bounds, default=_UNREAD), max(bounds, default=_UNREAD)
    return tuple(reading for reading in series if first <= reading[0] <= last)


def _reading(table: Table, place: str, pair: object) -> Reading | None:
    if not isinstance(pair, list) or len(pair) != 2:
        table.problem(place, "readings", quoted(pair))
        return None
    at, value = _instant(table, place, pair[0]), table.as_decimal(place, pair[1])
    return None if at is None or value is None else (at, value)
