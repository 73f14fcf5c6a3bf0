"""A board on a live line: busy, starting anew, resending, and never disturbed in its work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.device import MeterRead, read_identity, read_meter
from drivers.faults import DeviceFault, LineFault
from drivers.profile import Profile
from drivers.profile_file import load_profile
from drivers.protocols import marlin
from drivers.simulate.marlin_board import BoardFault, MarlinBoard, VirtualBoard
from drivers.transports import open_line, stream
from drivers.transports.line import Line, LineSettings, Match, Timing

pytestmark = pytest.mark.slow

termios = pytest.importorskip("termios", reason="pseudo-terminals need Unix")

SOON = Timing(timeout_s=0.3, worst_latency_s=0.15, retries=0)
RIGHT = {
    "filament_mm": Decimal("123450.00"),
    "run_time_s": Decimal(273_906),
    "status_printing": Decimal(1),
    "progress_pct": Decimal(36),
    "temperature_c": Decimal("21.30"),
}
HUPCL_MODES = 2


@pytest.fixture
def profile() -> Profile:
    return load_profile("marlin")


@pytest.fixture
def board() -> MarlinBoard:
    return MarlinBoard(
        position=484, size=1339, run_time_s=273_906, filament_cm=12_345, busy_s=0.02, late_s=0.05
    )


@contextmanager
def talking(board: MarlinBoard) -> Iterator[tuple[VirtualBoard, Line]]:
    with (
        VirtualBoard(board) as virtual,
        open_line(replace(virtual.settings, opening_quiet_s=0.0)) as line,
    ):
        yield virtual, line


def values(read: MeterRead) -> dict[str, Decimal | None]:
    return {sample.quantity: sample.value for sample in read.samples}


@pytest.mark.parametrize(
    "faults",
    [
        (),
        (BoardFault.REPORTS,),
        (BoardFault.ADVANCED_OK,),
        (BoardFault.REPORTS, BoardFault.ADVANCED_OK),
        (BoardFault.BUSY,),
        (BoardFault.LATE,),
    ],
    ids=lambda faults: "+".join(faults) or "well",
)
def test_a_board_is_read_whatever_else_it_says(
    faults: tuple[BoardFault, ...], board: MarlinBoard, profile: Profile
) -> None:
    board.misbehave(*faults)
    with talking(board) as (_, line):
        for _ in range(2):
            read = read_meter(line, profile, "", timing=SOON)
            assert values(read) == RIGHT
            assert not read.faults


@pytest.mark.parametrize(
    ("fault", "code", "is_waited_for"),
    [
        (BoardFault.GARBLED, "resend", False),
        (BoardFault.GARBLED_OK, "resend", False),
        (BoardFault.HALTED, "exception", False),
        (BoardFault.NO_COUNTER, "exception", False),
        (BoardFault.MUTE, "exception", False),
        (BoardFault.RESET, "mismatch", False),
        (BoardFault.NOISE, "mismatch", False),
        (BoardFault.SILENT, "timeout", True),
        (BoardFault.NO_OK, "short", True),
    ],
)
def test_a_fault_is_named_and_what_is_asked_next_is_right(
    fault: BoardFault,
    code: str,
    is_waited_for: bool,
    board: MarlinBoard,
    profile: Profile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blocks = profile.blocks[:1]
    with talking(board) as (_, line):
        for _ in range(1 if is_waited_for else 3):
            board.misbehave(fault)
            with monkeypatch.context() as context:
                if is_waited_for:
                    context.setattr(marlin, "PATIENCE_S", 0.3)
                bad = read_meter(line, profile, "", blocks, SOON)
            assert [found.code for found in bad.faults] == [code]
            assert set(values(bad).values()) == {None}
            board.misbehave()
            good = read_meter(line, profile, "", timing=SOON)
            assert values(good) == RIGHT


def test_a_line_with_noise_is_asked_anew_until_two_answers_agree(
    board: MarlinBoard, profile: Profile
) -> None:
    board.misbehave(BoardFault.NOISE)  # each other answer: no two in a row agree
    with talking(board) as (_, line):
        read = read_meter(line, profile, "", profile.blocks[:1], replace(SOON, retries=3))

    assert (read.faults[0].code, read.faults[0].tries) == ("mismatch", 4)


def test_a_board_at_work_is_waited_for_beyond_the_time_out(
    board: MarlinBoard,
) -> None:
    board.busy_s = 0.4  # three times, and then its answer
    board.misbehave(BoardFault.BUSY)
    with talking(board) as (_, line):
        exchange = line.transact(*_asking("M27"), replace(SOON, timeout_s=1.0))

    assert exchange.latency_s > 1.0
    assert b"484/1339" in exchange.answer


def test_a_board_at_work_without_end_is_given_up(
    board: MarlinBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BUSY_MAX_S", 0.5)
    board.misbehave(BoardFault.BUSY_FOR_EVER)
    with talking(board) as (_, line), pytest.raises(DeviceFault, match="busy"):
        line.transact(*_asking("M27"), SOON)
    board.misbehave()


def _asking(question: str) -> tuple[bytes, Match]:
    return marlin.request(question), marlin.answer_match(question)


def test_a_reset_is_noted(board: MarlinBoard, profile: Profile) -> None:
    with talking(board) as (virtual, line):
        assert not line.notes
        virtual.say(b"\xff\xfestart\necho:Marlin 2.1.2\necho: Last Updated: x\n")
        read = read_meter(line, profile, "", timing=SOON)

        assert line.notes == ("board-reset",)
        assert values(read) == RIGHT


def test_a_word_that_only_ends_like_a_start_is_no_reset(
    board: MarlinBoard, profile: Profile
) -> None:
    with talking(board) as (virtual, line):
        virtual.say(b"echo:restart\necho:started\n")
        read_meter(line, profile, "", timing=SOON)

        assert not line.notes


def test_only_questions_are_ever_sent(board: MarlinBoard, profile: Profile) -> None:
    with talking(board) as (_, line):
        for faults in ((), (BoardFault.GARBLED,), (BoardFault.NO_COUNTER,), (BoardFault.RESET,)):
            board.misbehave(*faults)
            read_meter(line, profile, "", timing=replace(SOON, retries=1))
        board.misbehave()
        read_identity(line, profile, "", SOON)

    assert set(board.received) == {"M110 N0", "M27", "M78", "M105", "M115"}


def test_opening_and_closing_leaves_the_control_line_up(board: MarlinBoard) -> None:
    """What resets an ATmega board is the control line's fall at a close and rise at an open."""
    with VirtualBoard(board) as virtual:
        fd = os.open(str(virtual.settings.port), os.O_RDWR | os.O_NOCTTY)
        modes = termios.tcgetattr(fd)
        modes[HUPCL_MODES] |= termios.HUPCL
        termios.tcsetattr(fd, termios.TCSANOW, modes)

        with open_line(replace(virtual.settings, careful=False, opening_quiet_s=0.0)):
            assert termios.tcgetattr(fd)[HUPCL_MODES] & termios.HUPCL
        with open_line(replace(virtual.settings, opening_quiet_s=0.0)):
            pass

        assert not termios.tcgetattr(fd)[HUPCL_MODES] & termios.HUPCL
        os.close(fd)


HOLDER = "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); print(); sys.stdin.read()"


@contextmanager
def foreign_host(settings: LineSettings) -> Iterator[int]:
    """Another program that has the printer's port open, without any lock on it; gives its id."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(settings.port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        yield process.pid
        process.stdin.close()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux shows who has a port open")
def test_a_port_that_another_program_prints_over_is_not_touched(board: MarlinBoard) -> None:
    with VirtualBoard(board) as virtual:
        with foreign_host(virtual.settings) as pid, pytest.raises(LineFault) as fault:
            open_line(virtual.settings)
        with open_line(virtual.settings):
            pass

    assert fault.value.code == "port-busy"
    assert f"({pid})" in fault.value.detail
    assert str(virtual.settings.port) in fault.value.detail
    assert board.received == []


def test_a_board_is_found_again_after_it_was_unplugged(
    board: MarlinBoard, profile: Profile, tmp_path: Path
) -> None:
    virtual = VirtualBoard(board, tmp_path / "ttyUSB0")
    virtual.start()
    line = open_line(replace(virtual.settings, opening_quiet_s=0.0))
    assert values(read_meter(line, profile, "", timing=SOON)) == RIGHT
    virtual.stop()
    with pytest.raises(LineFault, match="port-lost"):
        read_meter(line, profile, "", timing=SOON)
    virtual.start()
    with open_line(replace(virtual.settings, opening_quiet_s=0.0)) as line:
        assert values(read_meter(line, profile, "", timing=SOON)) == RIGHT
    virtual.stop()
