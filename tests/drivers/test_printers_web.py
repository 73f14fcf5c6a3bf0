"""Printers over their web interfaces: exact values, counters that never book too much."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from drivers.device import MeterRead, read_identity, read_meter
from drivers.faults import DeviceFault
from drivers.profile import Point, Profile
from drivers.profile_file import ProfileError, load_profile, read_profile
from drivers.protocols import json_answer
from drivers.simulate.printer_web import VirtualWeb, WebFault, WebPrinter
from drivers.transports import open_line
from drivers.transports.line import Line, Timing
from drivers.transports.replay import ReplayLine

pytestmark = pytest.mark.slow

PATIENT = Timing(timeout_s=5.0, worst_latency_s=5.0, retries=0)
NOTHING = (None, None)
PROFILES = ("moonraker", "octoprint", "prusalink")


@pytest.fixture
def printer() -> WebPrinter:
    printer = WebPrinter(
        totals=(Decimal("11615.718840001999"), Decimal("11348.794790096988")),
        progress=Decimal("0.5"),
        hotend_c=Decimal("210.07"),
    )
    job = printer.begin("part.gcode")
    job.filament_mm, job.print_s = Decimal("250.5"), Decimal("30.25")
    return printer


@contextmanager
def reaching(printer: WebPrinter) -> Iterator[Line]:
    with VirtualWeb(printer) as web, open_line(web.settings) as line:
        yield line


def values(read: MeterRead) -> dict[str, Decimal | None]:
    return {sample.quantity: sample.value for sample in read.samples}


def counters(line: Line) -> tuple[Decimal | None, Decimal | None]:
    profile = load_profile("moonraker")
    read = values(read_meter(line, profile, "", profile.blocks[:1], PATIENT))
    return read["filament_mm"], read["run_time_s"]


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (
            "moonraker",
            {
                "filament_mm": Decimal("11766.218840001999"),
                "run_time_s": Decimal("11377.044790096988"),
                "status_printing": Decimal(1),
                "progress_pct": Decimal("50.0"),
                "temperature_c": Decimal("210.07"),
            },
        ),
        (
            "octoprint",
            {
                "progress_pct": Decimal("0.5"),
                "status_printing": Decimal(1),
                "temperature_c": Decimal("210.07"),
            },
        ),
        (
            "prusalink",
            {
                "status_printing": Decimal(1),
                "progress_pct": Decimal("0.5"),
                "temperature_c": Decimal("210.07"),
            },
        ),
    ],
)
def test_a_printer_is_read(profile: str, expected: dict[str, Decimal], printer: WebPrinter) -> None:
    with reaching(printer) as line:
        read = read_meter(line, load_profile(profile), "", timing=PATIENT)

    assert values(read) == expected
    assert not read.faults


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    "fault",
    [
        WebFault.UNAVAILABLE,
        WebFault.DISCONNECTED,
        WebFault.REDIRECT,
        WebFault.CUT,
        WebFault.TRUNCATED,
        WebFault.NO_BODY,
        WebFault.NOT_JSON,
        WebFault.WRONG_TYPE,
    ],
)
def test_a_faulty_answer_is_no_value(profile: str, fault: WebFault, printer: WebPrinter) -> None:
    printer.misbehave(fault)
    with reaching(printer) as line:
        read = read_meter(line, load_profile(profile), "", timing=PATIENT)

    assert set(values(read).values()) == {None}
    assert None not in {sample.fault for sample in read.samples}


def test_figures_that_klipper_left_behind_are_not_read(printer: WebPrinter) -> None:
    printer.misbehave(WebFault.NOT_READY)
    with reaching(printer) as line:
        read = read_meter(line, load_profile("moonraker"), "", timing=PATIENT)

    assert {(s.value, s.fault) for s in read.samples} == {(None, "exception")}
    assert {fault.detail for fault in read.faults} == {"klipper shutdown"}


@pytest.mark.parametrize(
    ("profile", "identity"), [("moonraker", "b898bdb4"), ("prusalink", "CZPX1234X004XK00001")]
)
def test_a_printer_is_known_by_its_number(profile: str, identity: str, printer: WebPrinter) -> None:
    with reaching(printer) as line:
        assert read_identity(line, load_profile(profile), "", PATIENT) == identity


def test_a_state_nobody_heard_of_is_no_value(printer: WebPrinter) -> None:
    printer.state = "levitating"
    profile = load_profile("prusalink")
    with reaching(printer) as line:
        sample = read_meter(line, profile, "", timing=PATIENT).samples[0]

    assert (sample.value, sample.fault) == (None, "sensor_error")
    assert bytes.fromhex(str(sample.raw)) == b"LEVITATING"


def test_between_jobs_there_is_no_progress_but_a_state(printer: WebPrinter) -> None:
    printer.end()
    printer.state, printer.progress = "idle", None
    for name, state in (("octoprint", 0), ("prusalink", 0)):
        with reaching(printer) as line:
            read = values(read_meter(line, load_profile(name), "", timing=PATIENT))
        assert read["status_printing"] == state
        assert read["progress_pct"] is None


# The life of a job, as Moonraker and Klipper tell it.


def test_the_counters_never_fall_and_are_exact_once_the_job_has_ended(
    printer: WebPrinter,
) -> None:
    """Through retractions, a pause, an end that retracts again, and another job."""
    job = printer.history[-1]
    chance = random.Random(1)
    seen = []
    with reaching(printer) as line:
        for turn in range(30):
            job.filament_mm += Decimal(chance.choice([-6, -2, 25, 40]))
            job.print_s += Decimal("1.5")
            printer.state = "paused" if turn == 12 else "printing"
            seen.append(counters(line))
        job.filament_mm -= 12  # drawn back from the nozzle at the end
        job.print_s -= Decimal("0.25")  # a cancelled job ends with figures a little older
        printer.end("cancelled", "cancelled")
        seen.append(counters(line))
        job = printer.begin("part.gcode")
        for _ in range(10):
            job.filament_mm += 30
            seen.append(counters(line))

    filament_mm = [each[0] for each in seen]
    print_s = [each[1] for each in seen]
    assert None not in filament_mm + print_s
    for figures, index in ((filament_mm, 0), (print_s, 1)):
        rises = [(a, b) for a, b in pairwise(figures) if a is not None and b is not None and b < a]
        assert rises == []
        assert figures[30] == printer.totals[index]


def test_a_jobs_end_between_two_questions_is_no_value(printer: WebPrinter) -> None:
    printer.misbehave(WebFault.JOB_ENDS)
    with reaching(printer) as line:
        assert counters(line) == NOTHING
        assert counters(line) == printer.totals


def test_a_job_that_klipper_has_ended_and_the_history_not_yet_counts_once(
    printer: WebPrinter,
) -> None:
    with reaching(printer) as line:
        printer.state = "complete"  # Klipper is done, Moonraker still writes it down
        pending = counters(line)
        printer.end()
        done = counters(line)

    held_back = (Decimal(100), Decimal(2))
    assert done == printer.totals
    assert pending == tuple(
        total - held for total, held in zip(done, held_back, strict=True) if total
    )


@pytest.mark.parametrize("state", ["standby", "odd"])
def test_figures_that_were_cleared_while_the_job_is_still_open_are_no_value(
    state: str, printer: WebPrinter
) -> None:
    printer.state = state
    with reaching(printer) as line:
        assert counters(line) == NOTHING


@pytest.mark.parametrize("state", ["printing", "paused"])
def test_a_job_that_moonraker_does_not_count_is_a_fault(state: str, printer: WebPrinter) -> None:
    printer.history[-1].status = "interrupted"  # it was started anew, and the print went on
    printer.state = state
    with reaching(printer) as line:
        assert counters(line) == NOTHING


def test_a_new_printer_counts_from_nothing() -> None:
    with reaching(WebPrinter()) as line:
        assert counters(line) == (Decimal(0), Decimal(0))


# Answers as text.


@pytest.mark.parametrize(
    ("body", "exact"),
    [
        ("0.1", Decimal("0.1")),
        ("-12.50", Decimal("-12.50")),
        ("11615.718840001999", Decimal("11615.718840001999")),
        ("1e3", Decimal("1e3")),
        ("123456789012345678901234567890", Decimal("123456789012345678901234567890")),
        ("1e100", None),
        ("0e999999999", None),
        ("1e99999999999999999999", None),
        ("1" * 31, None),
        ('"12"', None),
        ("true", None),
        ("null", None),
        ("[1]", None),
        ('{"b": 1}', None),
    ],
)
def test_a_number_is_exactly_what_is_written(body: str, exact: Decimal | None) -> None:
    document = json_answer.parse(f'{{"a": {{"b": {body}}}}}'.encode())

    assert json_answer.word(Point("pieces", 0, "number", path="a.b"), document).number == exact


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"1", b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1, "a": 2}', b"{'a': 1}",
        b'{"a": 01}', b'{"a": 1}}', b"\xff{}", b'{"a": 1', b"[" * 500_000, b'{"a":' * 500_000,
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        json_answer.parse(body)


FUZZ = 3_000


def test_no_spoilt_document_gives_a_value_of_another_kind() -> None:
    """TCP guards the bytes; what a proxy or a fault of the server makes of them, this judges."""
    chance = random.Random(7)
    body = json.dumps({"job": {"progress": 43.5, "id": 7}, "printer": {"state": "PRINTING"}})
    profile = load_profile("prusalink")
    for _ in range(FUZZ):
        data = bytearray(body.encode())
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(data))
            if chance.random() < 0.5:
                del data[place : place + chance.randint(1, 30)]
            else:
                data[place:place] = chance.randbytes(chance.randint(1, 3))
            data = data or bytearray(b"{")
        line = ReplayLine([(b"GET /api/v1/status", bytes(data))])
        for sample in read_meter(line, profile, "", timing=PATIENT).samples:
            assert sample.value is None or _stands_in(sample.raw, bytes(data))


def _stands_in(raw: str | None, data: bytes) -> bool:
    return raw is not None and bytes.fromhex(raw) in data


def test_an_answer_of_another_shape_has_no_values() -> None:
    profile = load_profile("octoprint")
    line = ReplayLine(
        [(b"GET /api/job", b'{"error": "x"}'), (b"GET /api/printer?exclude=sd", b"{}")]
    )

    read = read_meter(line, profile, "", timing=PATIENT)

    assert {(s.value, s.fault) for s in read.samples} == {(None, "sensor_error")}


# Profiles of a site's own.


@pytest.mark.parametrize(
    ("protocol", "wrong", "right", "seen"),
    [
        ("octoprint", 'question = "/api/job"', 'question = "/api/connection"', "question"),
        ("octoprint", 'question = "/api/job"', 'question = "/api/job x"', "question"),
        ("octoprint", 'type = "truth"', 'type = "state"', "codes"),
        ("prusalink", "PRINTING = 1", "PRINTNG = 1", "PRINTNG"),
        ("prusalink", "PRINTING = 1", 'PRINTING = "1"', "PRINTING"),
        ("moonraker", 'question = "counters"', 'question = "/printer/gcode/script"', "question"),
        ("moonraker", "query?webhooks&print_stats&", "query?print_stats&", "webhooks"),
        ("moonraker", 'path = "filament_used"', 'path = "filament"', "path"),
        ("moonraker", 'step = "100"', "", "step"),
        ("marlin", 'question = "M27"', 'question = "M24"', "question"),
        ("marlin", 'path = "hotend"', 'path = "uuid"', "path"),
    ],
)
def test_a_mistake_in_a_profile_is_named(
    protocol: str, wrong: str, right: str, seen: str, tmp_path: Path
) -> None:
    text = (Path(json_answer.__file__).parents[1] / "profiles" / f"{protocol}.toml").read_text()
    assert wrong in text
    (tmp_path / "site.toml").write_text(text.replace(wrong, right, 1))

    with pytest.raises(ProfileError) as error:
        read_profile(tmp_path / "site.toml")

    assert seen in str(error.value)


def test_a_profile_is_loaded_as_it_is_shipped() -> None:
    profiles: list[Profile] = [load_profile(name) for name in (*PROFILES, "marlin")]

    assert [profile.protocol for profile in profiles] == [*PROFILES, "marlin"]


def test_a_printers_refusal_of_its_number_is_told(printer: WebPrinter) -> None:
    printer.misbehave(WebFault.UNAVAILABLE)
    with reaching(printer) as line, pytest.raises(DeviceFault, match="503"):
        read_identity(line, load_profile("prusalink"), "", PATIENT)
