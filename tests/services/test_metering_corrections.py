"""计量差错退补: a meter found wrong changes no statement; the difference comes with the next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import pytest

from drivers.simulate.bus import VirtualBus
from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.domain.statement import Line, StatementDocument
from shared_factory_desktop.services import bundles
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.credit_notes import Wanted as Credit
from shared_factory_desktop.services.metering_corrections import (
    AdjustmentProposal,
    Policy,
    TenantTotal,
    Wanted,
    lines_of,
    totals,
)
from shared_factory_desktop.services.recomputing import recompute
from shared_factory_desktop.storage import adjustments, statements
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from tests.services.conftest import BOSS, NOW, Open
from tests.services.metering_scene import (
    LI,
    SLOW,
    WANG,
    counted,
    energy_floor,
    point,
    right,
    set_up,
    used,
    wrong,
)

pytestmark = pytest.mark.slow

AUGUST = (dt.date(2026, 8, 1), dt.date(2026, 9, 1))
SEPTEMBER = (dt.date(2026, 9, 1), dt.date(2026, 10, 1))
HALF, SINCE = Policy.HALF_TIME, Policy.SINCE


@pytest.fixture
def services(open_services: Open, line: VirtualBus, tmp_path: Path) -> Services:
    """9,200 kWh of 18,400 in the last 92 of 184 days, billed month by month."""
    opened = open_services()
    set_up(opened, tmp_path, energy_floor(line.settings.tcp_port or 0))
    counted(opened, right())
    for name, day, kwh in (("P-6", "06-20", 9200), ("P-8", "08-20", 4600), ("P-9", "09-20", 4600)):
        used(opened, tmp_path, name, day, kwh)
    for month in ("06", "08", "09"):
        opened.billing.issue(BOSS, "anping", f"2026-{month}")
    return opened


@pytest.fixture
def database(services: Services, tmp_path: Path) -> Iterator[Database]:
    assert services
    with closing(Database.open(tmp_path / "data" / "factory.db", lambda: NOW)) as opened:
        yield opened


def proposed(services: Services, policy: Policy = HALF, **more: object) -> AdjustmentProposal:
    number = counted(services, wrong())
    return services.metering_corrections.propose(LI, Wanted(number, policy, **more))  # type: ignore[arg-type]  # since, cap


def approved(services: Services) -> AdjustmentProposal:
    made = proposed(services)
    return services.metering_corrections.approve(WANG, made.id)


def corrections(document: StatementDocument) -> list[Line]:
    return [line for line in document.statement.lines if line.correction is not None]


def agrees(database: Database, document: StatementDocument) -> bool:
    with database.read() as tx:
        stored = statements.get(tx, document.number or "")
        assert stored is not None
        return recompute(tx, stored) == stored.document["lines"]


def code(error: pytest.ExceptionInfo[Refused]) -> str:
    [cause] = error.value.causes
    return cause.code


def test_half_of_the_time_gives_140_16_back_on_the_next_statement(
    services: Services, database: Database, tmp_path: Path
) -> None:
    before = [services.billing.document(BOSS, row.number) for row in services.billing.list(BOSS)]
    made = proposed(services)

    assert totals(made) == (TenantTotal("anping", 2, -12404, -1612, -14016),)
    assert sum(line.quantity for line in lines_of(made)) == Fraction("-215.625")
    services.metering_corrections.approve(WANG, made.id)
    used(services, tmp_path, "P-10", "10-20", 100)
    october = services.billing.issue(BOSS, "anping", "2026-10")

    ordinary, *back = october.statement.lines
    assert (ordinary.session, ordinary.gross_fen, ordinary.correction) == ("P-10", 6500, None)
    told = [(line.session, line.charge, line.late, line.gross_fen) for line in back]
    assert told == [("P-8", "energy", AUGUST, -7008), ("P-9", "energy", SEPTEMBER, -7008)]
    assert {line.correction for line in back} == {made.certificate}
    assert [str(line.quantity) for line in back] == ["-1725/16", "-1725/16"]  # 107.8125 kWh
    assert (back[0].net_fen, back[0].tax_fen) == (-6202, -806)
    assert october.statement.gross_fen == 6500 - 14016
    assert agrees(database, october)
    after = [services.billing.document(BOSS, row.number) for row in services.billing.list(BOSS)]
    assert [one for one in after if one.number != october.number] == before
    assert services.verification.verify(BOSS).ok


def test_a_corrected_statement_proves_itself_and_prints_the_certificate(
    services: Services, tmp_path: Path
) -> None:
    made = approved(services)
    alone = services.billing.issue(BOSS, "anping", "2026-10")
    number = alone.number or ""

    files = services.exporting.export(
        BOSS, number, ["bundle", "csv", "pdf", "xlsx"], tmp_path, lambda _done, _all: None
    )

    bundle = next(file for file in files if file.suffix == ".zip")
    checked = bundles.check(bundle)
    assert checked.ok, checked.problems
    assert dict(checked.checked)["lines"] == 2
    table = next(file for file in files if file.suffix == ".csv").read_text(encoding="utf-8")
    assert table.count(f"计量差错退补 {made.certificate}") == 2


def test_a_line_stands_on_one_statement_until_that_is_cancelled(
    services: Services, database: Database
) -> None:
    made = approved(services)
    october = services.billing.issue(BOSS, "anping", "2026-10")
    number = october.number or ""
    assert services.metering_corrections.statements(BOSS, made.id) == (number, number)

    with pytest.raises(Refused):  # nothing is left for the days after it
        services.billing.draft(BOSS, "anping", "2026-11-01..2026-11-10")
    twice = adjustments.Due(made.id, 1, made.certificate, made.items[0])
    with pytest.raises(StorageFault) as fault, database.write() as tx:
        adjustments.place(tx, services.billing.list(BOSS)[-1].number, [twice])
    assert fault.value.code is FaultCode.RULE

    credit = services.credits.propose(LI, number, Credit(), "开错了")
    services.credits.approve(WANG, credit.proposal.id)
    again = services.billing.issue(BOSS, "anping", "2026-10")
    assert corrections(again) == corrections(october)
    assert agrees(database, again)


def test_who_proposed_does_not_approve(services: Services, database: Database) -> None:
    made = proposed(services)

    with pytest.raises(Refused) as refused:
        services.metering_corrections.approve(LI, made.id)

    assert code(refused) == "own-adjustment"
    with pytest.raises(StorageFault), database.write() as tx:
        adjustments.decide(tx, made.id, "li")
    with pytest.raises(Refused):
        services.billing.draft(BOSS, "anping", "2026-10")


def test_what_was_refused_may_be_proposed_otherwise(services: Services) -> None:
    service, made = services.metering_corrections, proposed(services)
    wanted = Wanted(made.certificate, SINCE, dt.date(2026, 9, 1))
    with pytest.raises(Refused) as pending:
        service.propose(LI, wanted)
    service.refuse(WANG, made.id, "起因已知")

    again = service.propose(LI, wanted)

    assert code(pending) == "adjustment-pending"
    assert [(one.tenant, one.lines, one.gross_fen) for one in totals(again)] == [
        ("anping", 1, -7008)
    ]
    assert [one.approved for one in service.list(BOSS)] == [False, False]


def test_what_comes_on_a_statement_after_the_approval_is_proposed_by_itself(
    services: Services, tmp_path: Path
) -> None:
    made = approved(services)
    used(services, tmp_path, "P-10", "10-20", 1024)
    services.billing.issue(BOSS, "anping", "2026-10")

    more = services.metering_corrections.propose(LI, Wanted(made.certificate, HALF))

    assert [item.billed["session"] for item in more.items] == ["P-10"]
    assert [line.quantity for line in lines_of(more)] == [-24]


def test_what_is_cancelled_and_billed_anew_was_made_good_already(services: Services) -> None:
    made = approved(services)
    august = services.billing.list(BOSS)[1]
    credit = services.credits.propose(LI, august.number, Credit(), "抬头有误")
    services.credits.approve(WANG, credit.proposal.id)
    services.billing.issue(BOSS, "anping", "2026-08")

    with pytest.raises(Refused) as refused:
        services.metering_corrections.propose(LI, Wanted(made.certificate, HALF))

    assert code(refused) == "adjustment-nothing"
    october = services.billing.issue(BOSS, "anping", "2026-10")
    assert [line.gross_fen for line in corrections(october)] == [-7008, -7008]


def test_a_slow_meter_is_billed_afterwards(services: Services) -> None:
    number = counted(services, wrong(SLOW))

    made = services.metering_corrections.propose(LI, Wanted(number, HALF))

    # 400 kWh more of each session
    assert [line.gross_fen for line in lines_of(made)] == [26000, 26000]


def test_months_cap_how_far_back(services: Services) -> None:
    made = proposed(services, cap_months=2)

    assert [item.billed["session"] for item in made.items] == ["P-9"]


def test_a_line_that_was_credited_is_left_out(services: Services) -> None:
    august = services.billing.list(BOSS)[1]
    assert august.start == AUGUST[0]
    made = proposed(services)
    credit = services.credits.propose(LI, august.number, Credit(), "设备故障")
    services.credits.approve(WANG, credit.proposal.id)

    with pytest.raises(Refused) as refused:
        services.metering_corrections.approve(WANG, made.id)
    services.metering_corrections.refuse(WANG, made.id, "已红冲")
    again = services.metering_corrections.propose(LI, Wanted(made.certificate, HALF))

    assert code(refused) == "adjustment-stale"
    assert [item.billed["session"] for item in again.items] == ["P-9"]


@pytest.mark.parametrize(("policy", "since"), [(SINCE, None), (HALF, dt.date(2026, 9, 1))])
def test_a_day_of_the_cause_goes_with_its_policy(
    services: Services, policy: Policy, since: dt.date | None
) -> None:
    with pytest.raises(Refused) as refused:
        proposed(services, policy, since=since)

    assert code(refused) == "adjustment-since"


def test_within_limits_or_unreviewed_or_by_no_policy_nothing_is_corrected(
    services: Services,
) -> None:
    service = services.metering_corrections
    near = counted(services, wrong(point("10000", "10090", "0.009")))
    unseen = services.calibration.record(LI, wrong()).number
    far = counted(services, wrong())

    for number, policy, expected in (
        (near, HALF, "adjustment-within-limits"),
        (unseen, HALF, "adjustment-unreviewed"),
        (far, Policy.NONE, "adjustment-nothing"),
        ("JZ-9", HALF, "unknown-calibration"),
    ):
        with pytest.raises(Refused) as refused:
            service.propose(LI, Wanted(number, policy))
        assert code(refused) == expected


def test_what_is_below_the_minimum_is_let_be(
    services: Services, open_services: Open, tmp_path: Path
) -> None:
    number = counted(services, wrong())

    def thrifty(minimum_fen: int) -> Services:
        settings = tmp_path / "data" / "settings.toml"
        kept = settings.read_text(encoding="utf-8").partition("correction_minimum_fen")[0]
        settings.write_text(f"{kept}correction_minimum_fen = {minimum_fen}\n", encoding="utf-8")
        return open_services()

    with pytest.raises(Refused) as refused:
        thrifty(14017).metering_corrections.propose(LI, Wanted(number, HALF))
    made = thrifty(14016).metering_corrections.propose(LI, Wanted(number, HALF))

    assert code(refused) == "adjustment-nothing"
    assert [one.gross_fen for one in totals(made)] == [-14016]


def test_tiers_over_the_period_count_as_they_did(
    open_services: Open, line: VirtualBus, tmp_path: Path
) -> None:
    services = open_services()
    tiers = 'model = "graduated"\nscope = "period"\ntiers = [{ up_to = "5000", price = "0.65" },'
    floor = energy_floor(line.settings.tcp_port or 0).replace('model = "unit"', tiers, 1)
    set_up(services, tmp_path, floor.replace('price = "0.65"\n', '{ price = "1" }]\n', 1))
    counted(services, right())
    used(services, tmp_path, "P-8", "08-20", 4600)
    used(services, tmp_path, "P-9", "08-21", 4600)
    august = services.billing.issue(BOSS, "anping", "2026-08")

    made = proposed(services)

    # 2,990.00 and 400 × 0.65 + 4,200 were billed; 4,492.1875 kWh each are due:
    # 2,919.92, and what 8,984.375 cost more than that: 7,234.375 − 2,919.921875 = 4,314.45
    assert [one.gross_fen for one in august.statement.lines] == [299000, 446000]
    assert [one.gross_fen for one in lines_of(made)] == [-7008, -14555]
    [first, second] = lines_of(made)
    assert [(one.tier, one.quantity) for one in first.details] == [(1, Fraction("-107.8125"))]
    assert [(one.tier, one.quantity) for one in second.details] == [
        (1, Fraction("107.8125")),
        (2, Fraction("-215.625")),
    ]


def test_a_minimum_that_a_refund_falls_below_takes_its_part(
    open_services: Open, line: VirtualBus, tmp_path: Path
) -> None:
    services = open_services()
    floor = energy_floor(line.settings.tcp_port or 0)
    floor = floor.replace('kinds = ["3d', 'minimum_per_period = "2950"\nkinds = ["3d', 1)
    set_up(services, tmp_path, floor)
    counted(services, right())
    used(services, tmp_path, "P-8", "08-20", 4600)
    services.billing.issue(BOSS, "anping", "2026-08")

    made = proposed(services)

    told = [(line.session, line.charge, line.gross_fen) for line in lines_of(made)]
    assert told == [("P-8", "energy", -7008), (None, "minimum", 3008)]
    assert totals(made)[0].gross_fen == -4000  # 2,990.00 was billed, 2,950.00 is due
