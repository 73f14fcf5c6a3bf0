"""The due-time plan of one bus: what a bill rests on comes first, the rest fills spare time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from drivers.profile import Block

_STARVED_S = 60.0  # what only plots show is read this often even where no time is spare


@dataclass(slots=True, eq=False)
class Turn:
    """The blocks of one meter that are read together, and when they are due next.

    `billing`: a bill or a machine's state rests on them. `period_s`, `cost_s`: how often they are
    read, and for how long a read keeps the line busy. `due_s`: by the monotonic clock.
    """

    meter: str
    blocks: tuple[Block, ...]
    billing: bool
    period_s: float
    cost_s: float
    due_s: float = 0.0


class Schedule:
    """Says whose turn it is; belongs to one thread."""

    def __init__(self, turns: Iterable[Turn]) -> None:
        self._turns = tuple(turns)
        self._billing = tuple(turn for turn in self._turns if turn.billing)
        self._spare = tuple(turn for turn in self._turns if not turn.billing)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns there are."""
        return self._turns

    def next(self, now_s: float) -> Turn | None:
        """Give the turn to take now: the billing one due for longest, else one that fits in."""
        turn, at_s = self._soonest(now_s)
        return turn if turn is not None and at_s <= now_s else None

    def due_s(self, now_s: float) -> float | None:
        """When the next turn may be taken, None where there is none."""
        turn, at_s = self._soonest(now_s)
        return None if turn is None else at_s

    def due(self, now_s: float) -> tuple[str, ...]:
        """Give the meters of which anything is due, the longest waiting first."""
        due = sorted((t for t in self._turns if t.due_s <= now_s), key=lambda turn: turn.due_s)
        return tuple(dict.fromkeys(turn.meter for turn in due))

    def of(self, meter: str) -> tuple[Turn, ...]:
        """Give the turns of one meter, billing first."""
        return tuple(t for t in (*self._billing, *self._spare) if t.meter == meter)

    def _soonest(self, now_s: float) -> tuple[Turn | None, float]:
        """Find the turn that may be taken first, and when."""
        billing = min(self._billing, key=lambda turn: turn.due_s, default=None)
        busy_s = math.inf if billing is None else billing.due_s
        fitting = ((_fits_s(turn, now_s, busy_s), turn) for turn in self._spare)
        fits_s, spare = min(
            fitting, key=lambda found: (found[0], found[1].due_s), default=(math.inf, None)
        )
        return (spare, fits_s) if fits_s < busy_s else (billing, busy_s)


def after(turn: Turn, now_s: float, wait_s: float) -> None:
    """Set when a turn just taken is due again; `wait_s`: for how long the meter is left alone.

    The beat is kept where possible; after a delay it goes on from now rather than catch up.
    """
    following_s = turn.due_s + turn.period_s
    on_beat = now_s < following_s <= now_s + turn.period_s
    turn.due_s = max(following_s if on_beat else now_s + turn.period_s, now_s + wait_s)


def _fits_s(turn: Turn, now_s: float, busy_s: float) -> float:
    """When a turn may be taken so that the billing one due at `busy_s` need not wait for it.

    One that has waited for too long is given out as due before that one.
    """
    from_s = max(turn.due_s, now_s)
    if from_s + turn.cost_s <= busy_s:
        return from_s
    starved_s = turn.due_s + _STARVED_S
    return -math.inf if starved_s <= now_s else starved_s
