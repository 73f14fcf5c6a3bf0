"""Floor and usage files on the command line: in, out, priced, and everything wrong with one."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import FLOOR, USAGE, Cli

pytestmark = pytest.mark.slow

SAMPLE = (  # the pricing contract's example of `price --json`
    '{"format": 1, "period": ["2026-10-01", "2026-11-01"], "statements": [{"tenant": '
    '"anping-mesh", "currency": "CNY", "lines": [{"session": "S-1", "contract": "c-anping", '
    '"charge": "machine-time", "quantity": "1.5", "unit": "h", "list": "90.00", "discount": '
    '"0.00", "net": "79.65", "tax": "10.35", "gross": "90.00", "tax_rate": "0.13", "details": '
    '[{"band": null, "tier": null, "quantity": "1.5", "price": "60", "amount": "90"}]}], "net": '
    '"79.65", "tax": "10.35", "gross": "90.00", "gross_uppercase": "人民币玖拾元整"}]}'
)


def test_price_prints_the_document_of_the_contract(
    shell: Cli, floor_file: Path, usage_file: Path
) -> None:
    files = ("--floor", floor_file, "--usage", usage_file)

    priced = shell("price", *files, "--period", "2026-10", "--json")

    assert (priced.status, priced.err) == (0, "")
    assert json.dumps(priced.json, ensure_ascii=False) == SAMPLE


def test_price_knows_periods_by_days_and_one_tenant(
    shell: Cli, floor_file: Path, usage_file: Path
) -> None:
    files = ("price", "--floor", floor_file, "--usage", usage_file, "--json")
    days = ("--period", "2026-10-08..2026-10-09")

    assert shell(*files, *days).json["statements"][0]["gross"] == "90.00"
    assert shell(*files, *days, "--tenant", "stranger").json["statements"] == []


def test_price_warns_of_a_year_without_holidays(
    shell: Cli, tmp_path: Path, usage_file: Path
) -> None:
    bands = """
[[bands]]
id = "north"
valid_from = 2026-01-01
[[bands.season]]
months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
days = "workday"
flat = ["00:00-24:00"]
[[bands.season]]
months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
days = "restday"
valley = ["00:00-24:00"]
"""
    priced_by_band = 'price = "60.00"\nband_prices = { valley = "30.00" }'
    text = FLOOR.replace("{port}", "1").replace('price = "60.00"', priced_by_band)
    text = text.replace('tax_mode = "inclusive"', 'tax_mode = "inclusive"\nbands = "north"')
    floor = tmp_path / "floor.toml"
    floor.write_text(text + bands, encoding="utf-8")
    usage_file.write_text(usage_file.read_text().replace("2026-10-", "2049-10-"))

    priced = shell(
        "price", "--floor", floor, "--usage", usage_file, "--period", "2049-10", "--json"
    )

    assert priced.status == 0
    assert priced.json["statements"][0]["gross"] == "90.00"
    assert "2049" in priced.complaint
    assert "north" in priced.complaint


def test_an_exported_floor_imports_without_a_change(
    factory: Cli, shell: Cli, tmp_path: Path
) -> None:
    first, second, other = tmp_path / "a.toml", tmp_path / "b.toml", tmp_path / "other"

    assert factory("export-floor", first).status == 0
    again = factory("import", first)
    shell("init", "--admin", "boss", "--data", other)
    shell("import", first, "--data", other, "--as", "boss")
    shell("export-floor", second, "--data", other, "--as", "boss")

    assert (again.status, again.out) == (0, "a.toml: 0 new, 0 changed\n")
    assert first.read_bytes() == second.read_bytes()
    assert tomllib.loads(first.read_text(encoding="utf-8"))["machine"][0]["name"] == "3D打印机 1号"


def test_usage_is_imported_once(factory: Cli, usage_file: Path) -> None:
    first, again = factory("import-usage", usage_file), factory("import-usage", usage_file)

    assert (first.status, first.out) == (0, "usage.json: 1 new sessions\n")
    assert (again.status, again.out) == (0, "usage.json: 0 new sessions\n")
    [session] = factory("session", "list", "--json").json["sessions"]
    assert session == {
        "id": "S-1",
        "machine": "printer-1",
        "tenant": "anping-mesh",
        "job": "J-17",
        "start": "2026-10-08T08:00:00+08:00",
        "end": "2026-10-08T10:00:00+08:00",
        "state": "closed",
        "clocks": {"occupied_s": "7200", "powered_s": "7200", "working_s": "5400"},
        "measures": {"energy_wh": "3000"},
        "quality": "good",
    }


def test_a_changed_session_under_a_known_id_is_refused(factory: Cli, usage_file: Path) -> None:
    factory("import-usage", usage_file)
    usage_file.write_text(usage_file.read_text().replace("35000.00", "1.00"))

    refused = factory("import-usage", usage_file)

    assert refused.status == 2
    assert "S-1" in refused.complaint


def test_every_error_of_a_floor_file_is_told_at_once_and_nothing_imported(
    cli: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "bad.toml"
    text = FLOOR.replace("{port}", "1")
    for right, wrong in (
        ('price = "60.00"', "price = 60.5"),
        ('tenant = "anping-mesh"', 'tenant = "nobody"'),
        ('uscc = "91130600MA07T1KX5L"', 'uscc = "91130600MA07T1KX5M"'),
        ("retries = 0", "retrys = 0"),
    ):
        text = text.replace(right, wrong)
    file.write_text(text, encoding="utf-8")

    refused = cli("import", file)

    assert refused.status == 2
    lines = refused.err.splitlines()
    for place, seen in (
        ("tariff.printer-2026.charge.machine-time.price", '"60.5", not 60.5'),
        ("contract.c-anping.tenant", "nobody"),
        ("factory.uscc", "91130600MA07T1KX5M"),
        ("bus.lan-1", "retrys"),
    ):
        assert any(place in line and seen in line for line in lines), (place, refused.err)
    assert all(line.startswith("bad.toml: ") for line in lines)
    assert len(lines) == 4
    assert cli("export-floor", tmp_path / "none.toml").status == 2
    assert not (tmp_path / "none.toml").exists()


def test_every_error_of_a_usage_file_is_told_at_once_and_nothing_imported(
    factory: Cli, tmp_path: Path
) -> None:
    good = USAGE["sessions"][0]  # type: ignore[index]  # a list in a dict of mixed values
    backwards = {**good, "id": "S-2", "end": "2026-10-08T07:00:00+08:00", "working": []}
    unknown = {**good, "id": "S-3", "machine": "printer-9", "tenant": "nobody"}
    file = tmp_path / "bad.json"
    file.write_text(json.dumps({"format": 1, "sessions": [good, backwards, unknown]}))

    refused = factory("import-usage", file)

    assert refused.status == 2
    for where, seen in (
        ("S-2", "2026-10-08T07:00:00+08:00"),
        ("S-3", "printer-9"),
        ("S-3", "nobody"),
    ):
        assert any(where in line and seen in line for line in refused.err.splitlines()), refused.err
    assert factory("session", "list", "--json").json == {"sessions": []}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"format = = 1", "TOML"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"", "format"),
        (b'format = 2\n[factory]\nid = "a"\nname = "a"\n', "format"),
    ],
    ids=["not-toml", "not-text", "empty", "unknown-format"],
)
def test_a_file_that_is_no_floor_file_is_refused(
    cli: Cli, tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "broken.toml"
    file.write_bytes(content)

    refused = cli("import", file)

    assert refused.status == 2
    assert said in refused.err
    assert all(line.startswith("broken.toml: ") for line in refused.err.splitlines())


@pytest.mark.parametrize("content", ["{", "[]", "7", '{"format": 1}', '{"format": 1, "a": NaN}'])
def test_a_file_that_is_no_usage_file_is_refused(
    factory: Cli, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "broken.json"
    file.write_text(content)

    refused = factory("import-usage", file)

    assert refused.status == 2
    assert all(line.startswith("broken.json: ") for line in refused.err.splitlines())


def test_a_missing_file_is_named(cli: Cli, shell: Cli, tmp_path: Path, floor_file: Path) -> None:
    missing = tmp_path / "missing.toml"

    assert str(missing) in cli("import", missing).complaint
    assert str(tmp_path) in cli("import", tmp_path).complaint
    priced = shell("price", "--floor", floor_file, "--usage", missing, "--period", "2026-10")
    assert priced.status == 2
    assert str(missing) in priced.complaint


@pytest.mark.parametrize(
    "period", ["2026", "2026-13", "october", "2026-10-02..2026-10-01", "2026-10-32..2026-11-01", ""]
)
def test_an_unknown_period_is_refused(
    shell: Cli, floor_file: Path, usage_file: Path, period: str
) -> None:
    refused = shell("price", "--floor", floor_file, "--usage", usage_file, "--period", period)

    assert refused.status == 2
    assert refused.out == ""
    assert period in refused.complaint
