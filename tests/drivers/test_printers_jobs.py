"""Jobs printed while nobody here was awake are found, each once, by the machine's own number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest

from drivers.faults import DeviceFault
from drivers.jobs import PrintJob, keeps_jobs, read_jobs
from drivers.profile_file import load_profile
from drivers.simulate.printer_web import VirtualWeb, WebFault, WebPrinter
from drivers.transports import open_line
from drivers.transports.line import Line, Timing
from drivers.transports.replay import ReplayLine

PATIENT = Timing(timeout_s=5.0, worst_latency_s=5.0, retries=0)
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
DAY_S = 1_700_000_000


@contextmanager
def reaching(printer: WebPrinter) -> Iterator[Line]:
    with VirtualWeb(printer) as web, open_line(web.settings) as line:
        yield line


def at(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def history(count: int) -> WebPrinter:
    """A printer that began a job each 1000 s and took 600 s for it."""
    printer = WebPrinter()
    for number in range(count):
        job = printer.begin(f"part-{number}.gcode", DAY_S + 1000 * number)
        job.filament_mm, job.print_s = Decimal("1234.5") + number, Decimal(600)
        printer.end()
    return printer


def jobs(profile: str, printer: WebPrinter, since: dt.datetime) -> tuple[PrintJob, ...]:
    with reaching(printer) as line:
        return read_jobs(line, load_profile(profile), since, PATIENT)


def test_a_job_of_moonraker_has_all_that_a_bill_needs() -> None:
    assert jobs("moonraker", history(1), LONG_AGO) == (
        PrintJob(
            id="000001",
            name="part-0.gcode",
            status="completed",
            start=at(DAY_S),
            end=at(DAY_S + 600),
            run_time_s=Decimal("600.0"),
            filament_mm=Decimal("1234.5"),
        ),
    )


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 137])
def test_every_job_of_a_long_absence_is_found_once(count: int) -> None:
    found = jobs("moonraker", history(count), LONG_AGO)

    assert [job.id for job in found] == [f"{number:06X}" for number in range(count, 0, -1)]


def test_only_what_had_not_ended_before_is_told() -> None:
    printer = history(120)

    found = jobs("moonraker", printer, at(DAY_S + 1000 * 117 + 600))

    assert [job.id for job in found] == ["000078", "000077", "000076"]
    assert len(printer.asked) == 1  # no page more than needed


def test_a_job_under_way_is_told_as_such() -> None:
    printer = history(1)
    job = printer.begin("long.gcode", DAY_S + 5000)
    job.print_s = Decimal("12.5")

    running, done = jobs("moonraker", printer, LONG_AGO)

    assert (running.status, running.ended, running.end) == ("in_progress", False, None)
    assert running.run_time_s == Decimal("12.5")
    assert done.ended


def test_a_job_that_broke_off_with_moonraker_is_found_although_it_has_no_end() -> None:
    printer = history(3)
    printer.history[1].status, printer.history[1].ended_s = "interrupted", None

    found = jobs("moonraker", printer, at(DAY_S + 2000))

    assert [(job.id, job.status) for job in found] == [
        ("000003", "completed"),
        ("000002", "interrupted"),
    ]


def test_a_job_begun_between_two_pages_does_not_double_or_hide_others() -> None:
    printer = history(60)
    with VirtualWeb(printer) as web:
        turns = []

        def tap(direction: str, _data: bytes, _at_s: float) -> None:
            turns.append(direction)
            if turns == ["tx", "rx"]:
                printer.begin("late.gcode", DAY_S + 99_000)

        with open_line(web.settings, tap) as line:
            found = read_jobs(line, load_profile("moonraker"), LONG_AGO, PATIENT)

    assert sorted(job.id for job in found) == [f"{number:06X}" for number in range(1, 61)]


def test_octoprint_tells_the_last_print_of_each_file_as_planned() -> None:
    printer = history(3)
    printer.history[1].status = "cancelled"
    printer.history[2].ended_s = None  # never printed

    whole, broken = sorted(jobs("octoprint", printer, LONG_AGO), key=lambda job: job.name)

    assert whole == PrintJob(
        id=f"local/part-0.gcode@{DAY_S + 600}",
        name="local/part-0.gcode",
        status="completed",
        start=at(DAY_S),
        end=at(DAY_S + 600),
        run_time_s=Decimal("600.0"),
        filament_mm=Decimal("1234.5"),
        estimated=True,
    )
    assert (broken.status, broken.filament_mm, broken.estimated) == ("error", None, False)
    assert jobs("octoprint", printer, at(DAY_S + 700)) == (broken,)


@pytest.mark.parametrize(
    ("state", "status", "filament_mm"),
    [
        ("printing", "in_progress", None),
        ("attention", "in_progress", None),
        ("finished", "completed", Decimal("1234.5")),
        ("stopped", "cancelled", None),
        ("error", "error", None),
    ],
)
def test_prusalink_tells_the_job_at_hand(
    state: str, status: str, filament_mm: Decimal | None
) -> None:
    printer = history(1)
    printer.state = state

    (job,) = jobs("prusalink", printer, LONG_AGO)

    assert (job.id, job.name, job.status) == ("1", "part-0.gcode", status)
    assert (job.filament_mm, job.estimated) == (filament_mm, filament_mm is not None)
    assert job.run_time_s == Decimal("600.0")


def test_prusalink_without_a_job_tells_none() -> None:
    assert jobs("prusalink", WebPrinter(), LONG_AGO) == ()


@pytest.mark.parametrize("profile", ["moonraker", "octoprint", "prusalink"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (WebFault.UNAVAILABLE, "exception"),
        (WebFault.TRUNCATED, "short"),
        (WebFault.NOT_JSON, "mismatch"),
    ],
)
def test_what_cannot_be_read_is_a_fault_and_no_empty_list(
    profile: str, fault: WebFault, code: str
) -> None:
    printer = history(2)
    printer.misbehave(fault)
    with pytest.raises(DeviceFault) as found:
        jobs(profile, printer, LONG_AGO)

    assert found.value.code == code


@pytest.mark.parametrize(
    ("profile", "request_", "body"),
    [
        ("moonraker", b"GET /server/history/list?limit=50&start=0&order=desc", b'{"result": {}}'),
        (
            "moonraker",
            b"GET /server/history/list?limit=50&start=0&order=desc",
            b'{"result": {"jobs": [{"job_id": 7, "filename": "a", "status": "completed"}]}}',
        ),
        ("octoprint", b"GET /api/files?recursive=true", b"{}"),
        ("prusalink", b"GET /api/v1/job", b'{"state": "PRINTING"}'),
    ],
)
def test_an_answer_of_another_shape_is_a_fault(profile: str, request_: bytes, body: bytes) -> None:
    line = ReplayLine([(request_, body)])

    with pytest.raises(DeviceFault, match="mismatch"):
        read_jobs(line, load_profile(profile), LONG_AGO, PATIENT)


def test_machines_without_records_have_no_jobs() -> None:
    profile = load_profile("eastron-sdm630")

    assert not keeps_jobs(profile)
    assert keeps_jobs(load_profile("moonraker"))
    assert read_jobs(ReplayLine([]), profile, LONG_AGO, PATIENT) == ()
