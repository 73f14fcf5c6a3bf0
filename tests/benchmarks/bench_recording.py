"""How fast readings are stored, next to bare SQLite storing the same values just as durably."""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite

from shared_factory_desktop.domain.readings import Quality, Reading, Reason
from shared_factory_desktop.storage import readings
from shared_factory_desktop.storage.database import Database

START = dt.datetime(2026, 10, 8, tzinfo=dt.UTC)
METERS = 40  # a full workshop, each with three registers recorded a minute
QUANTITIES = ("energy_wh", "power_w", "pieces")
ROUNDS = 5


def minutes(count: int) -> Iterator[list[Reading]]:
    """Give what a workshop records minute by minute."""
    for minute in range(count):
        at = START + dt.timedelta(minutes=minute)
        yield [
            Reading(
                f"M-{meter:03d}",
                quantity,
                Decimal(minute * 100 + meter),
                "4640E400",
                at,
                Quality.GOOD,
                Reason.INTERVAL,
                profile="bench",
            )
            for meter in range(METERS)
            for quantity in QUANTITIES
        ]


def ours(folder: Path, count: int) -> float:
    """Store through storage/: numbered, chained, fenced, one transaction a minute."""
    database = Database.open(folder / "factory.db", lambda: START)
    database.create_or_migrate()
    began = time.perf_counter()
    for recorded in minutes(count):
        with database.write() as tx:
            readings.append(tx, "bench", None, recorded)
    elapsed_s = time.perf_counter() - began
    database.close()
    return elapsed_s


def bare(folder: Path, count: int) -> float:
    """Store the same columns with the driver alone, one transaction a minute, synced as ours."""
    connection = sqlite.connect(str(folder / "bare.db"), isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE reading (seq INTEGER PRIMARY KEY, meter TEXT, quantity TEXT, value TEXT,"
        " raw TEXT, at INTEGER, quality TEXT, reason TEXT, profile TEXT) STRICT"
    )
    began = time.perf_counter()
    for recorded in minutes(count):
        rows = [
            (
                r.meter,
                r.quantity,
                str(r.value),
                r.raw,
                int(r.at.timestamp()),
                str(r.quality),
                str(r.reason),
                r.profile,
            )
            for r in recorded
        ]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO reading (meter, quantity, value, raw, at, quality, reason, profile)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        connection.execute("COMMIT")
    elapsed_s = time.perf_counter() - began
    connection.close()
    return elapsed_s


def seconds(store: Callable[[Path, int], float], count: int) -> float:
    """Time one way of storing on an empty file, its making left out."""
    with tempfile.TemporaryDirectory(prefix="bench-recording-") as name:
        return store(Path(name), count)


def main(arguments: list[str]) -> int:
    """Print the rates and their ratio, pair by pair; the argument is how many minutes to store."""
    count = int(arguments[0]) if arguments else 60
    total = count * METERS * len(QUANTITIES)
    for number in range(ROUNDS):
        mine, plain = seconds(ours, count), seconds(bare, count)
        print(  # noqa: T201 (a benchmark's answer is what it prints)
            f"{number + 1}: {total} readings, ours {total / mine:,.0f}/s,"
            f" bare SQLite {total / plain:,.0f}/s, ratio {plain / mine:.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
