"""Joins the verifier's modules into the one file that every bundle carries."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from shared_factory_desktop.exports import (
    verifier,
    verifier_calibration,
    verifier_lines,
    verifier_price,
    verifier_proof,
    verifier_use,
)

NAME = "verify.py"
MODULES: tuple[ModuleType, ...] = (
    verifier_use,
    verifier_price,
    verifier_lines,
    verifier_proof,
    verifier_calibration,
    verifier,
)
_PACKAGE = __name__.partition(".")[0]
_END = '\n\nif __name__ == "__main__":\n    sys.exit(main(sys.argv[1:]))\n'


def source() -> str:
    """Give the file: imports once at the top, then each module's text as it stands."""
    texts = [_text(module) for module in MODULES]
    trees = [ast.parse(text) for text in texts]
    imports = sorted({line for tree in trees for line in _imports(tree)})
    head = ["#!/usr/bin/env python3", f'"""{ast.get_docstring(trees[-1])}\n"""', ""]
    head += ["from __future__ import annotations", "", *imports]
    parts = [_body(text, tree) for text, tree in zip(texts, trees, strict=True)]
    return "\n".join(head) + "\n" + "".join(parts) + _END


def _text(module: ModuleType) -> str:
    """Read a module's source; a frozen program carries it beside the compiled one."""
    return Path(module.__file__ or "").with_suffix(".py").read_text(encoding="utf-8")


def _imports(tree: ast.Module) -> Iterator[str]:
    """Give what a module imports of the standard library, one name a line."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (f"import {_alias(name)}" for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            where = node.module or ""
            if not where.startswith(_PACKAGE):
                yield from (f"from {where} import {_alias(name)}" for name in node.names)


def _alias(name: ast.alias) -> str:
    return f"{name.name} as {name.asname}" if name.asname else name.name


def _body(text: str, tree: ast.Module) -> str:
    """Give a module's text after its imports, under its own first sentence."""
    last = max(
        node.end_lineno or 0 for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
    )
    sentence = (ast.get_docstring(tree) or "").partition("\n")[0]
    lines = "\n".join(text.splitlines()[last:]).strip("\n")
    return f"\n# ---- {sentence}\n\n{lines}\n"
