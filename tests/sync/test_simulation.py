"""Thousands of bad days in simulated time: loss, repeats, half answers, crashes, forgetful peers.

A failure names its seed; `_check([seed])` replays it.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from shared_factory_desktop.domain.records import Answer, Receipt, Record
from shared_factory_desktop.sync import answers
from shared_factory_desktop.sync.decide import TOO_LARGE
from shared_factory_desktop.sync.events import Batch, encode
from shared_factory_desktop.sync.outbox import Standing
from shared_factory_desktop.sync.reference.ledger import Ledger
from shared_factory_desktop.sync.target import Outcome, Verdict
from shared_factory_desktop.sync.worker import State, Worker
from tests.sync.memory import PLATFORM, SOURCE, ManualClock, MemoryOutbox, make_records

FAST_SEEDS = range(500)
SLOW_SEEDS = range(500, 6_000)

Mutation = Callable[[Batch, Outcome], Outcome]


class Crash(Exception):
    """The workstation loses power."""


class World:
    """A platform behind a bad line; `calm` ends all faults but those of the records themselves."""

    def __init__(self, seed: int, mutation: Mutation | None = None) -> None:
        self.random = random.Random(seed)
        self.calm = False
        self.ledger = Ledger()
        self.applied: Counter[int] = Counter()
        self.mutation = mutation
        self.clock = ManualClock()
        records = make_records(self.random.randint(1, 120))
        self.poison = set(self.random.sample(range(1, len(records) + 1), min(2, len(records) - 1)))
        self.later = [
            _spoilt(record) if record.seq in self.poison else record for record in records
        ]
        self.unprocessable = {seq for seq in self.poison if self.random.random() < 0.5}
        self.largest = self.random.choice([500, 30, 7])
        self.outbox = MemoryOutbox()
        self._late: list[Batch] = []

    def send(self, batch: Batch, timeout_s: float) -> Outcome:
        assert timeout_s > 0
        seqs = [record.seq for record in batch.records]
        assert seqs == sorted(set(seqs)), "a batch is in order of id"
        outcome = self._line(batch)
        return self.mutation(batch, outcome) if self.mutation else outcome

    def checkpoint(self, source: str, timeout_s: float) -> Standing | Outcome | None:
        assert timeout_s > 0
        if self.mutation:
            return None  # or the closing comparison would mend what the mutation broke
        if not self.calm and self.random.random() < 0.3:
            return Outcome(Verdict.REPEAT, code="cut")
        return answers.checkpoint(self.ledger.checkpoint(source).model_dump_json().encode())

    def close(self) -> None:
        """Nothing is held."""

    def forget(self, count: int) -> None:
        """Restore the platform from an old backup: the newest events are gone."""
        kept = self.ledger.events(SOURCE)[: -count or None]
        self.ledger = Ledger()
        self.ledger.receive(kept)

    def _line(self, batch: Batch) -> Outcome:
        fate = 1.0 if self.calm else self.random.random()
        if fate < 0.10:
            return Outcome(Verdict.REPEAT, code="cut", reached=False)
        if fate < 0.15:
            raise Crash
        if fate < 0.25:
            busy_s = self.random.choice([None, 0.0, 30.0])
            return Outcome(Verdict.REPEAT, code="later", retry_after_s=busy_s)
        if self._late and fate < 0.35:
            self._deliver(self._late.pop(), 1.0)  # an old copy that the line had kept
        return self._answer(batch, fate)

    def _answer(self, batch: Batch, fate: float) -> Outcome:
        if len(batch.records) > self.largest:
            return TOO_LARGE
        if self.unprocessable & {record.seq for record in batch.records}:
            return Outcome(Verdict.UNPROCESSABLE, code="unprocessable")
        named = self._deliver(batch, 0.6 if fate < 0.5 else 1.0)
        if fate < 0.55:
            return Outcome(Verdict.REPEAT, code="timeout")  # done, but the answer is lost
        if fate < 0.60:
            self._late.append(batch)
            raise Crash  # done and answered, but not settled
        return answers.outcome(named, batch, self.clock.now())

    def _deliver(self, batch: Batch, share: float) -> bytes:
        """Take a random part of a batch and give the results document of that part."""
        part = [e for e in json.loads(batch.body) if self.random.random() <= share]
        results = self.ledger.receive(part)
        self.applied.update(int(r.id) for r in results if r.status == "accepted")
        return json.dumps({"results": [result.model_dump() for result in results]}).encode()


def _spoilt(record: Record) -> Record:
    """Make a record that the platform rejects on its own."""
    return replace(record, data={"measures": {"energy_wh": "about 5"}, "totals": {}})


def _live(world: World) -> None:
    """Work through the bad times, with a new worker after every crash."""
    worker = Worker(PLATFORM, SOURCE, world.outbox, world, world.clock.clock())
    for _ in range(40):
        if world.later and world.random.random() < 0.5:
            count = world.random.randint(1, 40)
            world.outbox.add(world.later[:count])
            del world.later[:count]
        try:
            world.clock.wait(worker.step().wait_s)
        except Crash:
            worker = Worker(PLATFORM, SOURCE, world.outbox, world, world.clock.clock())
    world.outbox.add(world.later)


def _violations(world: World) -> list[str]:
    """Calm the world, drain, and name every promise that was broken."""
    world.calm = True
    state = Worker(PLATFORM, SOURCE, world.outbox, world, world.clock.clock()).drain(1e9).state
    records = world.outbox.records
    expected = [encode(r) for seq, r in sorted(records.items()) if seq not in world.poison]
    stored = sorted(world.ledger.events(SOURCE), key=lambda event: str(event["id"]))
    found = [
        json.dumps(e, sort_keys=True, ensure_ascii=False, separators=(",", ":")) for e in stored
    ]
    broken = [] if state is State.DRAINED else [f"ended {state}"]
    if found != [event.decode() for event in expected]:
        broken.append(f"platform has {len(found)} of {len(expected)} records")
    if set(world.outbox.quarantined()) != world.poison:
        broken.append(f"quarantined {world.outbox.quarantined()}, expected {world.poison}")
    if world.outbox.pending(PLATFORM, 1):
        broken.append("something is still pending")
    return broken


def _check(seeds: Sequence[int]) -> None:
    for seed in seeds:
        world = World(seed)
        _live(world)
        assert _violations(world) == [], f"seed {seed}"
        assert set(world.applied.values()) <= {1}, f"seed {seed}"


def test_every_record_arrives_exactly_once_whatever_the_line_does() -> None:
    _check(FAST_SEEDS)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_record_arrives_exactly_once_over_many_more_seeds() -> None:
    _check(SLOW_SEEDS)


def test_a_platform_that_was_restored_from_a_backup_gets_what_it_forgot() -> None:
    mended = 0
    for seed in range(60):
        world = World(seed)
        _live(world)
        assert _violations(world) == []
        lost = world.random.randint(0, 10)
        world.forget(lost)
        result = Worker(PLATFORM, SOURCE, world.outbox, world, world.clock.clock()).drain(1e9)
        assert (result.state, _violations(world)) == (State.DRAINED, []), f"seed {seed}"
        mended += bool(result.differences)
    assert mended > 30


def _all_named(batch: Batch, outcome: Outcome) -> Outcome:
    """The mistake of taking any answer for a receipt of the whole batch."""
    if outcome.verdict is not Verdict.REPEAT:
        return outcome
    seqs = (record.seq for record in batch.records)
    at = batch.records[0].recorded_at
    return Outcome(Verdict.ANSWERED, tuple(Receipt(seq, Answer.ACCEPTED, at) for seq in seqs))


def _up_to_highest(batch: Batch, outcome: Outcome) -> Outcome:
    """The mistake of taking the highest id named for all ids below it."""
    if outcome.verdict is not Verdict.ANSWERED:
        return outcome
    highest = outcome.receipts[-1]
    seqs = [record.seq for record in batch.records if record.seq <= highest.seq]
    return replace(outcome, receipts=tuple(replace(highest, seq=seq) for seq in seqs))


@pytest.mark.parametrize("mutation", [_all_named, _up_to_highest])
def test_the_simulation_finds_a_sender_that_believes_too_much(mutation: Mutation) -> None:
    for seed in range(50):
        world = World(seed, mutation)
        _live(world)
        if _violations(world):
            return
    pytest.fail("50 seeds did not notice")


class _Renumbering(World):
    """A world whose sender gives each try new ids."""

    tries = 1000

    def send(self, batch: Batch, timeout_s: float) -> Outcome:
        events = json.loads(batch.body)
        for event in events:
            self.tries += 1
            event["id"] = f"{self.tries:012d}"
        return super().send(replace(batch, body=json.dumps(events).encode()), timeout_s)


def test_the_simulation_finds_a_sender_that_numbers_anew_at_each_try() -> None:
    for seed in range(50):
        world = _Renumbering(seed)
        _live(world)
        if len(world.ledger.events(SOURCE)) > len(world.outbox.records):
            return
    pytest.fail("50 seeds did not notice")
