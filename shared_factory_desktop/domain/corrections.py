"""What becomes of a session's use when people correct it: cut, joined, ended earlier, completed.

Cutting and joining lose and invent nothing: the parts of a use add up to it, register by register
and clock by clock. Only what is known exactly is moved; the rules are in docs/pricing.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.instants import microseconds
from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.domain.sessions import Pieces, SessionUse, Span
from shared_factory_desktop.domain.usage import Series, used
from shared_factory_desktop.domain.users import Role

LONGEST_GAP = dt.timedelta(minutes=15)
"""Sessions further apart are two uses, not one that somebody interrupted by mistake."""

_PIECES = "pieces"


class CorrectionKind(StrEnum):
    """What a correction changes."""

    TENANT = "tenant"
    JOB = "job"
    END = "end"
    PIECES = "pieces"
    VALUE = "value"
    SPLIT = "split"
    MERGE = "merge"
    ACCEPT = "accept"
    MEASURES = "measures"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; None leaves a thing as it is. `end` aware, `value` CNY."""

    tenant: str | None = None
    job: str | None = None
    end: dt.datetime | None = None
    pieces: Pieces | None = None
    value: Decimal | None = None

    @property
    def kinds(self) -> tuple[CorrectionKind, ...]:
        """What it changes, in the order of the fields."""
        given = (field.name for field in fields(self) if getattr(self, field.name) is not None)
        return tuple(CorrectionKind(name) for name in given)


@dataclass(frozen=True, slots=True)
class Limit:
    """What a role may correct, up to how many local days after the session's end (None: always),
    and whether only sessions that the person started.
    """

    kinds: frozenset[CorrectionKind]
    days: int | None
    own_only: bool = False


_SMALL = frozenset({CorrectionKind.JOB, CorrectionKind.PIECES, CorrectionKind.VALUE})
_CLOSER = frozenset(
    {
        CorrectionKind.END,
        CorrectionKind.TENANT,
        CorrectionKind.ACCEPT,
        CorrectionKind.MEASURES,
    }
)
_ALL = Limit(frozenset(CorrectionKind), None)
LIMITS: Mapping[Role, Limit] = {
    Role.OPERATOR: Limit(_SMALL, 0, own_only=True),
    Role.TECHNICIAN: Limit(_SMALL | _CLOSER, 7),
    Role.MANAGER: _ALL,
    Role.ADMINISTRATOR: _ALL,
}


def beyond(role: Role, own: bool, kinds: Iterable[CorrectionKind], age_days: int) -> str | None:
    """Give the code of the limit that a correction is beyond: `correction-kind`,
    `correction-own` or `correction-late`; None where the role may.

    `own`: the person started the session; `age_days`: local days since the day it ended.
    """
    limit = LIMITS[role]
    if not limit.kinds.issuperset(kinds):
        return "correction-kind"
    if limit.own_only and not own:
        return "correction-own"
    return "correction-late" if limit.days is not None and age_days > limit.days else None


def dispute_until(ended: dt.date, days: int) -> dt.date:
    """Give the last local day on which a tenant may object to a session that ended on `ended`:
    `days` after its month, so that a draft of the month shows it before.
    """
    next_month = (ended.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return next_month + dt.timedelta(days=days - 1)


def changed(use: SessionUse, change: Change) -> SessionUse:
    """Give the use with what `change` says; `end` as `ended_at` takes it."""
    ended = use if change.end is None else ended_at(use, change.end)
    return replace(
        ended,
        tenant=change.tenant or use.tenant,
        job=change.job or use.job,
        pieces=change.pieces or ended.pieces,
        value=use.value if change.value is None else change.value,
    )


def ended_at(use: SessionUse, end: dt.datetime) -> SessionUse:
    """Give the use as if it had ended at `end`, start ≤ `end` ≤ its end.

    Pieces that a register counted after `end` are not in it; those typed in, scrap, value and the
    reservation stay whole.
    """
    first, _ = cut(use, end)
    pieces = use.pieces
    if pieces and first.pieces and _PIECES in use.readings:
        pieces = Pieces(first.pieces.good, pieces.scrap)
    return replace(first, pieces=pieces, value=use.value, reserved=use.reserved)


def cut(use: SessionUse, at: dt.datetime) -> tuple[SessionUse, SessionUse]:
    """Cut an ended use in two at an instant, start ≤ `at` ≤ end; both parts keep its id.

    A register stands at the cut where a straight line between its neighbours has it, as in
    pricing; what does not terminate has 12 decimals, half up, the same in both parts. Pieces
    counted by a register go with it, whole ones; other pieces, scrap and value are known when
    the work is done, and belong to the second part.
    """
    assert use.end is not None
    readings = {name: _cut_series(series, at) for name, series in use.readings.items()}
    first_pieces, second_pieces = _cut_pieces(use, readings.get(_PIECES, ((), ()))[0])
    reserved = (None, None) if use.reserved is None else _cut_span(use.reserved, at)
    first = replace(
        use,
        end=at,
        working=_within(use.working, use.start, at),
        powered=_within(use.powered, use.start, at),
        reserved=reserved[0],
        pieces=first_pieces,
        value=None if use.value is None else Decimal(0),
        readings={name: parts[0] for name, parts in readings.items()},
    )
    second = replace(
        use,
        start=at,
        working=_within(use.working, at, use.end),
        powered=_within(use.powered, at, use.end),
        reserved=reserved[1],
        pieces=second_pieces,
        readings={name: parts[1] for name, parts in readings.items()},
    )
    return first, second


def unjoinable(first: SessionUse, second: SessionUse) -> str | None:
    """Give what keeps two ended uses, in order of start, from being one: the code of the field
    that differs (`machine`, `tenant`, `job`), `order` where they overlap, `gap` where they are
    too far apart, `reserved` where each has a reservation of its own.
    """
    assert first.end is not None
    for name in ("machine", "tenant", "job"):
        if getattr(first, name) != getattr(second, name):
            return name
    if second.start < first.end:
        return "order"
    if second.start - first.end > LONGEST_GAP:
        return "gap"
    return "reserved" if _disjoint(first.reserved, second.reserved) else None


def joined(first: SessionUse, second: SessionUse) -> SessionUse:
    """Give two uses as one, with the id of the first; they must not be `unjoinable`.

    Registers are joined end to end: what one moved between the two uses is in neither. A measure
    that one of them lacks is left out, and the whole is suspect. Joining the parts of a cut gives
    back what was cut, but for a measured value at the cut that a straight line has as well.
    """
    common = [name for name in first.readings if name in second.readings]
    whole = len(common) == len(first.readings) == len(second.readings)
    good = whole and first.quality is second.quality is Quality.GOOD
    return replace(
        first,
        end=second.end,
        working=_joined_spans(first.working, second.working),
        powered=_joined_spans(first.powered, second.powered),
        reserved=_joined_reserved(first.reserved, second.reserved),
        pieces=_joined_pieces(first.pieces, second.pieces),
        value=_joined_value(first.value, second.value),
        readings={
            name: _joined_series(first.readings[name], second.readings[name]) for name in common
        },
        quality=Quality.GOOD if good else Quality.SUSPECT,
        gains=tuple(dict.fromkeys((*first.gains, *second.gains))),
    )


def last_used(use: SessionUse) -> dt.datetime:
    """Give when the machine last worked in a session; one that never did: when it last had
    power, else the start. A forgotten log-out is proposed to have been then.
    """
    spans = use.working or use.powered
    return spans[-1][1] if spans else use.start


def _exact(value: Fraction) -> Decimal:
    """Give a fraction as a decimal; one that does not terminate to 12 decimals, half up."""
    return Decimal(plain(value))


def _level(
    before: tuple[dt.datetime, Decimal], after: tuple[dt.datetime, Decimal], at: dt.datetime
) -> Decimal:
    """Give where a register stood between two readings."""
    start_us, end_us = microseconds(before[0]), microseconds(after[0])
    low, high = Fraction(before[1]), Fraction(after[1])
    return _exact(low + (high - low) * Fraction(microseconds(at) - start_us, end_us - start_us))


def _cut_series(series: Series, at: dt.datetime) -> tuple[Series, Series]:
    before = tuple(reading for reading in series if reading[0] < at)
    after = tuple(reading for reading in series if reading[0] > at)
    known = [reading for reading in series if reading[0] == at]
    if known:
        here = known[0]
    elif before and after:
        here = (at, _level(before[-1], after[0], at))
    else:  # a register that was not read on one side of the cut has not moved there
        here = (at, (before[-1:] or after[:1] or ((at, Decimal(0)),))[0][1])
    return ((*before, here), (here, *after)) if series else ((), ())


def _cut_pieces(use: SessionUse, first: Series) -> tuple[Pieces | None, Pieces | None]:
    if use.pieces is None:
        return None, None
    good = min(int(used(first)), use.pieces.good)
    return Pieces(good), Pieces(use.pieces.good - good, use.pieces.scrap)


def _cut_span(span: Span, at: dt.datetime) -> tuple[Span, Span]:
    """Cut a span that need not hold the cut: the part on its other side is empty, at the cut."""
    start, end = span
    return (min(start, at), min(end, at)), (max(start, at), max(end, at))


def _within(spans: Iterable[Span], start: dt.datetime, end: dt.datetime) -> tuple[Span, ...]:
    clipped = ((max(since, start), min(until, end)) for since, until in spans)
    return tuple((since, until) for since, until in clipped if since < until)


def _joined_spans(first: tuple[Span, ...], second: tuple[Span, ...]) -> tuple[Span, ...]:
    if first and second and first[-1][1] == second[0][0]:
        return (*first[:-1], (first[-1][0], second[0][1]), *second[1:])
    return (*first, *second)


def _disjoint(first: Span | None, second: Span | None) -> bool:
    filled = [span for span in (first, second) if span and span[0] < span[1]]
    return any(after[0] != before[1] for before, after in pairwise(filled))


def _joined_reserved(first: Span | None, second: Span | None) -> Span | None:
    filled = [span for span in (first, second) if span and span[0] < span[1]]
    return (filled[0][0], filled[-1][1]) if filled else first or second


def _joined_pieces(first: Pieces | None, second: Pieces | None) -> Pieces | None:
    if first is None or second is None:
        return first or second
    return Pieces(first.good + second.good, first.scrap + second.scrap)


def _joined_value(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    if first is None or second is None:
        return second if first is None else first
    return _exact(Fraction(first) + Fraction(second))


def _joined_series(first: Series, second: Series) -> Series:
    if not first or not second:
        return first or second
    shift = Fraction(first[-1][1]) - Fraction(second[0][1])
    later = tuple((at, _exact(Fraction(v) + shift)) for at, v in second) if shift else second
    (at, value), touching = first[-1], first[-1][0] == later[0][0]
    inner = touching and len(first) > 1 and len(later) > 1
    if inner and _level(first[-2], later[1], at) == value:
        return (*first[:-1], *later[1:])
    return (*first, *(later[1:] if touching else later))
