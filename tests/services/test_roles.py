"""Which role may do what, tried on every method of the services."""

from __future__ import annotations

import datetime as dt
import inspect
import os
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from shared_factory_desktop.domain.budgets import BudgetPeriod
from shared_factory_desktop.domain.corrections import Change
from shared_factory_desktop.domain.ledger import Method, Slip
from shared_factory_desktop.domain.ledger_vouchers import Voucher
from shared_factory_desktop.domain.period_locks import LockKind
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused
from shared_factory_desktop.domain.qualifications import Qualification, Scope
from shared_factory_desktop.domain.reports.report import Chart, Report
from shared_factory_desktop.domain.work_orders import WorkOrder
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.bus_scan import ScanWish
from shared_factory_desktop.services.credit_notes import Wanted
from shared_factory_desktop.services.metering_corrections import Policy
from shared_factory_desktop.services.metering_corrections import Wanted as PastUse
from shared_factory_desktop.services.problem_queue import Solution
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.storage.faults import StorageFault
from tests.storage.calibration_scene import CALIBRATION, INSTRUMENT, STANDARD

pytestmark = pytest.mark.slow

O, T, M, A = Role.OPERATOR, Role.TECHNICIAN, Role.MANAGER, Role.ADMINISTRATOR  # noqa: E741 - a table
ALL, SET_UP, BILL, USERS = {O, T, M, A}, {T, M, A}, {M, A}, {A}
ALL_UNITS = ScanWish.of("1-247", everywhere=True)
MORNING = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
DAY = MORNING.date()
SLIP = Slip(Method.BANK, "B-1")
VOUCHER = Voucher("V-1", "nobody", "科技局", 1, Decimal(1), DAY)
OCTOBER = Period(dt.date(2026, 10, 1), dt.date(2026, 11, 1))
INCOME = Report("income", "", OCTOBER, MORNING, (), (), (), Chart(()))
NO_FILE = Path("no-such-file")
NOWHERE = Path(os.devnull) / "x"  # nothing can be written there

Call = Callable[[Services, Actor], object]
MAY: dict[str, tuple[set[Role], Call]] = {
    "users.list": (USERS, lambda s, a: s.users.list(a)),
    "users.add": (USERS, lambda s, a: s.users.add(a, "li", O, "long-enough")),
    "users.disable": (USERS, lambda s, a: s.users.disable(a, "nobody")),
    "users.set_password": (USERS, lambda s, a: s.users.set_password(a, "boss", "long-enough")),
    "floor.import_file": (SET_UP, lambda s, a: s.floor.import_file(a, NO_FILE)),
    "floor.export_file": (ALL, lambda s, a: s.floor.export_file(a, NOWHERE)),
    "live.cards": (ALL, lambda s, a: s.live.cards(a)),
    "sessions.start": (ALL, lambda s, a: s.sessions.start(a, "bench-1", "anping")),
    "sessions.stop": (ALL, lambda s, a: s.sessions.stop(a, "bench-1")),
    "sessions.list": (ALL, lambda s, a: s.sessions.list(a)),
    "sessions.import_usage": (ALL, lambda s, a: s.sessions.import_usage(a, NO_FILE)),
    "sessions.automate": (ALL, lambda s, a: s.sessions.automate(a, "bench-1", None, None)),
    "corrections.correct": (ALL, lambda s, a: s.corrections.correct(a, "S-0", Change(), "why")),
    "corrections.bill_read": (ALL, lambda s, a: s.corrections.bill_read(a, "S-0", "why")),
    "corrections.split": (ALL, lambda s, a: s.corrections.split(a, "S-0", MORNING, "why")),
    "corrections.merge": (ALL, lambda s, a: s.corrections.merge(a, ["S-0"], "why")),
    "corrections.dispute": (ALL, lambda s, a: s.corrections.dispute(a, "S-0", "why")),
    "corrections.resolve": (BILL, lambda s, a: s.corrections.resolve(a, "S-0", "why")),
    "corrections.history": (ALL, lambda s, a: s.corrections.history(a, "S-0")),
    "problems.list": (ALL, lambda s, a: s.problems.list(a)),
    "problems.solve": (
        ALL,
        lambda s, a: s.problems.solve(a, "S-0", Solution.ACCEPT_AS_IS, "why"),
    ),
    "idle_ends.set": (SET_UP, lambda s, a: s.idle_ends.set(a, "bench-1", None)),
    "qualifications.add": (
        SET_UP,
        lambda s, a: s.qualifications.add(
            a, Qualification("", "anping", Scope.KIND, "other", DAY, None, "C-1")
        ),
    ),
    "qualifications.revoke": (SET_UP, lambda s, a: s.qualifications.revoke(a, "Q-0", "why")),
    "qualifications.rule": (
        SET_UP,
        lambda s, a: s.qualifications.rule(a, Scope.KIND, "other", False),
    ),
    "qualifications.list": (ALL, lambda s, a: s.qualifications.list(a)),
    "qualifications.rules": (ALL, lambda s, a: s.qualifications.rules(a)),
    "reservations.add": (
        ALL,
        lambda s, a: s.reservations.add(a, "bench-9", "anping", MORNING, MORNING),
    ),
    "reservations.cancel": (ALL, lambda s, a: s.reservations.cancel(a, "R-0", "why")),
    "reservations.list": (ALL, lambda s, a: s.reservations.list(a)),
    "reservations.set_grace": (SET_UP, lambda s, a: s.reservations.set_grace(a, "bench-1", 15)),
    "work_orders.add": (ALL, lambda s, a: s.work_orders.add(a, WorkOrder("", "anping", "x"))),
    "work_orders.close": (ALL, lambda s, a: s.work_orders.close(a, "J-0")),
    "work_orders.list": (ALL, lambda s, a: s.work_orders.list(a)),
    "budgets.set": (
        BILL,
        lambda s, a: s.budgets.set(a, "c-9", 100, BudgetPeriod.MONTH, Decimal("0.8")),
    ),
    "budgets.lift": (BILL, lambda s, a: s.budgets.lift(a, "c-9")),
    "budgets.list": (ALL, lambda s, a: s.budgets.list(a)),
    "budgets.warnings": (ALL, lambda s, a: s.budgets.warnings(a, "bench-1", "anping")),
    "metering.read_meter": (ALL, lambda s, a: s.metering.read_meter(a, "M-9")),
    "metering.readings": (ALL, lambda s, a: s.metering.readings(a, None, None, None)),
    "commissioning.ports": (ALL, lambda s, a: s.commissioning.ports(a)),
    "commissioning.scan": (
        SET_UP,
        lambda s, a: s.commissioning.scan(a, "x", ALL_UNITS, print, bool),
    ),
    "commissioning.watch": (ALL, lambda s, a: s.commissioning.watch(a, "x", bool)),
    "commissioning.status": (ALL, lambda s, a: s.commissioning.status(a)),
    "meters.jobs": (ALL, lambda s, a: s.meters.jobs(a, "M-9")),
    "meters.accept": (SET_UP, lambda s, a: s.meters.accept(a, "M-9", "burnt out")),
    "meters.log_in": (SET_UP, lambda s, a: s.meters.log_in(a, "M-9", "secret")),
    "calibration.add_instrument": (
        SET_UP,
        lambda s, a: s.calibration.add_instrument(a, INSTRUMENT),
    ),
    "calibration.add_standard": (SET_UP, lambda s, a: s.calibration.add_standard(a, STANDARD)),
    "calibration.instruments": (ALL, lambda s, a: s.calibration.instruments(a)),
    "calibration.standards": (ALL, lambda s, a: s.calibration.standards(a)),
    "calibration.record": (SET_UP, lambda s, a: s.calibration.record(a, CALIBRATION)),
    "calibration.record_file": (SET_UP, lambda s, a: s.calibration.record_file(a, NO_FILE)),
    "calibration.review": (SET_UP, lambda s, a: s.calibration.review(a, "JZ-1")),
    "calibration.get": (ALL, lambda s, a: s.calibration.get(a, "JZ-1")),
    "calibration.list": (ALL, lambda s, a: s.calibration.list(a)),
    "calibration.due": (ALL, lambda s, a: s.calibration.due(a)),
    "calibration.export": (ALL, lambda s, a: s.calibration.export(a, "JZ-1", NOWHERE)),
    "calibration.attach": (SET_UP, lambda s, a: s.calibration.attach(a, "JZ-1", NO_FILE)),
    "calibration.attachments": (ALL, lambda s, a: s.calibration.attachments(a, "JZ-1")),
    "calibration.save_attachment": (
        ALL,
        lambda s, a: s.calibration.save_attachment(a, 9, NOWHERE),
    ),
    "calibration_drafts.list": (ALL, lambda s, a: s.calibration_drafts.list(a)),
    "calibration_drafts.get": (ALL, lambda s, a: s.calibration_drafts.get(a, "M-9", "pieces")),
    "calibration_drafts.keep": (
        SET_UP,
        lambda s, a: s.calibration_drafts.keep(
            a, {"meter": "M-9", "quantity": "pieces", "revision": 0}
        ),
    ),
    "calibration_drafts.drop": (SET_UP, lambda s, a: s.calibration_drafts.drop(a, "M-9", "pieces")),
    "billing.draft": (BILL, lambda s, a: s.billing.draft(a, "anping", "2026-10")),
    "billing.issue": (BILL, lambda s, a: s.billing.issue(a, "anping", "2026-10")),
    "billing.draft_all": (BILL, lambda s, a: s.billing.draft_all(a, "2026-10", print)),
    "billing.issue_all": (BILL, lambda s, a: s.billing.issue_all(a, "2026-10", print)),
    "billing.list": (ALL, lambda s, a: s.billing.list(a)),
    "statements.send": (BILL, lambda s, a: s.statements.send(a, "DZ-1")),
    "statements.confirm": (BILL, lambda s, a: s.statements.confirm(a, "DZ-1", "王会计")),
    "statements.invoice": (BILL, lambda s, a: s.statements.invoice(a, "DZ-1", "26132")),
    "statements.dispute": (BILL, lambda s, a: s.statements.dispute(a, "DZ-1", "why")),
    "statements.settle": (BILL, lambda s, a: s.statements.settle(a, "DZ-1", "why")),
    "statements.attach": (BILL, lambda s, a: s.statements.attach(a, "DZ-1", NO_FILE)),
    "statements.save_attachment": (ALL, lambda s, a: s.statements.save_attachment(a, 9, NOWHERE)),
    "statements.list": (ALL, lambda s, a: s.statements.list(a)),
    "statements.history": (ALL, lambda s, a: s.statements.history(a, "DZ-1")),
    "credits.propose": (BILL, lambda s, a: s.credits.propose(a, "DZ-1", Wanted(), "why")),
    "credits.list": (ALL, lambda s, a: s.credits.list(a)),
    "credits.approve": (BILL, lambda s, a: s.credits.approve(a, 9)),
    "metering_corrections.propose": (
        BILL,
        lambda s, a: s.metering_corrections.propose(a, PastUse("JZ-1", Policy.HALF_TIME)),
    ),
    "metering_corrections.list": (ALL, lambda s, a: s.metering_corrections.list(a)),
    "metering_corrections.statements": (ALL, lambda s, a: s.metering_corrections.statements(a, 9)),
    "metering_corrections.approve": (BILL, lambda s, a: s.metering_corrections.approve(a, 9)),
    "metering_corrections.refuse": (BILL, lambda s, a: s.metering_corrections.refuse(a, 9, "why")),
    "credits.refuse": (BILL, lambda s, a: s.credits.refuse(a, 9, "why")),
    "periods.lock": (BILL, lambda s, a: s.periods.lock(a, "2027-01", LockKind.SOFT, "why")),
    "periods.list": (ALL, lambda s, a: s.periods.list(a)),
    "billing.document": (ALL, lambda s, a: s.billing.document(a, "DZ-1")),
    "exporting.export": (ALL, lambda s, a: s.exporting.export(a, "DZ-1", [], NO_FILE, print)),
    "mailing.write": (BILL, lambda s, a: s.mailing.write(a, "DZ-1", "", [], print)),
    "ledger.pay": (BILL, lambda s, a: s.ledger.pay(a, "anping", 1, SLIP)),
    "ledger.refund": (BILL, lambda s, a: s.ledger.refund(a, "anping", 1, SLIP, "why")),
    "ledger.top_up": (BILL, lambda s, a: s.ledger.top_up(a, "nobody", 1, SLIP)),
    "ledger.take_deposit": (BILL, lambda s, a: s.ledger.take_deposit(a, "nobody", 1, SLIP)),
    "ledger.return_deposit": (BILL, lambda s, a: s.ledger.return_deposit(a, "anping", 1, SLIP)),
    "ledger.offset_deposit": (BILL, lambda s, a: s.ledger.offset_deposit(a, "anping", 1, "why")),
    "ledger.round_off": (BILL, lambda s, a: s.ledger.round_off(a, "DZ-1", "why")),
    "ledger.reverse": (BILL, lambda s, a: s.ledger.reverse(a, 99, "why")),
    "ledger.account": (ALL, lambda s, a: s.ledger.account(a, "anping")),
    "vouchers.add": (BILL, lambda s, a: s.vouchers.add(a, VOUCHER)),
    "vouchers.apply": (BILL, lambda s, a: s.vouchers.apply(a, "V-0", "DZ-1")),
    "vouchers.redeem": (BILL, lambda s, a: s.vouchers.redeem(a, "V-0", SLIP)),
    "vouchers.refuse": (BILL, lambda s, a: s.vouchers.refuse(a, "V-0", "why")),
    "vouchers.list": (ALL, lambda s, a: s.vouchers.list(a)),
    "vouchers.settle": (BILL, lambda s, a: s.vouchers.settle(a, "anping")),
    "tariffs.add_calendar": (SET_UP, lambda s, a: s.tariffs.add_calendar(a, "hebei-south")),
    "tariffs.check": (ALL, lambda s, a: s.tariffs.check(a, NO_FILE)),
    "tariffs.preview": (BILL, lambda s, a: s.tariffs.preview(a, NO_FILE, "2026-10")),
    "tariffs.proposals": (ALL, lambda s, a: s.tariffs.proposals(a)),
    "tariffs.proposal": (ALL, lambda s, a: s.tariffs.proposal(a, 1)),
    "tariffs.approve": (BILL, lambda s, a: s.tariffs.approve(a, 1)),
    "tariffs.reject": (BILL, lambda s, a: s.tariffs.reject(a, 1, "too dear")),
    "holidays.import_file": (SET_UP, lambda s, a: s.holidays.import_file(a, NO_FILE)),
    "holidays.list": (ALL, lambda s, a: s.holidays.list(a)),
    "sync.status": (ALL, lambda s, a: s.sync.status(a)),
    "sync.now": (BILL, lambda s, a: s.sync.now(a, lambda _done, _all: None)),
    "sync.public_key": (ALL, lambda s, a: s.sync.public_key(a)),
    "verification.verify": (ALL, lambda s, a: s.verification.verify(a)),
    "verification.backup": (SET_UP, lambda s, a: s.verification.backup(a, NOWHERE)),
    "verification.check": (ALL, lambda s, a: s.verification.check(a)),
    "reports.list": (ALL, lambda s, a: s.reports.list(a)),
    "reports.report": (BILL, lambda s, a: s.reports.report(a, "income", "2026-10")),
    "reports.export": (BILL, lambda s, a: s.reports.export(a, INCOME, [], NOWHERE)),
    "reports.save": (BILL, lambda s, a: s.reports.save(a, INCOME, NOWHERE)),
    "diagnostics.rows": (ALL, lambda s, a: s.diagnostics.rows(a)),
}
FOLLOWED_BY_THE_AGENT = {"sessions.follow"}


def test_the_table_holds_every_method_that_names_who_acts(services: Services) -> None:
    found = {
        f"{field.name}.{name}"
        for field in fields(services)
        for name, method in inspect.getmembers(getattr(services, field.name), inspect.ismethod)
        if not name.startswith("_") and "actor" in inspect.signature(method).parameters
    }

    assert found == MAY.keys() | FOLLOWED_BY_THE_AGENT


@pytest.mark.parametrize("role", Role)
def test_a_role_does_what_it_may_and_nothing_else(unsynced: Services, role: Role) -> None:
    actor = Actor("li", role)
    allowed = {name for name, (_, call) in MAY.items() if _is_allowed(call, unsynced, actor)}

    assert allowed == {name for name, (roles, _) in MAY.items() if role in roles}


def test_everybody_may_change_the_own_password(services: Services) -> None:
    boss = Actor("boss", Role.ADMINISTRATOR)
    services.users.add(boss, "li", Role.OPERATOR, "long-enough")

    services.users.set_password(Actor("li", Role.OPERATOR), "li", "another-one")

    assert services.users.sign_in("li", "another-one").role is Role.OPERATOR


def _is_allowed(call: Call, services: Services, actor: Actor) -> bool:
    """Tell whether a call is let through to where its arguments matter."""
    try:
        call(services, actor)
    except (InputRefused, StorageFault, OSError):
        return True
    except Refused as error:
        return error.kind is not Kind.NOT_ALLOWED
    return True
