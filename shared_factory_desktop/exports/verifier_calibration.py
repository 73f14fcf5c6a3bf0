"""Takes calibrations back out of sessions, so that they compare with readings, and works out again
what makes good a metering error.

Part of the verifier in every bundle: an independent second calculation from the written rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from shared_factory_desktop.exports.verifier_lines import decimal_text, fen_of, money
from shared_factory_desktop.exports.verifier_proof import (
    Check,
    Reading,
    booked_of,
    bounds,
    registers_of,
    same,
)
from shared_factory_desktop.exports.verifier_use import Table, Use, instant, level

GAIN_KEYS = ("number", "version", "meter", "quantity", "gain", "effective_at", "sessions")
AMOUNTS = ("list", "discount", "net", "tax", "gross")
LAST_PLACE = Fraction(2, 10**12)  # a value between two readings is rounded once, and so are they

Gains = list[tuple[int, Fraction]]
Points = list[tuple[int, Fraction]]


def calibration_checks(calibrations: Table, inputs: Table) -> Iterator[Check]:
    """Check that the gains are those frozen at issue, and what their certificates say."""
    listed = calibrations["calibrations"]
    shown = [{key: one[key] for key in GAIN_KEYS} for one in listed]
    yield same("校准系数 calibration.json", shown, inputs.get("calibrations", []))
    for one in listed:
        said = one["certificate"]
        seen = [one["gain"], instant(one["effective_at"]), one["meter"], one["quantity"]]
        due = [said["coefficients"]["gain"], instant(said["effective_at"])]
        place = f"校准证书 certificate {one['number']}"
        yield same(place, seen, [*due, said["meter"], said["quantity"]])


def as_read(
    floor: Table, uses: list[Use], inputs: Table, rows: list[Table]
) -> tuple[list[Use], list[Check]]:
    """Give sessions with the registers that were read, before they were corrected, and a check of
    each register that a calibration counts for.

    A part of a session that people cut goes on from a corrected value: its register is followed
    from the reading before it, so that it cannot have counted more than was read.
    """
    gains: dict[tuple[str, str, str], Gains] = {}
    for one in inputs.get("calibrations", []):
        begun = (instant(one["effective_at"]), Fraction(one["gain"]))
        for session in one["sessions"]:
            gains.setdefault((session, one["meter"], one["quantity"]), []).append(begun)
    registers, booked = registers_of(floor), booked_of(rows)
    found, checks = [], []
    for use in uses:
        series = dict(use.readings)
        for name in series:
            register = registers.get((use.machine, name), ("", ""))
            mine, readings = gains.get((use.id, *register)), booked.get(register)
            if mine and readings:
                unread = {at for at, _ in mine} - {one.at for one in readings}
                anchored = _begun(series[name], readings)
                series[name], straight = _taken_back(anchored, sorted(mine), unread)
                checks.append(Check(f"校准修正 correction {use.id} {name}", straight))
        found.append(use._replace(readings=series))
    return found, checks


def adjusted_lines(inputs: Table) -> list[Table]:
    """Work out the lines that make good an error: the line as it should have been, less the line
    as it was billed.
    """
    return [_adjusted(one) for one in inputs.get("adjustments", [])]


def _begun(series: Points, readings: list[Reading]) -> Points:
    """Let a register begin at a reading."""
    first, value = series[0]
    near = bounds(readings, first)
    shift = 0 if value in near else near[0] - value
    return [(at, counted + shift) for at, counted in series]


def _taken_back(series: Points, gains: Gains, unread: set[int]) -> tuple[Points, bool]:
    """Divide each difference by its gain, and leave out the values at instants where the gain
    changes `unread`; tells whether these lay on the straight line between their neighbours.
    """
    points = series[:1]
    for index, (until, high) in enumerate(series[1:]):
        since, low = series[index]
        gain = [one for at, one in gains if at <= since][-1:] or [Fraction(1)]
        points.append((until, points[-1][1] + (high - low) / gain[0]))
    inner = [point for point in points[1:-1] if point[0] in unread]
    rest = [point for point in points if point not in inner]
    return rest, all(abs(level(rest, at) - value) <= LAST_PLACE for at, value in inner)


def _adjusted(one: Table) -> Table:
    billed, due = one["billed"], one["corrected"]
    quantity = Fraction(due["quantity"]) - Fraction(billed["quantity"])
    kept = {key: billed[key] for key in ("session", "contract", "charge", "unit", "tax_rate")}
    amounts = {key: money(fen_of(due[key]) - fen_of(billed[key])) for key in AMOUNTS}
    return {
        **kept,
        "quantity": decimal_text(quantity),
        **amounts,
        "details": list(_parts(billed["details"], due["details"])),
        "late": one["period"],
        "correction": one["certificate"],
    }


def _parts(billed: Iterable[Table], due: Iterable[Table]) -> Iterator[Table]:
    """Give the differences by band, tier and price."""
    parts: dict[tuple[str | None, int | None, str], tuple[Fraction, Fraction]] = {}
    for sign, details in ((-1, billed), (1, due)):
        for one in details:
            key = (one["band"], one["tier"], one["price"])
            quantity, amount = parts.get(key, (Fraction(0), Fraction(0)))
            quantity += sign * Fraction(one["quantity"])
            parts[key] = (quantity, amount + sign * Fraction(one["amount"]))
    for (band, tier, price), (quantity, amount) in parts.items():
        if quantity or amount:
            texts = {"quantity": decimal_text(quantity), "amount": decimal_text(amount)}
            yield {"band": band, "tier": tier, "price": price, **texts}
