"""What always holds of calibrations, whatever the meter and the points."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared_factory_desktop.domain.calibration import Decision, Rule
from shared_factory_desktop.domain.calibration_correction import (
    Policy,
    affected_from,
    correction,
    factor_at,
    factor_over,
)
from shared_factory_desktop.domain.calibration_decision import decide
from shared_factory_desktop.domain.calibration_due import DueState, due_state, next_due
from shared_factory_desktop.domain.calibration_fit import Fit, Model, Pair, fit
from shared_factory_desktop.domain.calibration_uncertainty import budget
from shared_factory_desktop.domain.rounding import (
    kept,
    rounded,
    rounded_to_digits,
    rounded_to_interval,
)

many = settings(max_examples=200, deadline=None)


def decimals(low: str, high: str, places: int = 4) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), places=places)


values = decimals("-10000", "10000", 6)
gains = decimals("0.5", "2")
errors = decimals("-0.5", "0.5")
loads = st.lists(decimals("0.1", "1000"), min_size=3, max_size=8, unique=True)
sizes = decimals("0", "10")
instants = st.integers(0, 315_360_000).map(
    lambda seconds: dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
)
RANKS = list(Decision)  # from pass to fail


@many
@given(values, st.integers(-3, 5))
def test_rounding_is_the_nearest_and_does_nothing_twice(value: Decimal, places: int) -> None:
    step = Fraction(10) ** -places
    once = rounded(value, places)

    assert abs(Fraction(once) - Fraction(value)) <= step / 2
    assert (Fraction(once) / step).denominator == 1
    assert rounded(once, places) == once
    assert rounded(-value, places) == -once


@many
@given(st.integers(-(10**6), 10**6), st.sampled_from(["1", "0.5", "0.2", "0.05", "20"]))
def test_a_tie_goes_to_the_even_multiple(count: int, interval: str) -> None:
    step = Decimal(interval)
    multiple = rounded_to_interval((count + Fraction(1, 2)) * Fraction(step), step) / step

    assert multiple % 2 == 0
    assert abs(multiple - count - Decimal("0.5")) == Decimal("0.5")


@many
@given(st.fractions(-1000, 1000), st.integers(0, 12))
def test_what_is_kept_rounds_as_the_exact_value(value: Fraction, places: int) -> None:
    assert rounded(kept(value), places) == rounded(value, places)


@many
@given(values, st.integers(1, 8))
def test_significant_digits_are_as_many_as_asked_for(value: Decimal, digits: int) -> None:
    assume(value != 0)
    result = rounded_to_digits(value, digits)

    assert abs(result - value) <= abs(value) * Decimal(5) / 10**digits
    assert len(result.normalize().as_tuple().digits) <= digits


@many
@given(gains, decimals("-5", "5"), loads)
def test_a_planted_line_is_found_exactly(
    gain: Decimal, offset: Decimal, indicated: list[Decimal]
) -> None:
    found = fit(Model.GAIN_OFFSET, [(x, offset + gain * x) for x in indicated])

    assert (found.gain, found.offset) == (Fraction(gain), Fraction(offset))
    assert {found.deviation, found.gain_u, found.offset_u} == {Decimal(0)}
    assert fit(Model.GAIN, [(x, gain * x) for x in indicated]).gain == Fraction(gain)


def scaled(pairs: list[Pair], x: Fraction, y: Fraction) -> list[Pair]:
    return [(Fraction(one) * x, Fraction(other) * y) for one, other in pairs]


@many
@given(
    loads.flatmap(
        lambda xs: st.tuples(st.just(xs), st.lists(values, min_size=len(xs), max_size=len(xs)))
    ),
    st.fractions(Fraction(1, 50), 50),
    st.sampled_from(Model),
)
def test_a_line_does_not_depend_on_the_units(
    points: tuple[list[Decimal], list[Decimal]], unit: Fraction, model: Model
) -> None:
    pairs: list[Pair] = list(zip(*points, strict=True))
    plain = fit(model, pairs)
    other: Fit = fit(model, scaled(pairs, unit, Fraction(1)))
    both: Fit = fit(model, scaled(pairs, unit, unit))

    assert other.gain * unit == plain.gain
    assert (other.offset, other.residuals) == (plain.offset, plain.residuals)
    assert both.gain == plain.gain
    assert both.offset == plain.offset * unit


@many
@given(loads.flatmap(lambda xs: st.tuples(st.just(xs), st.permutations(xs))))
def test_no_other_line_leaves_smaller_squares(points: tuple[list[Decimal], list[Decimal]]) -> None:
    pairs = [(Fraction(x), Fraction(y)) for x, y in zip(*points, strict=True)]
    found = fit(Model.GAIN_OFFSET, pairs)
    least = sum(r * r for r in found.residuals)

    for step in (Fraction(1, 100), Fraction(-1, 100)):
        assert sum((y - found.offset - (found.gain + step) * x) ** 2 for x, y in pairs) > least
        assert sum((y - found.offset - step - found.gain * x) ** 2 for x, y in pairs) > least


@many
@given(sizes, st.integers(2, 30), sizes, sizes, decimals("0.001", "5"))
def test_more_of_any_source_is_more_uncertain(
    deviation: Decimal, count: int, resolution: Decimal, standard: Decimal, more: Decimal
) -> None:
    def expanded(s: Decimal, n: int, step: Decimal, reference: Decimal) -> Decimal:
        return budget(s, n, step, reference, Decimal(2)).expanded

    least = expanded(deviation, count, resolution, standard)
    assert expanded(deviation + more, count, resolution, standard) > least
    assert expanded(deviation, count, resolution + more, standard) > least
    assert expanded(deviation, count, resolution, standard + more) > least
    assert expanded(deviation, count + 1, resolution, standard) <= least
    assert budget(None, 1, resolution, standard, Decimal(2)).expanded <= least
    twice = budget(deviation, count, resolution, standard, Decimal(2), difference=True)
    assert twice.expanded >= least


@many
@given(st.sampled_from(Rule), errors, sizes, sizes, sizes)
def test_a_larger_error_is_never_decided_better(
    rule: Rule, error: Decimal, more: Decimal, limit: Decimal, expanded: Decimal
) -> None:
    found = decide(rule, error, limit, expanded)
    larger = decide(rule, error + more.copy_sign(error), limit, expanded)

    assert RANKS.index(larger) >= RANKS.index(found)
    assert decide(rule, -error, limit, expanded) is found
    assert RANKS.index(decide(rule, error, limit + more, expanded)) <= RANKS.index(found)


@many
@given(decimals("-2", "2"), sizes, sizes)
def test_rules_differ_only_within_the_uncertainty(
    error: Decimal, limit: Decimal, expanded: Decimal
) -> None:
    simple = decide(Rule.SIMPLE, error, limit, expanded)
    guarded = decide(Rule.GUARD_BAND, error, limit, expanded)
    zones = decide(Rule.ZONES, error, limit, expanded)

    assert (guarded is Decision.PASS) == (zones is Decision.PASS)
    assert (simple is Decision.PASS) == (zones in (Decision.PASS, Decision.CONDITIONAL_PASS))
    if abs(abs(error) - limit) > expanded:
        assert simple is guarded is zones


@many
@given(decimals("0", "100000"), errors)
def test_corrected_and_metered_again_a_quantity_is_what_was_registered(
    registered: Decimal, error: Decimal
) -> None:
    true = Fraction(registered) + correction(registered, error)

    assert true * (1 + Fraction(error)) == Fraction(registered)


@many
@given(instants, instants, instants, st.one_of(st.none(), st.integers(1, 40)), errors)
def test_no_policy_corrects_more_than_the_whole_time_at_the_whole_error(
    one: dt.datetime, two: dt.datetime, known: dt.datetime, cap: int | None, error: Decimal
) -> None:
    last, found = sorted((one, two))
    known = min(known, found)
    whole = affected_from(Policy.SINCE, last, found, None, last)
    assert whole == last

    for policy in (Policy.HALF_TIME, Policy.SINCE, Policy.DRIFT):
        start = affected_from(policy, last, found, cap, known)
        assert start is not None
        assert last <= start <= found
        uncapped = affected_from(policy, last, found, None, known)
        assert uncapped is not None
        assert start >= uncapped
        assert abs(1 - factor_at(policy, error, last, found, start)) <= abs(
            correction(Decimal(1), error)
        )


@many
@given(instants, st.lists(st.integers(0, 10**9), min_size=4, max_size=4, unique=True), errors)
def test_a_drift_lies_between_its_ends_and_grows(
    base: dt.datetime, seconds: list[int], error: Decimal
) -> None:
    last, start, end, found = (base + dt.timedelta(seconds=n) for n in sorted(seconds))
    first = factor_at(Policy.DRIFT, error, last, found, start)
    final = factor_at(Policy.DRIFT, error, last, found, end)
    over = factor_over(Policy.DRIFT, error, last, found, start, end)

    assert abs(1 - first) <= abs(1 - final) or error == 0
    assert min(first, final) <= over <= max(first, final)


@many
@given(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)), st.integers(1, 120))
def test_a_calibration_holds_for_whole_months(performed: dt.date, months: int) -> None:
    due = next_due(performed, months)

    assert due.year * 12 + due.month == performed.year * 12 + performed.month + months
    assert due.day <= performed.day
    assert due.day == performed.day or (due + dt.timedelta(days=1)).day == 1
    assert due_state(due, due) is DueState.DUE_7
    assert due_state(due, due + dt.timedelta(days=1)) is DueState.OVERDUE
