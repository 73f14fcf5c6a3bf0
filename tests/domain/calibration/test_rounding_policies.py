"""Measured values round half to even, money rounds half up, and nothing does both."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.project import PACKAGES, place, sources, tree

DOMAIN = "shared_factory_desktop.domain"
MEASURED = f"{DOMAIN}.rounding"
MONEY_NAMES = {"half_up", "divided", "fen"}
PYTHON_MODES = {"ROUND_HALF_UP", "ROUND_HALF_EVEN", "quantize"}


def imported(path: Path) -> set[str]:
    """Give the full names that a file imports: `package.module.name`."""
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def rounds_measured_values(path: Path) -> bool:
    return any(name == MEASURED or name.startswith(f"{MEASURED}.") for name in imported(path))


def rounds_money(path: Path) -> bool:
    return any(
        name.startswith((f"{DOMAIN}.money", f"{DOMAIN}.decimals"))
        and (name.rpartition(".")[2] in MONEY_NAMES or name == f"{DOMAIN}.decimals")
        for name in imported(path)
    )


def of_calibration(path: Path) -> bool:
    return path.name == "rounding.py" or path.name.startswith(("calibration", "certificate"))


def test_calibration_in_the_domain_never_rounds_as_money_does() -> None:
    ours = [path for path in sources("shared_factory_desktop/domain") if of_calibration(path)]

    assert {"calibration_fit.py", "rounding.py"} <= {path.name for path in ours}
    assert [place(path) for path in ours if rounds_money(path)] == []


def test_the_rest_of_the_domain_never_rounds_as_measured_values_are() -> None:
    money = [path for path in sources("shared_factory_desktop/domain") if not of_calibration(path)]

    assert "decimals.py" in {path.name for path in money}
    assert [place(path) for path in money if rounds_measured_values(path)] == []


def test_no_module_rounds_both_ways() -> None:
    both = [
        place(path)
        for path in sources(*PACKAGES)
        if rounds_money(path) and rounds_measured_values(path)
    ]

    assert both == []


def test_nothing_in_the_domain_rounds_by_a_third_policy() -> None:
    found = [
        f"{place(path, getattr(node, 'lineno', 0))} {name}"
        for path in sources("shared_factory_desktop/domain")
        for node in ast.walk(tree(path))
        for name in [node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")]
        if name in PYTHON_MODES
    ]

    assert found == []
