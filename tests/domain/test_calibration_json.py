"""A calibration as JSON comes back exactly as it was, digit for digit."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared_factory_desktop.domain.calibration import (
    REASONS,
    Calibration,
    Coefficients,
    Decision,
    Point,
    Rule,
    Verdict,
)
from shared_factory_desktop.domain.calibration_json import (
    calibration_json,
    instrument_json,
    read_calibration,
    read_instrument,
    read_standard,
    standard_json,
)
from shared_factory_desktop.domain.chain import canonical_json
from tests.storage.calibration_scene import CALIBRATION, INSTRUMENT, STANDARD

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)
TEXTS = st.text(max_size=20)
ZONES = st.integers(-12, 14).map(lambda hours: dt.timezone(dt.timedelta(hours=hours)))
INSTANTS = st.builds(dt.datetime.fromtimestamp, st.integers(0, 4_000_000_000), ZONES)
POINTS = st.builds(
    Point,
    nominal=TEXTS,
    reference=DECIMALS,
    indicated=st.lists(DECIMALS, max_size=4).map(tuple),
    error=DECIMALS,
    limit=DECIMALS,
    expanded=DECIMALS,
    decision=st.sampled_from(Decision),
)
CALIBRATIONS = st.builds(
    Calibration,
    number=TEXTS,
    version=st.integers(0, 99),
    meter=TEXTS,
    quantity=TEXTS,
    standard=TEXTS,
    method=TEXTS,
    reason=st.sampled_from(REASONS),
    temperature_c=st.none() | DECIMALS,
    humidity_percent=st.none() | DECIMALS,
    place=TEXTS,
    operator=TEXTS,
    reviewer=st.none() | TEXTS,
    performed_at=INSTANTS,
    as_found=st.lists(POINTS, max_size=3).map(tuple),
    as_left=st.lists(POINTS, max_size=3).map(tuple),
    adjusted=st.booleans(),
    coefficients=st.builds(
        Coefficients, gain=DECIMALS, offset=DECIMALS, gain_u=DECIMALS, offset_u=DECIMALS
    ),
    effective_at=INSTANTS,
    rule=st.sampled_from(Rule),
    verdict=st.sampled_from(Verdict),
    valid_until=st.dates(),
    remarks=TEXTS,
)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(CALIBRATIONS)
def test_a_calibration_survives_json(made: Calibration) -> None:
    written = canonical_json(calibration_json(made))

    read = read_calibration(json.loads(written))

    assert read == made
    assert canonical_json(calibration_json(read)) == written
    for point, again in zip(made.as_found, read.as_found, strict=True):
        assert [f"{one:f}" for one in again.indicated] == [f"{one:f}" for one in point.indicated]


@given(DECIMALS, DECIMALS)
def test_instruments_and_standards_survive_json(one: Decimal, other: Decimal) -> None:
    instrument = replace(INSTRUMENT, resolution=one, limit=other)
    standard = replace(STANDARD, uncertainty=one, coverage=other)

    assert read_instrument(json.loads(canonical_json(instrument_json(instrument)))) == instrument
    assert read_standard(json.loads(canonical_json(standard_json(standard)))) == standard


def test_an_instant_is_written_in_utc() -> None:
    shanghai = dt.timezone(dt.timedelta(hours=8))
    local = CALIBRATION.effective_at.astimezone(shanghai)

    body = calibration_json(replace(CALIBRATION, effective_at=local))

    assert body == calibration_json(CALIBRATION)
    assert body["effective_at"] == "2026-03-01T02:00:00+00:00"
