"""The files of the project as the architecture tests see them: everything that is not generated."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("shared_factory_desktop", "drivers")
GENERATED = frozenset(
    line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").split() if "/" in line
)
PICTURES = frozenset({".png", ".ico", ".jpg", ".ttf", ".pdf", ".xlsx"})


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Give every file below a folder, generated ones left out, in a fixed order."""
    for path in sorted(folder.iterdir()):
        if path.name == ".git" or path.name in GENERATED or path.suffix == ".egg-info":
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def sources(*folders: str) -> list[Path]:
    """Give the Python files of some folders, of the whole project when none is named."""
    roots = [ROOT / folder for folder in folders] or [ROOT]
    return [path for root in roots for path in files(root) if path.suffix == ".py"]


def texts() -> list[Path]:
    """Give every file that holds text."""
    return [path for path in files() if path.suffix not in PICTURES]


@functools.cache
def tree(path: Path) -> ast.Module:
    """Give the syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def place(path: Path, line: int = 0) -> str:
    """Name a place the way editors do: `folder/file.py:12`."""
    name = path.relative_to(ROOT).as_posix()
    return f"{name}:{line}" if line else name
