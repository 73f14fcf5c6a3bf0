"""Counters that shipped profiles derive agree with what the simulated machine really did."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from drivers.device import read_meter
from drivers.profile_file import load_profile
from drivers.simulate.bus import VirtualBus
from drivers.simulate.machine import VirtualMachine
from drivers.simulate.physics import Job, Timeline, Totals
from drivers.transports import open_line
from drivers.transports.line import Timing
from shared_factory_desktop.acquisition.plan import derivation
from shared_factory_desktop.domain.derived import DerivedMemory, advance

START = dt.datetime(2026, 10, 8, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
JOB = Job(START, START + 300 * SECOND)
PATIENT = Timing(timeout_s=2.0, worst_latency_s=2.0, retries=0)


def derived(kind: str, profile_id: str, quantity: str) -> Decimal:
    """Meter one job of a machine once a second over its real protocol; give the derived total."""
    profile = load_profile(profile_id)
    [rule] = [derivation(each) for each in profile.derived if each.quantity == quantity]
    machine, memory, total = VirtualMachine(kind, profile, [JOB]), DerivedMemory(), None
    with VirtualBus([machine.slave], "tcp") as bus, open_line(bus.settings) as line:
        for second in range(-5, 306):
            instant = START + second * SECOND
            machine.advance_to(instant)
            read = read_meter(line, profile, 1, timing=PATIENT)
            values = {sample.quantity: sample.value for sample in read.samples}
            memory, total, gapped = advance(rule.rule, memory, values[rule.source], instant, SECOND)
            assert not gapped
    assert total is not None
    return total


def truth(kind: str) -> Totals:
    return Timeline(kind, [JOB]).at(JOB.end + 5 * SECOND).totals


@pytest.mark.parametrize("profile_id", ["welder-current-transducer", "fronius-ri"])
def test_the_arcs_of_a_welder_are_counted_to_the_second(profile_id: str) -> None:
    arc_time_s = derived("welder", profile_id, "arc_time_s")

    assert arc_time_s == truth("welder").arc_time_s == 145  # five rounds of 8 s and 21 s


@pytest.mark.parametrize("profile_id", ["contact-input", "advantech-adam-6051", "seneca-z-d-in"])
def test_a_contact_counts_the_time_it_is_closed(profile_id: str) -> None:
    assert derived("spray-booth", profile_id, "run_time_s") == truth("spray-booth").run_time_s


def test_the_charge_of_a_rectifier_is_its_current_over_time() -> None:
    charge_ah = derived("plating-rectifier", "rectifier-current-transducer", "charge_ah")

    exact_ah = truth("plating-rectifier").charge_ah
    # The module gives whole 0.01 A, rounded down.
    assert exact_ah - Decimal("0.01") * 300 / 3600 <= charge_ah <= exact_ah
    assert charge_ah > 40
