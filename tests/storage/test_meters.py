"""What meters call themselves, and the jobs machines remember: stored once, never changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from shared_factory_desktop.storage import identities, jobs
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.jobs import MachineJob
from tests.storage.conftest import START, Clock

pytestmark = pytest.mark.slow

HOUR = dt.timedelta(hours=1)
JOB = MachineJob(
    id="0000A1",
    name="支架 v2.gcode",
    status="completed",
    start=START,
    end=START + HOUR,
    run_time_s=Decimal("3541.72"),
    filament_mm=Decimal("5241.330001"),
    estimated=False,
)


def test_the_number_accepted_last_is_the_meters(tx: Transaction, clock: Clock) -> None:
    assert identities.latest(tx, ["M-1", "M-2"]) == {}
    identities.accept(tx, "M-1", "A", "ws-1", "first-seen")
    clock.move(60)
    identities.accept(tx, "M-2", "X", "ws-1", "first-seen")
    last = identities.accept(tx, "M-1", "B", "li", "烧坏，已换表")

    assert identities.latest(tx, ["M-1"]) == {"M-1": last}
    assert (last.identity, last.by, last.reason) == ("B", "li", "烧坏，已换表")
    assert identities.latest(tx, ["M-1", "M-2"]).keys() == {"M-1", "M-2"}
    assert identities.latest(tx, []) == {}


def test_a_swap_is_another_number_in_the_place_of_one(tx: Transaction) -> None:
    for meter, number in (("M-1", "A"), ("M-2", "X"), ("M-1", "A")):
        identities.accept(tx, meter, number, "ws-1", "first-seen")
    assert identities.swaps(tx, ["M-1", "M-2"]) == {}

    first = identities.accept(tx, "M-1", "B", "li", "swapped")
    back = identities.accept(tx, "M-1", "A", "li", "repaired")

    assert first.at <= back.at
    assert identities.swaps(tx, ["M-1", "M-2"]) == {"M-1": back.at}


def test_an_empty_number_is_refused(database: Database) -> None:
    def accept() -> None:
        with database.write() as tx:
            identities.accept(tx, "M-1", "", "li", "swapped")

    with pytest.raises(StorageFault) as refused:
        accept()
    assert refused.value.code is FaultCode.RULE


def test_a_job_told_twice_is_stored_once(database: Database) -> None:
    later = replace(JOB, id="0000A2", start=START + HOUR, end=START + 3 * HOUR)
    with database.write() as tx:
        assert jobs.add_new(tx, "M-1", [JOB, JOB]) == 1
    with database.write() as tx:
        assert jobs.add_new(tx, "M-1", [later, JOB]) == 1
        assert jobs.add_new(tx, "M-2", [JOB]) == 1
        assert jobs.add_new(tx, "M-1", []) == 0
    with database.read() as tx:
        assert jobs.list_jobs(tx, "M-1") == (JOB, later)
        assert jobs.list_jobs(tx, "M-1", later.end) == (later,)
        assert jobs.last_end(tx, "M-1") == later.end
        assert jobs.last_end(tx, "M-3") is None


def test_what_is_not_known_of_a_job_stays_unknown(tx: Transaction) -> None:
    bare = replace(JOB, start=None, end=None, run_time_s=None, filament_mm=None, estimated=True)
    assert jobs.add_new(tx, "M-1", [bare]) == 1
    assert jobs.add_new(tx, "M-1", [replace(bare, end=START + HOUR)]) == 0
    assert jobs.list_jobs(tx, "M-1") == (bare,)
    assert jobs.list_jobs(tx, "M-1", START) == (bare,)  # it was stored then
    assert jobs.last_end(tx, "M-1") is None


def test_an_id_given_out_again_is_another_job(tx: Transaction) -> None:
    """A printer whose history was cleared begins to count anew."""
    again = replace(JOB, name="外壳.gcode", start=START + 50 * HOUR, end=START + 52 * HOUR)
    moved = replace(JOB, start=START + dt.timedelta(seconds=2))
    assert [jobs.add_new(tx, "M-1", [job]) for job in (JOB, moved, again, again)] == [1, 0, 1, 0]
    assert jobs.list_jobs(tx, "M-1") == (JOB, again)


def test_a_printers_clock_is_its_own(tx: Transaction) -> None:
    """One without a battery may be put right, and so back, in the middle of a job."""
    odd = replace(JOB, start=START, end=START - HOUR)
    assert jobs.add_new(tx, "M-1", [odd]) == 1
    assert jobs.list_jobs(tx, "M-1") == (odd,)
