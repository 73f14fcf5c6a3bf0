"""The domain computes exactly and speaks no language: no float, no `round`, no sentences."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from tests.architecture.project import place, sources, tree

DOMAIN = "shared_factory_desktop/domain"
# 壹贰叁 are figures of an invoice rather than words about it.
WRITES_AMOUNTS = "capitals.py"


def test_nothing_is_rounded_without_saying_how() -> None:
    calls = [
        place(path, node.lineno)
        for path in sources(DOMAIN)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"round", "float"}
    ]

    assert calls == []


def test_no_binary_fraction_enters_a_bill() -> None:
    literals = [
        place(path, node.lineno)
        for path in sources(DOMAIN)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]

    assert literals == []


def test_no_chinese_sentence_hides_in_the_domain() -> None:
    found = [
        place(path, node.lineno)
        for path in sources(DOMAIN)
        if path.name != WRITES_AMOUNTS
        for node in _without_docstrings(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_chinese(node)
    ]

    assert found == []


def test_the_domain_needs_only_the_standard_library() -> None:
    allowed = sys.stdlib_module_names | {"shared_factory_desktop"}
    foreign = [
        f"{place(path)} {name}"
        for path in sources(DOMAIN)
        for node in ast.walk(tree(path))
        for name in _imported(node)
        if name.split(".")[0] not in allowed
    ]

    assert foreign == []


def test_no_clock_is_read_in_the_domain() -> None:
    clocks = {"now", "utcnow", "today", "time", "monotonic"}
    reads = [
        place(path, node.lineno)
        for path in sources(DOMAIN)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in clocks
        and isinstance(node.func.value, ast.Name | ast.Attribute)
        and _last_name(node.func.value) in {"datetime", "date", "time"}
    ]

    assert reads == []


def _without_docstrings(module: ast.Module) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [
            child
            for child in ast.iter_child_nodes(node)
            if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant))
        ]


def _is_chinese(node: ast.Constant) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in str(node.value))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "."]
    return []


def _last_name(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr
