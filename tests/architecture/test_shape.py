"""Files and functions stay short, without exception lists, and leave nothing for later."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

from tests.architecture.project import place, sources, texts, tree

FILE_LINES = 400
FUNCTION_LINES = 50

# Spelled in parts, so that this file obeys its own rule.
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
NOT_THERE = "NotImplemented" + "Error"
MACHINE_PATH = re.compile(r"(?<![\w.])/(" + "|".join(("wo" + "rk", "ro" + "ot", "farm")) + r")/\w")
INDEX = re.compile(
    r"https?://\S*(/simp" + r"le\b|\.whl\b|\.tgz\b|/packages/\S+\.tar\.gz|regis" + r"try\.)"
    r"|(extra-)?index-u" + r"rl\s*[= ]\s*http|pypi\.or" + r"g|pythonhosted\.or" + "g"
)
NAMES_THAT_SAY_NOTHING = frozenset({"utils", "util", "helpers", "helper", "manager", "common"})


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {place(path): _text(path).count("\n") for path in sources()}

    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{place(path, node.lineno)} {node.name}"
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    ]

    assert long == []


def test_every_module_opens_with_a_sentence() -> None:
    silent = [
        place(path) for path in sources() if not _ends_a_sentence(ast.get_docstring(tree(path)))
    ]

    assert silent == []


def test_nothing_is_left_for_later() -> None:
    found = [
        place(path, number)
        for path in sources()
        for number, line in _lines(path)
        if UNFINISHED.search(line) or NOT_THERE in line
    ]

    assert found == []


def test_no_file_names_a_machine_or_a_package_index() -> None:
    found = [
        place(path, number)
        for path in texts()
        for number, line in _lines(path)
        if MACHINE_PATH.search(line) or INDEX.search(line)
    ]

    assert found == []


def test_a_silenced_check_says_which_and_why() -> None:
    mute = [
        place(path, number)
        for path in sources()
        for number, comment in _comments(path)
        if re.search(r"noqa|type:\s*ignore", comment) and not _says_which_and_why(comment)
    ]

    assert mute == []


def test_names_of_modules_say_what_is_in_them() -> None:
    empty = [place(path) for path in sources() if path.stem in NAMES_THAT_SAY_NOTHING]

    assert empty == []


def _says_which_and_why(comment: str) -> bool:
    return bool(
        re.search(r"noqa: [A-Z]+\d+(, ?[A-Z]+\d+)* +\S+", comment)
        or re.search(r"type: ignore\[[\w-]+(, ?[\w-]+)*\] +# \S+", comment)
    )


def _ends_a_sentence(docstring: str | None) -> bool:
    return docstring is not None and docstring.split("\n\n")[0].rstrip().endswith(".")


def _comments(path: Path) -> list[tuple[int, str]]:
    readline = io.StringIO(_text(path)).readline
    return [
        (token.start[0], token.string)
        for token in tokenize.generate_tokens(readline)
        if token.type == tokenize.COMMENT
    ]


def _lines(path: Path) -> list[tuple[int, str]]:
    return list(enumerate(_text(path).splitlines(), start=1))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
