"""The bench of a calibration: takes it from step to step over a factory's services, reads the
meters through whoever owns their line, and keeps every change at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from shared_factory_desktop.domain.calibration import (
    IDENTITY,
    Calibration,
    Coefficients,
    Instrument,
    Standard,
)
from shared_factory_desktop.domain.problems import Kind, Refused, refused
from shared_factory_desktop.domain.readings import Quality, Reading, Reason
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.services.workflows import calibrating
from shared_factory_desktop.services.workflows.calibrating import (
    Assessment,
    Counting,
    Draft,
    Phase,
    Run,
    Step,
    Subject,
)
from shared_factory_desktop.services.workflows.calibrating_checks import missing
from shared_factory_desktop.services.workflows.calibrating_json import draft_json, read_draft

_BURST = 5  # readings asked for at once: as many as may be lost when the program is cut off
_MOST_RUNS = 100  # at one load

Report = Callable[[Draft], bool]
"""Told of the draft after each burst; True ends the reading early."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a calibration may begin with, and those under way; `meters` can be read as reference."""

    instruments: tuple[Instrument, ...]
    standards: tuple[Standard, ...]
    meters: tuple[str, ...]
    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A draft with all that is to be seen of it."""

    draft: Draft
    subject: Subject
    assessment: Assessment


class CalibrationBench:
    """Takes calibrations through their steps; each call gives what is to be seen afterwards."""

    def __init__(self, services: Services, now: Callable[[], dt.datetime]) -> None:
        self._services = services
        self._now = now

    def zone(self) -> ZoneInfo:
        """Give the time zone of the factory."""
        return ZoneInfo(self._services.floor.floor().factory.timezone)

    def offer(self, actor: Actor) -> Offer:
        """Give what can be calibrated, by what, and the calibrations to be resumed."""
        service, drafts = self._services.calibration, self._services.calibration_drafts
        return Offer(
            service.instruments(actor),
            service.standards(actor),
            tuple(meter.id for meter in self._services.floor.floor().meters),
            tuple(read_draft(body) for body in drafts.list(actor)),
        )

    def begin(self, actor: Actor, meter: str, quantity: str) -> View:
        """Begin the calibration of a register, or resume the one under way; raises Refused."""
        require(actor, Permission.SET_UP)
        body = self._services.calibration_drafts.get(actor, meter, quantity)
        if body is not None:
            return self._view(actor, read_draft(body))
        instrument = self._instrument(actor, meter, quantity)
        draft = Draft(meter, quantity, actor.name, self._now(), place=instrument.location)
        return self.keep(actor, draft)

    def keep(self, actor: Actor, draft: Draft) -> View:
        """Keep a changed draft; raises Refused where it was changed elsewhere meanwhile."""
        changed = replace(draft, revision=draft.revision + 1)
        self._services.calibration_drafts.keep(actor, draft_json(changed))
        return self._view(actor, changed)

    def forward(self, actor: Actor, draft: Draft) -> View:
        """Go to the next step; raises Refused with all that is missing."""
        view = self._view(actor, draft)
        self._refuse_unfinished(view)
        return self.keep(actor, calibrating.forward(draft, view.assessment))

    def back(self, actor: Actor, draft: Draft) -> View:
        """Go to the step before."""
        return self.keep(actor, calibrating.back(draft))

    def read(
        self,
        actor: Actor,
        draft: Draft,
        phase: Phase,
        nominal: str,
        reference: Decimal | None,
        count: int,
        report: Report = lambda _: False,
    ) -> View:
        """Read a momentary quantity `count` times at one load, keeping the draft as it grows.

        `reference`: the true value; None reads the reference meter with every reading. Raises
        Refused: a load without name, a reference of 0, a meter that gives no good value.
        """
        if draft.counts:
            raise refused(Kind.INPUT, "calibrating-not-counting", meter=draft.meter)
        self._refuse_point(draft, phase, nominal, reference)
        if not 1 <= count <= _MOST_RUNS:
            raise refused(Kind.INPUT, "read-count", count=count, most=_MOST_RUNS)
        left, view = count, self._view(actor, draft)
        while left > 0:
            runs = self._burst(actor, view.draft, reference, min(left, _BURST))
            left -= len(runs)
            view = self.keep(actor, calibrating.with_run(view.draft, phase, nominal, runs))
            if report(view.draft):
                break
        return view

    def start_counting(self, actor: Actor, draft: Draft, phase: Phase, nominal: str) -> View:
        """Begin a run of a counter: read its register now; raises Refused."""
        if not draft.counts:
            raise refused(Kind.INPUT, "calibrating-no-counter", quantity=draft.quantity)
        self._refuse_point(draft, phase, nominal, None)
        if draft.counting is not None:
            raise refused(Kind.INPUT, "calibrating-counting", nominal=draft.counting.nominal)
        meter, reference = self._registers(actor, draft)
        value = reference.value if reference else None
        counting = Counting(phase, nominal, _value(meter), value, meter.at)
        return self.keep(actor, replace(draft, counting=counting))

    def stop_counting(self, actor: Actor, draft: Draft, reference: Decimal | None) -> View:
        """End the run of a counter: what its register counted against what was true, typed or
        counted by the reference meter; raises Refused.
        """
        begun = draft.counting
        if begun is None:
            raise refused(Kind.INPUT, "calibrating-not-counting", meter=draft.meter)
        self._refuse_point(draft, begun.phase, begun.nominal, reference)
        meter, read = self._registers(actor, draft)
        true = reference
        if read is not None and begun.reference_register is not None:
            true = _value(read) - begun.reference_register
        if true is None or true <= 0:
            raise refused(Kind.INPUT, "calibrating-reference", seen=true)
        run = Run(_value(meter) - begun.register, true, meter.at)
        if run.indicated < 0:
            raise refused(Kind.INPUT, "calibrating-backwards", meter=draft.meter)
        ended = replace(draft, counting=None)
        return self.keep(actor, calibrating.with_run(ended, begun.phase, begun.nominal, [run]))

    def abandon_counting(self, actor: Actor, draft: Draft) -> View:
        """Forget the run that has begun."""
        return self.keep(actor, replace(draft, counting=None))

    def record(self, actor: Actor, draft: Draft) -> Calibration:
        """Record a finished calibration and end its draft; gives it with its number.

        One that was recorded before the program was cut off is found again, not recorded twice.
        """
        require(actor, Permission.SET_UP)
        view = self._view(actor, draft)
        if draft.step is not Step.SUMMARY:
            raise refused(Kind.INPUT, "calibrating-unfinished", meter=draft.meter)
        self._refuse_unfinished(view)
        service = self._services.calibration
        wanted = calibrating.calibration(draft, view.subject, actor.name)
        made = next((one for one in service.list(actor) if _same(one, wanted)), None)
        made = made or service.record(actor, wanted)
        self.discard(actor, draft)
        return made

    def discard(self, actor: Actor, draft: Draft) -> None:
        """Give a calibration up; readings that were taken stay recorded."""
        self._services.calibration_drafts.drop(actor, draft.meter, draft.quantity)

    def _view(self, actor: Actor, draft: Draft) -> View:
        standards = self._services.calibration.standards(actor)
        subject = Subject(
            self._instrument(actor, draft.meter, draft.quantity),
            next((one for one in standards if one.id == draft.standard), None),
            self._in_force(actor, draft),
            self.zone(),
        )
        return View(draft, subject, calibrating.assess(draft, subject))

    def _instrument(self, actor: Actor, meter: str, quantity: str) -> Instrument:
        for one in self._services.calibration.instruments(actor):
            if (one.meter, one.quantity) == (meter, quantity):
                return one
        raise refused(Kind.INPUT, "unknown-instrument", meter=meter, quantity=quantity)

    def _in_force(self, actor: Actor, draft: Draft) -> Coefficients:
        counting = [
            one
            for one in self._services.calibration.list(actor)
            if (one.meter, one.quantity) == (draft.meter, draft.quantity) and one.reviewer
        ]
        newest = max(counting, key=lambda one: one.effective_at, default=None)
        return newest.coefficients if newest else IDENTITY

    def _refuse_unfinished(self, view: View) -> None:
        causes = missing(view.draft, view.subject, self._now())
        if causes:
            raise Refused(Kind.INPUT, *causes)

    def _refuse_point(
        self, draft: Draft, phase: Phase, nominal: str, reference: Decimal | None
    ) -> None:
        if str(draft.step) != str(phase):
            raise refused(Kind.INPUT, "calibrating-step", step=draft.step)
        if not nominal.strip():
            raise refused(Kind.INPUT, "calibrating-nominal")
        if reference == 0 or (reference is None and not draft.counts and not draft.reference_meter):
            raise refused(Kind.INPUT, "calibrating-reference", seen=reference)

    def _burst(
        self, actor: Actor, draft: Draft, reference: Decimal | None, count: int
    ) -> Sequence[Run]:
        metering = self._services.metering
        if reference is not None:
            read = metering.read_meter(actor, draft.meter, count, Reason.CALIBRATION)
            good = _of(draft.meter, draft.quantity, read)
            return [Run(_value(one), reference, one.at) for one in good]
        meter, true = self._registers(actor, draft)
        assert true is not None  # a reference meter is set
        if not true.value:
            raise refused(Kind.INPUT, "calibrating-reference", seen=true.value)
        return [Run(_value(meter), _value(true), meter.at)]

    def _registers(self, actor: Actor, draft: Draft) -> tuple[Reading, Reading | None]:
        """Read the meter, and right after it the reference meter where there is one."""
        meter = self._one(actor, draft.meter, draft.quantity)
        if not draft.reference_meter:
            return meter, None
        return meter, self._one(actor, draft.reference_meter, draft.quantity)

    def _one(self, actor: Actor, meter: str, quantity: str) -> Reading:
        read = self._services.metering.read_meter(actor, meter, 1, Reason.CALIBRATION)
        return _of(meter, quantity, read)[0]


def _of(meter: str, quantity: str, read: Sequence[Reading]) -> Sequence[Reading]:
    """Give the good readings of one quantity, at least one; raises Refused."""
    found = [_good(one) for one in read if one.quantity == quantity]
    if not found:
        raise refused(Kind.INPUT, "calibrating-not-measured", meter=meter, quantity=quantity)
    return found


def _good(reading: Reading) -> Reading:
    if reading.value is None or reading.quality is not Quality.GOOD:
        why = reading.fault or reading.quality
        values = {"meter": reading.meter, "quantity": reading.quantity, "why": why}
        raise refused(Kind.UNREACHABLE, "calibrating-reading", **values)
    return reading


def _value(reading: Reading) -> Decimal:
    assert reading.value is not None  # _good saw to it
    return reading.value


def _same(one: Calibration, other: Calibration) -> bool:
    """Tell whether two records are of the same readings."""
    register = (one.meter, one.quantity) == (other.meter, other.quantity)
    return register and (one.performed_at, one.as_found) == (other.performed_at, other.as_found)
