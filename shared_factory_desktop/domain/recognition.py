"""Recognises off, idle and working from one quantity, with a hold time so that a flicker changes
nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from shared_factory_desktop.domain.floor import StateRule
from shared_factory_desktop.domain.readings import Quality, State, StateChange


@dataclass(frozen=True, slots=True)
class Recognition:
    """What is known of one machine: its state, and a change that has not lasted long enough yet."""

    state: State | None = None
    candidate: State | None = None
    candidate_at: dt.datetime | None = None


def state_of(rule: StateRule, value: Decimal | None) -> State:
    """Give the state a value stands for; no value is `unknown`."""
    if value is None:
        return State.UNKNOWN
    if value >= rule.working_from:
        return State.WORKING
    return State.IDLE if value >= rule.idle_from else State.OFF


def recognise(
    machine: str, rule: StateRule, memory: Recognition, value: Decimal | None, at: dt.datetime
) -> tuple[Recognition, StateChange | None]:
    """Take one sample; a change counts once it has lasted `hold_s`, dated from its first sample.

    The very first state counts at once, as nothing is known before it.
    """
    seen = state_of(rule, value)
    if seen == memory.state:
        return replace(memory, candidate=None, candidate_at=None), None
    if memory.state is None:
        return Recognition(seen), StateChange(machine, at, seen, _quality(seen))
    if seen != memory.candidate or memory.candidate_at is None:
        memory = replace(memory, candidate=seen, candidate_at=at)
    assert memory.candidate_at is not None
    if at - memory.candidate_at < dt.timedelta(seconds=rule.hold_s):
        return memory, None
    return Recognition(seen), StateChange(machine, memory.candidate_at, seen, _quality(seen))


def _quality(state: State) -> Quality:
    return Quality.MISSING if state is State.UNKNOWN else Quality.GOOD
