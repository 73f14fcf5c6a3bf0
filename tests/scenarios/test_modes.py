"""The examples of docs/modes.md, typed at the command line as a reader would."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from shared_factory_desktop.bootstrap import run

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "modes.md"
MODES = ("on-demand", "lease", "processing", "collaborative")
PERIOD = ("--period", "2026-10", "--json")
PASSWORD = "boss-boss-1"

Type = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Example:
    """One mode as the page shows it: two files, and the rows of the table below them."""

    mode: str
    floor: str
    usage: str
    rows: tuple[tuple[str, ...], ...]


def examples() -> tuple[Example, ...]:
    chapters = re.split(r"^## (\S+).*$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return tuple(
        Example(name.lower(), _block(text, "toml"), _block(text, "json"), _rows(text))
        for name, text in zip(chapters[::2], chapters[1::2], strict=True)
    )


def _block(text: str, language: str) -> str:
    [block] = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(block)


def _rows(text: str) -> tuple[tuple[str, ...], ...]:
    """Give the cells of the table's rows, without its head."""
    rows = re.findall(r"^\| (.*) \|$", text, re.MULTILINE)[1:]
    return tuple(tuple(cell.strip() for cell in row.split(" |")) for row in rows)


def printed(statement: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Give a statement's rows as the page prints them."""
    for line in statement["lines"]:
        yield (
            line["session"] or line["contract"],
            line["charge"],
            f"{line['quantity']} {line['unit']}",
            ", ".join(map(made_of, line["details"])),
            *(line[key] for key in ("list", "discount", "net", "tax", "gross")),
        )
    yield (
        *("total", statement["tenant"], "", "", "", ""),
        *(statement[key] for key in ("net", "tax", "gross")),
    )


def made_of(detail: Mapping[str, Any]) -> str:
    tier = f"tier {detail['tier']}:" if detail["tier"] else None
    sum_ = f"{detail['quantity']} × {detail['price']} = {detail['amount']}"
    return " ".join(filter(None, (detail["band"], tier, sum_)))


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Type:
    """Type a command that succeeds without a warning; gives what it printed as JSON."""
    monkeypatch.setenv("SHARED_FACTORY_PASSWORD", PASSWORD)

    def type_(*words: object) -> Any:
        capsys.readouterr()
        status = run([str(word) for word in words])
        written = capsys.readouterr()
        assert (status, written.err) == (0, "")
        return json.loads(written.out) if "--json" in words else written.out

    return type_


@pytest.fixture(params=examples(), ids=lambda example: example.mode)
def example(request: pytest.FixtureRequest) -> Example:
    """Each example of the page in turn."""
    found = request.param
    assert isinstance(found, Example)
    return found


@pytest.fixture
def files(example: Example, tmp_path: Path) -> tuple[Path, Path]:
    """The example's floor and usage file, saved as the page says."""
    floor, usage = tmp_path / "floor.toml", tmp_path / "usage.json"
    floor.write_text(example.floor, encoding="utf-8")
    usage.write_text(example.usage, encoding="utf-8")
    return floor, usage


def test_the_page_shows_every_mode_in_the_order_of_its_table() -> None:
    page = PAGE.read_text(encoding="utf-8").split("\n## ")[0]

    assert tuple(re.findall(r"^\| `(\S+)` \|", page, re.MULTILINE)) == MODES
    assert tuple(example.mode for example in examples()) == MODES
    for example in examples():
        assert set(re.findall(r'^mode = "(.*)"', example.floor, re.MULTILINE)) == {example.mode}


def test_price_gives_the_lines_of_the_page_to_the_fen(
    typed: Type, example: Example, files: tuple[Path, Path]
) -> None:
    floor, usage = files

    document = typed("price", "--floor", floor, "--usage", usage, *PERIOD)

    assert tuple(chain.from_iterable(map(printed, document["statements"]))) == example.rows


def test_the_order_of_sessions_in_the_file_changes_nothing(
    typed: Type, files: tuple[Path, Path], tmp_path: Path
) -> None:
    floor, usage = files
    recorded = json.loads(usage.read_text(encoding="utf-8"))
    backwards = tmp_path / "backwards.json"
    backwards.write_text(json.dumps({**recorded, "sessions": recorded["sessions"][::-1]}))

    there, back = (
        typed("price", "--floor", floor, "--usage", file, *PERIOD) for file in (usage, backwards)
    )

    assert there == back


def test_a_factory_set_up_by_the_page_drafts_and_exports_the_same(
    typed: Type, files: tuple[Path, Path], tmp_path: Path
) -> None:
    floor, usage = files
    boss = ("--data", tmp_path / "data", "--as", "boss")
    typed("init", "--admin", "boss", "--data", tmp_path / "data")
    typed("import", floor, *boss)
    typed("import-usage", usage, *boss)

    priced = typed("price", "--floor", floor, "--usage", usage, *PERIOD)["statements"]
    drafts = [
        typed("statement", "draft", "--tenant", one["tenant"], *PERIOD, *boss)["statements"]
        for one in priced
    ]
    typed("export-floor", tmp_path / "again.toml", *boss)
    again = typed("price", "--floor", tmp_path / "again.toml", "--usage", usage, *PERIOD)

    assert list(chain.from_iterable(drafts)) == priced
    assert again["statements"] == priced
