"""What one charge asks for one session in one period, exactly, down to the amount of its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from shared_factory_desktop.domain.bands import BANDS
from shared_factory_desktop.domain.charges import Model, flat, model, unit
from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.quantities import Amounts
from shared_factory_desktop.domain.statement import Detail
from shared_factory_desktop.domain.tariff import Charge

Keyed = Mapping[int, Detail]  # by number of the run, or of the tier

_ZERO = Fraction(0)
_NOTHING: Keyed = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Terms:
    """A charge made ready for pricing many sessions: its decimals as fractions."""

    charge: Charge
    model: Model
    in_bands: bool
    free: Fraction
    step: Fraction | None
    band_prices: Mapping[str, Fraction]
    price: Fraction  # of units without a band
    minimum: Fraction | None
    maximum: Fraction | None
    accumulates: bool  # at period scope


@dataclass(frozen=True, slots=True)
class Charged:
    """The list amount of a line in fen, its billed units, and how it came about."""

    units: Fraction
    list_fen: int
    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class Accrued:
    """What earlier sessions of the period used of a charge, and its price under `terms`."""

    units: Fraction
    terms: Terms
    details: Keyed


def ready(charge: Charge) -> Terms:
    """Make a charge ready."""
    by_band = charge.model == unit.KEY
    return Terms(
        charge=charge,
        model=model(charge.model),
        in_bands=bool(charge.band_prices or charge.band_factors),
        free=Fraction(charge.free),
        step=_fraction(charge.step),
        band_prices={band: unit.price_in(charge, band) for band in BANDS} if by_band else {},
        price=unit.price_in(charge, None) if by_band else _ZERO,
        minimum=_fraction(charge.minimum),
        maximum=_fraction(charge.maximum),
        accumulates=charge.scope == "period" and charge.model != flat.KEY,
    )


def at_session_scope(
    terms: Terms, before: Amounts | None, after: Amounts, bands: Sequence[str | None]
) -> Charged:
    """Bill what the price of the session has grown by in the period.

    `after` is its use up to the end of the period, `before` up to the start, None where the charge
    had not begun; `bands` names the bands of both.
    """
    later = _details(terms, after.beyond(terms.free), bands)
    list_fen = fen(_limited(terms, later))
    if before is None:
        return Charged(after.total, list_fen, _growth(terms, _NOTHING, later, after))
    sooner = _details(terms, before.beyond(terms.free), bands)
    list_fen -= fen(_limited(terms, sooner))
    inside = after.less(before)
    return Charged(inside.total, list_fen, _growth(terms, sooner, later, inside))


def at_period_scope(
    terms: Terms,
    before: Amounts | None,
    after: Amounts,
    bands: Sequence[str | None],
    earlier: Accrued | None,
) -> tuple[Charged, Accrued]:
    """Bill what the price of the whole period has grown by with this session's part inside it.

    `earlier` is None before the first session of the period; what it has become is given back.
    """
    inside = after if before is None else after.less(before)
    units = inside.total
    total = units if earlier is None else earlier.units + units
    sooner = _NOTHING
    if terms.model.ACCUMULATES:
        later = _accumulated(terms, total)
        sooner = _NOTHING if earlier is None else _priced_before(terms, earlier)
    else:
        free_left = max(terms.free - (total - units), _ZERO) if terms.free else _ZERO
        later = _details(terms, inside.beyond(min(free_left, units)), bands)
        if before is not None:  # a sum fixed per session was billed with its beginning
            sooner = _details(terms, Amounts([0] * len(inside.counts), 1), bands)
    details = _growth(terms, sooner, later, inside)
    exact = _total([detail.amount for detail in details])
    charged = Charged(units, fen(_within_limits(terms, exact)), details)
    return charged, Accrued(total, terms, later)


def _priced_before(terms: Terms, earlier: Accrued) -> Keyed:
    """Give the price of what came before, anew where another version of the tariff priced it."""
    if earlier.terms is terms:
        return earlier.details
    return _accumulated(terms, earlier.units)


def _accumulated(terms: Terms, total: Fraction) -> Keyed:
    return _priced(terms, max(total - terms.free, _ZERO) if terms.free else total)


def _details(terms: Terms, amounts: Amounts, bands: Sequence[str | None]) -> Keyed:
    """Price charged units: by run where bands have prices, else by the model."""
    if not terms.in_bands:
        return _priced(terms, amounts.total)
    found, per = {}, amounts.per
    for run, (count, band) in enumerate(zip(amounts.counts, bands, strict=True)):
        price = terms.price if band is None else terms.band_prices[band]
        amount = Fraction(count * price.numerator, per * price.denominator)
        found[run] = Detail(band, None, Fraction(count, per), price, amount)
    return found


def _priced(terms: Terms, total: Fraction) -> Keyed:
    """Price a total that bands make no difference to."""
    charge = terms.charge
    if charge.model == unit.KEY:
        return {0: Detail(None, None, total, terms.price, total * terms.price)}
    return {detail.tier or 0: detail for detail in terms.model.price(charge.params, total)}


def _growth(terms: Terms, sooner: Keyed, later: Keyed, inside: Amounts) -> tuple[Detail, ...]:
    """Give later less sooner, run by run or tier by tier, without what the period did not touch."""
    grown = []
    for key in sorted({*sooner, *later}):
        detail = _less(later.get(key), sooner.get(key))
        touched = terms.in_bands and inside.counts[key]
        if detail.quantity or detail.amount or touched:
            grown.append(detail)
    if not grown and not terms.in_bands:  # a line of 0 says what it would have been charged at
        key = max(later)
        grown.append(_less(later[key], sooner.get(key)))
    return tuple(grown)


def _less(now: Detail | None, then: Detail | None) -> Detail:
    shown = now or then
    assert shown is not None
    if then is None:
        return shown
    quantity, amount = (now.quantity, now.amount) if now else (_ZERO, _ZERO)
    return Detail(
        shown.band, shown.tier, quantity - then.quantity, shown.price, amount - then.amount
    )


def _limited(terms: Terms, details: Keyed) -> Fraction:
    return _within_limits(terms, _total([detail.amount for detail in details.values()]))


def _within_limits(terms: Terms, exact: Fraction) -> Fraction:
    """Apply the least and the most of a session's line, before it is rounded."""
    if terms.minimum is not None and exact < terms.minimum:
        return terms.minimum
    if terms.maximum is not None and exact > terms.maximum:
        return terms.maximum
    return exact


def _total(amounts: Sequence[Fraction]) -> Fraction:
    if len(amounts) == 1:  # most charges: adding fractions is slow
        return amounts[0]
    return sum(amounts[1:], amounts[0]) if amounts else _ZERO


def _fraction(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)
