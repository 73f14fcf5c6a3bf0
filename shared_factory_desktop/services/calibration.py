"""Calibrations: instruments and standards, what was found and left, who reviewed it, what is
due.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.calibration import Calibration, Instrument, Standard, Verdict
from shared_factory_desktop.domain.calibration_due import DueState, days_left
from shared_factory_desktop.domain.calibration_file import Known, read_calibration_file
from shared_factory_desktop.domain.calibration_json import (
    calibration_json,
    calibration_recorded,
    instrument_json,
    standard_json,
)
from shared_factory_desktop.domain.chain import canonical_json
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.problems import Cause, Kind, Refused, refused
from shared_factory_desktop.domain.statement_numbers import Series
from shared_factory_desktop.exports.contract import ExportOptions
from shared_factory_desktop.services.calibration_checks import (
    calibration_faults,
    instrument_faults,
    standard_faults,
)
from shared_factory_desktop.services.calibration_gate import (
    TRADE,
    Standing,
    standings,
    trade_meters,
)
from shared_factory_desktop.services.certificates import certificate, write_certificate
from shared_factory_desktop.services.floor import read_toml, stored_floor, write_atomically
from shared_factory_desktop.services.kept_files import read_kept_file
from shared_factory_desktop.services.profiles import Profiles
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import calibration as rows
from shared_factory_desktop.storage import outbox
from shared_factory_desktop.storage.calibration import Attachment, Recorded
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.words import Words

__all__ = ["Attachment", "CalibrationService", "DueRow"]

_SERIES = "JZ-{year}-"
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class CalibrationParts:
    """What the calibration service is built from; `words` are those certificates are printed in."""

    database: Database
    trail: Trail
    now: Callable[[], dt.datetime]
    profiles: Profiles
    words: Words
    options: ExportOptions


@dataclass(frozen=True, slots=True)
class DueRow:
    """A register that is calibrated, or should be, and how near its next calibration is.

    `due` is the last day on which the calibration `number`, performed on a local day, holds, `left`
    the days until then; `failed`: the meter was rejected.  What depends on nothing is None.
    """

    meter: str
    quantity: str
    machines: tuple[str, ...]
    legal_use: str
    state: DueState
    failed: bool
    due: dt.date | None
    left: int | None
    number: str | None
    performed: dt.date | None
    verdict: Verdict | None


class CalibrationService:
    """Calibrations of one factory's meters."""

    def __init__(self, parts: CalibrationParts) -> None:
        self._parts = parts
        self._database = parts.database
        self._trail = parts.trail
        self._now = parts.now

    def add_instrument(self, actor: Actor, instrument: Instrument) -> None:
        """Set up a quantity of a meter to be calibrated, or change how; raises Refused with all
        that is wrong with it.
        """
        require(actor, Permission.SET_UP)
        with self._database.write() as tx:
            meter = stored_floor(tx).meter(instrument.meter)
            if meter is None:
                raise refused(Kind.INPUT, "unknown-meter", meter=instrument.meter)
            measured = self._parts.profiles.get(meter.profile).quantities
            _refuse(instrument_faults(instrument, meter, measured))
            rows.set_instrument(tx, instrument, actor.name)
            place = f"{instrument.meter} {instrument.quantity}"
            after = instrument_json(instrument)
            self._trail.note(tx, actor.name, "instrument.set", place, after=after)

    def add_standard(self, actor: Actor, standard: Standard) -> None:
        """Enter a reference standard, or its newest certificate; raises Refused."""
        require(actor, Permission.SET_UP)
        _refuse(standard_faults(standard))
        with self._database.write() as tx:
            rows.set_standard(tx, standard, actor.name)
            after = standard_json(standard)
            self._trail.note(tx, actor.name, "standard.set", standard.id, after=after)

    def instruments(self, actor: Actor) -> tuple[Instrument, ...]:
        """List what is set up to be calibrated, by meter and quantity."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            return rows.instruments(tx)

    def standards(self, actor: Actor) -> tuple[Standard, ...]:
        """List reference standards by id."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            return rows.standards(tx)

    def record(self, actor: Actor, calibration: Calibration) -> Calibration:
        """Store a calibration, or with a number the version that puts that one right; gives it with
        its number and version.

        It counts once it is reviewed.  Raises Refused with all that is wrong with it.
        """
        require(actor, Permission.SET_UP)
        with self._database.write() as tx:
            return self._record(tx, actor, calibration)

    def record_file(self, actor: Actor, path: Path) -> Calibration:
        """Store the calibration a TOML file tells of (docs/calibration.md); raises InputRefused
        with everything wrong in the file, Refused.
        """
        require(actor, Permission.SET_UP)
        data = read_toml(path)
        with self._database.write() as tx:
            known = Known(
                {(one.meter, one.quantity): one for one in rows.instruments(tx)},
                {one.id: one for one in rows.standards(tx)},
                _zone(stored_floor(tx)),
                actor.name,
            )
            return self._record(tx, actor, read_calibration_file(data, path.name, known))

    def review(self, actor: Actor, number: str) -> Calibration:
        """Find the newest version of a calibration right: from now on it counts, and platforms are
        told of it.

        One of a trade meter is reviewed by a manager who neither made nor entered it.
        """
        require(actor, Permission.SET_UP)
        with self._database.write() as tx:
            found = _known(tx, number)
            floor = stored_floor(tx)
            _refuse_review(floor, actor, found)
            version = found.calibration.version
            rows.review(tx, number, version, actor.name)
            reviewed = _known(tx, number).calibration
            after = {"version": version, "verdict": str(reviewed.verdict)}
            self._trail.note(tx, actor.name, "calibration.review", number, after=after)
            if not found.reviews:
                source = self._trail.source(floor.factory.id)
                outbox.append(tx, source, [calibration_recorded(reviewed)])
        return reviewed

    def get(self, actor: Actor, number: str) -> Calibration:
        """Give the newest version of a calibration; raises Refused for an unknown number."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            return _known(tx, number).calibration

    def list(self, actor: Actor) -> tuple[Calibration, ...]:
        """List the newest version of every calibration, reviewed or not, newest number first."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            return rows.newest(tx)[::-1]

    def due(self, actor: Actor, days: int | None = None) -> tuple[DueRow, ...]:
        """List all instruments and the trade registers machines are measured by, those first that
        are worst; with `days` only what failed, was never calibrated or is due within them.
        """
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            floor, now = stored_floor(tx), self._now()
            found = standings(tx, floor, _registers(tx, floor), now)
            listed = [_due_row(floor, one, now.astimezone(_zone(floor)).date()) for one in found]
        near = (one for one in listed if days is None or one.failed or _within(one, days))
        return tuple(sorted(near, key=_urgency))

    def export(
        self, actor: Actor, number: str, folder: Path, name: str | None = None
    ) -> tuple[Path, ...]:
        """Write the certificate of a calibration's newest version as PDF, its data and the label
        for the machine, as `name` or its number; raises Refused.
        """
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            document = certificate(stored_floor(tx), _known(tx, number))
        words, options = self._parts.words, self._parts.options
        return write_certificate(document, folder, name or document.number, words, options)

    def attach(self, actor: Actor, number: str, path: Path) -> Attachment:
        """Keep a file with the newest version of a calibration; raises InputRefused."""
        require(actor, Permission.SET_UP)
        file = read_kept_file(path)
        with self._database.write() as tx:
            found = _known(tx, number).calibration
            kept = rows.attach(tx, found, file.name, file.media_type, file.content, actor.name)
            after = {"attachment": kept.id, "name": kept.name, "sha256": kept.sha256}
            self._trail.note(tx, actor.name, "calibration.attach", number, after=after)
        return kept

    def attachments(self, actor: Actor, number: str) -> tuple[Attachment, ...]:
        """List the files kept with all versions of a calibration."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            return rows.attachments(tx, _known(tx, number).calibration.number)

    def save_attachment(self, actor: Actor, attachment: int, path: Path) -> None:
        """Write a kept file; raises Refused where it is no longer what was stored."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            found = rows.content(tx, attachment)
        if found is None:
            raise refused(Kind.INPUT, "unknown-calibration-file", attachment=attachment)
        told, content = found
        if hashlib.sha256(content).hexdigest() != told.sha256:
            raise refused(
                Kind.DOES_NOT_HOLD, "attachment-changed", attachment=attachment, name=told.name
            )
        write_atomically(path, content)

    def _record(self, tx: Transaction, actor: Actor, calibration: Calibration) -> Calibration:
        zone, now = _zone(stored_floor(tx)), self._now()
        instrument = rows.instrument(tx, calibration.meter, calibration.quantity)
        standard = rows.standard(tx, calibration.standard)
        if instrument is None:
            place = {"meter": calibration.meter, "quantity": calibration.quantity}
            raise refused(Kind.INPUT, "unknown-instrument", **place)
        if standard is None:
            raise refused(Kind.INPUT, "unknown-standard", standard=calibration.standard)
        if calibration.number:
            _refuse_version(_known(tx, calibration.number).calibration, calibration)
        _refuse(calibration_faults(calibration, instrument, standard, now, zone))
        head = _SERIES.format(year=now.astimezone(zone).year)
        made = rows.record(tx, calibration, Series(head, _DIGITS), actor.name)
        written = canonical_json(calibration_json(made))
        after = {
            "version": made.version,
            "meter": made.meter,
            "quantity": made.quantity,
            "sha256": hashlib.sha256(written.encode()).hexdigest(),
        }
        self._trail.note(tx, actor.name, "calibration.record", made.number, after=after)
        return made


def _refuse(faults: Iterable[Cause]) -> None:
    causes = tuple(faults)
    if causes:
        raise Refused(Kind.INPUT, *causes)


def _refuse_version(before: Calibration, after: Calibration) -> None:
    """Refuse to put a calibration right by one of another register."""
    if (before.meter, before.quantity) != (after.meter, after.quantity):
        raise refused(
            Kind.INPUT,
            "calibration-register",
            number=before.number,
            seen=f"{after.meter} {after.quantity}",
            expected=f"{before.meter} {before.quantity}",
        )


def _refuse_review(floor: Floor, actor: Actor, found: Recorded) -> None:
    number, meter = found.calibration.number, floor.meter(found.calibration.meter)
    if meter is not None and meter.legal_use == TRADE:
        require(actor, Permission.BILL)
        if actor.name in (found.calibration.operator, found.recorded_by):
            raise refused(
                Kind.NOT_ALLOWED, "own-calibration", number=number, user=actor.name, meter=meter.id
            )
    if any(one.by == actor.name for one in found.reviews):
        raise refused(Kind.INPUT, "calibration-reviewed", number=number, user=actor.name)


def _known(tx: Transaction, number: str) -> Recorded:
    found = rows.get(tx, number)
    if found is None:
        raise refused(Kind.INPUT, "unknown-calibration", number=number)
    return found


def _zone(floor: Floor) -> ZoneInfo:
    return ZoneInfo(floor.factory.timezone)


def _registers(tx: Transaction, floor: Floor) -> dict[tuple[str, str], None]:
    """Give what is to be calibrated: instruments, and what machines are measured by for trade."""
    trade = trade_meters(floor)
    measured = (measure for machine in floor.machines for measure in machine.measures)
    wanted = [(one.meter, one.quantity) for one in rows.instruments(tx)]
    wanted += [(one.meter, one.quantity) for one in measured if one.meter in trade]
    return dict.fromkeys(wanted)


def _due_row(floor: Floor, standing: Standing, today: dt.date) -> DueRow:
    newest = standing.newest
    machines = tuple(one.id for one in floor.machines if standing.meter in one.meters)
    return DueRow(
        meter=standing.meter,
        quantity=standing.quantity,
        machines=machines,
        legal_use=standing.legal_use,
        state=standing.state,
        failed=standing.failed,
        due=standing.due,
        left=days_left(standing.due, today) if standing.due else None,
        number=newest.number if newest else None,
        performed=standing.performed,
        verdict=newest.verdict if newest else None,
    )


def _within(row: DueRow, days: int) -> bool:
    return row.left is None or row.left <= days


def _urgency(row: DueRow) -> tuple[bool, bool, dt.date, str, str]:
    """Sort what failed first, then what was never calibrated, then by the day."""
    due = row.due or dt.date.min
    return not row.failed, row.due is not None, due, row.meter, row.quantity
