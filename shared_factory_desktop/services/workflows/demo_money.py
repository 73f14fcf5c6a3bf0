"""What becomes of the demo's statements: each tenant stands somewhere else on the way to paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from shared_factory_desktop.domain.ledger import Method, Slip
from shared_factory_desktop.domain.ledger_vouchers import Voucher
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor

PAYS, PAYS_IN_PARTS, DOUBTS = "anping-mesh", "renze-parts", "xindu-coating"
_VOUCHER = "CXQ-HEB-0417"


def take_deposits(services: Services, actor: Actor, day: dt.date) -> None:
    """Book what tenants left before the first day: a deposit, and money paid in advance."""
    slip = Slip(Method.BANK, f"CCB{day:%Y%m%d}0001")
    services.ledger.take_deposit(actor, PAYS_IN_PARTS, 200_000, slip, day)
    wallet = Slip(Method.E_CNY, f"ECNY{day:%Y%m%d}7731")
    services.ledger.top_up(actor, PAYS, 50_000, wallet, day)


def settle(services: Services, actor: Actor, numbers: Mapping[str, str], today: dt.date) -> None:
    """Let one tenant confirm and pay, one pay a part, one object; `numbers` are the statements'
    by tenant.
    """
    life, ledger = services.statements, services.ledger
    for number in numbers.values():
        life.send(actor, number, "财务")
    life.dispute(actor, numbers[DOUBTS], "10 日的作业价值需要核对")
    for tenant, person in ((PAYS, "李会计"), (PAYS_IN_PARTS, "王经理")):
        life.confirm(actor, numbers[tenant], person)
        life.invoice(actor, numbers[tenant], f"26132000000{len(tenant):09d}")
    _pay_from_all(services, actor, numbers[PAYS], today)
    part = Slip(Method.BANK, f"ABC{today:%Y%m%d}0052")
    ledger.pay(actor, PAYS_IN_PARTS, 100_00, part, numbers[PAYS_IN_PARTS])


def _pay_from_all(services: Services, actor: Actor, number: str, today: dt.date) -> None:
    """Pay a statement from a voucher, then the prepaid balance, then by bank transfer."""
    expires = today + dt.timedelta(days=180)
    voucher = Voucher(_VOUCHER, PAYS, "河北省科学技术厅", 30_000, Decimal("0.3"), expires)
    services.vouchers.add(actor, voucher)
    services.vouchers.settle(actor, PAYS, number)
    account = services.ledger.account(actor, PAYS)
    left_fen = sum(item.open_fen for item in account.open_items)
    if left_fen > 0:
        slip = Slip(Method.BANK, f"ICBC{today:%Y%m%d}0107")
        services.ledger.pay(actor, PAYS, left_fen, slip, number)
