"""The hash chain: vectors of the reference, and every kind of break with its place."""

from __future__ import annotations

import pytest

from shared_factory_desktop.domain.chain import (
    GENESIS,
    ChainEntry,
    ChainProblem,
    breaks,
    canonical_json,
    counted,
    finding,
    link,
)


def body(seq: int, register: str, hour: str, mark: str, **more: str) -> dict[str, object]:
    day = f"2026-11-23T{hour}:00.000+08:00"
    row = {"meter": "M-001", "reg": register, "seq": seq, "st": "G", "ts": day, "tx": mark}
    return {"unit": "kWh", **row, **more}


# reference/billing 4.3
BODIES = [
    body(1, "123456.70", "08:00", "B"),
    body(2, "123466.70", "09:00", "T"),
    body(3, "123470.20", "09:30", "E", note="完工"),
]
HASHES = [
    "9eb0932b78807ec8f1e57330b9fa44243f493ec7eadb142acbac97084ebdecba",
    "d8268b78b8b15f66811d4b0750869436e1a068ea5c281f5f3da1c285df370739",
    "cf3448930f4870b5740a98a29bfdaaaf451d1cc8be96fcbbcd6c118873456c9e",
]
ENTRIES = [ChainEntry(n, b, h) for n, (b, h) in enumerate(zip(BODIES, HASHES, strict=True), 1)]


def test_the_vectors_of_the_reference() -> None:
    head = GENESIS
    for entry in ENTRIES:
        head = link(head, entry.body)
        assert head == entry.hash


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (ENTRIES, []),
        (ENTRIES[:2], [(2, "head")]),
        ([], [(0, "head")]),
        (ENTRIES[1:], [(2, "gap"), (2, "hash")]),
        ([ENTRIES[0], ENTRIES[2]], [(3, "gap"), (3, "hash")]),
        (
            [ENTRIES[0], ChainEntry(2, {**BODIES[1], "reg": "1"}, HASHES[1]), ENTRIES[2]],
            [(2, "hash")],
        ),
        (
            [ENTRIES[1], ENTRIES[0], ENTRIES[2]],
            [(2, "gap"), (2, "hash"), (1, "gap"), (1, "hash"), (3, "gap"), (3, "hash")],
        ),
    ],
    ids=["whole", "tail cut", "all cut", "first cut", "middle cut", "edited", "swapped"],
)
def test_each_break_is_named_with_its_place(
    entries: list[ChainEntry], expected: list[tuple[int, str]]
) -> None:
    found = breaks("audit", entries, 3, HASHES[2])
    assert [(problem.seq, problem.code) for problem in found] == expected


def test_an_entry_rewritten_with_a_fresh_hash_shows_at_the_next() -> None:
    forged = {**BODIES[1], "reg": "1"}
    entries = [ENTRIES[0], ChainEntry(2, forged, link(HASHES[0], forged)), ENTRIES[2]]
    found = [(problem.seq, problem.code) for problem in breaks("audit", entries, 3, HASHES[2])]
    assert found == [(3, "hash")]


@pytest.mark.parametrize("length", [0, 1, 999, 1000, 2500])
def test_a_walk_tells_how_far_it_has_come(length: int) -> None:
    seen: list[int] = []
    entries = [ChainEntry(seq, {}, "") for seq in range(length)]
    assert [*counted(entries, seen.append)] == entries
    assert sum(seen) == length
    assert max(seen) <= 1000


@pytest.mark.parametrize(
    ("problem", "written"),
    [
        (ChainProblem("audit", 7, "hash"), "audit 7: hash"),
        (ChainProblem("reading:WS-1", 7, "gap", "6"), "reading WS-1/7: gap (6)"),
    ],
)
def test_a_break_names_table_and_row(problem: ChainProblem, written: str) -> None:
    assert str(finding(problem)) == written


def test_canonical_json_is_one_way_only() -> None:
    assert canonical_json({"b": [1, None, True], "a": "完\n"}) == '{"a":"完\\n","b":[1,null,true]}'


@pytest.mark.parametrize("value", [{"a": 0.1}, {"a": [{"b": 1.0}]}, float("nan")])
def test_a_float_has_no_canonical_form(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)
