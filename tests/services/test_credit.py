"""How far a tenant's credit reaches when a session starts."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.ledger import Account, Method, Slip
from shared_factory_desktop.domain.ledger_credit import Exposure
from shared_factory_desktop.domain.problems import Cause, Refused
from shared_factory_desktop.services.application import Services
from tests.services.conftest import BOSS, FLOOR, NOW, Open, usage

pytestmark = pytest.mark.slow

USED_FEN = 7_616  # 1 h 40 min at 48.10, less 5 %, in October on the bench
Limited = Callable[[str], Services]


@pytest.fixture
def limited(open_services: Open, tmp_path: Path) -> Limited:
    """Open the factory with Anping's credit limit in CNY, and one past session of Anping's."""
    services = open_services()

    def open_(limit: str) -> Services:
        floor, log = tmp_path / "floor.toml", tmp_path / "log.json"
        named = 'name = "安平丝网有限公司"\n'
        text = FLOOR.partition("[[platform]]")[0].replace("{port}", "1")
        floor.write_text(text.replace(named, f'{named}credit_limit = "{limit}"\n'), "utf-8")
        sessions = [one for one in _sessions() if one["id"] == "P-anping-10"]
        log.write_text(json.dumps({"format": 1, "sessions": sessions}), "utf-8")
        services.floor.import_file(BOSS, floor)
        services.sessions.import_usage(BOSS, log)
        return services

    return open_


def _sessions() -> list[dict[str, str]]:
    sessions = usage()["sessions"]
    assert isinstance(sessions, list)
    return sessions


def start(services: Services, tenant: str = "anping") -> None:
    services.sessions.start(BOSS, "bench-1", tenant)


def refusal(services: Services) -> Cause:
    with pytest.raises(Refused) as refused:
        start(services)
    [cause] = refused.value.causes
    return cause


def exposure(services: Services) -> Exposure:
    found = services.ledger.account(BOSS, "anping").exposure
    assert found is not None
    return found


def test_who_has_used_up_the_credit_is_told_the_figures(limited: Limited) -> None:
    services = limited("152.31")  # one fen short of another session like the last

    cause = refusal(services)

    assert cause.code == "credit-spent"
    assert dict(cause.values) == {
        "tenant": "anping",
        "available": "76.15",
        "expected": "76.16",
        "limit": "152.31",
        "owed": "0.00",
        "unbilled": "76.16",
    }
    services.ledger.top_up(BOSS, "anping", 1, Slip(Method.CASH, "c-1"))
    start(services)


def test_a_running_session_holds_what_it_will_probably_cost(limited: Limited) -> None:
    services = limited("200.00")
    start(services)

    assert exposure(services) == Exposure(20_000, 0, 0, USED_FEN, USED_FEN)
    services.sessions.stop(BOSS, "bench-1")
    assert exposure(services).held_fen == 0


def test_after_half_a_day_it_counts_with_its_own_cost_alone(
    limited: Limited, tmp_path: Path
) -> None:
    start(limited("200.00"))
    later = NOW + dt.timedelta(hours=12)

    services = Bootstrap(lambda: later, lambda _ns: later).open_services(tmp_path / "data")
    found = exposure(services)
    services.close()

    assert found.held_fen == 0
    assert found.unbilled_fen == USED_FEN + 54_834  # 12 h at 48.10, less 5 %


def test_what_is_billed_counts_as_receivable_instead(limited: Limited) -> None:
    services = limited("100.00")
    services.billing.issue(BOSS, "anping", "2026-10")
    assert exposure(services) == Exposure(10_000, 0, USED_FEN, 0, 0)


@pytest.mark.parametrize("prepaid", [0, 100])
def test_a_limit_of_nothing_means_prepaid_only(limited: Limited, prepaid: int) -> None:
    services = limited("0")
    services.ledger.top_up(BOSS, "anping", USED_FEN + prepaid, Slip(Method.CASH, "c-1"))
    assert dict(refusal(services).values)["available"] == f"{prepaid / 100:.2f}"


def test_a_tenant_without_a_limit_is_not_held_to_one(limited: Limited) -> None:
    services = limited("0")
    start(services, "renze")
    found = services.ledger.account(BOSS, "renze").exposure
    assert found is not None
    assert found.available_fen is None


def test_what_cannot_be_priced_holds_nobody(limited: Limited, tmp_path: Path) -> None:
    """A session whose charge lacks a count of pieces has no cost before somebody enters it."""
    services = limited("1.00")
    file = tmp_path / "floor.toml"
    by_time = 'basis = "time"\nclock = "occupied"\nunit = "h"'
    by_piece = 'basis = "pieces"\nunit = "piece"'
    file.write_text(file.read_text("utf-8").replace(by_time, by_piece), "utf-8")
    services.floor.import_file(BOSS, file)

    assert exposure(services).unbilled_fen is None
    start(services)


AMOUNT = st.integers(1, 20_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("top-up"), AMOUNT),
        st.tuples(st.just("pay"), AMOUNT),
        st.tuples(st.just("refund"), AMOUNT),
        st.tuples(st.just("deposit"), AMOUNT),
        st.tuples(st.just("offset"), AMOUNT),
        st.tuples(st.just("reverse"), st.integers(1, 12)),
        st.tuples(st.just("settle"), AMOUNT),
        st.tuples(st.just("start"), AMOUNT),
        st.tuples(st.just("stop"), AMOUNT),
    ),
    max_size=12,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_whatever_is_let_through_leaves_nobody_below_the_credit_limit(
    limited: Limited, steps: list[tuple[str, int]]
) -> None:
    """Each example goes on with the account the last one left: the more the better."""
    services = limited("160.00")
    for step, number in steps:
        try:
            _do(services, step, number)
        except Refused:
            continue
        account = services.ledger.account(BOSS, "anping")
        assert account.balances[Account.PREPAID] >= 0
        assert account.balances[Account.DEPOSIT] >= 0
        if step == "start":
            assert (exposure(services).available_fen or 0) >= 0
    rows = services.ledger.account(BOSS, "anping").rows
    assert all(sum(e.amount_fen for e in row.booked.posting.entries) == 0 for row in rows)


def _do(services: Services, step: str, number: int) -> None:
    booked = len(services.ledger.account(BOSS, "anping").rows)
    slip = Slip(Method.BANK, f"b-{booked}")
    ledger = services.ledger
    steps: dict[str, Callable[[], object]] = {
        "top-up": lambda: ledger.top_up(BOSS, "anping", number, slip),
        "pay": lambda: ledger.pay(BOSS, "anping", number, slip),
        "refund": lambda: ledger.refund(BOSS, "anping", number, slip, "left"),
        "deposit": lambda: ledger.take_deposit(BOSS, "anping", number, slip),
        "offset": lambda: ledger.offset_deposit(BOSS, "anping", number, "left"),
        "reverse": lambda: ledger.reverse(BOSS, max(booked - number, 1), "typed twice"),
        "settle": lambda: services.vouchers.settle(BOSS, "anping"),
        "start": lambda: start(services),
        "stop": lambda: services.sessions.stop(BOSS, "bench-1"),
    }
    steps[step]()
