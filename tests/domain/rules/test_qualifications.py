"""Qualifications: what each is worth by the day, and which machines ask for one."""

from __future__ import annotations

import datetime as dt

import pytest

from shared_factory_desktop.domain.floor import Machine
from shared_factory_desktop.domain.qualifications import Qualification, Scope, Standing, asks, best

WELDER = Machine("welder-1", "焊机", "welder")
FROM, TO = dt.date(2026, 3, 1), dt.date(2026, 9, 1)
HELD = Qualification("Q-1", "anping", Scope.KIND, "welder", FROM, TO, "H-7")


@pytest.mark.parametrize(
    ("day", "standing"),
    [
        (dt.date(2026, 2, 28), Standing.EARLY),
        (FROM, Standing.VALID),
        (dt.date(2026, 8, 1), Standing.VALID),
        (dt.date(2026, 8, 2), Standing.EXPIRING),
        (dt.date(2026, 8, 31), Standing.EXPIRING),
        (TO, Standing.EXPIRED),
    ],
)
def test_a_qualification_holds_from_its_first_day_until_it_expires(
    day: dt.date, standing: Standing
) -> None:
    assert HELD.standing(day) is standing


def test_what_was_revoked_is_worth_nothing_on_any_day() -> None:
    revoked = Qualification("Q-1", "a", Scope.KIND, "welder", FROM, TO, "H-7", revoked="accident")

    assert {revoked.standing(day) for day in (FROM, TO, dt.date(2026, 5, 1))} == {Standing.REVOKED}


def test_one_without_an_end_never_expires() -> None:
    endless = Qualification("Q-1", "a", Scope.KIND, "welder", FROM, None, "H-7")

    assert endless.standing(dt.date(2999, 1, 1)) is Standing.VALID


@pytest.mark.parametrize(
    ("scope", "subject", "covers"),
    [
        (Scope.KIND, "welder", True),
        (Scope.MACHINE, "welder-1", True),
        (Scope.MACHINE, "welder", False),
        (Scope.KIND, "welder-1", False),
    ],
)
def test_a_qualification_is_for_a_machine_or_a_kind(
    scope: Scope, subject: str, covers: bool
) -> None:
    held = Qualification("Q-1", "a", scope, subject, FROM, TO, "H-7")

    assert held.covers(WELDER) is covers


@pytest.mark.parametrize(
    ("rules", "asked"),
    [
        ({}, False),
        ({(Scope.KIND, "welder"): True}, True),
        ({(Scope.MACHINE, "welder-1"): True}, True),
        ({(Scope.KIND, "welder"): True, (Scope.MACHINE, "welder-1"): False}, False),
        ({(Scope.KIND, "welder"): False, (Scope.MACHINE, "welder-1"): True}, True),
        ({(Scope.MACHINE, "welder-2"): True}, False),
    ],
)
def test_the_rule_of_a_machine_goes_before_that_of_its_kind(
    rules: dict[tuple[Scope, str], bool], asked: bool
) -> None:
    assert asks(rules, WELDER) is asked


def test_the_best_of_several_is_the_one_that_holds_and_the_newest_of_those() -> None:
    expired = Qualification("Q-1", "a", Scope.KIND, "welder", FROM, dt.date(2026, 4, 1), "old")
    first = Qualification("Q-2", "a", Scope.KIND, "welder", FROM, None, "new")
    second = Qualification("Q-3", "a", Scope.MACHINE, "welder-1", FROM, None, "newer")

    assert best([expired, first, second], dt.date(2026, 5, 1)) is second
    assert best([expired], dt.date(2026, 5, 1)) is expired
    assert best([], dt.date(2026, 5, 1)) is None
