"""A month is closed for all tenants: one bad session stops one statement, memory stays small."""

from __future__ import annotations

import datetime as dt
import gc
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.problems import InputRefused, Refused
from shared_factory_desktop.domain.rating import price
from shared_factory_desktop.domain.readings import Quality, Reading, Reason
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.usage_file import read_usage
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.billing import Outcome
from shared_factory_desktop.storage import readings
from shared_factory_desktop.storage.database import Database
from tests.benchmarks import busy_month
from tests.services.conftest import BOSS, FLOOR, NOW, Open

pytestmark = pytest.mark.slow

BY_THE_PIECE = """
[[tariff]]
id = "by-the-piece"
name = "计件"
valid_from = 2026-01-01
tax_mode = "inclusive"
[[tariff.charge]]
id = "made"
name = "计件费"
basis = "pieces"
unit = "piece"
model = "unit"
price = "2.00"
tax_rate = "0.13"
"""
SESSIONS = 20_000


def silent(_done: int, _total: int) -> None:
    """Take no notice of progress."""


@pytest.fixture
def by_the_piece(services: Services, tmp_path: Path) -> Services:
    """The factory with a tenant, renze, who pays by pieces that its paper log does not tell."""
    text = FLOOR.replace("{port}", "1").replace(
        'id = "c-2"\ntenant = "renze"\ntariff = "hourly"',
        'id = "c-2"\ntenant = "renze"\ntariff = "by-the-piece"',
    )
    file = tmp_path / "floor.toml"
    file.write_text(text.replace("[[contract]]", f"{BY_THE_PIECE}[[contract]]", 1), "utf-8")
    services.floor.import_file(BOSS, file)
    return services


def test_all_drafts_are_the_drafts_of_each(services: Services) -> None:
    told: list[tuple[int, int]] = []

    outcomes = list(
        services.billing.draft_all(BOSS, "2026-10", lambda done, total: told.append((done, total)))
    )

    assert [(outcome.tenant, outcome.error) for outcome in outcomes] == [
        ("anping", None),
        ("renze", None),
    ]
    for outcome in outcomes:
        assert outcome.document == services.billing.draft(BOSS, outcome.tenant, "2026-10")
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_session_without_what_a_charge_needs_stops_its_tenant_only(
    by_the_piece: Services,
) -> None:
    [anping, renze] = by_the_piece.billing.draft_all(BOSS, "2026-10", silent)

    assert anping.document == by_the_piece.billing.draft(BOSS, "anping", "2026-10")
    assert renze.document is None
    assert isinstance(renze.error, InputRefused)
    assert [(p.place, p.code, p.seen) for p in renze.error.problems] == [
        ("session.P-renze-10.pieces", "charge-needs", "made")
    ]


def test_a_month_is_issued_for_all_and_again_for_who_was_left(
    by_the_piece: Services, tmp_path: Path
) -> None:
    first = list(by_the_piece.billing.issue_all(BOSS, "2026-10", silent))
    stopped = list(by_the_piece.billing.issue_all(BOSS, "2026-10", silent))
    file = tmp_path / "floor.toml"
    healed = file.read_text("utf-8").replace('tariff = "by-the-piece"', 'tariff = "hourly"')
    file.write_text(healed, "utf-8")
    by_the_piece.floor.import_file(BOSS, file)
    last = list(by_the_piece.billing.issue_all(BOSS, "2026-10", silent))

    assert [(one.tenant, number(one)) for one in first + stopped + last] == [
        ("anping", "DZ-2026-000001"),
        ("renze", None),
        ("renze", None),
        ("renze", "DZ-2026-000002"),
    ]
    for outcome in (first[0], last[0]):
        assert outcome.document == by_the_piece.billing.document(BOSS, number(outcome) or "")
    assert by_the_piece.verification.verify(BOSS).ok


def test_a_tenant_billed_for_some_of_the_days_is_told(services: Services) -> None:
    services.billing.issue(BOSS, "anping", "2026-10-01..2026-10-16")

    [anping, renze] = services.billing.issue_all(BOSS, "2026-10", silent)

    assert isinstance(anping.error, Refused)
    assert [cause.code for cause in anping.error.causes] == ["already-issued"]
    assert number(renze) == "DZ-2026-000002"


def test_a_month_that_is_not_over_is_closed_for_nobody(services: Services) -> None:
    with pytest.raises(Refused) as refused:
        services.billing.issue_all(BOSS, "2026-11", silent)

    assert [cause.code for cause in refused.value.causes] == ["not-over"]


def test_a_late_reading_does_not_change_what_a_closed_session_used(
    services: Services, tmp_path: Path
) -> None:
    clock = [NOW]
    door = Bootstrap(lambda: clock[0], lambda _ns: clock[0]).open_services(tmp_path / "data")
    door.sessions.start(BOSS, "printer-1", "anping")
    clock[0] += dt.timedelta(hours=1)
    closed = door.sessions.stop(BOSS, "printer-1")
    door.close()

    append_late(tmp_path / "data" / "factory.db", NOW + dt.timedelta(minutes=30), Decimal(7000))

    [listed] = [one for one in services.sessions.list(BOSS) if one.id == closed.id]
    assert (listed.measures, listed.quality) == ((("energy_wh", Decimal(0)),), Quality.GOOD)
    assert listed.measures == closed.measures


def test_a_session_closed_with_a_silent_meter_stays_without_its_measure(
    services: Services, tmp_path: Path
) -> None:
    services.sessions.start(BOSS, "printer-2", "anping", without_readings=True)
    closed = services.sessions.stop(BOSS, "printer-2")

    append_late(tmp_path / "data" / "factory.db", NOW, Decimal(7000), "M-SILENT", Reason.STOP)

    [listed] = services.sessions.list(BOSS, problem_only=True)
    assert (listed.id, listed.measures) == (closed.id, ())


def append_late(
    file: Path,
    at: dt.datetime,
    value: Decimal,
    meter: str = "M-1",
    reason: Reason = Reason.INTERVAL,
) -> None:
    """Store a good reading that another workstation brings after the session was closed."""
    late = Reading(meter, "energy_wh", value, "00", at, Quality.GOOD, reason)
    database = Database.open(file, lambda: NOW)
    with database.write() as tx:
        readings.append(tx, "late", None, [late])
    database.close()


@pytest.fixture
def district(open_services: Open, tmp_path: Path) -> tuple[Services, list[SessionUse]]:
    """A district with a busy month, and what its sessions used."""
    uses = list(read_usage(busy_month.usage(SESSIONS), "usage.json", busy_month.floor()))
    services = open_services()
    database = Database.open(tmp_path / "data" / "factory.db", lambda: NOW)
    busy_month.store(database, uses)
    database.close()
    return services, uses


@pytest.mark.timeout(600)
def test_a_large_month_is_closed_one_tenant_at_a_time(
    district: tuple[Services, list[SessionUse]],
) -> None:
    services, uses = district
    priced = price(busy_month.floor(), uses, busy_month.FIRST, busy_month.BEYOND)
    expected = {one.tenant: one.gross_fen for one in priced.statements}
    del uses, priced
    district[1].clear()
    held, drafted = [], {}

    for outcome in services.billing.draft_all(BOSS, busy_month.MONTH, silent):
        assert outcome.document is not None, outcome.error
        drafted[outcome.tenant] = outcome.document.statement.gross_fen
        if len(drafted) % 40 == 0:
            held.append(sum(isinstance(one, SessionUse) for one in gc.get_objects()))
    issued = {
        outcome.tenant: outcome.document.statement.gross_fen
        for outcome in services.billing.issue_all(BOSS, busy_month.MONTH, silent)
        if outcome.document is not None
    }

    assert len(expected) == busy_month.TENANTS
    assert drafted == issued == expected
    assert max(held) <= 2 * SESSIONS // busy_month.TENANTS
    numbers = sorted(row.number for row in services.billing.list(BOSS))
    counted = [int(one.rpartition("-")[2]) for one in numbers]
    assert all(later - earlier == 1 for earlier, later in pairwise(counted))
    assert len(counted) == busy_month.TENANTS


def number(outcome: Outcome) -> str | None:
    """Give the number of an issued statement, None where there is none."""
    return outcome.document.number if outcome.document else None
