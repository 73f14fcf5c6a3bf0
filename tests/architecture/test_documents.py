"""What the documents say about the tree is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.project import PACKAGES, ROOT, files

DECISIONS = ROOT / "docs" / "decisions"
RECORD_LINES = 25


def test_the_architecture_page_names_every_room_and_no_other() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {
        f"shared_factory_desktop/{folder.name}"
        for folder in (ROOT / "shared_factory_desktop").iterdir()
        if (folder / "__init__.py").exists()
    }

    named = set(re.findall(r"^\| `([a-z_/]+)` \|", page.split("## Who")[0], re.MULTILINE))

    assert named == rooms | {"drivers", "resources", "tests"}


def test_every_step_of_the_one_way_flow_exists() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

    places = re.findall(r"^\| \w+ → \w+ \| `([\w/.]+)` \|", page, re.MULTILINE)

    assert len(places) == 8
    gone = [place for place in places if not any((ROOT / base / place).exists() for base in BASES)]
    assert gone == []


BASES = ("", *PACKAGES)


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/architecture.md",
        "docs/bundle.md",
        "docs/calibrating.md",
        "docs/calibration.md",
        "docs/einvoice.md",
        "docs/ledger.md",
        "docs/metering-corrections.md",
        "docs/modes.md",
        "docs/pricing.md",
        "docs/proof.md",
        "docs/reports.md",
        "docs/rules.md",
        "docs/statements.md",
        "CHANGELOG.md",
    ],
)
def test_no_link_leads_nowhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")

    links = re.findall(r"\]\(([^)#]+)", text)

    local = [link for link in links if not link.startswith("http")]
    assert [link for link in local if not ((ROOT / page).parent / link).exists()] == []


def test_decision_records_are_numbered_without_gaps_and_short() -> None:
    records = sorted(DECISIONS.iterdir())

    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    lengths = {record.name: len(_lines(record)) for record in records}
    assert {name: lines for name, lines in lengths.items() if lines > RECORD_LINES} == {}
    for record in records:
        assert _lines(record)[0].startswith(f"# {int(record.name[:4])}. ")
        assert "**Decision.**" in record.read_text(encoding="utf-8")


def test_every_dependency_has_its_reason_and_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    required = project["dependencies"] + [one for extra in extras for one in extra]

    rows = re.findall(r"^\| (.+?) \| .+ \| .+ \|$", _record("dependencies"), re.MULTILINE)[1:]

    listed = [name for row in rows for name in row.split(", ")]
    assert sorted(listed) == sorted(re.split(r"[<>=~;! ]", one)[0] for one in required)


def test_every_dependency_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    required = project["dependencies"] + [one for extra in extras for one in extra]
    locked = re.findall(
        r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE
    )

    names = {re.split(r"[\[<>=~;! ]", one)[0].lower().replace("_", "-") for one in required}

    assert names - set(locked) == set()


def test_the_frozen_program_brings_every_kind_of_data_file() -> None:
    spec = (ROOT / "build.spec").read_text(encoding="utf-8")
    data = {
        file.parent.relative_to(ROOT)
        for package in PACKAGES
        for file in files(ROOT / package)
        if file.suffix != ".py"
    }

    assert {str(folder) for folder in data if f'"{folder.as_posix()}"' not in spec} == set()
    assert '"resources"' in spec


def _record(slug: str) -> str:
    [file] = DECISIONS.glob(f"*-{slug}.md")
    return file.read_text(encoding="utf-8")


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()
