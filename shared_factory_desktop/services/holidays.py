"""The table of public holidays: years shipped with the program, and years imported since."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from pathlib import Path

from shared_factory_desktop.domain.holidays import (
    SHIPPED,
    HolidayTable,
    HolidayYear,
    holiday_table,
    read_holidays,
)
from shared_factory_desktop.services.floor import read_toml
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import holidays as rows
from shared_factory_desktop.storage.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class KnownYear:
    """A year of the table, and whether it was imported or came with the program."""

    published: HolidayYear
    imported: bool


class HolidayService:
    """The holiday table of one factory."""

    def __init__(self, database: Database, trail: Trail) -> None:
        self._database = database
        self._trail = trail

    def import_file(self, actor: Actor, path: Path) -> HolidayYear:
        """Add a year from a TOML file, over what was known of it; raises InputRefused with all
        that is wrong.
        """
        require(actor, Permission.SET_UP)
        published = read_holidays(read_toml(path), path.name)
        with self._database.write() as tx:
            rows.add(tx, published, actor.name)
            after = {
                "source": published.source,
                "rest_days": len(published.rest_days),
                "moved_workdays": len(published.moved_workdays),
            }
            self._trail.note(tx, actor.name, "holidays.import", str(published.year), after=after)
        return published

    def list(self, actor: Actor) -> builtins.list[KnownYear]:
        """Give every year there is, in order."""
        require(actor, Permission.VIEW)
        with self._database.read() as tx:
            imported = rows.imported(tx)
        known = {one.year: KnownYear(one, imported=False) for one in SHIPPED}
        known |= {one.year: KnownYear(one, imported=True) for one in imported}
        return [known[year] for year in sorted(known)]


def stored_years(tx: Transaction) -> tuple[HolidayYear, ...]:
    """Give the years that pricing goes by: an imported one counts before a shipped one."""
    years = {one.year: one for one in (*SHIPPED, *rows.imported(tx))}
    return tuple(years[year] for year in sorted(years))


def stored_holidays(tx: Transaction) -> HolidayTable:
    """Give the table that pricing goes by."""
    return holiday_table(stored_years(tx))
