"""Reads a 3D printer run by Klipper through Moonraker: what it does, and what it has used in all.

Source: Moonraker's external API (moonraker.readthedocs.io): /server/history/totals,
/server/history/list, /printer/objects/query, /machine/system_info; Klipper's status reference:
print_stats, webhooks. All checked against moonraker/components/history.py.

The question `counters` gives filament_mm and run_time_s as registers, though Moonraker keeps
none: the totals of all ended jobs, plus the running job's figures. It can never book too much:

- A job stands in the totals or in print_stats, never in both. Its figures are added only if the
  history calls it in progress and the totals, read before and after, are the same: Moonraker
  adds a job to them and ends it in the history under one lock.
- The running job counts less what may be taken back. Klipper's filament figure falls with each
  retraction, and a cancelled job ends with figures a quarter of a second old. So the most that
  was ever seen counts, less _HELD_BACK, which follows when the job ends.
- What Moonraker does not count, as a job that went on while it was started anew, is a fault.
"""

from __future__ import annotations

from decimal import Decimal

from drivers.answer import BlockRead, Word
from drivers.faults import DeviceFault
from drivers.profile import Block, Limits, Place
from drivers.profile_table import Table
from drivers.protocols import json_answer
from drivers.protocols.json_answer import find, number
from drivers.registers import EXACT
from drivers.transports.line import Line, Timing

KEY = "moonraker"
TRANSPORTS: tuple[str, ...] = ("http",)
ADDRESSING = "none"
CAREFUL = False
COUNTERS = "counters"
STATES = ("standby", "printing", "paused", "complete", "cancelled", "error")

_TOTALS = "/server/history/totals"
_LATEST = "/server/history/list?limit=1&order=desc"
_LIVE = "/printer/objects/query?webhooks&print_stats"
_QUERY = "/printer/objects/query?"
_QUESTIONS = (_QUERY, "/printer/info", _TOTALS, "/server/info", "/machine/system_info")
_AT_WORK = ("printing", "paused")
# Figure of print_stats -> what a job's end may still take back: a retraction, mm; seconds.
_HELD_BACK = {"filament_used": Decimal(100), "print_duration": Decimal(2)}
_IN_TOTALS = {"filament_used": "total_filament_used", "print_duration": "total_print_time"}

wire_bytes = json_answer.wire_bytes


def block(table: Table, limits: Limits) -> Block:  # noqa: ARG001 (a protocol's signature)
    """Read `question` of a profile's block: `counters`, or one of the paths above.

    A query must ask for `webhooks` as well, which tells whether Klipper runs at all.
    """
    if table.text("question") == COUNTERS:
        return Block("", 0, 0, (), COUNTERS)
    asked = json_answer.block(table, _QUESTIONS)
    if asked.question.startswith(_QUERY) and "webhooks" not in asked.question:
        table.problem("question", repr(asked.question), "webhooks among what is asked for")
    return asked


def place(table: Table, block: Block) -> Place:
    """Read `path`, `type` and, for a state, `codes` of a value; of `counters` only `path`."""
    if block.question == COUNTERS:
        path = table.choice("path", tuple(_HELD_BACK))
        return Place(json_answer.NUMBER, path=path, inexact=True)
    return json_answer.place(table, STATES)


def read(line: Line, address: int | str, block: Block, timing: Timing) -> BlockRead:
    """Read one block once. Raises DeviceFault, LineFault."""
    if block.question == COUNTERS:
        return _read_counters(line, timing)
    answer = json_answer.read(line, address, block, timing)
    if block.question.startswith(_QUERY):
        _check_ready(json_answer.parse(answer.data))
    return answer


def words(block: Block, data: bytes) -> tuple[Word, ...]:
    """Find the values of all points in an answer's data. Raises ValueError for other data."""
    return json_answer.words(block, data)


def _read_counters(line: Line, timing: Timing) -> BlockRead:
    before, _ = json_answer.ask(line, _TOTALS, timing)
    latest, _ = json_answer.ask(line, _LATEST, timing)
    live, _ = json_answer.ask(line, _LIVE, timing)
    after, last = json_answer.ask(line, _TOTALS, timing)
    _check_ready(live)
    totals = find(before, "result.job_totals")
    if totals != find(after, "result.job_totals"):
        raise DeviceFault("mismatch", "a job ended meanwhile")
    stats = find(live, "result.status.print_stats")
    job = _running(find(latest, "result.jobs.0"), stats)
    written = []
    for figure, in_totals in _IN_TOTALS.items():
        total = number(find(totals, in_totals))
        if total is None:
            raise DeviceFault("mismatch", f"no {in_totals}")
        sure = Decimal(0) if job is None else _sure(line, job, figure, number(find(stats, figure)))
        written.append(f'"{figure}": {EXACT.add(total, sure):f}')
    data = f"{{{', '.join(written)}}}".encode("ascii")
    return BlockRead(data, last.latency_s, last.at_monotonic_ns)


def _check_ready(answer: object) -> None:
    """Refuse figures that Klipper left behind when it stopped."""
    state = find(answer, "result.status.webhooks.state")
    if state != "ready":
        raise DeviceFault("exception", f"klipper {state}")


def _running(job: object, stats: object) -> str | None:
    """Tell the id of the job that is not in the totals yet, None when all are."""
    state = find(stats, "state")
    if find(job, "status") != "in_progress":
        if state in _AT_WORK:
            raise DeviceFault("mismatch", "a job that the history does not know of")
        return None
    identity = find(job, "job_id")
    same_file = find(job, "filename") == find(stats, "filename")
    if state not in STATES or state == "standby" or not same_file or not isinstance(identity, str):
        raise DeviceFault("mismatch", "figures of another job")
    return identity


def _sure(line: Line, job: str, figure: str, used: Decimal | None) -> Decimal:
    """Tell how much of a running job's figure no end of the job will take back."""
    if used is None:
        raise DeviceFault("mismatch", f"no {figure}")
    for key in [key for key in line.kept if key[0] != job]:
        del line.kept[key]
    most = max(used, line.kept.get((job, figure), used))
    line.kept[job, figure] = most
    return max(EXACT.subtract(most, _HELD_BACK[figure]), Decimal(0))
