"""A year of a workshop in any order: sessions begin and end, tariffs change, periods are closed."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.sessions import Pieces, SessionUse
from tests.domain.pricing.scene import ZONE, Table, billed, floor_of
from tests.domain.pricing.strategies import charges

FIRST = dt.date(2026, 9, 25)
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Run:
    """A session as it will have been: what it uses grows evenly until it ends."""

    id: str
    machine: str
    start: dt.datetime
    end: dt.datetime
    pause: tuple[dt.datetime, dt.datetime]
    wh_per_min: int
    pieces: int

    def known(self, now: dt.datetime) -> SessionUse:
        """Give what is known of it at an instant."""
        until = min(self.end, now)
        edges = ((self.start, self.pause[0]), (self.pause[1], self.end))
        worked = tuple((low, min(high, until)) for low, high in edges if low < until)
        ended = self.end <= now
        return SessionUse(
            self.id,
            self.machine,
            "t-1",
            self.start,
            self.end if ended else None,
            working=worked,
            powered=((self.start, until),),
            reserved=(self.start - 30 * MINUTE, self.end),
            pieces=Pieces(self.pieces) if ended else None,
            value=Decimal(self.pieces) / 2 if ended else None,
            readings={"energy_wh": self._register(until)},
        )

    def _register(self, until: dt.datetime) -> tuple[tuple[dt.datetime, Decimal], ...]:
        stands = Decimal((until - self.start) // MINUTE * self.wh_per_min)
        return (self.start, Decimal(0)), (until, stands)


class Workshop(RuleBasedStateMachine):
    """What was billed so far is at every moment what all of it costs up to then."""

    def __init__(self) -> None:
        super().__init__()
        self.bound = FIRST  # billed up to here
        self.runs: list[Run] = []
        self.tariffs: list[Table] = []
        self.billed = Counter[str]()

    @initialize(
        first=st.lists(charges(), min_size=1, max_size=2),
    )
    def opens(self, first: list[Table]) -> None:
        """A workshop needs a first tariff."""
        self._revise(dt.date(2020, 1, 1), first)

    @rule(
        wait_min=st.integers(0, 3 * 24 * 60),
        length_min=st.integers(1, 6 * 24 * 60),
        pause=st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted),
        wh_per_min=st.integers(0, 300),
        pieces=st.integers(0, 50),
    )
    def session(
        self, wait_min: int, length_min: int, pause: list[int], wh_per_min: int, pieces: int
    ) -> None:
        """Begin a session; it may end periods later."""
        start = self._midnight(self.bound) + wait_min * MINUTE
        low, high = (start + length_min * percent // 100 * MINUTE for percent in pause)
        number = len(self.runs)
        machine = f"m-{number % 2 + 1}"
        end = start + length_min * MINUTE
        self.runs.append(Run(f"S-{number}", machine, start, end, (low, high), wh_per_min, pieces))

    @rule(keys=st.lists(charges(), min_size=1, max_size=2), days=st.integers(0, 3))
    def new_tariff(self, keys: list[Table], days: int) -> None:
        """Let other charges hold from a day on that is not billed yet."""
        self._revise(self.bound + days * DAY, keys)

    @rule(days=st.integers(1, 9))
    def close_period(self, days: int) -> None:
        """Bill the next days, in which sessions may still be running."""
        floor, end = self._floor(), self.bound + days * DAY
        self.billed.update(self._amounts(floor, self.bound, end))
        self.bound = end

    @invariant()
    def nothing_is_billed_twice_or_forgotten(self) -> None:
        if self.bound > FIRST:
            whole = self._amounts(self._floor(), FIRST, self.bound)
            assert +self.billed == +whole
            assert -self.billed == -whole

    def _amounts(self, floor: Floor, start: dt.date, end: dt.date) -> Counter[str]:
        now = self._midnight(end)
        uses = [run.known(now) for run in reversed(self.runs) if run.start < now]
        found = Counter[str]()
        for line in billed(floor, uses, start, end, now=now):
            found[f"{line.session} {line.charge}"] += line.list_fen
        return found

    def _revise(self, valid_from: dt.date, keys: list[Table]) -> None:
        named = [{**one, "id": f"charge-{number}"} for number, one in enumerate(keys)]
        version = {
            "id": "tariff",
            "name": "Tariff",
            "valid_from": valid_from,
            "tax_mode": "inclusive",
            "bands": "hebei-south",
            "charge": named,
        }
        others = [one for one in self.tariffs if one["valid_from"] != valid_from]
        self.tariffs = [*others, version]

    def _floor(self) -> Floor:
        return floor_of(tariff=self.tariffs)

    @staticmethod
    def _midnight(day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), ZONE)


TestWorkshop = Workshop.TestCase
TestWorkshop.settings = settings(
    max_examples=max(int(os.environ.get("PRICING_EXAMPLES", "0")), 100), stateful_step_count=12
)
