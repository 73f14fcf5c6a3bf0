"""Prices what a session used of a charge in a period: models, free units, scopes, limits, details.

Part of the verifier in every bundle: an independent second calculation from the written rules.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from shared_factory_desktop.exports.verifier_use import Run, Table, without

ZERO = Fraction(0)


class Detail(NamedTuple):
    """Part of a line in one band or tier."""

    band: str | None
    tier: int | None
    quantity: Fraction
    price: Fraction
    amount: Fraction


Details = dict[int, Detail]  # by number of the run, or of the tier


class Charged(NamedTuple):
    """The units, list amount (fen) and details of a session's line."""

    units: Fraction
    list_fen: int
    details: list[Detail]


def half_up(value: Fraction) -> int:
    """Round to a whole number, half away from zero."""
    whole = (abs(value) + Fraction(1, 2)).__floor__()
    return -whole if value < 0 else whole


def of_session(
    charge: Table, runs: list[Run] | None, before: list[Fraction] | None, after: list[Fraction]
) -> Charged:
    """Bill P(up to the end) less P(up to the start); `before` None: not begun by the start."""
    free = Fraction(charge.get("free", 0))
    later = priced(charge, runs, without(after, free))
    sooner: Details = {} if before is None else priced(charge, runs, without(before, free))
    fen = _rounded(charge, later) - (0 if before is None else _rounded(charge, sooner))
    inside = _grown(before, after)
    return Charged(sum(inside, ZERO), fen, _growth(runs, sooner, later, inside))


def of_period(
    charge: Table,
    runs: list[Run] | None,
    before: list[Fraction] | None,
    after: list[Fraction],
    earlier: Fraction | None,
) -> Charged:
    """Bill f(total after the session) less f(total before it); `earlier` None: it is the first."""
    inside = _grown(before, after)
    units = sum(inside, ZERO)
    free = Fraction(charge.get("free", 0))
    sooner: Details = {}
    if charge["model"] in ("unit", "percentage"):
        left = max(free - (earlier or ZERO), ZERO)
        later = priced(charge, runs, without(inside, min(left, units)))
        if before is not None:  # a fixed sum was billed with the session's beginning
            sooner = priced(charge, runs, [ZERO] * len(inside))
    else:
        later = priced(charge, None, [max((earlier or ZERO) + units - free, ZERO)])
        if earlier is not None:
            sooner = priced(charge, None, [max(earlier - free, ZERO)])
    details = _growth(runs, sooner, later, inside)
    exact = sum((one.amount for one in later.values()), ZERO)
    exact -= sum((one.amount for one in sooner.values()), ZERO)
    return Charged(units, half_up(_limited(charge, exact) * 100), details)


def priced(charge: Table, runs: list[Run] | None, amounts: list[Fraction]) -> Details:
    """Price charged units by the model."""
    if charge["model"] == "unit":
        bands = [None] if runs is None else [run.band for run in runs]
        prices = [_unit_price(charge, band) for band in bands]
        return {
            index: Detail(bands[index], None, amounts[index], price, amounts[index] * price)
            for index, price in enumerate(prices)
        }
    total = sum(amounts, ZERO)
    if charge["model"] in ("graduated", "graduated-percentage"):
        return _climbed(charge["tiers"], total)
    if charge["model"] == "volume":
        return _volume(charge["tiers"], total)
    price = Fraction(charge["rate" if charge["model"] == "percentage" else "price"])
    amount = {
        "package": lambda: -(-total // Fraction(charge["size"])) * price,
        "percentage": lambda: total * price + Fraction(charge.get("fixed", 0)),
        "flat": lambda: price,
    }[charge["model"]]()
    return {0: Detail(None, None, total, price, amount)}


def _unit_price(charge: Table, band: str | None) -> Fraction:
    named = charge.get("band_prices", {})
    if band in named:
        return Fraction(named[band])
    factor = Fraction(charge.get("band_factors", {}).get(band, 1))
    return Fraction(charge["price"]) * factor + Fraction(charge.get("adder", 0))


def _climbed(tiers: list[Table], total: Fraction) -> Details:
    """Price each part of a total at its own tier, with the flats of all tiers reached."""
    found: Details = {}
    below = ZERO
    for number, tier in enumerate(tiers, 1):
        if number > 1 and total <= below:
            break
        top = min(total, Fraction(tier["up_to"])) if "up_to" in tier else total
        price = Fraction(tier.get("price") or tier["rate"])
        amount = (top - below) * price + Fraction(tier.get("flat", 0))
        found[number] = Detail(None, number, top - below, price, amount)
        below = top if "up_to" not in tier else Fraction(tier["up_to"])
    return found


def _volume(tiers: list[Table], total: Fraction) -> Details:
    """Price all units at the tier that holds the total."""
    for number, tier in enumerate(tiers, 1):
        if "up_to" not in tier or total <= Fraction(tier["up_to"]):
            price = Fraction(tier["price"])
            amount = total * price + Fraction(tier.get("flat", 0))
            return {number: Detail(None, number, total, price, amount)}
    raise ValueError("tiers: the last one has a bound")


def _grown(before: list[Fraction] | None, after: list[Fraction]) -> list[Fraction]:
    return after if before is None else [after[i] - before[i] for i in range(len(after))]


def _growth(
    runs: list[Run] | None, sooner: Details, later: Details, inside: list[Fraction]
) -> list[Detail]:
    """Give the details of later less sooner, without those the period did not touch."""
    found = []
    for key in sorted({*sooner, *later}):
        detail = _less(later.get(key), sooner.get(key))
        if detail.quantity or detail.amount or (runs is not None and inside[key]):
            found.append(detail)
    if not found and runs is None:  # a line of 0 says at which price
        found.append(_less(later[max(later)], sooner.get(max(later))))
    return found


def _less(now: Detail | None, then: Detail | None) -> Detail:
    shown = now or then
    assert shown is not None
    quantity = (now.quantity if now else ZERO) - (then.quantity if then else ZERO)
    amount = (now.amount if now else ZERO) - (then.amount if then else ZERO)
    return shown._replace(quantity=quantity, amount=amount)


def _rounded(charge: Table, details: Details) -> int:
    total = sum((one.amount for one in details.values()), ZERO)
    return half_up(_limited(charge, total) * 100)


def _limited(charge: Table, exact: Fraction) -> Fraction:
    """Apply the least and the most of one session's line."""
    if "minimum" in charge:
        exact = max(exact, Fraction(charge["minimum"]))
    return min(exact, Fraction(charge["maximum"])) if "maximum" in charge else exact
