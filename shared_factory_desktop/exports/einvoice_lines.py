"""Brings the lines of a statement together into the few lines of an e-invoice, to the fen."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.decimals import half_up
from shared_factory_desktop.domain.money import yuan_text
from shared_factory_desktop.domain.statement import DocumentLine, StatementDocument
from shared_factory_desktop.exports.contract import ExportFault
from shared_factory_desktop.exports.table import unit_price

TAX_TOLERANCE_FEN = 6  # |net x rate - tax| of a line that platforms accept (reference/billing 6)
_PRICE_PLACES = range(6, 14)
_QUANTITY_PLACES = 8  # with them, what a factory uses has no more digits than a cell holds


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line of an invoice, net of tax; on a credit note quantity and amounts are negative.

    `quantity` and `price` (CNY a unit, without tax) are None where the amount is of no quantity;
    else price x quantity rounds to the net amount.
    """

    tax_class: str | None
    charge_name: str
    unit: str
    tax_rate: Decimal
    quantity: Fraction | None
    price: Fraction | None
    net_fen: int
    tax_fen: int


@dataclass(frozen=True, slots=True)
class _Share:
    """What one statement line adds to an item; `residual` is net x rate - tax, in fen."""

    quantity: Fraction
    net_fen: int
    tax_fen: int
    residual: Fraction

    @property
    def short(self) -> bool:
        """Tell that this cannot stand on an invoice alone."""
        return _short(self.net_fen, self.tax_fen)


@dataclass(slots=True)
class _Item:
    """Statement lines of one tax class, charge, unit and tax rate, and what is set off against
    them.
    """

    tax_class: str | None
    charge_name: str
    unit: str
    tax_rate: Decimal
    shares: list[_Share] = field(default_factory=list)

    @property
    def net_fen(self) -> int:
        return sum(share.net_fen for share in self.shares)

    @property
    def short(self) -> bool:
        return _short(self.net_fen, sum(share.tax_fen for share in self.shares))

    def may_take(self, other: _Item) -> bool:
        """Tell whether `other` may be set off here: taxed alike, of this tax class or of none."""
        alike = self.tax_rate == other.tax_rate
        return alike and other.tax_class in (None, self.tax_class)

    def is_of(self, other: _Item) -> bool:
        """Tell whether both are of one charge, whose quantities add up."""
        return (self.charge_name, self.unit) == (other.charge_name, other.unit)

    def take(self, other: _Item) -> None:
        """Set `other` off here; quantities of another charge do not count."""
        same = self.is_of(other)
        for share in other.shares:
            quantity = share.quantity if same else Fraction(0)
            self.shares.append(_Share(quantity, share.net_fen, share.tax_fen, share.residual))


def invoice_lines(document: StatementDocument) -> tuple[InvoiceLine, ...]:
    """Give the invoice lines of a statement; their net and tax add up to the statement's.

    Lines of one tax class, charge, unit, tax rate and price become one, or as many as keep each
    within the tolerance of tax: the tax is that of the lines, never computed anew. Discounts are
    inside the amounts. What is negative is set off against the same charge, then against the
    largest item taxed alike; raises ExportFault where it is more than all of those.
    """
    sign = 1 if document.refers_to is None else -1
    items = _set_off(_items(document.lines, sign), sign)
    return tuple(
        _invoice_line(item, part, sign) for item in items for part in _within_tolerance(item)
    )


def _items(lines: Iterable[DocumentLine], sign: int) -> list[_Item]:
    """Bring lines together; what bills nothing is left out."""
    items: dict[tuple[object, ...], _Item] = {}
    for entry in lines:
        line = entry.line
        if not (line.net_fen or line.tax_fen):
            continue
        named = (entry.tax_class, entry.charge_name, line.unit, line.tax_rate)
        item = items.setdefault((*named, unit_price(line)), _Item(*named))
        net_fen, tax_fen = sign * line.net_fen, sign * line.tax_fen
        quantity = -abs(line.quantity) if net_fen < 0 else abs(line.quantity)
        residual = net_fen * Fraction(line.tax_rate) - tax_fen
        item.shares.append(_Share(quantity, net_fen, tax_fen, residual))
    return list(items.values())


def _set_off(items: list[_Item], sign: int) -> list[_Item]:
    """Join each item that cannot stand alone to one that can: an invoice has lines of one sign."""
    left = items
    while (short := next((item for item in left if item.short), None)) is not None:
        left = [item for item in left if item is not short]
        hosts = [item for item in left if item.may_take(short)]
        if not hosts:
            amount = yuan_text(sign * short.net_fen)
            raise ExportFault("einvoice-sign", charge=short.charge_name, amount=amount)
        max(hosts, key=lambda item: (item.is_of(short), item.net_fen)).take(short)
    return [item for item in left if item.net_fen]


def _within_tolerance(item: _Item) -> Iterator[list[_Share]]:
    """Deal an item's shares to as few lines as keep the tolerance; raises ExportFault.

    Shares of opposite residual alternate, so that only what does not cancel out makes more lines.
    """
    part, waiting = _whole(item.shares)
    residual = sum((share.residual for share in part), Fraction(0))
    above = deque(share for share in waiting if share.residual > 0)
    below = deque(share for share in waiting if share.residual <= 0)
    while above or below:
        share = (below if below and (residual > 0 or not above) else above).popleft()
        if part and abs(residual) <= TAX_TOLERANCE_FEN < abs(residual + share.residual):
            yield part
            part, residual = [], Fraction(0)
        part.append(share)
        residual += share.residual
    if abs(residual) > TAX_TOLERANCE_FEN:
        tax_fen = sum(share.tax_fen for share in part)
        raise ExportFault("einvoice-tax", charge=item.charge_name, tax=yuan_text(tax_fen))
    yield part


def _whole(shares: Sequence[_Share]) -> tuple[list[_Share], list[_Share]]:
    """Part the shares in those that have to stay together, and the rest: negative ones stay with
    the largest positive ones that make up for them.
    """
    together = [share for share in shares if share.short]
    waiting = [share for share in shares if not share.short]
    if not together:
        return [], waiting
    waiting.sort(key=lambda share: -share.net_fen)
    net_fen = sum(share.net_fen for share in together)
    tax_fen = sum(share.tax_fen for share in together)
    taken = 0
    while _short(net_fen, tax_fen) or not net_fen:
        net_fen += waiting[taken].net_fen
        tax_fen += waiting[taken].tax_fen
        taken += 1
    return together + waiting[:taken], waiting[taken:]


def _invoice_line(item: _Item, part: Sequence[_Share], sign: int) -> InvoiceLine:
    net_fen = sum(share.net_fen for share in part)
    exact = sum((share.quantity for share in part), Fraction(0))
    quantity, price = _priced(exact, net_fen) or (None, None)
    return InvoiceLine(
        item.tax_class,
        item.charge_name,
        item.unit,
        item.tax_rate,
        sign * quantity if quantity is not None else None,
        price,
        sign * net_fen,
        sign * sum(share.tax_fen for share in part),
    )


def _priced(exact: Fraction, net_fen: int) -> tuple[Fraction, Fraction] | None:
    """Give quantity and unit price with few decimals whose product rounds to the net amount."""
    quantity = Fraction(half_up(exact, _QUANTITY_PLACES), 10**_QUANTITY_PLACES)
    if quantity <= 0:
        return None
    for places in _PRICE_PLACES:
        price = Fraction(half_up(Fraction(net_fen, 100) / quantity, places), 10**places)
        if half_up(price * quantity, 2) == net_fen:
            return quantity, price
    return None


def _short(net_fen: int, tax_fen: int) -> bool:
    return net_fen < 0 or tax_fen < 0 or (net_fen == 0 and tax_fen != 0)
