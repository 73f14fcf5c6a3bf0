"""Credit notes: lines of an issued statement, negated to the fen, tax as it was charged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from shared_factory_desktop.domain.capitals import capitals
from shared_factory_desktop.domain.statement import Detail, Line, StatementDocument


def credit_note(
    original: StatementDocument, lines: Sequence[int], reason: str
) -> StatementDocument:
    """Give the credit note of some lines (from 1) of a statement, as a draft without a number.

    Nothing is priced again: a tax rate that has changed since would make it another amount.
    """
    rows = [original.lines[line - 1] for line in lines]
    rows = [replace(row, line=negated(row.line)) for row in rows]
    statement = replace(original.statement, lines=tuple(row.line for row in rows))
    sessions = {row.line.session for row in rows}
    return replace(
        original,
        statement=statement,
        lines=tuple(rows),
        gross_uppercase=capitals(statement.gross_fen),
        number=None,
        issued_at=None,
        sha256=None,
        refers_to=original.number,
        reason=reason,
        account=None,
        gaps=tuple(gap for gap in original.gaps if gap.session in sessions),
        anchor=None,
        warnings=(),
    )


def negated(line: Line) -> Line:
    """Give a line that takes back all of another: prices and rates stay, amounts turn."""
    return replace(
        line,
        quantity=-line.quantity,
        list_fen=-line.list_fen,
        discount_fen=-line.discount_fen,
        net_fen=-line.net_fen,
        tax_fen=-line.tax_fen,
        gross_fen=-line.gross_fen,
        details=tuple(_negated(detail) for detail in line.details),
    )


def of_sessions(original: StatementDocument, sessions: Collection[str]) -> tuple[int, ...]:
    """Give the lines (from 1) of a statement that bill one of some sessions."""
    return tuple(
        number for number, row in enumerate(original.lines, start=1) if row.line.session in sessions
    )


def taken_back(original: StatementDocument, credited: Collection[int]) -> tuple[str, ...]:
    """Give the sessions of a statement all of whose lines (from 1) are among the credited ones."""
    sessions = dict.fromkeys(row.line.session for row in original.lines if row.line.session)
    return tuple(
        session for session in sessions if set(of_sessions(original, {session})) <= set(credited)
    )


def _negated(detail: Detail) -> Detail:
    return replace(detail, quantity=-detail.quantity, amount=-detail.amount)
