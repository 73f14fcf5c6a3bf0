"""Setting a factory up: the floor file in and out."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import tomli_w

from shared_factory_desktop.domain.charges.falling import falling_prices
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.floor_read import read_floor
from shared_factory_desktop.domain.floor_write import write_floor
from shared_factory_desktop.domain.happenings import machine_registered
from shared_factory_desktop.domain.problems import (
    Cause,
    InputRefused,
    Kind,
    Problem,
    cause,
    refused,
)
from shared_factory_desktop.domain.records import Happening
from shared_factory_desktop.domain.tables import WrittenFloat
from shared_factory_desktop.domain.tariff_approval import changed, held_back
from shared_factory_desktop.services.identities import store_given
from shared_factory_desktop.services.profiles import Profiles
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import floor as rows
from shared_factory_desktop.storage import outbox, tariffs
from shared_factory_desktop.storage.database import Database, Transaction

MAX_FILE_BYTES = 10_000_000
BUSY_PCT = 80  # of a bus's time; beyond it a retry makes the next reads late


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """How many objects an import made and changed, and what to look at again.

    `proposal` is the number under which what touches prices waits for another person's approval.
    """

    new: int
    changed: int
    warnings: tuple[Cause | Problem, ...] = ()
    proposal: int | None = None


class FloorService:
    """The factory's set-up, checked by what the meters' profiles can do.

    With `approval` no import changes tariffs: what it wants to change of them is a proposal.
    """

    def __init__(
        self,
        database: Database,
        trail: Trail,
        now: Callable[[], dt.datetime],
        profiles: Profiles,
        approval: bool = False,
    ) -> None:
        self._database = database
        self._trail = trail
        self._now = now
        self._profiles = profiles
        self._approval = approval

    def floor(self) -> Floor:
        """Give the factory as it is set up; raises Refused where nothing has been imported yet."""
        with self._database.read() as tx:
            return stored_floor(tx)

    def zone(self) -> ZoneInfo:
        """Give the factory's time zone."""
        return ZoneInfo(self.floor().factory.timezone)

    def import_file(self, actor: Actor, path: Path) -> ImportCounts:
        """Load a floor file in one transaction; raises InputRefused with everything wrong in it."""
        require(actor, Permission.SET_UP)
        data = read_toml(path)
        with self._database.write() as tx:
            return self.apply(tx, data, path.name, actor.name)

    def apply(
        self, tx: Transaction, data: Mapping[str, Any], file: str, by: str, approved: bool = False
    ) -> ImportCounts:
        """Import a parsed floor file inside a transaction, in the name of `by`.

        `approved`: a second person has agreed to the prices in it. Raises InputRefused.
        """
        before = rows.load_floor(tx)
        floor = self._read(tx, data, file, before)
        prices = changed(before.tariffs if before else (), floor.tariffs)
        waiting = None
        if self._approval and not approved:
            floor, waiting = held_back(before, floor)
            if waiting is not None:  # the rest must make sense without it
                floor = self._read(tx, write_floor(floor), file, before)
        rows.save_floor(tx, floor)
        store_given(tx, self._numbers(floor), by)
        counts = _counts(before, floor)
        source = self._trail.source(floor.factory.id)
        outbox.append(tx, source, _registrations(before, floor, self._now()))
        after = {"new": counts.new, "changed": counts.changed}
        self._trail.note(tx, by, "floor.import", file, after=after)
        proposal = self._propose(tx, waiting, file, by) if waiting is not None else None
        falls = [problem.in_file(file) for problem in falling_prices(prices)]
        moved = _moved_bands(before, floor, rows.used_tariffs(tx)) if before else ()
        busy = _busy(self._profiles.loads(floor))
        held = [cause("tariffs-proposed", number=proposal)] if proposal is not None else []
        return replace(counts, warnings=(*falls, *moved, *busy, *held), proposal=proposal)

    def read_draft(self, tx: Transaction, path: Path) -> Floor:
        """Read a floor file on top of what is stored, storing nothing; raises InputRefused.

        Tariff versions that priced an issued statement may differ in it.
        """
        return self._read(tx, read_toml(path), path.name, rows.load_floor(tx), frozen=False)

    def _read(
        self,
        tx: Transaction,
        data: Mapping[str, Any],
        file: str,
        base: Floor | None,
        frozen: bool = True,
    ) -> Floor:
        facts = self._profiles.facts()
        return read_floor(
            data,
            file,
            base=base,
            frozen=rows.used_tariffs(tx) if frozen else frozenset(),
            profiles=facts.quantities,
            addressing=facts.addressing,
            transports=facts.transports,
        )

    def _propose(self, tx: Transaction, waiting: Floor, file: str, by: str) -> int:
        """Store what waits as a floor file of its own; gives its number."""
        data = write_floor(waiting)
        del data["factory"]
        proposed = tariffs.propose(tx, file, tomli_w.dumps(data), by)
        self._trail.note(
            tx, by, "tariff.propose", str(proposed.number), after={"sha256": proposed.sha256}
        )
        return proposed.number

    def export_file(self, actor: Actor, path: Path) -> None:
        """Write the factory as a floor file, replacing the file in one step."""
        require(actor, Permission.VIEW)
        write_atomically(path, tomli_w.dumps(write_floor(self.floor())).encode())

    def _numbers(self, floor: Floor) -> dict[str, str]:
        """Give the numbers that meters of the floor must show, where they can show one."""
        return {
            meter.id: meter.serial_number
            for meter in floor.meters
            if meter.serial_number and self._profiles.get(meter.profile).identity is not None
        }


def stored_floor(tx: Transaction) -> Floor:
    """Load the factory inside a transaction; raises Refused where there is none."""
    floor = rows.load_floor(tx)
    if floor is None:
        raise refused(Kind.INPUT, "no-floor")
    return floor


def read_toml(path: Path) -> Mapping[str, Any]:
    """Read a TOML file; raises InputRefused for a missing file, a large one or a wrong syntax."""
    try:
        return tomllib.loads(read_text(path), parse_float=WrittenFloat)
    except (ValueError, RecursionError) as error:
        raise InputRefused([Problem("", "toml", str(error), file=path.name)]) from None


def read_text(path: Path, limit_bytes: int = MAX_FILE_BYTES) -> str:
    """Read a UTF-8 file; raises InputRefused saying what is wrong with it."""
    try:
        if path.stat().st_size > limit_bytes:
            problem = Problem("", "too-large", str(path.stat().st_size), str(limit_bytes))
            raise InputRefused([problem.in_file(path.name)])
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problem = Problem("", "unreadable", error.strerror or str(error), file=str(path))
        raise InputRefused([problem]) from None
    except UnicodeDecodeError as error:
        raise InputRefused([Problem("", "encoding", str(error.start), file=path.name)]) from None


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new one, never half; raises Refused."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise refused(Kind.UNREACHABLE, "not-writable", path=path, why=error.strerror) from None


def _tables(floor: Floor | None) -> dict[tuple[str, str], object]:
    """Give every object of a floor by its table and id."""
    if floor is None:
        return {}
    found: dict[tuple[str, str], object] = {("factory", floor.factory.id): floor.factory}
    found |= {("bus", bus.id): bus for bus in floor.buses}
    found |= {("meter", meter.id): meter for meter in floor.meters}
    found |= {("machine", machine.id): machine for machine in floor.machines}
    found |= {("tenant", tenant.id): tenant for tenant in floor.tenants}
    found |= {("contract", contract.id): contract for contract in floor.contracts}
    found |= {("platform", platform.id): platform for platform in floor.platforms}
    found |= {("bands", f"{b.id} {b.valid_from}"): b for b in floor.bands}
    found |= {("tariff", f"{t.id} {t.valid_from}"): t for t in floor.tariffs}
    return found


def _counts(before: Floor | None, after: Floor) -> ImportCounts:
    old, new = _tables(before), _tables(after)
    return ImportCounts(
        new=sum(key not in old for key in new),
        changed=sum(key in old and old[key] != value for key, value in new.items()),
    )


def _moved_bands(
    before: Floor, after: Floor, used: Collection[tuple[str, dt.date]]
) -> Iterator[Cause]:
    """Warn of changed bands that issued statements went by: sessions that run on are priced by the
    new ones, so that their parts no longer add up.
    """
    stored = {(one.id, one.valid_from) for one in before.bands}
    billed = {one.bands for one in before.tariffs if (one.id, one.valid_from) in used}
    for one in changed(before.bands, after.bands):
        if one.id in billed and (one.id, one.valid_from) in stored:
            yield cause("bands-billed", calendar=one.id, valid_from=one.valid_from)


def _busy(loads: Mapping[str, int]) -> Iterator[Cause]:
    """Warn of buses that have little time left for a retry or another meter."""
    for bus, load_pct in loads.items():
        if load_pct > BUSY_PCT:
            yield cause("bus-busy", bus=bus, load_pct=load_pct, most_pct=BUSY_PCT)


def _registrations(before: Floor | None, after: Floor, at: dt.datetime) -> list[Happening]:
    """Tell platforms of every machine that is new or changed."""
    known = {machine.id: machine for machine in before.machines} if before else {}
    happenings = []
    for machine in after.machines:
        if known.get(machine.id) == machine:
            continue
        modes = tuple(
            dict.fromkeys(
                contract.mode
                for contract in after.contracts
                if machine.id in contract.machines or machine.kind in contract.kinds
            )
        )
        happenings.append(machine_registered(after.factory, machine, None, modes, at))
    return happenings
