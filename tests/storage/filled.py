"""One row or more in every table: what upgrade, backup and tamper tests start from."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from shared_factory_desktop.domain.budgets import Budget, BudgetPeriod
from shared_factory_desktop.domain.charges.unit import Params
from shared_factory_desktop.domain.floor import (
    Bus,
    Contract,
    Factory,
    Floor,
    Machine,
    Measure,
    Meter,
    Platform,
    StateRule,
    Tenant,
)
from shared_factory_desktop.domain.holidays import HolidayYear
from shared_factory_desktop.domain.period_locks import LockKind
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.qualifications import Qualification, Scope
from shared_factory_desktop.domain.readings import Quality, Reading, Reason, State, StateChange
from shared_factory_desktop.domain.records import Answer, Happening, Receipt, RecordType
from shared_factory_desktop.domain.reservations import Reservation
from shared_factory_desktop.domain.sessions import Session, SessionState, SessionUse
from shared_factory_desktop.domain.statement_life import Step
from shared_factory_desktop.domain.statement_numbers import Series
from shared_factory_desktop.domain.tariff import Charge, Tariff
from shared_factory_desktop.domain.users import Role, User
from shared_factory_desktop.domain.work_orders import WorkOrder
from shared_factory_desktop.storage import (
    audit,
    budgets,
    corrections,
    credit_notes,
    health,
    holidays,
    identities,
    jobs,
    leases,
    outbox,
    qualifications,
    readings,
    requests,
    reservations,
    sessions,
    statement_life,
    statements,
    states,
    tariffs,
    users,
    work_orders,
)
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.floor import save_floor
from shared_factory_desktop.storage.jobs import MachineJob

START = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
SOURCE = "urn:shared-factory:renze-01:WS-1"
MARCH = (dt.date(2026, 3, 1), dt.date(2026, 4, 1))
_HOURLY = Charge(
    id="machine-time",
    name="机时费",
    basis="time",
    model="unit",
    params=Params(price=Decimal("60.00")),
    clock="working",
    unit="h",
    tax_rate=Decimal("0.13"),
)
FLOOR = Floor(
    factory=Factory("renze-01", "任泽共享喷涂车间", identifier_prefix="88.608.8889"),
    buses=(Bus("rs485-1", "serial", port="/dev/ttyUSB0"),),
    meters=(Meter("M-1", "rs485-1", "eastron-sdm630", unit=7, ratio_ct=Decimal("20.0")),),
    machines=(
        Machine(
            "printer-1",
            "3D打印机 1号",
            "3d-printer",
            StateRule("M-1", "power_w", Decimal(20), Decimal("150.5")),
            (Measure("energy_wh", "M-1", "energy_wh"),),
        ),
        Machine("welder-1", "焊机", "welder"),
    ),
    tenants=(Tenant("hengshui", "衡水工程"), Tenant("anping", "安平丝网", class_="member")),
    tariffs=tuple(
        Tariff("printer", "打印", dt.date(2026, month, 1), "inclusive", (_HOURLY,))
        for month in (1, 2)
    ),
    contracts=(Contract("c-1", "anping", "printer", dt.date(2026, 1, 1), ("printer-1",)),),
    platforms=(Platform("province", "http", "http://127.0.0.1:1"),),
)


def fill(database: Database) -> None:
    """Store a small factory's morning."""
    with database.write() as tx:
        save_floor(tx, FLOOR)
        users.add(tx, User("li", Role.MANAGER, "$argon2id$", locked_until=START))
        for action in ("import", "session.start", "session.stop", "issue"):
            audit.append(tx, "li", "WS-1", action, "printer-1", None, {"名": "一"}, "done")
        _meter(tx)
        _use(tx)
        _ruled(tx)
        tariffs = [("printer", dt.date(2026, 2, 1))]
        document: dict[str, object] = {"tenant": "anping", "gross": "90.00"}
        issued = statements.issue(
            tx, Series("ST-2026-", 6), "anping", MARCH, document, {"engine": "1"}, tariffs
        )
        _lived(tx, issued.number)
        happenings = [
            Happening(RecordType.STATEMENT, START, issued.number, {"totals": {"gross": "90.00"}}),
            Happening(RecordType.MACHINE, START, "printer-1", {"machine": "printer-1"}),
        ]
        outbox.append(tx, SOURCE, happenings)
        outbox.settle(tx, "province", SOURCE, [Receipt(1, Answer.ACCEPTED, START, "R-1")])
        outbox.note(tx, "province", SOURCE, {"failures": 0})


def _lived(tx: Transaction, number: str) -> None:
    statement_life.note(tx, number, Step.SEND, {"on": "2026-04-01"}, None, "li")
    statement_life.attach(tx, number, "回执.pdf", "application/pdf", b"%PDF", "li")
    proposed = credit_notes.propose(tx, number, [1], "twice", "li")
    credit_notes.decide(tx, proposed.id, "boss", reason="it is right")
    january = Period(dt.date(2026, 1, 1), dt.date(2026, 2, 1))
    statement_life.lock(tx, january, LockKind.SOFT, "closed", "li")


def _meter(tx: Transaction) -> None:
    lease = leases.acquire(tx, "rs485-1", "WS-1/77", 15 * dt.timedelta(seconds=1))
    assert lease is not None
    leases.beat(tx, "WS-1", 77, "0.1.0")
    taken = [
        Reading(
            meter="M-1",
            quantity="energy_wh",
            value=Decimal(1000 + minute),
            raw="4640E400",
            at=START + minute * MINUTE,
            quality=Quality.GOOD,
            reason=Reason.INTERVAL,
            epoch=lease.epoch,
        )
        for minute in range(4)
    ]
    readings.append(tx, "WS-1", "rs485-1", taken)
    states.append(tx, "WS-1", [StateChange("printer-1", START, State.WORKING)])
    requests.ask(tx, "read", "rs485-1", "M-1", 20, "calibration", "li")
    health.save(tx, "WS-1", "rs485-1", {"answers": 4})
    identities.accept(tx, "M-1", "23070915", "WS-1", "first-seen")
    job = MachineJob(
        "0000A1",
        "支架.gcode",
        "completed",
        START,
        START + MINUTE,
        Decimal(60),
        Decimal("12.5"),
        False,
    )
    jobs.add_new(tx, "M-1", [job])


def _use(tx: Transaction) -> None:
    sessions.open_session(tx, Session("", "printer-1", "anping", START, started_by="li"))
    use = SessionUse("paper-1", "welder-1", "anping", START - MINUTE, START)
    sessions.import_use(tx, use, SessionState.CLOSED, "li")
    sessions.set_automation(tx, sessions.Automation("printer-1", "anping"))
    _corrected(tx)
    _priced(tx)


def _corrected(tx: Transaction) -> None:
    use = SessionUse("paper-2", "welder-1", "anping", START - 3 * MINUTE, START - 2 * MINUTE)
    sessions.import_use(tx, use, SessionState.CLOSED, "li")
    original = sessions.get(tx, use.id)
    assert original is not None
    sessions.mark_corrected(tx, use.id)
    made, _ = sessions.stand_in(tx, replace(original, job="J-2"), replace(use, job="J-2"))
    before, after = {"job": None}, {"job": "J-2"}
    corrections.add(tx, use.id, "job", [made.id], before, after, "forgotten", "li")
    corrections.dispute(tx, made.id, "not there", "li")
    corrections.end_idle_after(tx, "printer-1", 7200)


def _priced(tx: Transaction) -> None:
    proposed = tariffs.propose(tx, "prices.toml", "format = 1\n", "li")
    tariffs.decide(tx, proposed.number, "boss", approved=False, reason="too dear")
    days = frozenset({dt.date(2027, 1, 1)}), frozenset({dt.date(2027, 1, 9)})
    holidays.add(tx, HolidayYear(2027, *days, "通知"), "li")


def _ruled(tx: Transaction) -> None:
    by_kind = Qualification("", "anping", Scope.KIND, "welder", START.date(), None, "H-7")
    held = qualifications.add(tx, by_kind, START, "li")
    qualifications.revoke(tx, held, "accident", START, "li")
    qualifications.rule(tx, Scope.MACHINE, "welder-1", True, START, "li")
    reservations.set_grace(tx, "printer-1", 600, START, "li")
    kept = Reservation("", "printer-1", "anping", START, START + MINUTE, made_by="li")
    made = reservations.add(tx, kept, START)
    reservations.cancel(tx, made.id, "no material", START, "li")
    work_orders.add(tx, WorkOrder("J-1", "anping", "支架", Decimal("350.50"), 100), START, "li")
    work_orders.close(tx, "J-1", START, "li")
    budget = Budget("c-1", 100_000, BudgetPeriod.MONTH, Decimal("0.8"))
    budgets.set_budget(tx, budget, START, "li")
