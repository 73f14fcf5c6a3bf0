"""Prices an issued statement again, from exactly what was frozen with it and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared_factory_desktop.domain.document_json import read_line
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.rating import price_each, price_late
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import Line
from shared_factory_desktop.domain.statement_json import line_document
from shared_factory_desktop.domain.terms import read_terms
from shared_factory_desktop.services.adjusted_lines import frozen_lines
from shared_factory_desktop.storage import uses as use_rows
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.documents import read_use
from shared_factory_desktop.storage.statements import IssuedStatement


def recompute(tx: Transaction, stored: IssuedStatement) -> list[dict[str, Any]] | None:
    """Give the lines a statement should have, as its document writes them; None for one of an
    earlier version of the program, which froze no inputs, and for a credit note, which copies.

    Raises InputRefused where the frozen terms are no floor any more, KeyError where a session's
    frozen use is gone: both mean that somebody changed the database.
    """
    context: Mapping[str, Any] = stored.context
    if stored.refers_to is not None or "terms" not in context:
        return None
    lines = repriced(tx, stored, lambda use: use)
    return [line_document(line) for line in (*lines, *frozen_lines(context["inputs"]))]


def repriced(
    tx: Transaction, stored: IssuedStatement, change: Callable[[SessionUse], SessionUse]
) -> list[Line]:
    """Price a statement's sessions, and those that came late, as if their use had been what
    `change` makes of it; lines that make good metering errors are no use, and not among them.
    Raises as `recompute`.
    """
    context: Mapping[str, Any] = stored.context
    floor, holidays, now = read_terms(context["terms"])
    inputs = context["inputs"]
    uses = [change(use) for use in frozen_uses(tx, stored, inputs["sessions"])]
    priced = price_each(
        floor, uses, stored.start, stored.end, stored.tenant, now=now, holidays=holidays
    )
    lines = [line for statement in priced.statements for line in statement.lines]
    for late in inputs["late"]:
        before = [read_line(item) for item in late["billed"]]
        uses = [change(use) for use in frozen_uses(tx, stored, late["sessions"])]
        start, end = map(dt.date.fromisoformat, late["period"])
        lines += price_late(floor, uses, before, Period(start, end), stored.tenant, now, holidays)
    return lines


def frozen_uses(tx: Transaction, stored: IssuedStatement, ids: Sequence[str]) -> list[SessionUse]:
    """Give the uses a statement was priced from, in the order asked for: those frozen with it,
    else those frozen when their sessions closed. Raises KeyError for one that is gone.
    """
    context: Mapping[str, Any] = stored.context
    with_it = {use["id"]: read_use(use) for use in context["inputs"]["uses"]}
    known = use_rows.frozen(tx, ids) | with_it
    return [known[session_id] for session_id in ids]


def session_ids(inputs: Mapping[str, Any]) -> list[str]:
    """Give the sessions a statement was priced from, those that came late among them, each once."""
    late = [session for part in inputs["late"] for session in part["sessions"]]
    return list(dict.fromkeys([*inputs["sessions"], *late]))
