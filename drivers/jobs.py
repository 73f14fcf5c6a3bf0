"""The print jobs that a machine's own records tell of, also those nobody here was awake for.

Moonraker keeps every job under a number of its own, so that each is found exactly once. OctoPrint
keeps the last print of each file, with the filament that its analysis planned. PrusaLink tells of
the job it has at hand alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from drivers.faults import DeviceFault
from drivers.profile import Profile
from drivers.protocols import json_answer, moonraker, octoprint, prusalink
from drivers.protocols.json_answer import Literal, find, number
from drivers.registers import EXACT
from drivers.transports.line import Line, Timing

IN_PROGRESS = "in_progress"
COMPLETED, CANCELLED, ERROR = "completed", "cancelled", "error"

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LATEST_S = 253_402_300_800  # the year 10000, where datetime ends
_PAGE = 50
_MAX_PAGES = 200
_PRUSA_STATUS = {"FINISHED": COMPLETED, "STOPPED": CANCELLED, "ERROR": ERROR}
_NO_CONTENT = "204"
_FILES = "/api/files?recursive=true"


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One job as the machine recorded it; instants in UTC, None for what it does not tell.

    `id` is unique on the machine. `status`: in_progress, completed, cancelled, error, or the
    machine's own word for how it broke off. `run_time_s` without pauses where the machine tells
    them apart. `estimated`: `filament_mm` is what was planned, not what was used.
    """

    id: str
    name: str
    status: str
    start: dt.datetime | None
    end: dt.datetime | None
    run_time_s: Decimal | None
    filament_mm: Decimal | None
    estimated: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing about it will change any more."""
        return self.status != IN_PROGRESS


JobSource = Callable[[Line, dt.datetime, Timing], tuple[PrintJob, ...]]
"""Reads the jobs under way or ended since an instant, the latest first. Raises as read_jobs."""


def read_jobs(
    line: Line, profile: Profile, since: dt.datetime, timing: Timing
) -> tuple[PrintJob, ...]:
    """Read the jobs under way or ended at or after `since`, each once by its id, latest first.

    The machine's clock counts, so `since` should lie some minutes back. () for a machine that
    keeps no records. Raises DeviceFault, LineFault: then none can be told,
    and the same `since` should be asked for again.
    """
    for key, source in JOB_SOURCES:
        if key == profile.protocol:
            return source(line, since, timing)
    return ()


def keeps_jobs(profile: Profile) -> bool:
    """Tell whether machines of this profile keep records of their jobs."""
    return any(key == profile.protocol for key, _ in JOB_SOURCES)


def _moonraker_jobs(line: Line, since: dt.datetime, timing: Timing) -> tuple[PrintJob, ...]:
    """Page back through the history until jobs had ended before; a printer does one at a time."""
    jobs: dict[str, PrintJob] = {}
    for page in range(_MAX_PAGES):
        rows = _moonraker_page(line, page * _PAGE, timing)
        for job in rows:
            # One that broke off with Moonraker has no end, and may have been under way at `since`.
            if job.ended and job.end is not None and job.end < since:
                return tuple(jobs.values())
            # A job that began meanwhile moves the others on by one: seen again, kept once.
            jobs.setdefault(job.id, job)
        if len(rows) < _PAGE:
            return tuple(jobs.values())
    raise DeviceFault("mismatch", f"more than {_MAX_PAGES * _PAGE} jobs since {since}")


def _moonraker_page(line: Line, start: int, timing: Timing) -> list[PrintJob]:
    question = f"/server/history/list?limit={_PAGE}&start={start}&order=desc"
    answer, _ = json_answer.ask(line, question, timing)
    rows = find(answer, "result.jobs")
    if not isinstance(rows, list):
        raise DeviceFault("mismatch", "no list of jobs")
    return [_moonraker_job(row) for row in rows]


def _moonraker_job(row: object) -> PrintJob:
    return PrintJob(
        id=_text(row, "job_id"),
        name=_text(row, "filename"),
        status=_text(row, "status"),
        start=_instant(find(row, "start_time")),
        end=_instant(find(row, "end_time")),
        run_time_s=_amount(find(row, "print_duration")),
        filament_mm=_amount(find(row, "filament_used")),
    )


def _octoprint_jobs(line: Line, since: dt.datetime, timing: Timing) -> tuple[PrintJob, ...]:
    """Find the last print of each file; earlier ones of the same file are not kept there."""
    answer, _ = json_answer.ask(line, _FILES, timing)
    if not isinstance(find(answer, "files"), list):
        raise DeviceFault("mismatch", "no list of files")
    jobs = [job for file in _files(answer, "files") if (job := _octoprint_job(file)) is not None]
    recent = [job for job in jobs if job.end is not None and job.end >= since]
    return tuple(sorted(recent, key=lambda job: job.end or since, reverse=True))


def _files(folder: object, key: str) -> Iterator[object]:
    entries = find(folder, key)
    for entry in entries if isinstance(entries, list) else ():
        yield entry
        yield from _files(entry, "children")


def _octoprint_job(file: object) -> PrintJob | None:
    date = find(file, "prints.last.date")
    end = _instant(date)
    success = find(file, "prints.last.success")
    if end is None or not isinstance(success, bool):
        return None
    run_time_s = _amount(find(file, "prints.last.printTime"))
    # Of a print that broke off nobody knows how much of the plan was used.
    planned = _planned_mm(find(file, "gcodeAnalysis.filament")) if success else None
    place = f"{_text(file, 'origin')}/{_text(file, 'path')}"
    return PrintJob(
        id=f"{place}@{date}",
        name=place,
        status=COMPLETED if success else ERROR,
        start=None if run_time_s is None else end - _span(run_time_s),
        end=end,
        run_time_s=run_time_s,
        filament_mm=planned,
        estimated=planned is not None,
    )


def _planned_mm(tools: object) -> Decimal | None:
    if not isinstance(tools, dict) or not tools:
        return None
    lengths = [_amount(find(tool, "length")) for tool in tools.values()]
    known = [length for length in lengths if length is not None]
    return sum(known, Decimal(0)) if len(known) == len(lengths) else None


def _prusalink_jobs(line: Line, since: dt.datetime, timing: Timing) -> tuple[PrintJob, ...]:  # noqa: ARG001 (a source's signature)
    """Tell of the job at hand: running, or ended and not yet cleared away at the printer."""
    try:
        job, _ = json_answer.ask(line, "/api/v1/job", timing)
    except DeviceFault as fault:
        if fault.detail == _NO_CONTENT:
            return ()
        raise
    planned = _amount(find(job, "file.meta.filament used [mm]"))
    status = _PRUSA_STATUS.get(_text(job, "state"), IN_PROGRESS)
    identity = find(job, "id")
    if not isinstance(identity, Literal):
        raise DeviceFault("mismatch", "a job without a number")
    return (
        PrintJob(
            id=str(identity),
            name=_text(job, "file.display_name") if find(job, "file.display_name") else "",
            status=status,
            start=None,
            end=None,
            run_time_s=_amount(find(job, "time_printing")),
            filament_mm=planned if status == COMPLETED else None,
            estimated=status == COMPLETED and planned is not None,
        ),
    )


JOB_SOURCES: tuple[tuple[str, JobSource], ...] = (
    (moonraker.KEY, _moonraker_jobs),
    (octoprint.KEY, _octoprint_jobs),
    (prusalink.KEY, _prusalink_jobs),
)


def _text(row: object, path: str) -> str:
    value = find(row, path)
    if not isinstance(value, str) or isinstance(value, Literal):
        raise DeviceFault("mismatch", f"no {path}")
    return value


def _amount(value: object) -> Decimal | None:
    exact = number(value)
    return None if exact is None or exact < 0 else exact


def _instant(value: object) -> dt.datetime | None:
    """Read seconds since 1970, to the microsecond."""
    exact = _amount(value)
    return None if exact is None or exact >= _LATEST_S else _EPOCH + _span(exact)


def _span(seconds: Decimal) -> dt.timedelta:
    whole = EXACT.multiply(seconds, Decimal(1_000_000)).to_integral_value(ROUND_FLOOR)
    return dt.timedelta(microseconds=int(whole))
