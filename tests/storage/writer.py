"""A process that stores readings with a record each, and says so after each unit of work.

`python -m tests.storage.writer WHERE WORKSTATION COUNT` prints the newest number per line.
"""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal

from shared_factory_desktop.domain.readings import Quality, Reading, Reason
from shared_factory_desktop.domain.records import Happening, RecordType
from shared_factory_desktop.storage import audit, outbox, readings
from shared_factory_desktop.storage.database import Database

START = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
PER_UNIT = 3


def main(where: str, workstation: str, count: int) -> None:
    """Write `count` units of work of three readings, one record and one audit entry."""
    database = Database.open(where, lambda: START)
    for number in range(count):
        at = START + dt.timedelta(seconds=number)
        reading = Reading("M-1", "energy_wh", Decimal(number), "00", at, Quality.GOOD, Reason.STOP)
        with database.write() as tx:
            stored = readings.append(tx, workstation, None, [reading] * PER_UNIT)
            happening = Happening(RecordType.MACHINE, at, "printer-1", {})
            outbox.append(tx, workstation, [happening])
            audit.append(tx, "agent", workstation, "tick", "printer-1")
        sys.stdout.write(f"{stored[-1].seq}\n")
        sys.stdout.flush()
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
