"""OctoPrint, which nobody here wrote, as a printer's board and as a printer's web interface."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from drivers.device import MeterRead, read_meter
from drivers.faults import DeviceFault
from drivers.jobs import PrintJob, read_jobs
from drivers.profile import Profile
from drivers.profile_file import load_profile
from drivers.transports import open_line
from drivers.transports.line import Line, LineSettings, Timing
from tests.peers.wire import need_python, wait_until

PEER = Path(__file__).parents[1] / "peers" / "octoprint"
KEY = "0123456789ABCDEF0123456789ABCDEF"
PART = "a_part_with_a_long_name.gcode"
PATIENT = Timing(timeout_s=5.0, worst_latency_s=0.5, retries=1)
ENOUGH_S = 60.0

Hands = Callable[[str], None]

pytestmark = pytest.mark.slow  # programs of their own that take a second and more to start


def values(read: MeterRead) -> dict[str, Decimal | None]:
    return {sample.quantity: sample.value for sample in read.samples}


@contextmanager
def board(folder: Path, *settings: str) -> Iterator[tuple[Line, Hands]]:
    """OctoPrint's virtual board on a terminal; also gives what somebody does at the printer."""
    card = folder / "virtualSd"
    card.mkdir()
    (card / PART).write_text("G1 X1 F100\nG4 P100\n" * 2000)
    with subprocess.Popen(
        [need_python("octoprint"), PEER / "board.py", folder, *settings],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        hands = process.stdin

        def at_the_printer(command: str) -> None:
            hands.write(f"{command}\n")

        port = process.stdout.readline().strip()
        settings_ = LineSettings("serial", port=port, baudrate=115_200, careful=True)
        try:
            with open_line(settings_) as line:
                yield line, at_the_printer
        finally:
            hands.close()


@pytest.fixture
def marlin() -> Profile:
    return load_profile("marlin")


@pytest.fixture
def card(marlin: Profile) -> Profile:
    """What this board can tell: it has no counters."""
    return replace(marlin, blocks=marlin.blocks[1:])


def test_a_foreign_board_is_read_before_and_during_a_print_from_its_card(
    tmp_path: Path, marlin: Profile
) -> None:
    with board(tmp_path) as (line, at_the_printer):
        idle = read_meter(line, marlin, "", timing=PATIENT)
        for command in ("M21", f"M23 {PART}", "M24", "M155 S1", "M27 S1"):
            at_the_printer(command)

        def started() -> bool:
            return values(read_meter(line, marlin, "", timing=PATIENT))["status_printing"] == 1

        wait_until("the print has started", started, ENOUGH_S)
        printing = [read_meter(line, marlin, "", timing=PATIENT) for _ in range(20)]

    assert values(idle) == {
        "filament_mm": None,
        "run_time_s": None,
        "status_printing": Decimal(0),
        "progress_pct": None,
        "temperature_c": Decimal("21.30"),
    }
    # This firmware has no M78: it says ok, and nothing else.
    assert [(fault.code, fault.block.question) for fault in idle.faults] == [("exception", "M78")]
    for read in printing:
        now = values(read)
        assert now["status_printing"] == 1
        assert now["progress_pct"] is not None
        assert 0 <= now["progress_pct"] < 100
        assert now["temperature_c"] == Decimal("21.30")


def test_a_foreign_board_that_asks_for_lines_again_gives_right_values_or_none(
    tmp_path: Path, card: Profile
) -> None:
    """It disbelieves each ninth line, whatever stands there."""
    with board(tmp_path, "resend_ratio=11") as (line, _):
        reads = [
            read_meter(line, card, "", timing=replace(PATIENT, worst_latency_s=0.1))
            for _ in range(20)
        ]
        resends = sum(fault.tries for read in reads for fault in read.faults)
        good = [read for read in reads if not read.faults]

    assert {fault.code for read in reads for fault in read.faults} <= {"resend"}
    assert len(good) + resends >= 20
    assert len(good) >= 10
    for read in reads:
        assert values(read)["status_printing"] in (0, None)
        assert values(read)["temperature_c"] in (Decimal("21.30"), None)


@pytest.mark.parametrize("settings", [("brokenResend=true",), ()])
def test_a_resend_that_a_foreign_board_was_told_to_ask_for(
    settings: tuple[str, ...], tmp_path: Path, card: Profile
) -> None:
    once = replace(PATIENT, retries=0, worst_latency_s=0.3)
    with board(tmp_path, *settings) as (line, at_the_printer):
        for trigger in ("trigger_resend_lineno", "trigger_resend_checksum"):
            at_the_printer(f"!!DEBUG:{trigger}")
            faulty = read_meter(line, card, "", timing=once)
            right = read_meter(line, card, "", timing=once)
            if not faulty.faults:  # what was done at the printer came after the question
                faulty, right = right, read_meter(line, card, "", timing=once)

            assert [fault.code for fault in faulty.faults] == ["resend"]
            assert values(right)["status_printing"] == 0
            assert not right.faults


@contextmanager
def server(folder: Path) -> Iterator[tuple[LineSettings, httpx.Client]]:
    """`octoprint serve` with its virtual printer; also gives the hands of its user."""
    program = need_python("octoprint").with_name("octoprint")
    shutil.copy(PEER / "config.yaml", folder)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    where = ["--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(
        [program, "--basedir", folder, "serve", "--iknowwhatimdoing", *where],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        base = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=base, headers={"X-Api-Key": KEY}, trust_env=False) as user:

            def serves() -> bool:
                try:
                    return user.get("/api/version", timeout=5).status_code == 200
                except httpx.HTTPError:
                    return False

            try:
                wait_until("OctoPrint serves", serves, ENOUGH_S)
                settings = LineSettings("http", host="127.0.0.1", tcp_port=port, credential=KEY)
                yield settings, user
            finally:
                process.terminate()


def test_a_job_on_a_foreign_server_is_seen_from_its_start_to_its_record(tmp_path: Path) -> None:
    profile = load_profile("octoprint")
    since = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    with server(tmp_path) as (settings, user), open_line(settings) as line:
        offline = read_meter(line, profile, "", timing=PATIENT)
        user.post(
            "/api/connection", json={"command": "connect", "port": "VIRTUAL", "baudrate": 115200}
        ).raise_for_status()

        def told(quantity: str, value: int) -> bool:
            return values(read_meter(line, profile, "", timing=PATIENT))[quantity] == value

        wait_until("the printer is connected", lambda: told("status_printing", 0), ENOUGH_S)
        gcode = b"".join(b"G1 X%d E%d F6000\nG4 P200\n" % (n, n) for n in range(1, 21))
        user.post(
            "/api/files/local", files={"file": (PART, gcode)}, data={"print": "true"}
        ).raise_for_status()
        wait_until("the job runs", lambda: told("status_printing", 1), ENOUGH_S)
        progress = _progress_until_done(line, profile)
        jobs: list[PrintJob] = []

        def recorded() -> bool:
            jobs[:] = read_jobs(line, profile, since, PATIENT)
            return bool(jobs) and jobs[0].filament_mm is not None

        wait_until("the job is on record", recorded, ENOUGH_S)
        later = jobs[0].end or since
        none_since = read_jobs(line, profile, later + dt.timedelta(seconds=1), PATIENT)
        with (
            open_line(replace(settings, credential="wrong")) as stranger,
            pytest.raises(DeviceFault, match=r"40[13]"),
        ):
            read_jobs(stranger, profile, since, PATIENT)

    assert {(s.quantity, s.fault) for s in offline.samples} == {
        ("progress_pct", "sensor_error"),
        ("status_printing", "exception"),
        ("temperature_c", "exception"),
    }
    assert progress == sorted(progress)
    assert progress[-1] == 100
    (job,) = jobs
    assert (job.name, job.status, job.estimated) == (f"local/{PART}", "completed", True)
    assert job.filament_mm == Decimal(20)
    assert job.run_time_s is not None
    assert job.start is not None
    assert job.end is not None
    assert since < job.start < job.end <= dt.datetime.now(dt.UTC)
    assert none_since == ()


def _progress_until_done(line: Line, profile: Profile) -> list[Decimal]:
    """Read until the job no longer runs; what it told of its progress meanwhile."""
    seen: list[Decimal] = []
    give_up_s = time.monotonic() + ENOUGH_S
    while time.monotonic() < give_up_s:
        now = values(read_meter(line, profile, "", timing=PATIENT))
        if now["progress_pct"] is not None:
            seen.append(now["progress_pct"])
        if now["status_printing"] == 0:
            return seen
    raise TimeoutError("the job does not end")
