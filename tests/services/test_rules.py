"""Who may start: qualified, not in another's time, on an own open job, within the budget."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.budgets import BudgetPeriod, BudgetState
from shared_factory_desktop.domain.problems import Cause, Kind, Refused
from shared_factory_desktop.domain.qualifications import Qualification, Scope, Standing
from shared_factory_desktop.domain.reservations import ReservationState
from shared_factory_desktop.domain.work_orders import WorkOrder
from shared_factory_desktop.services.application import Services
from tests.services.conftest import BOSS, NOW, Open

pytestmark = pytest.mark.slow

TODAY = NOW.date()
DAY = dt.timedelta(days=1)
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)


def certificate(days: int, machine: str = "bench-1") -> Qualification:
    """Anping's certificate that expires so many days from now."""
    first = TODAY - 365 * DAY
    return Qualification(
        "", "anping", Scope.MACHINE, machine, first, TODAY + days * DAY, "H-7", "王工"
    )


def refusal(services: Services, tenant: str = "anping", job: str | None = None) -> Sequence[Cause]:
    """Why a start on the bench is refused."""
    with pytest.raises(Refused) as refused:
        services.sessions.start(BOSS, "bench-1", tenant, job)
    assert refused.value.kind is Kind.INPUT
    return refused.value.causes


def codes(causes: Sequence[Cause]) -> list[str]:
    return [cause.code for cause in causes]


def test_a_machine_asks_for_a_qualification_only_where_a_rule_says_so(services: Services) -> None:
    services.sessions.start(BOSS, "bench-1", "anping")
    services.sessions.stop(BOSS, "bench-1")
    services.qualifications.rule(BOSS, Scope.KIND, "other", True)

    assert codes(refusal(services)) == ["qualification-missing"]
    services.qualifications.rule(BOSS, Scope.MACHINE, "bench-1", False)
    assert services.sessions.start(BOSS, "bench-1", "anping").machine == "bench-1"


def test_who_was_qualified_is_told_why_it_does_not_hold(services: Services) -> None:
    services.qualifications.rule(BOSS, Scope.MACHINE, "bench-1", True)
    services.qualifications.add(BOSS, certificate(0))

    [expired] = refusal(services)
    newer = services.qualifications.add(BOSS, certificate(30))
    services.sessions.start(BOSS, "bench-1", "anping")
    services.sessions.stop(BOSS, "bench-1")
    services.qualifications.revoke(BOSS, newer, "accident")

    assert (expired.code, dict(expired.values)["day"]) == ("qualification-expired", str(TODAY))
    assert codes(refusal(services)) == ["qualification-expired"]
    assert [view.standing for view in services.qualifications.list(BOSS)] == [
        Standing.EXPIRED,
        Standing.REVOKED,
    ]
    assert codes(refusal(services, "renze")) == ["qualification-missing"]


def test_a_qualification_that_expires_soon_shows(services: Services) -> None:
    services.qualifications.add(BOSS, certificate(30))
    services.qualifications.add(BOSS, certificate(31))

    shown = [view.standing for view in services.qualifications.list(BOSS)]

    assert shown == [Standing.EXPIRING, Standing.VALID]


def test_nobody_starts_in_the_time_of_another(services: Services) -> None:
    kept = services.reservations.add(BOSS, "bench-1", "renze", NOW, NOW + 2 * HOUR)

    [cause] = refusal(services)

    told = dict(cause.values)
    assert (cause.code, told["id"], told["tenant"]) == ("machine-reserved", kept.id, "renze")
    assert (told["start"], told["end"]) == ("2026-11-23 10:00", "2026-11-23 12:00")
    assert services.sessions.start(BOSS, "bench-1", "renze").tenant == "renze"


def test_two_reservations_at_once_are_refused_by_name(
    services: Services, open_services: Open
) -> None:
    kept = services.reservations.add(BOSS, "bench-1", "renze", NOW + HOUR, NOW + 2 * HOUR)

    with pytest.raises(Refused) as refused:
        open_services().reservations.add(BOSS, "bench-1", "anping", NOW, NOW + 3 * HOUR)

    [cause] = refused.value.causes
    assert (cause.code, dict(cause.values)["id"]) == ("machine-reserved", kept.id)
    services.reservations.cancel(BOSS, kept.id, "no material")
    other = services.reservations.add(BOSS, "bench-1", "anping", NOW, NOW + 3 * HOUR)
    states = [(view.id, view.state) for view in services.reservations.list(BOSS, "bench-1")]
    assert states == [
        (other.id, ReservationState.WAITING),
        (kept.id, ReservationState.CANCELLED),
    ]


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2)])
def test_a_reservation_is_for_time_to_come(services: Services, start: int, end: int) -> None:
    with pytest.raises(Refused) as refused:
        services.reservations.add(BOSS, "bench-1", "renze", NOW + start * HOUR, NOW + end * HOUR)

    assert codes(refused.value.causes) == ["reservation-span"]


def test_who_comes_soon_is_told_at_the_start(services: Services) -> None:
    services.reservations.add(BOSS, "bench-1", "renze", NOW + HOUR / 2, NOW + 2 * HOUR)

    services.sessions.start(BOSS, "bench-1", "anping")

    [warning] = services.budgets.warnings(BOSS, "bench-1", "anping")
    assert (warning.code, dict(warning.values)["start"]) == ("reserved-soon", "10:30")
    assert services.budgets.warnings(BOSS, "bench-1", "renze") == ()


def test_a_job_must_be_the_tenants_own_and_open(services: Services) -> None:
    services.work_orders.add(BOSS, WorkOrder("J-1", "anping", "支架"))

    assert codes(refusal(services, "renze", "J-1")) == ["job-of-another"]
    assert services.sessions.start(BOSS, "bench-1", "anping", "J-1").job == "J-1"
    services.sessions.stop(BOSS, "bench-1")
    services.work_orders.close(BOSS, "J-1")

    assert codes(refusal(services, "anping", "J-1")) == ["job-closed"]
    assert services.sessions.start(BOSS, "bench-1", "anping", "随手一写").job == "随手一写"


def test_a_work_order_counts_the_pieces_of_its_sessions(services: Services, tmp_path: Path) -> None:
    services.work_orders.add(BOSS, WorkOrder("J-1", "anping", "支架", Decimal(350), 100))
    log = {"format": 1, "sessions": [_made("M-1", 11, 40), _made("M-2", 14, 2)]}
    (tmp_path / "made.json").write_text(json.dumps(log))
    services.sessions.import_usage(BOSS, tmp_path / "made.json")

    [view] = services.work_orders.list(BOSS, open_only=True)

    assert (view.made, view.order.target_pieces, view.uncounted) == (42, 100, 0)


def _made(name: str, day: int, good: int) -> dict[str, object]:
    return {
        "id": name,
        "machine": "bench-1",
        "tenant": "anping",
        "job": "J-1",
        "start": f"2026-11-{day}T08:00:00+08:00",
        "end": f"2026-11-{day}T09:00:00+08:00",
        "pieces": {"good": good, "scrap": 1},
    }


def test_a_budget_counts_what_was_billed_and_what_will_be(services: Services) -> None:
    """Of c-2, 48.10 an hour: nine months issued, October not yet, nothing in November."""
    total = (BOSS, "c-2", 10**9, BudgetPeriod.TOTAL, Decimal("0.8"))
    services.budgets.set(*total)
    [before] = services.budgets.list(BOSS)
    for month in range(1, 10):
        services.billing.issue(BOSS, "renze", f"2026-{month:02d}")
    [after] = services.budgets.list(BOSS)

    drafted = services.billing.draft(BOSS, "renze", "2026-10").statement.gross_fen
    issued = [row.gross_fen for row in services.billing.list(BOSS)]
    assert len(issued) == 9
    assert before.spent_fen == after.spent_fen == sum(issued) + drafted
    services.budgets.set(BOSS, "c-2", 10**9, BudgetPeriod.MONTH, Decimal("0.8"))
    [this_month] = services.budgets.list(BOSS)
    assert (this_month.spent_fen, this_month.state) == (0, BudgetState.ENOUGH)


def test_a_budget_warns_then_lets_nobody_start(services: Services) -> None:
    services.budgets.set(BOSS, "c-2", 10**9, BudgetPeriod.TOTAL, Decimal(1))
    [view] = services.budgets.list(BOSS)
    spent_fen = view.spent_fen or 0
    assert spent_fen > 0

    services.budgets.set(BOSS, "c-2", spent_fen + 1, BudgetPeriod.TOTAL, Decimal("0.9"))
    [warning] = services.budgets.warnings(BOSS, "bench-1", "renze")
    services.sessions.start(BOSS, "bench-1", "renze")
    services.sessions.stop(BOSS, "bench-1")
    services.budgets.set(BOSS, "c-2", spent_fen, BudgetPeriod.TOTAL, Decimal("0.9"))

    assert warning.code == "budget-near"
    [cause] = refusal(services, "renze")
    told = dict(cause.values)
    assert (cause.code, told["contract"], told["percent"]) == ("budget-spent", "c-2", "100")
    assert told["spent"] == told["amount"]
    services.budgets.lift(BOSS, "c-2")
    assert services.sessions.start(BOSS, "bench-1", "renze").tenant == "renze"


def test_all_rules_are_told_together(services: Services) -> None:
    services.qualifications.rule(BOSS, Scope.KIND, "other", True)
    services.budgets.set(BOSS, "c-2", 1, BudgetPeriod.TOTAL, Decimal(1))
    services.work_orders.add(BOSS, WorkOrder("J-1", "anping", "支架"))
    services.reservations.add(BOSS, "bench-1", "anping", NOW, NOW + HOUR)

    assert codes(refusal(services, "renze", "J-1")) == [
        "qualification-missing",
        "machine-reserved",
        "budget-spent",
        "job-of-another",
    ]


def test_the_trail_tells_who_ruled_what(services: Services) -> None:
    before = dict(services.verification.verify(BOSS).checked)["audit"]
    services.qualifications.rule(BOSS, Scope.KIND, "other", True)
    services.qualifications.revoke(
        BOSS, services.qualifications.add(BOSS, certificate(1)), "accident"
    )
    services.reservations.set_grace(BOSS, "bench-1", 30)
    kept = services.reservations.add(BOSS, "bench-1", "anping", NOW, NOW + HOUR)
    services.reservations.cancel(BOSS, kept.id, "no material")
    services.work_orders.add(BOSS, WorkOrder("J-1", "anping", "支架"))
    services.work_orders.close(BOSS, "J-1")
    services.budgets.set(BOSS, "c-1", 100, BudgetPeriod.MONTH, Decimal(1))
    services.budgets.lift(BOSS, "c-1")

    verified = services.verification.verify(BOSS)

    assert verified.ok
    assert dict(verified.checked)["audit"] == before + 10


def test_a_reserved_clock_bills_the_reservation_of_own_meters(
    services: Services, tmp_path: Path
) -> None:
    """Kept for two hours at 48.10, used for no time at all; who just walks in reserves nothing."""
    floor = (tmp_path / "floor.toml").read_text(encoding="utf-8")
    (tmp_path / "longer.toml").write_text(
        floor.replace('clock = "occupied"', 'clock = "longer"'), encoding="utf-8"
    )
    services.floor.import_file(BOSS, tmp_path / "longer.toml")
    services.reservations.add(BOSS, "bench-1", "renze", NOW, NOW + 2 * HOUR)

    services.sessions.start(BOSS, "bench-1", "renze")
    reserved = services.sessions.stop(BOSS, "bench-1")
    services.sessions.start(BOSS, "printer-1", "renze")
    walked_in = services.sessions.stop(BOSS, "printer-1")

    assert reserved.cost_fen == 9620
    assert walked_in.cost_fen == 0


@pytest.mark.parametrize(
    ("clock", "apart", "merged"),
    [("reserved", (9620, 0), 9620), ("longer", (9620, 4810), 9620)],
)
def test_a_reservation_is_billed_once_whoever_comes_back_into_it(
    services: Services, tmp_path: Path, clock: str, apart: tuple[int, int], merged: int
) -> None:
    """The worked example of docs/rules.md: two hours kept, used from :00 to :30 and :40 to 1:40."""
    floor = (tmp_path / "floor.toml").read_text(encoding="utf-8")
    (tmp_path / "kept.toml").write_text(
        floor.replace('clock = "occupied"', f'clock = "{clock}"'), encoding="utf-8"
    )
    services.floor.import_file(BOSS, tmp_path / "kept.toml")
    kept = services.reservations.add(BOSS, "bench-1", "renze", NOW, NOW + 2 * HOUR)
    at = [NOW]
    later = Bootstrap(lambda: at[0], lambda _ns: at[0]).open_services(tmp_path / "data")
    made, warned = [], []
    with closing(later):
        for minutes in ((0, 30), (40, 100)):
            at[0] = NOW + minutes[0] * MINUTE
            later.sessions.start(BOSS, "bench-1", "renze")
            warned.append(later.budgets.warnings(BOSS, "bench-1", "renze"))
            at[0] = NOW + minutes[1] * MINUTE
            made.append(later.sessions.stop(BOSS, "bench-1"))
        one = later.corrections.merge(BOSS, [view.id for view in made], "logged out by mistake")

    assert tuple(view.cost_fen for view in made) == apart
    assert one.cost_fen == merged
    assert [codes(causes) for causes in warned] == [[], ["reserved-billed"]]
    told = dict(warned[1][0].values)
    assert (told["id"], told["session"]) == (kept.id, made[0].id)


def test_a_budget_that_cannot_be_priced_holds_nobody_and_says_so(
    services: Services, tmp_path: Path
) -> None:
    """Paper sessions say nothing of a reservation, and the clock asks for it."""
    floor = (tmp_path / "floor.toml").read_text(encoding="utf-8")
    (tmp_path / "reserved.toml").write_text(
        floor.replace('clock = "occupied"', 'clock = "reserved"'), encoding="utf-8"
    )
    services.floor.import_file(BOSS, tmp_path / "reserved.toml")
    services.budgets.set(BOSS, "c-2", 1, BudgetPeriod.TOTAL, Decimal(1))

    [view] = services.budgets.list(BOSS)
    services.sessions.start(BOSS, "bench-1", "renze")

    assert (view.spent_fen, view.state) == (None, None)
    assert codes(services.budgets.warnings(BOSS, "bench-1", "renze")) == ["budget-unknown"]
