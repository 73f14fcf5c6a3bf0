"""A usage file gives sessions with what they used; each wrong field of it is named."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pytest

from shared_factory_desktop.domain.problems import InputRefused, Problem
from shared_factory_desktop.domain.sessions import Pieces, SessionUse
from shared_factory_desktop.domain.tables import WrittenFloat
from shared_factory_desktop.domain.usage_file import read_usage
from tests.domain.floorfile.scene import REMOVED, found, spoil, usage_data, workshop

FLOOR = workshop()
AT_8 = "2026-10-08T08:00:00+08:00"
AT_9 = "2026-10-08T09:00:00+08:00"
AT_10 = "2026-10-08T10:00:00+08:00"
AT_11 = "2026-10-08T11:00:00+08:00"


def utc(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 10, 8, hour, minute, tzinfo=dt.UTC)


def read(*changes: tuple[str, object]) -> tuple[SessionUse, ...]:
    data = usage_data()
    for path, value in changes:
        spoil(data, path, value)
    return read_usage(data, "usage.json", FLOOR)


def usage_refusal(*changes: tuple[str, object]) -> tuple[Problem, ...]:
    try:
        read(*changes)
    except InputRefused as refused:
        return refused.problems
    return ()


def test_sessions_are_read_in_utc_and_in_the_order_of_the_file() -> None:
    first, second = read()
    assert first == SessionUse(
        id="S-1",
        machine="printer-1",
        tenant="mesh",
        start=utc(0),
        end=utc(2),
        job="J-17",
        working=((utc(0, 5), utc(1)), (utc(1, 10), utc(1, 35))),
        powered=((utc(0), utc(2)),),
        reserved=(dt.datetime(2026, 10, 7, 23, 30, tzinfo=dt.UTC), utc(2, 30)),
        pieces=Pieces(120, 3),
        value=Decimal("35000.00"),
        readings={
            "energy_wh": (
                (utc(0), Decimal(1000)),
                (utc(1), Decimal("2500.5")),
                (utc(2), Decimal(4000)),
            )
        },
    )
    assert second.id == "S-2"


def test_working_and_powered_default_to_the_whole_session_unless_told_there_was_none() -> None:
    second = read()[1]
    assert second.working == second.powered == ((utc(4), utc(4, 30)),)
    assert (second.reserved, second.pieces, second.value, second.readings) == (None, None, None, {})
    assert read(("sessions.1.working", []))[1].working == ()


def test_a_session_may_be_empty_and_spans_may_touch() -> None:
    assert read(("sessions.1.end", "2026-10-08T12:00:00+08:00"))[1].end == utc(4)
    touching = [[AT_8, AT_9], [AT_9, AT_10]]
    assert len(read(("sessions.0.working", touching))[0].working) == 2


def test_readings_before_and_after_the_session_are_left_out() -> None:
    first = "2026-10-08T07:45:00+08:00"
    readings = [[first, "1"], [AT_8, "2"], [AT_10, "3"], [AT_11, "4"]]
    use = read(("sessions.0.readings.energy_wh", readings))[0]
    assert [value for _, value in use.readings["energy_wh"]] == [2, 3]


def test_a_machine_without_meter_may_have_readings_of_a_quantity() -> None:
    readings = {"mass_g": [[AT_8, "0"], [AT_10, "12.5"]]}
    assert read(("sessions.0.readings", readings))[0].readings["mass_g"][1][1] == Decimal("12.5")


BAD_USAGE: list[tuple[str, object, str, str, str]] = [
    ("format", "1", "format", "format", '"1"'),
    ("sessions", REMOVED, "sessions", "missing", ""),
    ("sessions", {}, "sessions", "tables", "{}"),
    ("session", [], "session", "unknown-key", "session"),
    ("sessions.0.id", REMOVED, "session[0].id", "missing", ""),
    ("sessions.0.id", 17, "session[0].id", "identifier", "17"),
    ("sessions.1.id", "S-1", "session.S-1.id", "duplicate", "S-1"),
    ("sessions.0.machine", "printer-2", "session.S-1.machine", "dangling", "printer-2"),
    ("sessions.0.machine", None, "session.S-1.machine", "missing", ""),
    ("sessions.0.tenant", "nobody", "session.S-1.tenant", "dangling", "nobody"),
    ("sessions.0.job", "", "session.S-1.job", "text", "''"),
    ("sessions.0.job", "\ud800", "session.S-1.job", "text", r"'\ud800'"),
    ("sessions.0.operator", "x", "session.S-1.operator", "unknown-key", "operator"),
    ("sessions.0.start", REMOVED, "session.S-1.start", "missing", ""),
    (
        "sessions.0.start",
        "2026-10-08T08:00:00",
        "session.S-1.start",
        "instant",
        '"2026-10-08T08:00:00"',
    ),
    ("sessions.0.start", 1791417600, "session.S-1.start", "instant", "1791417600"),
    (
        "sessions.0.end",
        "2026-02-29T08:00:00Z",
        "session.S-1.end",
        "instant",
        '"2026-02-29T08:00:00Z"',
    ),
    (
        "sessions.0.end",
        "0001-01-01T00:00:00+08:00",
        "session.S-1.end",
        "instant",
        '"0001-01-01T00:00:00+08:00"',
    ),
    ("sessions.1.end", AT_8, "session.S-2.end", "range", AT_8),
    ("sessions.0.working", AT_8, "session.S-1.working", "spans", f'"{AT_8}"'),
    ("sessions.0.working.0", [AT_8], "session.S-1.working[0]", "span", f'["{AT_8}"]'),
    ("sessions.0.working.0", None, "session.S-1.working[0]", "span", "null"),
    ("sessions.0.working.0.1", None, "session.S-1.working[0]", "instant", "null"),
    ("sessions.0.working.0", [AT_9, AT_8], "session.S-1.working[0]", "range", AT_8),
    ("sessions.0.working.1", [AT_8, AT_9], "session.S-1.working[1]", "unordered", AT_8),
    (
        "sessions.0.powered.0.1",
        AT_11,
        "session.S-1.powered[0]",
        "outside-session",
        f"{AT_8} – {AT_11}",
    ),
    ("sessions.0.reserved", [], "session.S-1.reserved", "span", "[]"),
    ("sessions.0.reserved.1", "soon", "session.S-1.reserved", "instant", '"soon"'),
    ("sessions.0.pieces", 120, "session.S-1.pieces", "table", "120"),
    ("sessions.0.pieces.good", REMOVED, "session.S-1.pieces.good", "missing", ""),
    ("sessions.0.pieces.good", -1, "session.S-1.pieces.good", "range", "-1"),
    ("sessions.0.pieces.scrap", "3", "session.S-1.pieces.scrap", "integer", '"3"'),
    ("sessions.0.pieces.bad", 1, "session.S-1.pieces.bad", "unknown-key", "bad"),
    ("sessions.0.value", WrittenFloat("35000.00"), "session.S-1.value", "float", "35000.00"),
    ("sessions.0.value", math.nan, "session.S-1.value", "decimal", "nan"),
    ("sessions.0.value", "-1", "session.S-1.value", "range", "-1"),
    ("sessions.0.value", "３５", "session.S-1.value", "decimal", "３５"),
    ("sessions.0.readings", [], "session.S-1.readings", "table", "[]"),
    ("sessions.0.readings.energy", [], "session.S-1.readings.energy", "unknown-measure", "energy"),
    ("sessions.0.readings.energy_wh", 5, "session.S-1.readings.energy_wh", "readings", "5"),
    (
        "sessions.0.readings.energy_wh.0",
        "1000",
        "session.S-1.readings.energy_wh[0]",
        "readings",
        '"1000"',
    ),
    (
        "sessions.0.readings.energy_wh.1.1",
        2500.5,
        "session.S-1.readings.energy_wh[1]",
        "float",
        "2500.5",
    ),
    (
        "sessions.0.readings.energy_wh.1.1",
        "999",
        "session.S-1.readings.energy_wh[1]",
        "falls",
        "999",
    ),
    (
        "sessions.0.readings.energy_wh.1.0",
        AT_8,
        "session.S-1.readings.energy_wh[1]",
        "unordered",
        AT_8,
    ),
    (
        "sessions.0.readings.energy_wh.0",
        REMOVED,
        "session.S-1.readings.energy_wh",
        "no-reading",
        "",
    ),
]


@pytest.mark.parametrize(("path", "value", "place", "code", "seen"), BAD_USAGE)
def test_a_wrong_field_of_a_session_is_named(
    path: str, value: object, place: str, code: str, seen: str
) -> None:
    problems = usage_refusal((path, value))
    assert found(problems) == [(place, code, seen)]
    assert {problem.file for problem in problems} == {"usage.json"}


def test_a_broken_span_does_not_hide_that_the_next_comes_too_early() -> None:
    spans = [[AT_9, AT_10], None, [AT_8, AT_9]]
    assert found(usage_refusal(("sessions.0.working", spans))) == [
        ("session.S-1.working[1]", "span", "null"),
        ("session.S-1.working[2]", "unordered", AT_8),
    ]


def test_all_problems_of_all_sessions_come_together() -> None:
    problems = usage_refusal(
        ("sessions.0.tenant", "nobody"),
        ("sessions.0.pieces.good", 1.5),
        ("sessions.1.machine", "saw-1"),
    )
    assert found(problems) == [
        ("session.S-1.tenant", "dangling", "nobody"),
        ("session.S-1.pieces.good", "integer", "1.5"),
        ("session.S-2.machine", "dangling", "saw-1"),
    ]
