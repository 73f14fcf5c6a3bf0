"""Corrects past bills by what a calibration found (计量差错退补): the use a session really had, and
what that changes of each line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from shared_factory_desktop.domain.calibration_correction import Policy, factor_over
from shared_factory_desktop.domain.corrected import gain_at, stretched, with_series
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import Detail, Line

_NOTHING = Fraction(0)
_Key = tuple[str | None, int | None, Fraction]


@dataclass(frozen=True, slots=True)
class Finding:
    """A register that a calibration found wrong: `error` e = (x − y)/y of what it showed, a share.

    Use is corrected in [`since`, `found_at`); `last_test` is when the meter was last right. UTC.
    """

    meter: str
    quantity: str
    policy: Policy
    error: Fraction
    last_test: dt.datetime
    found_at: dt.datetime
    since: dt.datetime

    def touches(self, use: SessionUse) -> bool:
        """Tell whether a session ran in the affected time."""
        begins = use.start < self.found_at
        return begins and (use.end is None or use.end > self.since)


def true_use(use: SessionUse, measures: Iterable[str], finding: Finding) -> SessionUse:
    """Give the use a session really had, where `measures` are those of the register found wrong.

    What was billed had been multiplied by the gain in force then, so that its error is
    (1 + e) · gain − 1, not the one of what the meter showed.
    """
    register = (finding.meter, finding.quantity)
    gains = [one for one in use.gains if (one.meter, one.quantity) == register]
    edges = (finding.since, finding.found_at)

    def factor(start: dt.datetime, end: dt.datetime) -> Fraction:
        if start < finding.since or start >= finding.found_at:
            return Fraction(1)
        error = (1 + finding.error) * gain_at(gains, start) - 1
        times = (finding.last_test, finding.found_at, start, end)
        return factor_over(finding.policy, error, *times)

    for name in measures:
        if name in use.readings:
            series = stretched(use.readings[name], edges, factor)
            use = with_series(use, name, series)
    return use


def unlike(
    billed: Sequence[Line], corrected: Iterable[Line], left_out: Collection[int]
) -> list[tuple[int | None, Line, Line]]:
    """Pair the lines that came out otherwise: number (from 1, None for one that was not billed),
    the line as billed and as it would have been. `left_out` are numbers that no longer count.
    """
    numbers = {_identity(line): number for number, line in enumerate(billed, 1)}
    due = {_identity(line): line for line in corrected}
    pairs: list[tuple[int | None, Line, Line]] = [
        (number, line, due.get(_identity(line)) or _empty(line))
        for number, line in enumerate(billed, 1)
        if line.correction is None and number not in left_out
    ]
    pairs += [(None, _empty(line), line) for key, line in due.items() if key not in numbers]
    return [(number, old, new) for number, old, new in pairs if _amounts(old) != _amounts(new)]


def difference(
    billed: Line, corrected: Line, period: tuple[dt.date, dt.date], certificate: str
) -> Line:
    """Give the line that makes good a difference: at the tax rate of the line that was billed, each
    amount the corrected less the billed one, the parts band by band.
    """
    parts: dict[_Key, tuple[Fraction, Fraction]] = {}
    for sign, line in ((-1, billed), (1, corrected)):
        for detail in line.details:
            key = (detail.band, detail.tier, detail.price)
            quantity, amount = parts.get(key, (_NOTHING, _NOTHING))
            parts[key] = (quantity + sign * detail.quantity, amount + sign * detail.amount)
    return Line(
        session=billed.session,
        contract=billed.contract,
        charge=billed.charge,
        quantity=corrected.quantity - billed.quantity,
        unit=billed.unit,
        list_fen=corrected.list_fen - billed.list_fen,
        discount_fen=corrected.discount_fen - billed.discount_fen,
        net_fen=corrected.net_fen - billed.net_fen,
        tax_fen=corrected.tax_fen - billed.tax_fen,
        gross_fen=corrected.gross_fen - billed.gross_fen,
        tax_rate=billed.tax_rate,
        details=tuple(
            _detail(key, quantity, amount)
            for key, (quantity, amount) in parts.items()
            if quantity or amount
        ),
        late=period,
        correction=certificate,
    )


def _detail(key: _Key, quantity: Fraction, amount: Fraction) -> Detail:
    band, tier, price = key
    return Detail(band, tier, quantity, price, amount)


def _identity(line: Line) -> tuple[object, ...]:
    return line.session, line.contract, line.charge, line.late, line.correction


def _amounts(line: Line) -> tuple[int, ...]:
    return line.list_fen, line.discount_fen, line.net_fen, line.tax_fen, line.gross_fen


def _empty(line: Line) -> Line:
    """Give a line that bills nothing in the place of one."""
    return replace(
        line,
        quantity=_NOTHING,
        list_fen=0,
        discount_fen=0,
        net_fen=0,
        tax_fen=0,
        gross_fen=0,
        details=(),
    )
