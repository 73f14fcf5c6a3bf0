"""Whether a point conforms (ILAC-G8:09/2019) and what is proposed for the meter."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared_factory_desktop.domain.calibration import Coefficients, Decision, Point, Rule, Verdict
from shared_factory_desktop.domain.calibration_decision import (
    Ground,
    adjusted_point,
    decide,
    point_of,
    propose,
)
from shared_factory_desktop.domain.calibration_fit import (
    Model,
    coefficients,
    fit,
    pairs_of,
)
from shared_factory_desktop.domain.rounding import rounded
from tests.domain.calibration.scene import (
    INDICATED,
    REFERENCE,
    instrument,
    point,
    standard,
)


def line_of(points: list[Point]) -> Coefficients:
    return coefficients(fit(Model.GAIN, pairs_of(points)), standard())


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(
    ("error", "zones", "guarded", "simple"),
    [
        ("0.90", Decision.PASS, Decision.PASS, Decision.PASS),
        ("0.948", Decision.PASS, Decision.PASS, Decision.PASS),
        ("0.9481", Decision.CONDITIONAL_PASS, Decision.FAIL, Decision.PASS),
        ("0.96", Decision.CONDITIONAL_PASS, Decision.FAIL, Decision.PASS),
        ("1.00", Decision.CONDITIONAL_PASS, Decision.FAIL, Decision.PASS),
        ("1.03", Decision.CONDITIONAL_FAIL, Decision.FAIL, Decision.FAIL),
        ("1.052", Decision.CONDITIONAL_FAIL, Decision.FAIL, Decision.FAIL),
        ("1.06", Decision.FAIL, Decision.FAIL, Decision.FAIL),
    ],
)
def test_an_error_of_either_sign_is_decided_by_its_rule(
    sign: str, error: str, zones: Decision, guarded: Decision, simple: Decision
) -> None:
    def decided(rule: Rule) -> Decision:
        return decide(rule, Decimal(sign + error), Decimal("1.00"), Decimal("0.052"))

    assert decided(Rule.ZONES) is zones
    assert decided(Rule.GUARD_BAND) is guarded
    assert decided(Rule.SIMPLE) is simple


def test_no_error_passes_what_is_more_uncertain_than_its_limit() -> None:
    zero, limit, expanded = Decimal(0), Decimal("0.01"), Decimal("0.011")

    assert decide(Rule.GUARD_BAND, zero, limit, expanded) is Decision.FAIL
    assert decide(Rule.ZONES, zero, limit, expanded) is Decision.CONDITIONAL_PASS


def test_the_points_of_the_reference_have_their_errors() -> None:
    points = [
        point(y, x) for x, y in zip(INDICATED[1:], REFERENCE[1:], strict=True)
    ]  # nothing is a share of a load of 0

    assert [rounded(one.error, 5) for one in points] == [
        Decimal(text) for text in ("0.00480", "0.00420", "0.00453", "0.00430")
    ]
    assert {one.decision for one in points} == {Decision.PASS}
    assert propose(points, Rule.ZONES).verdict is Verdict.PASS


def test_a_point_keeps_what_was_read_and_how_uncertain_it_is() -> None:
    found = point("10", "10.07", "10.09", limit="0.01", uncertainty="0.001")

    assert found.indicated == (Decimal("10.07"), Decimal("10.09"))
    assert found.error == Decimal("0.008")
    assert rounded(found.expanded, 5) == Decimal("0.00224")  # 2√(0.001² + 0.00003² + 0.0005²)
    assert found.decision is Decision.CONDITIONAL_PASS


@pytest.mark.parametrize(
    ("reference", "readings", "message"),
    [
        ("0", ["1"], "reference 0: expected a load other than 0"),
        ("1", [], "0 readings: expected at least 1"),
    ],
)
def test_a_point_needs_a_load_and_a_reading(
    reference: str, readings: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        point_of(
            "20 % In",
            Decimal(reference),
            [Decimal(one) for one in readings],
            instrument(),
            standard(),
            Rule.SIMPLE,
        )


def test_a_meter_that_is_off_alike_at_all_loads_is_adjusted() -> None:
    found = [point("2.5", "2.55"), point("5", "5.1"), point("10", "10.2")]
    proposal = propose(found, Rule.ZONES, line_of(found))

    assert proposal.verdict is Verdict.ADJUST
    assert proposal.grounds == (
        (Ground.OUTSIDE, "2.5 kW"),
        (Ground.OUTSIDE, "5 kW"),
        (Ground.OUTSIDE, "10 kW"),
    )
    assert [rounded(one.error, 6) for one in proposal.adjusted] == [0, 0, 0]
    assert {one.decision for one in proposal.adjusted} == {Decision.PASS}


def test_without_a_line_a_failing_meter_is_rejected() -> None:
    found = [point("100", "104")]

    assert propose(found, Rule.ZONES).verdict is Verdict.REJECT
    assert (Ground.NON_LINEAR, "100 kW") in propose(found, Rule.ZONES).grounds


def test_a_meter_that_no_gain_brings_inside_is_rejected() -> None:
    found = [point("2.5", "2.6"), point("5", "5.1"), point("10", "10.0")]
    proposal = propose(found, Rule.ZONES, line_of(found))

    assert proposal.verdict is Verdict.REJECT
    assert (Ground.NON_LINEAR, "2.5 kW") in proposal.grounds
    assert (Ground.OUTSIDE, "5 kW") in proposal.grounds
    assert (Ground.OUTSIDE, "10 kW") not in proposal.grounds


def test_a_meter_whose_readings_scatter_beyond_the_limit_is_rejected() -> None:
    found = [point("10", "9.9", "10.1", "9.9", "10.1"), point("5", "5", "5.001")]
    proposal = propose(found, Rule.SIMPLE, line_of(found))

    assert proposal.verdict is Verdict.REJECT
    assert proposal.grounds == ((Ground.SCATTER, "10 kW"),)


def test_readings_may_scatter_up_to_the_limit_at_either_sign_of_the_load() -> None:
    edge = ["9.95", "10", "10.05"]  # twice their standard deviation is 0.1, 1 % of the load
    drawn, returned = point("10", *edge), point("-10", *(f"-{one}" for one in edge))

    assert propose([drawn, returned], Rule.SIMPLE).verdict is Verdict.PASS
    beyond = point("-10", "-9.949", "-10", "-10.051")
    assert propose([beyond], Rule.SIMPLE).grounds == ((Ground.SCATTER, "-10 kW"),)


def test_conditional_points_are_adjusted_where_that_makes_them_pass() -> None:
    found = [point("5", "5.0490"), point("10", "10.0985")]
    assert {one.decision for one in found} == {Decision.CONDITIONAL_PASS}

    proposal = propose(found, Rule.ZONES, line_of(found))
    assert proposal.verdict is Verdict.ADJUST
    assert proposal.grounds == ((Ground.CONDITIONAL, "5 kW"), (Ground.CONDITIONAL, "10 kW"))


def test_conditional_points_that_no_gain_mends_pass_as_they_are() -> None:
    found = [
        point("5", "5.030", uncertainty="0.009"),
        point("10", "9.950", uncertainty="0.009"),
    ]
    proposal = propose(found, Rule.ZONES, line_of(found))

    assert proposal.verdict is Verdict.PASS
    assert {ground for ground, _ in proposal.grounds} == {Ground.CONDITIONAL}


def test_a_guard_band_accepts_only_what_passes_after_adjusting() -> None:
    found = [
        point("5", "5.06", rule=Rule.GUARD_BAND),
        point("10", "10.005", rule=Rule.GUARD_BAND),
    ]
    halved = Coefficients(Decimal("0.9977"), Decimal(0), Decimal(0), Decimal(0))

    assert propose(found, Rule.GUARD_BAND, halved).verdict is Verdict.REJECT
    assert propose(found, Rule.ZONES, halved).verdict is Verdict.ADJUST


def test_an_adjusted_point_is_decided_anew_with_its_uncertainty() -> None:
    found = point("10", "10.2")
    left = adjusted_point(
        found, Coefficients(Decimal("0.98"), Decimal("0.01"), Decimal(0), Decimal(0)), Rule.ZONES
    )

    assert left.indicated == (Decimal("10.006"),)
    assert left.error == Decimal("0.0006")
    assert left.decision is Decision.PASS
    assert (left.expanded, left.limit, left.nominal) == (found.expanded, found.limit, "10 kW")
    assert adjusted_point(found, None, Rule.ZONES) is found
