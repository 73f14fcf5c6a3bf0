"""A calibration taken through its steps against simulated meters whose errors are known."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.simulate.bus import VirtualBus
from drivers.simulate.slave import Slave
from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.calibration import (
    IDENTITY,
    Rule,
    Verdict,
)
from shared_factory_desktop.domain.calibration_correction import found_error
from shared_factory_desktop.domain.calibration_fit import Model
from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.services.clocks import utc_now
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.services.workflows.calibrating import Phase, Step, steps, with_model
from shared_factory_desktop.services.workflows.calibrating_bench import CalibrationBench
from tests.services.calibrating_scene import (
    BENCH_METERS,
    ENERGY,
    ERROR,
    NOISE_W,
    POWER,
    STANDARD,
    ErrantMeter,
    Workshop,
    calibrate,
)
from tests.services.conftest import BOSS, FLOOR

OPERATOR = Actor("li", Role.OPERATOR)


@pytest.fixture
def workshop(_created: Path, tmp_path: Path) -> Iterator[Workshop]:
    data, floor = shutil.copytree(_created, tmp_path / "data"), tmp_path / "floor.toml"
    meter, reference = ErrantMeter(ERROR, NOISE_W), ErrantMeter()
    with VirtualBus([Slave(7, meter), Slave(8, reference)], "tcp") as line:
        text = FLOOR.replace("{port}", str(line.settings.tcp_port)).partition("[[platform]]")[0]
        floor.write_text(text + BENCH_METERS, encoding="utf-8")
        shop = Workshop(data, meter, reference)
        shop.services.floor.import_file(BOSS, floor)
        shop.services.calibration.add_standard(BOSS, STANDARD)
        for instrument in (POWER, ENERGY):
            shop.services.calibration.add_instrument(BOSS, instrument)
        yield shop
        shop.services.close()


def codes(error: Refused) -> list[str]:
    return [cause.code for cause in error.causes]


@contextmanager
def refusing(code: str) -> Iterator[None]:
    with pytest.raises(Refused) as caught:
        yield
    assert codes(caught.value) == [code]


@pytest.mark.slow
def test_an_error_is_found_within_its_uncertainty_every_time(workshop: Workshop) -> None:
    records = [calibrate(workshop, seed) for seed in range(20)]

    found = [Decimal(str(float(found_error(one.as_found)))) for one in records]
    stated = [2 * one.coefficients.gain_u for one in records]
    assert [abs(e - ERROR) <= u for e, u in zip(found, stated, strict=True)] == [True] * 20
    assert max(stated) < Decimal("0.0012")
    points = [point for one in records for point in one.as_found]
    within = sum(abs(point.error - ERROR) <= point.expanded for point in points)
    assert within >= 95  # of 100 points, at k = 2
    assert all(abs(point.error) < Decimal("0.002") for one in records for point in one.as_left)
    assert [one.number[-2:] for one in records] == [f"{n:02}" for n in range(1, 21)]


def test_one_calibration_from_the_first_step_to_the_record(workshop: Workshop) -> None:
    made = calibrate(workshop, 7)

    assert made.number.startswith("JZ-2026-")
    assert (made.version, made.operator, made.reviewer) == (1, "boss", None)
    assert [len(point.indicated) for point in made.as_found] == [10] * 5
    assert made.adjusted
    assert abs(made.coefficients.gain - 1 / (1 + ERROR)) <= 2 * made.coefficients.gain_u
    assert made.effective_at > made.performed_at
    assert made.valid_until == dt.date(2027, 11, 23)
    assert workshop.bench.offer(BOSS).drafts == ()
    read = workshop.services.metering.readings(BOSS, "M-1", None, None)
    power = [reading for reading in read if reading.quantity == "power_w"]
    assert len(power) == 65
    assert {str(reading.reason) for reading in power} == {"calibration"}
    assert made.effective_at in {reading.at for reading in power}


@pytest.mark.slow
def test_every_step_outlives_the_program(workshop: Workshop) -> None:
    view = workshop.begin()
    for phase in Phase:
        view = workshop.measure(view, phase, count=2)
        for _ in range(3):
            if view.draft.step is not Step.SUMMARY:
                view = workshop.bench.forward(BOSS, view.draft)
            workshop.reopen()
            [draft] = workshop.bench.offer(BOSS).drafts
            assert draft == view.draft
            assert workshop.bench.begin(BOSS, "M-1", "power_w") == view
    assert view.draft.step is Step.SUMMARY
    assert workshop.bench.record(BOSS, view.draft).adjusted


@pytest.mark.slow
def test_a_power_cut_after_recording_records_nothing_twice(workshop: Workshop) -> None:
    view = workshop.measure(workshop.begin(), Phase.FOUND, count=2)
    for _ in range(2):
        view = workshop.bench.forward(BOSS, view.draft)
    view = workshop.bench.keep(BOSS, replace(view.draft, verdict=Verdict.REJECT))
    view = workshop.bench.forward(BOSS, view.draft)
    [file] = (workshop.data / "calibrating").glob("*.json")
    before = file.read_bytes()
    made = workshop.bench.record(BOSS, view.draft)
    assert not file.exists()

    file.write_bytes(before)
    workshop.reopen()
    [draft] = workshop.bench.offer(BOSS).drafts
    assert workshop.bench.record(BOSS, draft) == made
    assert workshop.services.calibration.list(BOSS) == (made,)
    assert made.coefficients == IDENTITY
    assert made.as_left == ()


@pytest.mark.slow
def test_a_reading_that_is_ended_early_keeps_what_was_read(workshop: Workshop) -> None:
    workshop.show(1000)
    view = workshop.begin()
    view = workshop.bench.read(
        BOSS, view.draft, Phase.FOUND, "1 kW", Decimal(1000), 50, lambda now: now.revision == 5
    )
    [comparison] = view.draft.as_found
    assert len(comparison.runs) == 10


def test_a_load_that_drifts_is_no_scatter_beside_a_reference_meter(workshop: Workshop) -> None:
    workshop.meter.noise_w = 0.0
    view = workshop.begin(reference_meter="M-REF")
    for load_w in (2000, 2100, 2200):
        workshop.show(load_w)
        view = workshop.bench.read(BOSS, view.draft, Phase.FOUND, "2 kW", None, 1)

    [point] = view.assessment.found
    assert point.reference == 2100
    assert abs(point.error - ERROR) < Decimal("0.000001")
    spread = max(point.indicated) - min(point.indicated)
    assert spread < Decimal("0.001")


def test_a_counter_is_compared_by_what_it_counted(workshop: Workshop) -> None:
    view = workshop.begin("energy_wh", reference_meter="M-REF")
    for energy_wh in (40_000, 60_000):
        nominal = f"{energy_wh // 1000} kWh"
        view = workshop.bench.start_counting(BOSS, view.draft, Phase.FOUND, nominal)
        workshop.use(energy_wh)
        workshop.reopen()  # the register counts on whatever becomes of the program
        [draft] = workshop.bench.offer(BOSS).drafts
        assert draft.counting is not None
        view = workshop.bench.stop_counting(BOSS, draft, None)

    first, second = view.assessment.found
    assert [first.reference, second.reference] == [40_000, 60_000]
    assert first.indicated[0] == 40_320
    assert view.assessment.coefficients is not None
    assert abs(view.assessment.coefficients.gain - 1 / (1 + ERROR)) < Decimal("0.0001")


def test_pieces_are_typed_as_a_person_counted_them(workshop: Workshop) -> None:
    view = workshop.begin("energy_wh")
    view = workshop.bench.start_counting(BOSS, view.draft, Phase.FOUND, "10 kWh")
    with pytest.raises(Refused) as caught:
        workshop.bench.forward(BOSS, view.draft)
    assert codes(caught.value) == ["calibrating-counting", "calibrating-points"]
    workshop.use(10_000)
    with refusing("calibrating-reference"):
        workshop.bench.stop_counting(BOSS, view.draft, None)
    view = workshop.bench.stop_counting(BOSS, view.draft, Decimal(10_000))

    assert view.draft.counting is None
    assert view.draft.as_found[0].runs[0].indicated == 10_080


def test_what_is_missing_is_said_before_a_step_is_left(workshop: Workshop) -> None:
    bench = workshop.bench
    draft = bench.begin(BOSS, "M-1", "power_w").draft
    with refusing("calibrating-standard"):
        bench.forward(BOSS, draft)
    with refusing("calibrating-itself"):
        bench.forward(BOSS, replace(draft, standard="std-1", reference_meter="M-1"))
    draft = bench.forward(BOSS, replace(draft, standard="std-1")).draft
    with pytest.raises(Refused) as caught:
        bench.forward(BOSS, replace(draft, place=" "))
    assert codes(caught.value) == ["calibrating-method", "calibrating-place"]
    draft = bench.forward(BOSS, replace(draft, method="标准表法")).draft
    with refusing("calibrating-points"):
        bench.forward(BOSS, draft)
    with refusing("calibrating-unfinished"):
        bench.record(BOSS, draft)


def test_a_standard_out_of_date_is_not_used(workshop: Workshop) -> None:
    old = replace(STANDARD, due=dt.date(2026, 11, 22))
    workshop.services.calibration.add_standard(BOSS, old)
    draft = workshop.bench.begin(BOSS, "M-1", "power_w").draft

    with refusing("calibrating-expired"):
        workshop.bench.forward(BOSS, replace(draft, standard="std-1"))


@pytest.mark.parametrize(
    ("nominal", "reference", "code"),
    [
        ("  ", Decimal(5), "calibrating-nominal"),
        ("5 W", Decimal(0), "calibrating-reference"),
        ("5 W", None, "calibrating-reference"),
    ],
)
def test_a_point_without_name_or_truth_is_not_read(
    workshop: Workshop, nominal: str, reference: Decimal | None, code: str
) -> None:
    view = workshop.begin()
    with refusing(code):
        workshop.bench.read(BOSS, view.draft, Phase.FOUND, nominal, reference, 1)
    assert not workshop.services.metering.readings(BOSS, "M-1", None, None)


@pytest.mark.slow
def test_a_meter_that_fails_its_limit_is_not_passed(workshop: Workshop) -> None:
    view = workshop.measure(workshop.begin(), Phase.FOUND, count=2)
    for _ in range(2):
        view = workshop.bench.forward(BOSS, view.draft)
    with pytest.raises(Refused) as caught:
        workshop.bench.forward(BOSS, replace(view.draft, verdict=Verdict.PASS))
    assert set(codes(caught.value)) == {"calibrating-fails"}
    assert Step.LEFT in steps(view.draft)
    assert Step.LEFT not in steps(replace(view.draft, verdict=Verdict.REJECT))


@pytest.mark.slow
def test_a_meter_that_passes_is_left_as_it_was(workshop: Workshop) -> None:
    workshop.meter.error = Decimal("0.001")
    view = workshop.measure(workshop.begin(), Phase.FOUND, count=2)
    for _ in range(3):
        view = workshop.bench.forward(BOSS, view.draft)
    made = workshop.bench.record(BOSS, view.draft)

    assert (made.verdict, made.adjusted, made.coefficients) == (Verdict.PASS, False, IDENTITY)
    assert made.effective_at == made.performed_at


@pytest.mark.slow
def test_other_points_and_another_line_ask_for_the_verdict_anew(workshop: Workshop) -> None:
    view = workshop.measure(workshop.begin(), Phase.FOUND, count=2)
    for _ in range(2):
        view = workshop.bench.forward(BOSS, view.draft)
    assert view.draft.verdict is Verdict.ADJUST

    assert with_model(view.draft, Model.GAIN_OFFSET).verdict is None
    offset = workshop.bench.keep(BOSS, with_model(view.draft, Model.GAIN_OFFSET))
    assert offset.assessment.coefficients is not None
    assert offset.assessment.coefficients.offset_u > 0
    simple = workshop.bench.keep(BOSS, replace(offset.draft, rule=Rule.SIMPLE))
    assert {str(point.decision) for point in simple.assessment.found} == {"fail"}


def test_two_people_do_not_overwrite_each_other(workshop: Workshop) -> None:
    view = workshop.begin()
    workshop.bench.keep(BOSS, replace(view.draft, remarks="先到"))
    with refusing("calibrating-changed"):
        workshop.bench.keep(BOSS, replace(view.draft, remarks="后到"))
    [draft] = workshop.bench.offer(BOSS).drafts
    assert draft.remarks == "先到"


def test_an_operator_may_look_but_not_calibrate(workshop: Workshop) -> None:
    assert workshop.bench.offer(OPERATOR).instruments
    with refusing("role"):
        workshop.bench.begin(OPERATOR, "M-1", "power_w")


@pytest.mark.slow
def test_a_draft_that_cannot_be_read_is_named(workshop: Workshop) -> None:
    workshop.begin()
    [file] = (workshop.data / "calibrating").glob("*.json")
    file.write_text("{", encoding="utf-8")
    with refusing("calibrating-file"):
        workshop.bench.offer(BOSS)


@pytest.mark.slow
def test_a_silent_meter_is_named_and_nothing_is_lost(workshop: Workshop) -> None:
    view = workshop.begin(reference_meter="M-SILENT")
    workshop.show(1000)
    with refusing("calibrating-reading"):
        workshop.bench.read(BOSS, view.draft, Phase.FOUND, "1 kW", None, 1)
    assert workshop.bench.begin(BOSS, "M-1", "power_w") == view


@pytest.mark.slow
def test_the_meter_is_read_through_the_agent_that_owns_its_line(workshop: Workshop) -> None:
    workshop.services.close()
    workshop.services = Bootstrap().open_services(workshop.data)
    workshop.bench = CalibrationBench(workshop.services, utc_now)
    workshop.services.calibration.add_standard(BOSS, replace(STANDARD, due=dt.date(9999, 1, 1)))
    stop = threading.Event()
    agent = threading.Thread(target=workshop.services.agent.run, args=(stop, None))
    agent.start()
    try:
        while workshop.services.commissioning.status(BOSS)[0].at is None:
            stop.wait(0.05)
        view = workshop.measure(workshop.begin(), Phase.FOUND, count=2)
    finally:
        stop.set()
        agent.join()
    assert all(abs(point.error - ERROR) < Decimal("0.002") for point in view.assessment.found)
    read = workshop.services.metering.readings(BOSS, "M-1", None, None)
    taken = [one for one in read if one.quantity == "power_w" and one.reason == "calibration"]
    assert len(taken) == 10
