"""How fast a month is priced, next to a loop that only reads the same sessions, and how it is
closed from a database.

Sections, all of them or those named as arguments: `price` (10,000 and 100,000 sessions; `--million`
adds a million), `close` (200 tenants, 20,000 sessions). Each measurement is a process of its own,
whose peak memory is that of the whole process. Ends with 0 whatever the goals say: a busy machine
misses them.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.rating import price
from shared_factory_desktop.domain.usage_file import read_usage
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.storage.database import Database
from tests.benchmarks import busy_month

SIZES, MILLION = (10_000, 100_000), 1_000_000
CLOSED_SESSIONS = 20_000
LOOP_GOAL, GROWTH_GOAL = 8.0, 1.25
CLOSE_GOAL_S, CLOSE_GOAL_MB = 20.0, 300.0
NOW = dt.datetime(2026, 8, 3, tzinfo=dt.UTC)
BOSS = Actor("boss", Role.ADMINISTRATOR)

Figures = dict[str, float]


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 (a benchmark's answer is what it prints)


def verdict(what: str, met: bool, figure: str) -> None:
    """Print how a goal stands."""
    say(f"  {'met' if met else 'NOT MET':8}{what}: {figure}")


# --- measurements, each in a process of its own ---------------------------------------------------


def bare(file: Path) -> Figures:
    """Parse the file and sum one Decimal per session: what any program must do at least."""
    began = time.perf_counter()
    sessions = json.loads(file.read_text(encoding="utf-8"))["sessions"]
    sum((Decimal(one["readings"]["energy_wh"][-1][1]) for one in sessions), Decimal(0))
    return {"total_s": time.perf_counter() - began}


def loop(file: Path) -> Figures:
    """Read the sessions as pricing does, checked, and sum one Decimal per session."""
    began = time.perf_counter()
    uses = read_usage(json.loads(file.read_text(encoding="utf-8")), file.name, busy_month.floor())
    sum((use.readings["energy_wh"][-1][1] for use in uses), Decimal(0))
    return {"total_s": time.perf_counter() - began}


def priced(file: Path) -> Figures:
    """Read the sessions and price them all in one run."""
    floor = busy_month.floor()
    began = time.perf_counter()
    uses = read_usage(json.loads(file.read_text(encoding="utf-8")), file.name, floor)
    read = time.perf_counter()
    statements = price(floor, uses, busy_month.FIRST, busy_month.BEYOND).statements
    ended = time.perf_counter()
    lines = sum(len(statement.lines) for statement in statements)
    return {"total_s": ended - began, "price_s": ended - read, "lines": lines}


def written(file: Path) -> Figures:
    """Write a usage file of as many sessions as its name says."""
    with file.open("w", encoding="utf-8") as stream:
        json.dump(busy_month.usage(int(file.stem)), stream)
    return {}


def stored(file: Path) -> Figures:
    """Lay the month to close into a new data folder."""
    Bootstrap(lambda: NOW).create(file.parent, BOSS.name, "boss-boss-1")
    database = Database.open(file, lambda: NOW)
    usage = busy_month.usage(CLOSED_SESSIONS)
    busy_month.store(database, read_usage(usage, "usage.json", busy_month.floor()))
    database.close()
    return {}


def drafted(file: Path) -> Figures:
    """Draft all statements of a month from a database."""
    return _closed(file, issue=False)


def issued(file: Path) -> Figures:
    """Issue all statements of a month from a database."""
    return _closed(file, issue=True)


def _closed(file: Path, issue: bool) -> Figures:
    services = Bootstrap(lambda: NOW).open_services(file.parent)
    close = services.billing.issue_all if issue else services.billing.draft_all
    began = time.perf_counter()
    steps = 0

    def count(_done: int, _total: int) -> None:
        nonlocal steps
        steps += 1

    documents = [one.document is not None for one in close(BOSS, busy_month.MONTH, count)]
    took_s = time.perf_counter() - began
    services.close()
    return {"total_s": took_s, "statements": documents.count(True), "steps": steps}


MEASUREMENTS: dict[str, Callable[[Path], Figures]] = {
    one.__name__: one for one in (written, bare, loop, priced, stored, drafted, issued)
}


def measured(name: str, file: Path) -> Figures:
    """Run one measurement in a process of its own; adds its peak memory.

    A new process counts what this one holds as its own, so this one holds nothing large.
    """
    command = [sys.executable, "-m", "tests.benchmarks.bench_pricing", "--measure", name, str(file)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures: Figures = json.loads(answer)
    return figures


def measure(name: str, file: Path) -> None:
    """Be that process."""
    figures = MEASUREMENTS[name](file)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux
    say(json.dumps({**figures, "peak_mb": peak_mb}))


# --- sections -------------------------------------------------------------------------------------


def pricing(folder: Path, sizes: Sequence[int]) -> None:
    """Price files of several sizes, next to both loops."""
    say("price: bands and readings, tiers over the month, tiers over a session; one process each")
    say(f"  {'sessions':>9}{'sessions/s':>12}{'price':>8}{'+ read':>8}{'peak':>9}{'loop':>8}"
        f"{'x loop':>8}{'bare':>8}{'x bare':>8}")  # fmt: skip
    per_session_s = []
    for size in sizes:
        file = folder / f"{size}.json"
        measured("written", file)
        ours, read, least = (measured(name, file) for name in ("priced", "loop", "bare"))
        file.unlink()
        of_loop, of_bare = (ours["total_s"] / other["total_s"] for other in (read, least))
        per_session_s.append(ours["price_s"] / size)
        say(f"  {size:9,}{size / ours['price_s']:12,.0f}{ours['price_s']:7.2f}s"
            f"{ours['total_s']:7.2f}s{ours['peak_mb']:6.0f} MB{read['total_s']:7.2f}s{of_loop:8.1f}"
            f"{least['total_s']:7.2f}s{of_bare:8.1f}")  # fmt: skip
    verdict(
        f"at most {LOOP_GOAL:.0f} x a loop that reads the same sessions and sums a Decimal of each",
        of_loop <= LOOP_GOAL,
        f"{of_loop:.1f} (and {of_bare:.1f} x one that only parses the JSON, checking nothing)",
    )
    growth = per_session_s[-1] / per_session_s[0]
    verdict("time grows as the sessions do", growth <= GROWTH_GOAL, f"{growth:.2f} a session")


def close(folder: Path) -> None:
    """Draft and issue a month of all tenants from a SQLite file."""
    file = folder / "data" / "factory.db"
    measured("stored", file)
    say(f"\nclose: {busy_month.TENANTS} tenants, {CLOSED_SESSIONS:,} sessions, from SQLite")
    for name in ("drafted", "issued"):
        figures = measured(name, file)
        took_s, peak_mb = figures["total_s"], figures["peak_mb"]
        verdict(
            f"{name} under {CLOSE_GOAL_S:.0f} s and {CLOSE_GOAL_MB:.0f} MB",
            took_s < CLOSE_GOAL_S and peak_mb < CLOSE_GOAL_MB,
            f"{figures['statements']:.0f} statements in {took_s:.1f} s, {peak_mb:.0f} MB,"
            f" progress told {figures['steps']:.0f} times",
        )


def main(arguments: list[str]) -> int:
    """Run the sections named, all by default."""
    if arguments[:1] == ["--measure"]:
        measure(arguments[1], Path(arguments[2]))
        return 0
    sizes = (*SIZES, MILLION) if "--million" in arguments else SIZES
    named = [one for one in arguments if one != "--million"]
    unknown = [one for one in named if one not in ("price", "close")]
    if unknown:
        say(f"{unknown[0]}: expected price, close or --million")
        return 2
    with tempfile.TemporaryDirectory(prefix="bench-pricing-") as folder:
        if "price" in named or not named:
            pricing(Path(folder), sizes)
        if "close" in named or not named:
            close(Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
