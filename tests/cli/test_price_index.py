"""Every item of the pricing contract has its tests, and docs/pricing.md names them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "pricing.md"
BY_COMMAND = sorted((ROOT / "tests" / "cli").glob("test_price_*.py"))
DOMAIN = ROOT / "tests" / "domain"
BY_ITSELF = [*sorted((DOMAIN / "pricing").glob("test_*.py")), DOMAIN / "test_capitals.py"]
ITEMS, CASES = range(1, 18), range(1, 13)


def rows() -> list[tuple[int, list[str], list[str]]]:
    """Give each item of the table with its tests: through `price`, and others."""
    table = re.findall(
        r"^\| (\d+) \| .+ \| (.+) \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    named = re.compile(r"`(test_\w+)`")
    return [(int(item), named.findall(first), named.findall(rest)) for item, first, rest in table]


def written_in(files: Iterable[Path]) -> set[str]:
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    nodes = [node for tree in trees for node in tree.body]
    return {
        node.name
        for node in nodes
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_item_of_the_fine_print_has_its_tests() -> None:
    found = written_in(BY_COMMAND)

    assert [item for item, _, _ in rows()] == list(ITEMS)
    for item, by_command, _ in rows():
        assert by_command, item
        assert set(by_command) == {one for one in found if one.startswith(f"test_{item}_")}, item


def test_no_test_named_on_the_page_has_gone() -> None:
    named = {name for _, _, others in rows() for name in others}

    assert named
    assert named - written_in(BY_ITSELF) == set()


def test_every_worked_case_is_typed_at_the_command_line() -> None:
    found = (re.match(r"test_case_(\d+)(?:_and_(\d+))?_", name) for name in written_in(BY_COMMAND))

    numbers = [int(number) for case in found if case for number in case.groups() if number]
    assert sorted(numbers) == list(CASES)
