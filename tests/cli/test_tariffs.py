"""Tariffs and holidays on the command line: what is printed, where, and with which status."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from shared_factory_desktop.domain.users import Role
from shared_factory_desktop.storage import users
from shared_factory_desktop.storage.database import Database
from tests.cli.conftest import FLOOR, Cli

DEARER = "format = 1\n" + FLOOR[FLOOR.index("[[tariff]]") : FLOOR.index("[[contract]]")].replace(
    '"60.00"', '"66.00"'
)


@pytest.fixture
def dearer(tmp_path: Path) -> Path:
    file = tmp_path / "dearer.toml"
    file.write_text(DEARER, encoding="utf-8")
    return file


@pytest.fixture
def second(data: Path, shell: Cli) -> Cli:
    """Type a command as another manager, who has the same password."""
    database = Database.open(data / "factory.db", lambda: dt.datetime.now(dt.UTC))
    with database.write() as tx:
        [boss] = users.list_users(tx)
        users.add(tx, replace(boss, name="wang", role=Role.MANAGER))
    database.close()
    return lambda *arguments: shell(*arguments, "--data", data, "--as", "wang")


def test_calendars_are_listed_and_written_as_floor_files(
    factory: Cli, shell: Cli, tmp_path: Path
) -> None:
    out = tmp_path / "south.toml"

    listed = shell("tariff", "calendars", "--json").json["calendars"]
    assert shell("tariff", "calendar", "hebei-south", "--out", out).out == f"{out}\n"
    imported = factory("import", out)

    assert [(one["id"], one["valid_from"]) for one in listed] == [
        ("hebei-north", None),
        ("hebei-south", "2025-11-01"),
    ]
    assert (imported.status, imported.out) == (0, "south.toml: 1 new, 0 changed\n")
    again = factory("tariff", "add-calendar", "hebei-south")
    assert again.out == "hebei-south: 0 new, 0 changed\n"
    printed = shell("tariff", "calendar", "hebei-south").out
    assert tomllib.loads(printed) == tomllib.loads(out.read_text(encoding="utf-8"))


def test_a_calendar_whose_start_is_not_known_asks_for_it(factory: Cli) -> None:
    refused = factory("tariff", "add-calendar", "hebei-north")
    added = factory("tariff", "add-calendar", "hebei-north", "--from", "2026-01-01")

    assert refused.status == 2
    assert "--from" in refused.complaint
    assert added.out == "hebei-north: 1 new, 0 changed\n"
    unknown = factory("tariff", "add-calendar", "henan")
    assert (unknown.status, "hebei-north, hebei-south" in unknown.complaint) == (2, True)


def test_check_and_import_warn_where_more_use_costs_less(
    factory: Cli, tmp_path: Path, dearer: Path
) -> None:
    tiers = 'tiers = [{ up_to = "100", price = "2", flat = "10" }, { price = "1" }]'
    text = DEARER.replace('model = "unit"', 'model = "volume"').replace('price = "66.00"', tiers)
    falls = tmp_path / "falls.toml"
    falls.write_text(text, encoding="utf-8")
    warning = (
        "falls.toml: tariff.printer-2026.charge.machine-time: more use costs less: "
        "100 h: 210.00 CNY, but 100.5 h: 100.50 CNY"
    )

    checked, sound = factory("tariff", "check", falls), factory("tariff", "check", dearer)
    imported = factory("import", falls)

    assert (checked.status, checked.out, checked.complaint) == (1, "", warning)
    assert (sound.status, sound.err) == (0, "")
    assert (imported.status, imported.complaint) == (0, warning)


def test_a_preview_is_a_table_or_json(factory: Cli, usage_file: Path, dearer: Path) -> None:
    assert factory("import-usage", usage_file).status == 0

    table = factory("tariff", "preview", dearer, "--period", "2026-10")
    found = factory("tariff", "preview", dearer, "--period", "2026-10", "--json").json

    assert table.err == ""
    assert [line.split() for line in table.out.splitlines()] == [
        ["tenant", "machine", "now", "draft", "difference", "%"],
        ["anping-mesh", "printer-1", "90.00", "99.00", "9.00", "10.00"],
        ["total", "90.00", "99.00", "9.00", "10.00"],
    ]
    amounts = {"now": "90.00", "draft": "99.00", "difference": "9.00", "percent": "10.00"}
    assert found == {
        "rows": [{"tenant": "anping-mesh", "machine": "printer-1", **amounts}],
        "total": amounts,
        "as_if": [],
        "unpriced_now": [],
        "unpriced_draft": [],
    }


def test_a_preview_says_what_it_assumes_and_what_fails(
    factory: Cli, usage_file: Path, tmp_path: Path
) -> None:
    assert factory("import-usage", usage_file).status == 0
    pieces = DEARER.replace('basis = "time"\nclock = "working"\nunit = "h"', 'basis = "pieces"')
    pieces = pieces.replace('model = "unit"', 'unit = "piece"\nmodel = "unit"')
    draft = tmp_path / "pieces.toml"
    draft.write_text(pieces.replace("2026-01-01", "2026-12-01"), encoding="utf-8")

    found = factory("tariff", "preview", draft, "--period", "2026-10")

    assumed, failing = found.err.splitlines()
    assert found.status == 0
    assert "tariff.printer-2026: the version from 2026-12-01" in assumed
    assert "session.S-1.pieces" in failing
    assert found.out.splitlines()[-1].split() == ["total", "0.00", "0.00", "0.00", "-"]


def test_two_people_change_prices_where_that_is_set(
    factory: Cli, second: Cli, data: Path, dearer: Path
) -> None:
    with (data / "settings.toml").open("a", encoding="utf-8") as settings:
        settings.write("tariff_approval = true\n")

    imported = factory("import", dearer)
    waiting = second("tariff", "proposals", "--json").json["proposals"]
    own = factory("tariff", "approve", "1")
    approved = second("tariff", "approve", "1")
    twice = second("tariff", "approve", "1")

    assert (imported.status, imported.out) == (0, "dearer.toml: 0 new, 0 changed\n")
    assert "proposal 1" in imported.complaint
    [proposal] = waiting
    assert (proposal["number"], proposal["status"], proposal["by"]) == (1, "open", "boss")
    assert tomllib.loads(proposal["text"])["tariff"][0]["charge"][0]["price"] == "66.00"
    assert (own.status, twice.status) == (3, 2)
    assert (approved.status, approved.out) == (0, "proposal 1: 0 new, 1 changed\n")
    assert second("tariff", "proposals").out.split()[:4] == ["1", "approved", "dearer.toml", "boss"]


def test_a_rejected_proposal_is_read_and_its_reason_kept(
    factory: Cli, second: Cli, data: Path, dearer: Path, usage_file: Path, tmp_path: Path
) -> None:
    assert factory("import-usage", usage_file).status == 0
    with (data / "settings.toml").open("a", encoding="utf-8") as settings:
        settings.write("tariff_approval = true\n")
    factory("import", dearer)

    text = second("tariff", "proposal", "1").out
    copy = tmp_path / "copy.toml"
    assert second("tariff", "proposal", "1", "--out", copy).status == 0
    previewed = second("tariff", "preview", copy, "--period", "2026-10", "--json")
    rejected = second("tariff", "reject", "1", "--reason", "too dear")

    assert tomllib.loads(text).keys() == {"format", "tariff"}
    assert copy.read_text(encoding="utf-8") == text
    assert (previewed.status, previewed.json["total"]["percent"]) == (0, "10.00")
    assert (rejected.status, rejected.out) == (0, "Proposal 1 rejected\n")
    [proposal] = factory("tariff", "proposals", "--json").json["proposals"]
    assert (proposal["status"], proposal["decided_by"]) == ("rejected", "wang")
    assert proposal["reason"] == "too dear"
    assert second("tariff", "reject", "7", "--reason", "x").status == 2


def test_a_year_of_holidays_is_imported_or_refused_whole(factory: Cli, tmp_path: Path) -> None:
    good, bad = tmp_path / "2027.toml", tmp_path / "bad.toml"
    text = 'year = 2027\nsource = "notice"\nrest_days = [2027-01-01]\n'
    good.write_text(text, encoding="utf-8")
    bad.write_text(text.replace("-01-01", "-01-01, 2026-01-02, 3"), encoding="utf-8")

    refused, added = factory("holidays", "import", bad), factory("holidays", "import", good)

    assert refused.status == 2
    assert refused.err.splitlines() == [
        "bad.toml: rest_days[1]: 2026-01-02 is not a day of 2027",
        "bad.toml: rest_days[2]: 3 is not a date; write it without quotes, such as 2027-01-31",
    ]
    assert (added.status, added.out) == (0, "2027: 1 holidays\n")
    assert factory("holidays", "list").out.splitlines()[-1] == "2027  imported  notice"
    years = factory("holidays", "list", "--json").json["years"]
    assert [one["year"] for one in years] == [2024, 2025, 2026, 2027]
    assert years[-1]["rest_days"] == ["2027-01-01"]
