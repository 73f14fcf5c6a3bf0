"""Typing what tenants paid, and reading what they owe."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from shared_factory_desktop.domain.statement import Line
from shared_factory_desktop.services.ledger import post_statement
from shared_factory_desktop.storage.database import Database
from tests.cli.conftest import Cli

pytestmark = pytest.mark.slow

TODAY = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
TENANT = ("--tenant", "anping-mesh")
BANK = ("--method", "bank", "--reference")


@pytest.fixture
def owed(factory: Cli, data: Path) -> Cli:
    """The command line of a factory whose tenant owes 113.00 since today."""
    rate, one = Decimal("0.13"), Fraction(1)
    line = Line(None, "c", "x", one, "h", 11_300, 0, 10_000, 1_300, 11_300, rate)
    database = Database.open(data / "factory.db", lambda: dt.datetime.now(dt.UTC))
    with database.write() as tx:
        post_statement(tx, "X-1", "anping-mesh", [line], TODAY)
    database.close()
    return factory


def test_a_payment_is_recorded_and_shown(owed: Cli) -> None:
    paid = owed("payment", "record", *TENANT, "--amount", "120.00", *BANK, "B-1")

    assert paid.status == 0
    assert paid.out.splitlines() == [
        "2: payment, anping-mesh",
        "  Bank                      120.00",
        "  Accounts receivable  X-1  -113.00",
        "  Prepaid by tenants        -7.00",
    ]
    shown = owed("ledger", "anping-mesh").out.splitlines()
    assert [line.split()[:5] for line in shown[:3]] == [
        ["no.", "on", "event", "about", "receivable"],
        ["1", str(TODAY), "statement", "X-1", "113.00"],
        ["2", str(TODAY), "payment", "B-1", "0.00"],
    ]
    assert shown[3:] == [
        "Revenue: 100.00 CNY",
        "Output VAT: 13.00 CNY",
        "Bank: 120.00 CNY",
        "Prepaid by tenants: 7.00 CNY",
    ]


def test_what_is_open_is_shown_by_age(owed: Cli) -> None:
    lines = owed("ledger", "show", "anping-mesh").out.splitlines()
    assert lines[-2:] == [
        f"Statement X-1 of {TODAY}: 113.00 CNY open",
        "Receivable by age: to 30 days 113.00, 31 to 60 days 0.00, 61 to 90 days 0.00,"
        " over 90 days 0.00",
    ]


def test_scripts_read_the_account_as_json(owed: Cli) -> None:
    e_cny = ("--method", "e-cny", "--reference", "E-1", "--statement", "X-1", "--json")
    [paid] = owed("payment", "record", *TENANT, "--amount", "13", *e_cny).json["transactions"]
    assert dt.datetime.fromisoformat(paid.pop("at")).tzinfo is not None
    assert paid == {
        "seq": 2,
        "on": str(TODAY),
        "event": "payment",
        "refers": "X-1",
        "method": "e-cny",
        "reference": "E-1",
        "reverses": None,
        "reason": None,
        "by": "boss",
        "lines": [
            {"account": "e-cny", "item": None, "amount": "13.00"},
            {"account": "receivable", "item": "X-1", "amount": "-13.00"},
        ],
    }

    account = owed("ledger", "anping-mesh", "--json").json

    assert [one["receivable"] for one in account["transactions"]] == ["113.00", "100.00"]
    assert account["balances"]["receivable"] == "100.00"
    assert account["open"] == [{"statement": "X-1", "issued_on": str(TODAY), "amount": "100.00"}]
    assert account["ageing"] == {
        "to-30": "100.00",
        "to-60": "0.00",
        "to-90": "0.00",
        "over-90": "0.00",
    }
    assert (account["credit_limit"], account["available"]) == (None, None)


def test_deposit_prepaid_refund_and_reversal(owed: Cli) -> None:
    for typed in (
        ("deposit", "take", *TENANT, "--amount", "500", *BANK, "B-1"),
        ("deposit", "offset", *TENANT, "--amount", "13", "--reason", "agreed"),
        ("deposit", "return", *TENANT, "--amount", "487", *BANK, "B-2"),
        ("prepaid", "top-up", *TENANT, "--amount", "99.50", *BANK, "B-3"),
        ("prepaid", "settle", *TENANT),
        ("payment", "round-off", "X-1", "--reason", "cash"),
        ("prepaid", "top-up", *TENANT, "--amount", "20", *BANK, "B-4"),
        ("payment", "refund", *TENANT, "--amount", "5", *BANK, "B-5", "--reason", "left"),
        ("ledger", "reverse", "9", "--reason", "typed twice"),
    ):
        outcome = owed(*typed)
        assert (outcome.status, outcome.err) == (0, ""), typed

    account = owed("ledger", "anping-mesh", "--json").json

    assert {name: fen for name, fen in account["balances"].items() if fen != "0.00"} == {
        "revenue": "100.00",
        "output-vat": "13.00",
        "bank": "132.50",
        "prepaid": "20.00",
        "rounding": "0.50",
    }


def test_a_voucher_from_registration_to_money(owed: Cli) -> None:
    expires = str(TODAY + dt.timedelta(days=30))
    added = owed(
        "voucher", "add", "V-7", *TENANT, "--issuer", "市科技局", "--face", "400.00",
        "--share", "0.5", "--expires", expires,
    )  # fmt: skip
    assert added.out == "Voucher V-7 registered\n"
    assert owed("voucher", "apply", "V-7", "--statement", "X-1").status == 0
    assert owed("voucher", "redeem", "V-7", *BANK, "B-9").status == 0

    [listed] = owed("voucher", "list", "--json").json["vouchers"]

    assert listed == {
        "number": "V-7",
        "tenant": "anping-mesh",
        "issuer": "市科技局",
        "face": "400.00",
        "share": "0.5",
        "expires": expires,
        "state": "redeemed",
        "statement": "X-1",
        "applied": "56.50",
        "refused": None,
    }
    assert owed("voucher", "list", *TENANT).out.split()[-3:] == ["redeemed", "56.50", "X-1"]


def test_a_refused_voucher_says_why(owed: Cli) -> None:
    owed(
        "voucher", "add", "V-7", *TENANT, "--issuer", "x", "--face", "4", "--share", "1",
        "--expires", "2099-01-01",
    )  # fmt: skip
    owed("voucher", "apply", "V-7", "--statement", "X-1")
    refused = owed("voucher", "refuse", "V-7", "--reason", "project ended")
    assert refused.out.splitlines()[0] == "3: reversal, anping-mesh"
    assert refused.out.splitlines()[-1] == "Voucher V-7 refused"
    assert owed("voucher", "list", "--json").json["vouchers"][0]["refused"] == "project ended"


PAY = "payment record --tenant anping-mesh --method bank"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (f"{PAY} --amount 1.005 --reference B", "--amount: 1.005 CNY is finer than a fen"),
        (f"{PAY} --amount much --reference B", "--amount: much is not a decimal"),
        (f"{PAY} --amount 0 --reference B", "amount: it is 0.00 CNY: give more than 0"),
        (f"{PAY} --amount 1 --reference B --on soon", "--on: soon is not a date"),
        (f"{PAY} --amount 1 --reference B --on 2999-01-01", "2999-01-01 is still to come"),
        (f"{PAY} --amount 1 --reference B --statement X-9", "statement X-9: nothing of it is open"),
        (f"{PAY} --amount 1 --reference=", "bank: no number of the slip is given"),
        ("payment refund --tenant anping-mesh --amount 1 --method cash --reference C --reason x",
         "would leave the prepaid balance, which is 0.00 CNY"),
        ("ledger nobody", "tenant nobody: there is no such tenant"),
        ("ledger reverse 1 --reason x", "transaction 1: statements, credit notes and reversals"),
        ("ledger reverse 7 --reason x", "transaction 7: there is no such transaction"),
        ("voucher apply V-9 --statement X-1", "voucher V-9: there is no such voucher"),
        ("voucher add V-9 --tenant anping-mesh --issuer x --face 1 --share 2 --expires 2099-01-01",
         "voucher V-9: its share is 2"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_one_line(owed: Cli, typed: str, expected: str) -> None:
    refused = owed(*typed.split())

    assert refused.status == 2
    assert expected in refused.complaint


def test_one_slip_is_not_booked_twice(owed: Cli) -> None:
    owed("payment", "record", *TENANT, "--amount", "1", *BANK, "B-1")
    second = owed("deposit", "take", *TENANT, "--amount", "1", *BANK, "B-1")
    assert second.status == 2
    assert second.complaint == (
        "bank B-1: it is booked already, as transaction 2: check the number,"
        " or reverse that one first"
    )


def test_who_has_no_credit_left_is_told_what_to_do(factory: Cli, floor_file: Path) -> None:
    named = 'name = "安平丝网有限公司"\n'
    text = floor_file.read_text("utf-8").replace(named, f'{named}credit_limit = "0"\n')
    floor_file.write_text(text, "utf-8")
    factory("import", floor_file)
    start = ("session", "start", "--machine", "printer-1", *TENANT, "--without-readings")

    refused = factory(*start)

    assert (refused.status, refused.complaint) == (
        2,
        "tenant anping-mesh: 0.00 CNY are available and about 0.00 CNY needed (credit limit 0.00,"
        " owed less prepaid 0.00, not billed yet 0.00): have a payment recorded with"
        " `payment record` or `prepaid top-up`",
    )
    factory("prepaid", "top-up", *TENANT, "--amount", "0.01", *BANK, "B-1")
    lines = factory("ledger", "anping-mesh").out.splitlines()
    assert lines[-1] == "Available: 0.01 CNY, credit limit 0.00 CNY"
    assert factory("ledger", "anping-mesh", "--json").json["available"] == "0.01"
    assert factory(*start).status == 0


def test_an_account_is_shown_in_chinese(owed: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    lines = owed("ledger", "anping-mesh").out.splitlines()
    assert lines[0].split() == ["序号", "日期", "事项", "凭证", "应收余额", "预存余额", "原因"]
    assert "应收账款：113.00 元" in lines
