"""What a draft would have made of sessions that are past: amounts, differences, what fails."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.holidays import STATE_COUNCIL
from shared_factory_desktop.domain.periods import read_period
from shared_factory_desktop.domain.sessions import Pieces, SessionUse
from shared_factory_desktop.domain.tariff_approval import held_back
from shared_factory_desktop.domain.tariff_preview import Change, Preview, preview
from tests.domain.pricing.scene import HOURLY, PIECES, Table, charge, floor_of, session

OCTOBER = read_period("2026-10")
BOTH: list[Table] = [
    {
        "id": f"c-{number}",
        "tenant": f"t-{number}",
        "tariff": "tariff",
        "machines": ["m-1", "m-2"],
        "valid_from": dt.date(2020, 1, 1),
    }
    for number in (1, 2)
]
NOW = floor_of(charge(**HOURLY, price="60"), contract=BOTH)
DEARER = floor_of(charge(**HOURLY, price="66"), contract=BOTH)
USES = [
    session("10-08 08:00", "10-08 09:30", "S-1"),
    session("10-09 08:00", "10-09 10:00", "S-2", machine="m-2"),
    session("10-10 08:00", "10-10 09:00", "S-3", tenant="t-2"),
]


def seen(draft: Floor, uses: Sequence[SessionUse] = USES, stored: Floor = NOW) -> Preview:
    return preview(stored, draft, uses, OCTOBER, STATE_COUNCIL)


def test_amounts_are_told_by_tenant_and_machine_and_in_all() -> None:
    found = seen(DEARER)

    assert found.rows == {
        ("t-1", "m-1"): Change(90_00, 99_00),
        ("t-1", "m-2"): Change(120_00, 132_00),
        ("t-2", "m-1"): Change(60_00, 66_00),
    }
    assert found.total == Change(270_00, 297_00)
    assert (found.total.difference_fen, found.total.percent) == (27_00, "10.00")
    assert (found.as_if, found.unpriced_now, found.unpriced_draft) == ((), (), ())


def test_a_draft_without_a_change_makes_no_difference() -> None:
    found = seen(NOW)

    assert {row.difference_fen for row in found.rows.values()} == {0}
    assert found.total == Change(270_00, 270_00)
    assert found.total.percent == "0.00"


def test_percents_are_rounded_half_up_and_of_nothing_there_are_none() -> None:
    assert Change(300_00, 299_99).percent == "0.00"
    assert Change(3_00, 2_00).percent == "-33.33"
    assert Change(6_00, 10_00).percent == "66.67"
    assert Change(0, 5_00).percent is None


def test_a_version_that_begins_later_is_priced_as_if_it_had_been_in_force() -> None:
    [later] = DEARER.tariffs
    next_month = replace(later, valid_from=dt.date(2026, 11, 1))
    in_two = replace(later, valid_from=dt.date(2026, 12, 1), charges=NOW.tariffs[0].charges)

    one = seen(replace(NOW, tariffs=(*NOW.tariffs, next_month)))
    two = seen(replace(NOW, tariffs=(*NOW.tariffs, next_month, in_two)))

    assert one.total == Change(270_00, 297_00)
    assert one.as_if == (("tariff", "tariff", dt.date(2026, 11, 1)),)
    assert two.total == Change(270_00, 270_00)  # the last one is what prices would come to
    assert two.as_if == (("tariff", "tariff", dt.date(2026, 12, 1)),)


def test_a_calendar_that_begins_later_is_priced_as_if_it_had_been_in_force() -> None:
    banded = floor_of(charge(**HOURLY, price="60", band_prices={"valley": "30"}), contract=BOTH)
    [day_night] = [one for one in banded.bands if one.id == "day-night"]
    [season] = day_night.seasons
    all_valley = replace(season, bands=(("valley", ((0, 1440),)),))
    later = replace(day_night, valid_from=dt.date(2027, 1, 1), seasons=(all_valley,))

    found = seen(replace(banded, bands=(*banded.bands, later)), stored=banded)

    assert found.total == Change(270_00, 135_00)
    assert found.as_if == (("bands", "day-night", dt.date(2027, 1, 1)),)


def test_a_session_that_fails_is_named_and_stops_no_other() -> None:
    by_the_piece = floor_of(
        charge("time", **HOURLY, price="60"),
        charge("made", **PIECES, model="unit", price="1"),
        contract=BOTH,
    )
    counted = [replace(use, pieces=Pieces(10, 0)) for use in USES]
    uncounted = session("10-11 08:00", "10-11 09:00", "S-3.pieces")

    found = seen(by_the_piece, [*counted, uncounted])

    assert found.rows == {
        ("t-1", "m-1"): Change(90_00, 100_00),
        ("t-1", "m-2"): Change(120_00, 130_00),
        ("t-2", "m-1"): Change(60_00, 70_00),
    }
    assert found.unpriced_now == ()
    [problem] = found.unpriced_draft
    assert (problem.place, problem.code) == ("session.S-3.pieces.pieces", "charge-needs")


def test_a_tenant_whose_contract_cannot_be_priced_is_left_out_of_both() -> None:
    [first, second] = DEARER.contracts
    lost = replace(second, tariff="nowhere", minimum_per_period=Decimal(10))
    uses = [use for use in USES if use.tenant == "t-1"]

    found = seen(replace(DEARER, contracts=(first, lost)), uses)

    assert {tenant for tenant, _ in found.rows} == {"t-1"}
    assert [one.place for one in found.unpriced_draft] == ["contract.c-2"]


def test_charges_of_the_period_and_minima_have_no_machine() -> None:
    draft = floor_of(
        charge(**HOURLY, price="60"),
        charge("rent", basis="period", model="flat", price="500"),
        contract=BOTH,
    )

    found = seen(draft)

    assert found.rows["t-2", None] == Change(0, 500_00)
    assert found.total == Change(270_00, 1270_00)


def test_what_waits_for_approval_is_prices_and_what_hangs_on_them() -> None:
    fresh = replace(NOW.tariffs[0], id="fresh")
    onto_it = replace(NOW.contracts[0], id="c-3", tariff="fresh")
    [day_night, hebei] = NOW.bands
    moved = replace(day_night, source="moved")
    unused = replace(hebei, source="unused")
    renamed = replace(NOW.tenants[0], name="renamed")
    after = replace(
        DEARER,
        tenants=(renamed, *NOW.tenants[1:]),
        bands=(moved, unused),
        tariffs=(*DEARER.tariffs, fresh),
        contracts=(*NOW.contracts, onto_it),
    )

    at_once, waiting = held_back(NOW, after)

    assert at_once == replace(NOW, tenants=after.tenants, bands=(day_night, unused))
    assert waiting == Floor(
        NOW.factory, bands=(moved,), tariffs=(*DEARER.tariffs, fresh), contracts=(onto_it,)
    )
    assert held_back(NOW, at_once) == (at_once, None)


def test_the_first_set_up_waits_with_all_its_prices() -> None:
    at_once, waiting = held_back(None, NOW)

    assert (at_once.tariffs, at_once.contracts, at_once.tenants) == ((), (), NOW.tenants)
    assert waiting is not None
    assert (waiting.tariffs, waiting.contracts) == (NOW.tariffs, NOW.contracts)
    assert [one.id for one in waiting.bands] == ["day-night"]
    assert [one.id for one in at_once.bands] == ["hebei-south"]  # no tariff goes by it
