"""Prices before they are charged: calendars, preview, frozen versions, approval, holidays."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared_factory_desktop.domain.bands import BandTimeline
from shared_factory_desktop.domain.holidays import STATE_COUNCIL
from shared_factory_desktop.domain.instants import instant, microseconds
from shared_factory_desktop.domain.problems import InputRefused, Kind, Problem, Refused, cause
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.domain.tariff_preview import Change
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.billing import cost_so_far
from shared_factory_desktop.services.calendars import shipped_calendars
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.storage.database import Database
from tests.services.conftest import BOSS, FLOOR, NOW, Open

pytestmark = pytest.mark.slow

LI, WANG = Actor("li", Role.TECHNICIAN), Actor("wang", Role.MANAGER)
TARIFF = FLOOR[FLOOR.index("[[tariff]]") : FLOOR.index("[[contract]]")]
DEARER = "format = 1\n" + TARIFF.replace('"48.10"', '"50.00"')
HOLIDAYS_2027 = """
year = 2027
source = "任泽区通知"
rest_days = [2027-01-01]
moved_workdays = [2027-01-09]
"""
BY_DAY_TYPE = """
[[bands]]
id = "weekly"
valid_from = 2026-01-01
[[bands.season]]
months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
days = "workday"
flat = ["00:00-24:00"]
[[bands.season]]
months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
days = "restday"
valley = ["00:00-24:00"]
"""


def written(folder: Path, text: str, name: str = "prices.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def price_of(services: Services) -> str:
    [tariff] = services.floor.floor().tariffs
    return str(getattr(tariff.charges[0].params, "price", None))


@pytest.fixture
def careful(services: Services, open_services: Open, tmp_path: Path) -> Services:
    """A factory that is set up and from now on wants two people for a change of prices."""
    del services  # it is set up
    with (tmp_path / "data" / "settings.toml").open("a", encoding="utf-8") as settings:
        settings.write("tariff_approval = true\n")
    return open_services()


@pytest.mark.parametrize(
    ("calendar", "start", "end", "expected"),
    [
        # billing reference 3.4, vectors T1 to T5
        ("hebei-south", "2026-04-15 15:30", "2026-04-15 16:30", "flat 15:30, peak 16:00"),
        (
            "hebei-south",
            "2026-07-10 18:30",
            "2026-07-10 22:30",
            "peak 18:30, super_peak 19:00, peak 22:00",
        ),
        (
            "hebei-north",
            "2026-01-12 11:30",
            "2026-01-12 15:30",
            "flat 11:30, deep_valley 12:00, flat 15:00",
        ),
        ("hebei-south", "2026-02-28 23:30", "2026-03-01 00:30", "flat 23:30"),
        (
            "hebei-south",
            "2026-05-31 23:00",
            "2026-06-01 02:00",
            "peak 23:00, flat 00:00, valley 01:00",
        ),
        # one day of each season not seen above
        (
            "hebei-south",
            "2025-11-01 10:00",
            "2025-11-01 17:00",
            "flat 10:00, valley 11:00, deep_valley 12:00, valley 14:00, flat 15:00, peak 16:00",
        ),
        (
            "hebei-north",
            "2026-08-31 20:00",
            "2026-09-01 02:00",
            "super_peak 20:00, peak 21:00, flat 22:00, valley 23:00, flat 00:00, valley 01:00",
        ),
        (
            "hebei-north",
            "2026-02-02 11:00",
            "2026-02-02 16:30",
            "flat 11:00, deep_valley 12:00, flat 15:00, peak 16:00",
        ),
        (
            "hebei-north",
            "2026-10-02 11:00",
            "2026-10-02 16:30",
            "flat 11:00, valley 12:00, flat 15:00, peak 16:00",
        ),
    ],
)
def test_a_shipped_calendar_is_added_and_cuts_time_as_its_document_says(
    services: Services, calendar: str, start: str, end: str, expected: str
) -> None:
    services.tariffs.add_calendar(BOSS, calendar, dt.date(2025, 11, 1))

    versions = [one for one in services.floor.floor().bands if one.id == calendar]
    zone = services.floor.zone()
    line = BandTimeline(versions, zone, STATE_COUNCIL)
    first, last = (
        microseconds(dt.datetime.fromisoformat(text).replace(tzinfo=zone)) for text in (start, end)
    )
    runs = line.runs(first, last)
    cut = [f"{r.band} {instant(r.start_us).astimezone(zone):%H:%M}" for r in runs]
    assert ", ".join(cut) == expected


def test_every_shipped_calendar_names_its_document_and_none_invents_its_start(
    services: Services,
) -> None:
    starts = {one.id: one.valid_from for one in shipped_calendars()}

    assert starts == {"hebei-south": dt.date(2025, 11, 1), "hebei-north": None}
    assert all("〔2025〕" in one.source or "2025-" in one.source for one in shipped_calendars())
    with pytest.raises(Refused) as refused:
        services.tariffs.add_calendar(BOSS, "hebei-north")
    assert [one.code for one in refused.value.causes] == ["calendar-start"]
    assert services.floor.floor().bands == ()


def test_a_preview_prices_stored_sessions_and_stores_nothing(
    services: Services, tmp_path: Path
) -> None:
    draft = written(tmp_path, DEARER.replace("2026-01-01", "2026-12-01"))
    before = services.floor.floor()

    found = services.tariffs.preview(BOSS, draft, "2026-10")

    # 1 h 40 min each; anping has 5 % off
    assert found.rows == {
        ("anping", "bench-1"): Change(76_16, 79_16),
        ("renze", "bench-1"): Change(80_17, 83_33),
    }
    assert (found.total.difference_fen, found.total.percent) == (6_16, "3.94")
    assert found.as_if == (("tariff", "hourly", dt.date(2026, 12, 1)),)
    assert services.floor.floor() == before
    draft_now = services.billing.draft(BOSS, "renze", "2026-10")
    assert draft_now.statement.gross_fen == found.rows["renze", "bench-1"].now_fen


def test_a_version_that_priced_a_statement_is_frozen_and_can_still_be_previewed(
    services: Services, tmp_path: Path
) -> None:
    dearer = written(tmp_path, DEARER)
    services.billing.issue(BOSS, "renze", "2026-09")

    with pytest.raises(InputRefused) as refused:
        services.floor.import_file(BOSS, dearer)

    assert [(one.place, one.code) for one in refused.value.problems] == [
        ("tariff.hourly", "frozen-version")
    ]
    assert price_of(services) == "48.10"
    assert services.tariffs.preview(BOSS, dearer, "2026-09").total.difference_fen > 0
    later = written(tmp_path, DEARER.replace("2026-01-01", "2026-12-01"), "later.toml")
    assert services.floor.import_file(BOSS, later).new == 1


def test_changing_bands_that_were_billed_by_is_warned_of(
    services: Services, tmp_path: Path
) -> None:
    calendar = "format = 1\n" + BY_DAY_TYPE
    banded = DEARER.replace("2026-01-01", "2026-09-01") + BY_DAY_TYPE
    banded = banded.replace('tax_mode = "inclusive"', 'tax_mode = "inclusive"\nbands = "weekly"')
    services.floor.import_file(BOSS, written(tmp_path, banded))
    services.billing.issue(BOSS, "renze", "2026-09")
    moved = written(tmp_path, calendar.replace("valley", "deep_valley"), "moved.toml")
    later = written(tmp_path, calendar.replace("2026-01-01", "2027-01-01"), "later.toml")

    warned = services.floor.import_file(BOSS, moved).warnings

    assert warned == (cause("bands-billed", calendar="weekly", valid_from="2026-01-01"),)
    assert services.floor.import_file(BOSS, later).warnings == ()


def test_an_import_warns_where_more_use_costs_less(services: Services, tmp_path: Path) -> None:
    tiers = '[{ up_to = "100", price = "2", flat = "10" }, { price = "1" }]'
    text = DEARER.replace('model = "unit"', 'model = "volume"')
    falls = written(tmp_path, text.replace('price = "50.00"', f"tiers = {tiers}"))

    checked = services.tariffs.check(BOSS, falls)
    counts = services.floor.import_file(BOSS, falls)

    assert checked == counts.warnings
    assert checked == (
        Problem(
            "tariff.hourly.charge.machine-time",
            "volume-falls",
            "100 h: 210.00",
            "100.5 h: 100.50",
            "prices.toml",
        ),
    )
    assert services.floor.import_file(BOSS, falls).warnings == ()  # nothing of it is new any more


def test_prices_wait_for_a_second_person_and_the_rest_does_not(
    careful: Services, tmp_path: Path
) -> None:
    renamed = '[[tenant]]\nid = "anping"\nname = "安平新名有限公司"\n'

    counts = careful.floor.import_file(LI, written(tmp_path, DEARER + renamed))

    assert (counts.new, counts.changed, counts.proposal) == (0, 1, 1)
    assert counts.warnings == (cause("tariffs-proposed", number=1),)
    assert price_of(careful) == "48.10"
    tenant = careful.floor.floor().tenant("anping")
    assert tenant is not None
    assert tenant.name == "安平新名有限公司"
    approved = careful.tariffs.approve(WANG, 1)
    assert (approved.new, approved.changed, approved.proposal) == (0, 1, None)
    assert price_of(careful) == "50.00"
    assert careful.floor.floor().tenant("anping") == tenant
    [proposal] = careful.tariffs.proposals(BOSS)
    assert proposal.decision is not None
    assert (proposal.by, proposal.decision.by, proposal.decision.approved) == ("li", "wang", True)
    assert careful.verification.verify(BOSS).ok


def test_nobody_approves_or_rejects_the_own_proposal(careful: Services, tmp_path: Path) -> None:
    careful.floor.import_file(WANG, written(tmp_path, DEARER))

    for decide in (
        lambda: careful.tariffs.approve(WANG, 1),
        lambda: careful.tariffs.reject(WANG, 1, "a slip"),
    ):
        with pytest.raises(Refused) as refused:
            decide()
        assert refused.value.kind is Kind.NOT_ALLOWED
        assert [one.code for one in refused.value.causes] == ["own-proposal"]
    assert price_of(careful) == "48.10"
    assert careful.tariffs.proposal(BOSS, 1).decision is None


def test_a_rejected_proposal_changes_nothing_and_stays_rejected(
    careful: Services, tmp_path: Path
) -> None:
    careful.floor.import_file(LI, written(tmp_path, DEARER))
    with pytest.raises(Refused) as silent:
        careful.tariffs.reject(WANG, 1, " ")

    careful.tariffs.reject(WANG, 1, "too dear")

    assert [one.code for one in silent.value.causes] == ["reject-reason"]
    with pytest.raises(Refused) as refused:
        careful.tariffs.approve(BOSS, 1)
    assert [one.code for one in refused.value.causes] == ["proposal-decided"]
    assert price_of(careful) == "48.10"
    decision = careful.tariffs.proposal(BOSS, 1).decision
    assert decision is not None
    assert (decision.approved, decision.by, decision.reason) == (False, "wang", "too dear")


def test_a_proposal_that_can_no_longer_be_imported_stays_open(
    careful: Services, tmp_path: Path
) -> None:
    careful.floor.import_file(LI, written(tmp_path, DEARER))
    careful.billing.issue(BOSS, "renze", "2026-09")

    with pytest.raises(InputRefused) as refused:
        careful.tariffs.approve(WANG, 1)

    assert [one.code for one in refused.value.problems] == ["frozen-version"]
    assert careful.tariffs.proposal(BOSS, 1).decision is None
    assert price_of(careful) == "48.10"


def test_of_many_who_approve_at_once_one_does(
    careful: Services, open_services: Open, tmp_path: Path
) -> None:
    careful.floor.import_file(LI, written(tmp_path, DEARER))
    doors = [open_services() for _ in range(4)]

    def approve(number: int) -> str:
        try:
            doors[number % 4].tariffs.approve(Actor(f"m-{number}", Role.MANAGER), 1)
        except Refused as refused:
            return ", ".join(cause.code for cause in refused.causes)
        return "approved"

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(approve, range(8)))

    assert sorted(answers) == ["approved", *["proposal-decided"] * 7]
    assert price_of(careful) == "50.00"


def test_a_first_set_up_waits_with_its_prices_and_contracts(
    open_services: Open, tmp_path: Path
) -> None:
    with (tmp_path / "data" / "settings.toml").open("a", encoding="utf-8") as settings:
        settings.write("tariff_approval = true\n")
    services = open_services()
    file = written(tmp_path, FLOOR.replace("{port}", "1"))

    services.floor.import_file(LI, file)

    floor = services.floor.floor()
    assert (floor.tariffs, floor.contracts, len(floor.tenants)) == ((), (), 3)
    services.tariffs.approve(WANG, 1)
    floor = services.floor.floor()
    assert (len(floor.tariffs), len(floor.contracts)) == (1, 2)
    assert services.floor.import_file(LI, file).proposal is None  # all of it is there


def test_an_imported_year_decides_which_days_are_worked_and_statements_keep_theirs(
    open_services: Open, tmp_path: Path
) -> None:
    services = open_services()
    banded = FLOOR.replace("{port}", "1").replace(
        'tax_mode = "inclusive"', 'tax_mode = "inclusive"\nbands = "weekly"'
    )
    banded = banded.replace(
        'price = "48.10"', 'price = "60.00"\nband_prices = { valley = "30.00" }'
    )
    services.floor.import_file(BOSS, written(tmp_path, banded + BY_DAY_TYPE))
    day = {"machine": "bench-1", "tenant": "renze"}
    log = {
        "format": 1,
        "sessions": [
            {
                **day,
                "id": f"P-{month}",
                "start": f"2026-{month}-10T08:00:00+08:00",
                "end": f"2026-{month}-10T09:00:00+08:00",
            }
            for month in ("09", "10")  # a Thursday, a Saturday that is worked
        ],
    }
    services.sessions.import_usage(BOSS, written(tmp_path, json.dumps(log), "log.json"))
    issued = services.billing.issue(BOSS, "renze", "2026-10")
    year = HOLIDAYS_2027.replace("2027-01-09", "2026-01-10").replace("2027-01-01", "2026-09-10")
    services.holidays.import_file(BOSS, written(tmp_path, year.replace("2027", "2026"), "y.toml"))

    before_and_after = [
        services.billing.draft(BOSS, "renze", month).statement.gross_fen
        for month in ("2026-09", "2026-10")
    ]

    database = Database.open(tmp_path / "data" / "factory.db", lambda: NOW)
    start = dt.datetime(2026, 9, 10, tzinfo=dt.UTC)
    end = start + dt.timedelta(hours=1)
    running = SessionUse("R-1", "bench-1", "renze", start, None)
    live = cost_so_far(database, services.floor.floor(), running, end)
    database.close()

    assert issued.statement.gross_fen == 60_00
    assert live == 30_00  # as the bill will say
    assert before_and_after == [30_00, 30_00]  # a holiday now; a Saturday like any other
    assert issued.number is not None
    assert services.billing.document(BOSS, issued.number) == issued
    assert services.verification.verify(BOSS).ok


def test_years_are_listed_with_where_they_come_from(services: Services, tmp_path: Path) -> None:
    services.holidays.import_file(BOSS, written(tmp_path, HOLIDAYS_2027))

    known = services.holidays.list(BOSS)

    assert [(one.published.year, one.imported) for one in known] == [
        (2024, False),
        (2025, False),
        (2026, False),
        (2027, True),
    ]
    assert known[-1].published.source == "任泽区通知"
