"""What sessions used: frozen when they close, built from readings while they run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from shared_factory_desktop.domain.calibration import Calibration
from shared_factory_desktop.domain.corrected import corrected_use, gains_over
from shared_factory_desktop.domain.floor import Floor, Machine
from shared_factory_desktop.domain.readings import (
    Quality,
    Reading,
    Reason,
    State,
    StateChange,
)
from shared_factory_desktop.domain.sessions import AppliedGain, Session, SessionState, SessionUse
from shared_factory_desktop.domain.usage import usage_of
from shared_factory_desktop.services.calibration_gate import TRADE
from shared_factory_desktop.storage import calibration as calibration_rows
from shared_factory_desktop.storage import readings as reading_rows
from shared_factory_desktop.storage import reservations as reservation_rows
from shared_factory_desktop.storage import states as state_rows
from shared_factory_desktop.storage import uses as use_rows
from shared_factory_desktop.storage.database import Transaction

Wraps = Callable[[Floor, str, str], Decimal | None]


def use_of(
    tx: Transaction, floor: Floor, wraps: Wraps, session: Session, until: dt.datetime
) -> SessionUse:
    """Give the use of a session: as it was frozen, else built from readings up to `until`."""
    return uses_of(tx, floor, wraps, [session], until)[0]


def uses_of(
    tx: Transaction, floor: Floor, wraps: Wraps, sessions: Sequence[Session], until: dt.datetime
) -> list[SessionUse]:
    """Give the uses of sessions, in their order, each as `use_of` does."""
    frozen = use_rows.frozen(tx, [session.id for session in sessions])
    return [
        frozen.get(session.id) or build_use(tx, floor, wraps, session, until)
        for session in sessions
    ]


def build_use(
    tx: Transaction,
    floor: Floor,
    wraps: Wraps,
    session: Session,
    until: dt.datetime,
    missing: Collection[str] | None = None,
) -> SessionUse:
    """Build a use from state changes, readings and calibrations; `wraps(meter, quantity)` says
    where a register rolls over.

    `missing` are the measures that could not be read at the end: what their meters missed is not
    guessed, so they are left out. None where nobody kept which: of a session with a problem
    those that no reading at its stop bears out.
    """
    machine = floor.machine(session.machine)
    measures = machine.measures if machine else ()
    end = session.end or until
    found: dict[str, Sequence[Reading]] = {}
    rolls: dict[str, Decimal | None] = {}
    gains: dict[str, tuple[AppliedGain, ...]] = {}
    for measure in measures:
        readings = reading_rows.between(tx, measure.meter, measure.quantity, session.start, end)
        mine = [r for r in readings if _of_session(r, session.start)]
        unread = session.state is SessionState.PROBLEM and not _stopped(mine)
        if unread if missing is None else measure.name in missing:
            continue
        found[measure.name] = mine
        rolls[measure.name] = wraps(floor, measure.meter, measure.quantity)
        calibrations = in_force(tx, floor, measure.meter, measure.quantity)
        gains[measure.name] = gains_over(calibrations, session.start, end)
    use = usage_of(session, _changes(tx, machine, session, end), found, rolls, end)
    use = corrected_use(use, gains)
    kept = reservation_rows.reserved_span(tx, session)
    return replace(use, reserved=kept or (session.start, session.start))  # none: no time at all


def in_force(
    tx: Transaction, floor: Floor, meter_id: str, quantity: str
) -> tuple[Calibration, ...]:
    """Give the calibrations of a register that count, by the instant from which each does; those
    of a trade meter once another person has reviewed them.
    """
    meter = floor.meter(meter_id)
    two_people = meter is not None and meter.legal_use == TRADE
    return calibration_rows.in_force(tx, meter_id, quantity, two_people)


def measures_of(use: SessionUse) -> Mapping[str, Decimal]:
    """Give what a use measured, by measure name."""
    return {name: series[-1][1] - series[0][1] for name, series in use.readings.items() if series}


def _of_session(reading: Reading, start: dt.datetime) -> bool:
    """Tell readings of a session from older ones; its meters were read one after the other."""
    return reading.at >= start or reading.reason is Reason.START


def _stopped(readings: Sequence[Reading]) -> bool:
    """Tell whether a register was read when the session stopped."""
    return any(r.reason is Reason.STOP and r.quality is Quality.GOOD for r in readings)


def _changes(
    tx: Transaction, machine: Machine | None, session: Session, end: dt.datetime
) -> Sequence[StateChange]:
    """Give the machine's state changes; one without a state rule works the whole session."""
    if machine is None or machine.state is None:
        return [StateChange(session.machine, session.start, State.WORKING, Quality.GOOD)]
    return state_rows.between(tx, machine.id, session.start, end)
