"""Meters on the command line: jobs told, an exchanged meter accepted, a printer's key kept."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest

from shared_factory_desktop.storage import health, identities, jobs
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.jobs import MachineJob
from tests.cli.conftest import Cli

ENDED = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
TOLD = (
    MachineJob(
        "0000A1",
        "支架.gcode",
        "completed",
        ENDED - dt.timedelta(hours=1),
        ENDED,
        Decimal("3541.72"),
        Decimal("5241.33"),
        estimated=False,
    ),
    MachineJob("7", "外壳.gcode", "completed", None, None, None, Decimal("900"), estimated=True),
)
PRINTER = """
[[bus]]
id = "web-1"
transport = "http"
host = "127.0.0.1"
[[meter]]
id = "P-1"
bus = "web-1"
profile = "moonraker"
[[bus]]
id = "lan-2"
transport = "tcp"
host = "127.0.0.1"
[[meter]]
id = "M-NUMBERED"
bus = "lan-2"
profile = "schneider-iem3155"
unit = 3
"""


@pytest.fixture
def database(data: Path) -> Database:
    """The factory's database, as an agent opens it."""
    return Database.open(data / "factory.db", lambda: dt.datetime.now(dt.UTC))


@pytest.fixture
def shop(cli: Cli, floor_file: Path) -> Cli:
    """The command line of a factory with a printer, and a meter that has a number of its own."""
    floor_file.write_text(floor_file.read_text(encoding="utf-8") + PRINTER, encoding="utf-8")
    assert cli("import", floor_file).status == 0
    return cli


def see(database: Database, expected: str | None, found: str | None, state: str) -> None:
    """Store what an agent saw of M-NUMBERED's number."""
    identity = {"expected": expected, "found": found, "state": state}
    body = {"ok": True, "fault": None, "meters": {"M-NUMBERED": {"identity": identity}}}
    with database.write() as tx:
        if expected is not None:
            identities.accept(tx, "M-NUMBERED", expected, "ws-1", "first-seen")
        health.save(tx, "ws-1", "lan-2", body)
    database.close()


def test_jobs_are_listed_with_what_is_measured_and_what_planned(
    shop: Cli, database: Database
) -> None:
    with database.write() as tx:
        jobs.add_new(tx, "P-1", TOLD)
    database.close()
    told = shop("meter", "jobs", "P-1", "--json")
    shown = shop("meter", "jobs", "P-1").out.splitlines()

    assert told.status == 0
    assert told.json["meter"] == "P-1"
    assert told.json["jobs"][0] == {
        "id": "0000A1",
        "name": "支架.gcode",
        "status": "completed",
        "start": "2026-11-20T16:30:00+08:00",
        "end": "2026-11-20T17:30:00+08:00",
        "run_time_s": "3541.72",
        "filament_mm": "5241.33",
        "estimated": False,
    }
    unknown = {"start": None, "end": None, "run_time_s": None, "estimated": True}
    assert told.json["jobs"][1].items() >= unknown.items()
    assert "5241.33 mm (measured)" in shown[0]
    assert "900 mm (planned)" in shown[1]


def test_a_machine_that_told_of_no_jobs_is_said_to(shop: Cli) -> None:
    listed = shop("meter", "jobs", "P-1")

    assert (listed.status, listed.out) == (0, "")
    assert "P-1" in listed.complaint


def test_an_exchanged_meter_is_accepted_with_a_reason(shop: Cli, database: Database) -> None:
    see(database, "1001", "2001", "swapped")
    silent = shop("meter", "accept", "M-NUMBERED", "--reason", "  ")
    accepted = shop("meter", "accept", "M-NUMBERED", "--reason", "烧坏")
    again = shop("meter", "accept", "M-NUMBERED", "--reason", "烧坏")

    assert silent.status == 2
    assert "reason" in silent.complaint
    assert accepted.status == 0
    assert "2001" in accepted.out
    assert again.status == 2
    with database.read() as tx:
        last = identities.latest(tx, ["M-NUMBERED"])["M-NUMBERED"]
    database.close()
    assert (last.identity, last.by, last.reason) == ("2001", "boss", "烧坏")


@pytest.mark.parametrize("seen", [("1001", "1001", "same"), (None, None, "none")])
def test_a_meter_that_was_not_exchanged_is_not_accepted(
    shop: Cli, database: Database, seen: tuple[str | None, str | None, str]
) -> None:
    see(database, *seen)
    refused = shop("meter", "accept", "M-NUMBERED", "--reason", "just so")

    assert refused.status == 2
    assert (seen[1] or "last seen: -") in refused.complaint


def test_a_printers_key_is_kept_and_never_shown(
    shop: Cli, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARED_FACTORY_CREDENTIAL", "5A7C-secret")
    stored = shop("meter", "login", "P-1")

    assert stored.status == 0
    assert "5A7C" not in stored.out + stored.err
    file = data / "credentials.json"
    assert json.loads(file.read_text(encoding="utf-8")) == {"P-1": "5A7C-secret"}
    assert shop("export-floor", data / "out.toml").status == 0
    assert "5A7C" not in (data / "out.toml").read_text(encoding="utf-8")


def test_only_machines_that_want_a_key_get_one(shop: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    unasked = shop("meter", "login", "P-1")
    monkeypatch.setenv("SHARED_FACTORY_CREDENTIAL", "5A7C-secret")
    wired = shop("meter", "login", "M-NUMBERED")

    assert unasked.status == 2
    assert "SHARED_FACTORY_CREDENTIAL" in unasked.complaint
    assert wired.status == 2
    assert "tcp" in wired.complaint


def test_a_meter_on_the_wrong_kind_of_bus_is_named(cli: Cli, floor_file: Path) -> None:
    text = floor_file.read_text(encoding="utf-8") + PRINTER
    crossed = text.replace('bus = "web-1"', 'bus = "lan-1"').replace(
        'bus = "lan-2"', 'bus = "web-1"'
    )
    floor_file.write_text(crossed, encoding="utf-8")
    refused = cli("import", floor_file)

    lines = refused.err.splitlines()
    assert refused.status == 2
    assert [line.split(": ")[1] for line in lines] == ["meter.P-1.bus", "meter.M-NUMBERED.bus"]
    assert "lan-1 (tcp)" in lines[0]
    assert "expected one of http" in lines[0]


def test_a_meter_that_needs_no_address_has_none(cli: Cli, floor_file: Path) -> None:
    text = floor_file.read_text(encoding="utf-8") + PRINTER
    floor_file.write_text(text.replace('"moonraker"\n', '"moonraker"\nunit = 4\n'), "utf-8")
    refused = cli("import", floor_file)

    assert refused.status == 2
    assert "meter.P-1.unit" in refused.complaint


def test_an_import_warns_of_a_bus_without_spare_time(cli: Cli, floor_file: Path) -> None:
    serial = '[[bus]]\nid = "rs485-1"\ntransport = "serial"\nport = "/dev/ttyS9"\nbaudrate = 1200\n'
    meters = "".join(
        f'[[meter]]\nid = "S-{unit}"\nbus = "rs485-1"\nprofile = "eastron-sdm120"\nunit = {unit}\n'
        for unit in (1, 2, 3)
    )
    text = floor_file.read_text(encoding="utf-8")
    floor_file.write_text(text + serial + meters, encoding="utf-8")
    imported = cli("import", floor_file)

    assert imported.status == 0
    assert "rs485-1" in imported.complaint
    assert "%" in imported.complaint
