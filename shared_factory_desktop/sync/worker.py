"""Drains the outbox to one platform: sends, stores receipts, waits, compares closing figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from shared_factory_desktop.domain.records import Answer, Receipt
from shared_factory_desktop.sync import compare, decide
from shared_factory_desktop.sync.compare import Difference
from shared_factory_desktop.sync.decide import Course, Decision
from shared_factory_desktop.sync.outbox import Outbox, PlatformState, Standing
from shared_factory_desktop.sync.target import Outcome, Target, Verdict

EXCHANGE_TIMEOUT_S = 30.0
_SHOWN = 5  # differences in one line


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance from outside: `now` UTC, `monotonic` in s, `draw` in [0, 1).

    `wait` sleeps up to so many seconds and gives True where it was told to stop.
    """

    now: Callable[[], dt.datetime]
    monotonic: Callable[[], float]
    wait: Callable[[float], bool]
    draw: Callable[[], float]


class State(StrEnum):
    """How a drain ended."""

    DRAINED = "drained"  # nothing pending, and the platform's figures equal ours
    PENDING = "pending"  # time was up
    UNCONFIRMED = "unconfirmed"  # nothing pending, but the checkpoint could not be read in time
    DIFFERS = "differs"  # nothing pending, but the platform's figures are others
    STOPPED = "stopped"  # the platform refuses us or is not the one we know
    UNREACHABLE = "unreachable"  # nobody answered


@dataclass(frozen=True, slots=True)
class DrainResult:
    """What a drain did: counts of this drain, the last error, differences found (mended or not)."""

    state: State
    sent: int
    quarantined: int
    error: str | None = None
    detail: str = ""
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """After one exchange: seconds until the next is due, and how the drain ended if it did."""

    wait_s: float
    ended: State | None = None


class Worker:
    """Sends one workstation's records to one platform; one thread at a time."""

    def __init__(
        self, platform: str, source: str, outbox: Outbox, target: Target, clock: Clock
    ) -> None:
        self.platform = platform
        self._source = source
        self._outbox = outbox
        self._target = target
        self._clock = clock
        self._mended: tuple[Difference, ...] = ()
        self._course = _resumed(outbox.state(platform))
        self.begin()

    def begin(self) -> None:
        """Start counting anew and try even a platform that had stopped us."""
        self._sent = self._quarantined = 0
        self._differences: tuple[Difference, ...] = ()
        self._error: str | None = None
        self._detail = ""
        self._reached = self._confirmed = self._stopped = False

    def drain(self, timeout_s: float) -> DrainResult:
        """Send until nothing is pending and the figures are compared, or the time is up.

        Waits out Retry-After and back-off within the time; returns early where a wait would
        outlast it. Raises only what the outbox raises.
        """
        self.begin()
        deadline = self._clock.monotonic() + timeout_s
        while (remaining_s := deadline - self._clock.monotonic()) > 0:
            step = self.step(min(EXCHANGE_TIMEOUT_S, remaining_s))
            if step.ended is not None:
                return self.result(step.ended)
            remaining_s = deadline - self._clock.monotonic()
            if step.wait_s >= remaining_s or (step.wait_s > 0 and self._clock.wait(step.wait_s)):
                break
        return self.result(self._interrupted())

    def step(self, timeout_s: float = EXCHANGE_TIMEOUT_S) -> Step:
        """Do at most one exchange; raises only what the outbox raises."""
        if self._stopped and self._still_stopped():
            return Step(0.0, State.STOPPED)
        wanted = decide.most_wanted(self._course, self._clock.now())
        records = self._outbox.pending(self.platform, wanted)
        if not records:
            return Step(0.0, State.DRAINED) if self._confirmed else self._compare(timeout_s)
        self._confirmed = False
        batch = decide.next_batch(self._course, records, self._clock.now())
        fits = decide.fits(batch)
        outcome = self._target.send(batch, timeout_s) if fits else decide.TOO_LARGE
        at = self._clock.now()
        decision = decide.decide(self._course, batch, outcome, at, self._clock.draw)
        if decision.receipts:
            self._outbox.settle(self.platform, decision.receipts)
        self._count(decision.receipts)
        return self._follow(decision, outcome)

    def result(self, state: State) -> DrainResult:
        """Sum up since `begin`."""
        failed = state is not State.DRAINED
        error, detail = (self._error, self._detail) if failed else (None, "")
        return DrainResult(state, self._sent, self._quarantined, error, detail, self._differences)

    def close(self) -> None:
        """Let go of the line."""
        self._target.close()

    def _compare(self, timeout_s: float) -> Step:
        # Nothing is pending, so another process settled whatever was held here.
        self._course = replace(self._course, held=None, suspect_through=None)
        ours = self._outbox.standing(self.platform)
        answer = self._target.checkpoint(self._source, timeout_s)
        if isinstance(answer, Outcome):
            return self._follow(decide.again(self._course, answer, self._clock.draw), answer)
        self._follow(Decision(replace(self._course, failures=0)), None)
        if answer is None:
            self._confirmed = True
            return Step(0.0, State.DRAINED)
        found = compare.differences(ours, answer)
        if found and self._outbox.standing(self.platform) != ours:
            return Step(0.0)  # another process sent meanwhile: ask again
        return self._mend(ours, answer, found)

    def _mend(self, ours: Standing, theirs: Standing, found: tuple[Difference, ...]) -> Step:
        """Have the differing records sent again, but the same difference only once."""
        if not found:
            self._mended, self._confirmed = (), True
            return Step(0.0, State.DRAINED)
        self._differences = found
        seqs = compare.to_resend(self._outbox, self.platform, ours, theirs)
        if not seqs or found == self._mended:
            self._confirmed = True
            self._error = "differs"
            self._detail = ", ".join(difference.text for difference in found[:_SHOWN])
            self._note(self._error, self._detail)
            return Step(0.0, State.DIFFERS)
        self._mended = found
        self._outbox.resend(self.platform, seqs)
        return Step(0.0)

    def _follow(self, decision: Decision, outcome: Outcome | None) -> Step:
        """Take a decision's course and note what led to it."""
        self._course = decision.course
        if outcome is not None:
            self._reached = self._reached or outcome.reached
            self._error, self._detail = outcome.code, outcome.detail
            self._stopped = outcome.verdict is Verdict.DENIED
        failed = outcome is not None and decision.course.failures > 0
        if failed:
            self._note(self._error, self._detail, decision.wait_s)
        else:
            self._note(None)
        return Step(decision.wait_s, State.STOPPED if decision.halted else None)

    def _note(self, error: str | None, detail: str = "", wait_s: float | None = None) -> None:
        """Keep how things stand where every process can see it."""
        at, course = self._clock.now(), self._course
        state = PlatformState(
            tried_at=at,
            next_try_at=at + dt.timedelta(seconds=wait_s) if wait_s is not None else None,
            failures=course.failures,
            error=error,
            detail=detail,
            stopped=self._stopped,
            size_limit=course.size_limit if course.limited_at else None,
            limited_at=course.limited_at,
        )
        self._outbox.note(self.platform, state)

    def _count(self, receipts: tuple[Receipt, ...]) -> None:
        rejected = sum(receipt.answer is Answer.REJECTED for receipt in receipts)
        self._quarantined += rejected
        self._sent += len(receipts) - rejected

    def _still_stopped(self) -> bool:
        """Tell whether no person, through another process, has set the platform going again."""
        noted = self._outbox.state(self.platform)
        return noted is not None and noted.stopped

    def _interrupted(self) -> State:
        if self._error is not None and not self._reached:
            return State.UNREACHABLE
        pending = self._outbox.pending(self.platform, 1)
        return State.PENDING if pending else State.UNCONFIRMED


def _resumed(noted: PlatformState | None) -> Course:
    if noted is None or noted.size_limit is None:
        return Course()
    return Course(size_limit=noted.size_limit, limited_at=noted.limited_at)
