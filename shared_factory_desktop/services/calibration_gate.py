"""How meters stand with their calibration, and what may be billed by them: a trade meter without a
valid one blocks a statement, an internal one marks it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.calibration import Calibration, Instrument, Verdict
from shared_factory_desktop.domain.calibration_due import DueState, due_state, next_due
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.problems import Cause, cause
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.statement import Gap
from shared_factory_desktop.storage import calibration as rows
from shared_factory_desktop.storage.database import Transaction

TRADE = "trade"


@dataclass(frozen=True, slots=True)
class Standing:
    """A register and how near its next calibration is, on a local day.

    `newest` is the calibration that counts now, `performed` its day, `due` the last day on which it
    holds; None for a register that was never calibrated.
    """

    meter: str
    quantity: str
    legal_use: str
    state: DueState
    performed: dt.date | None = None
    due: dt.date | None = None
    newest: Calibration | None = None

    @property
    def failed(self) -> bool:
        """Whether the meter was rejected when it was last calibrated."""
        return self.newest is not None and self.newest.verdict is Verdict.REJECT

    @property
    def code(self) -> str | None:
        """Why nothing can be billed by it for trade; None where it can."""
        if self.failed:
            return "calibration-failed"
        if self.state in (DueState.NEVER, DueState.OVERDUE):
            return f"calibration-{self.state}"
        return None


def against_billing(
    tx: Transaction, floor: Floor, uses: Iterable[SessionUse], now: dt.datetime
) -> tuple[Cause, ...]:
    """Say which trade meters that sessions are measured by have no valid calibration now."""
    trade = trade_meters(floor)
    measured = (register for use in uses for register in _measured(floor, use))
    registers = dict.fromkeys(register for register in measured if register[0] in trade)
    found = standings(tx, floor, registers, now)
    return tuple(_cause(one) for one in found if one.code is not None)


def marks(
    tx: Transaction, floor: Floor, uses: Sequence[SessionUse], now: dt.datetime
) -> tuple[Gap, ...]:
    """Give the stretches of ended sessions in which an internal meter that is set up to be
    calibrated had no valid calibration, instants UTC.
    """
    zone = ZoneInfo(floor.factory.timezone)
    trade = trade_meters(floor)
    kept = [(one.meter, one.quantity) for one in rows.instruments(tx) if one.meter not in trade]
    found = standings(tx, floor, kept, now) if kept else ()
    bad = {(one.meter, one.quantity): one for one in found if one.code is not None}
    stretches = (
        _mark(bad[register], use, zone)
        for use in uses
        for register in dict.fromkeys(_measured(floor, use))
        if register in bad
    )
    return tuple(gap for gap in stretches if gap is not None)


def trade_meters(floor: Floor) -> frozenset[str]:
    """Give the meters of a floor that are for trade."""
    return frozenset(meter.id for meter in floor.meters if meter.legal_use == TRADE)


def standings(
    tx: Transaction, floor: Floor, registers: Iterable[tuple[str, str]], now: dt.datetime
) -> Iterator[Standing]:
    """Say how registers (meter, quantity) stand now, in their order."""
    zone = ZoneInfo(floor.factory.timezone)
    legal_uses = {meter.id: meter.legal_use for meter in floor.meters}
    instruments = {(one.meter, one.quantity): one for one in rows.instruments(tx)}
    for meter_id, quantity in registers:
        legal_use = legal_uses[meter_id]
        counting = rows.in_force(tx, meter_id, quantity, two_people=legal_use == TRADE)
        if not counting or _is_of_another(tx, counting[-1], instruments[meter_id, quantity]):
            yield Standing(meter_id, quantity, legal_use, DueState.NEVER)
            continue
        newest, interval_months = counting[-1], instruments[meter_id, quantity].interval_months
        performed = newest.performed_at.astimezone(zone).date()
        # An interval that was made shorter since counts at once.
        due = min(newest.valid_until, next_due(performed, interval_months))
        state = due_state(due, now.astimezone(zone).date())
        yield Standing(meter_id, quantity, legal_use, state, performed, due, newest)


def _is_of_another(tx: Transaction, newest: Calibration, instrument: Instrument) -> bool:
    """Tell whether the meter that was calibrated has been replaced by one of another number."""
    made = rows.get(tx, newest.number, newest.version)
    return made is not None and made.instrument.serial != instrument.serial


def _measured(floor: Floor, use: SessionUse) -> Iterator[tuple[str, str]]:
    machine = floor.machine(use.machine)
    for measure in machine.measures if machine else ():
        yield measure.meter, measure.quantity


def _cause(standing: Standing) -> Cause:
    values = {"meter": standing.meter, "quantity": standing.quantity}
    if standing.newest is None:
        return cause("calibration-never", **values)
    if standing.failed:
        number, day = standing.newest.number, standing.performed
        return cause("calibration-failed", **values, number=number, day=day)
    return cause("calibration-overdue", **values, day=standing.due)


def _mark(standing: Standing, use: SessionUse, zone: ZoneInfo) -> Gap | None:
    """Give the part of a session that lies behind the last day, or all of it without one."""
    start, end, code = use.start, use.end, standing.code
    if code == "calibration-overdue" and standing.due is not None:
        after = standing.due + dt.timedelta(days=1)
        start = max(start, dt.datetime.combine(after, dt.time(), zone))
    if code is None or end is None or start >= end:
        return None
    return Gap(use.id, standing.meter, standing.quantity, code, start, end)
