"""From a list amount to a line: discount, tax, and the lines that belong to no session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.charges import flat
from shared_factory_desktop.domain.decimals import divided, exact, half_up
from shared_factory_desktop.domain.floor import Contract
from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.statement import Detail, Line
from shared_factory_desktop.domain.tariff import Tariff

MINIMUM = "minimum"  # stands where other lines name their charge

_ONE = Fraction(1)
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Item:
    """What a line lists, before discount and tax; `session` is None for a whole period's."""

    session: str | None
    charge: str
    quantity: Fraction
    unit: str
    list_fen: int
    details: tuple[Detail, ...]
    tax_rate: Decimal


def line(item: Item, contract: Contract, tax_mode: str, discount: Decimal) -> Line:
    """Take the discount off the list amount and work out the tax of what is left."""
    discount_fen = half_up(item.list_fen * exact(discount)) if discount else 0
    net_fen, tax_fen, gross_fen = taxed(item.list_fen - discount_fen, item.tax_rate, tax_mode)
    return Line(
        session=item.session,
        contract=contract.id,
        charge=item.charge,
        quantity=item.quantity,
        unit=item.unit,
        list_fen=item.list_fen,
        discount_fen=discount_fen,
        net_fen=net_fen,
        tax_fen=tax_fen,
        gross_fen=gross_fen,
        tax_rate=item.tax_rate,
        details=item.details,
    )


def taxed(amount_fen: int, rate: Decimal, mode: str) -> tuple[int, int, int]:
    """Give net, tax and gross of an amount that contains the tax (inclusive) or does not."""
    share = exact(rate)
    if mode == "inclusive":
        net_fen = divided(amount_fen * share.denominator, share.denominator + share.numerator)
        return net_fen, amount_fen - net_fen, amount_fen
    tax_fen = divided(amount_fen * share.numerator, share.denominator)
    return amount_fen, tax_fen, amount_fen + tax_fen


def period_lines(contract: Contract, tariff: Tariff, share: Fraction) -> Iterator[Line]:
    """Give the lines of a tariff's period charges for the covered `share` of the period."""
    for charge in tariff.charges:
        if charge.basis != "period" or not isinstance(charge.params, flat.Params):
            continue
        price = Fraction(charge.params.price)
        item = Item(
            session=None,
            charge=charge.id,
            quantity=share,
            unit="period",
            list_fen=fen(price * share),
            details=(Detail(None, None, share, price, price * share),),
            tax_rate=charge.tax_rate,
        )
        yield line(item, contract, tariff.tax_mode, contract.discount)


def minimum_line(
    contract: Contract, tariff: Tariff, share: Fraction, billed: Sequence[Line]
) -> Line | None:
    """Give the line that lifts what the contract has `billed` to its minimum, None where it is.

    The sum is taken in the tax mode of `tariff`, the version of the first covered day. A contract
    without a minimum may end below 0: the later part of a session can be negative.
    """
    if not contract.minimum_per_period:
        return None
    gross = tariff.tax_mode == "inclusive"
    reached_fen = sum(one.gross_fen if gross else one.net_fen for one in billed)
    missing_fen = fen(Fraction(contract.minimum_per_period) * share) - reached_fen
    return lifted_line(contract, tariff, missing_fen) if missing_fen > 0 else None


def lifted_line(contract: Contract, tariff: Tariff, lifted_fen: int) -> Line:
    """Give the line that lifts a contract to its minimum; negative takes it back.

    It bears the tax rate of the tariff's first charge (pricing contract, operation 10).
    """
    lifted = Fraction(lifted_fen, 100)
    item = Item(
        session=None,
        charge=MINIMUM,
        quantity=_ONE,
        unit="period",
        list_fen=lifted_fen,
        details=(Detail(None, None, _ONE, lifted, lifted),),
        tax_rate=tariff.charges[0].tax_rate if tariff.charges else _NOTHING,
    )
    return line(item, contract, tariff.tax_mode, _NOTHING)
