"""Typing calibrations: instruments, standards, files and their mistakes, what is due or blocked."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared_factory_desktop.domain.calibration_due import next_due
from tests.cli.conftest import FLOOR, Cli

pytestmark = pytest.mark.slow

TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
PERFORMED = TODAY - dt.timedelta(days=200)
INSTRUMENT = (
    "calibration", "instrument", "set", "M-001", "energy_wh", "--maker", "Eastron",
    "--model", "SDM120", "--range", "0.25-5(45) A", "--resolution", "1", "--class", "1",
    "--limit", "0.01", "--location", "一号车间", "--interval-months", "12",
)  # fmt: skip
STANDARD = (
    "calibration", "standard", "add", "STD-1", "--name", "标准电能表", "--serial", "B-7",
    "--traceability", "冀计 2026-0001", "--uncertainty", "0.0005", "--due",
)  # fmt: skip
HEAD = f"""format = 1
meter = "M-001"
quantity = "energy_wh"
standard = "STD-1"
method = "JJG 596-2012"
place = "一号车间"
performed_at = {PERFORMED}T09:00:00+08:00
temperature_c = "23.1"
"""
POINTS = """
[[as_found]]
nominal = "25 % In"
reference = "2500"
indicated = ["2511", "2513"]
[[as_found]]
nominal = "50 % In"
reference = "5000"
indicated = ["5021"]
[[as_found]]
nominal = "75 % In"
reference = "7500"
indicated = ["7534"]
[[as_found]]
nominal = "100 % In"
reference = "10000"
indicated = ["10043"]
"""
ONE_POINT = "[[as_found]]".join(POINTS.split("[[as_found]]")[:2])


@pytest.fixture
def equipped(factory: Cli) -> Cli:
    """A factory with an instrument and a standard."""
    return _equipped(factory)


def _equipped(cli: Cli, due: dt.date = TODAY) -> Cli:
    for command in (INSTRUMENT, (*STANDARD, due)):
        assert cli(*command).status == 0
    return cli


@pytest.fixture
def trade(cli: Cli, tmp_path: Path, usage_file: Path) -> Cli:
    """The same for trade, with a session that the meter measured."""
    floor = tmp_path / "floor.toml"
    text = FLOOR.replace("{port}", "1").replace("unit = 7", 'unit = 7\nlegal_use = "trade"')
    floor.write_text(text, encoding="utf-8")
    for command in (("import", floor), ("import-usage", usage_file)):
        assert cli(*command).status == 0
    return _equipped(cli)


def written(folder: Path, text: str = HEAD + POINTS) -> Path:
    file = folder / "cal.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_calibration_goes_from_a_file_to_its_certificate(equipped: Cli, tmp_path: Path) -> None:
    recorded = equipped("calibration", "record", written(tmp_path, f'fit = "gain"\n{HEAD}{POINTS}'))
    number = f"JZ-{TODAY.year}-000001"
    assert recorded.out == (
        f"Calibration {number} recorded (pass); it counts once reviewed:"
        f" `calibration review {number}`\n"
    )
    assert "(not reviewed)" in equipped("calibration", "list").out
    until = next_due(PERFORMED, 12)

    reviewed = equipped("calibration", "review", number)

    assert reviewed.out == f"Calibration {number} reviewed: it holds until {until}\n"
    lines = equipped("calibration", "show", number).out.splitlines()
    assert lines[0].split()[:5] == [number, "M-001", "energy_wh", str(PERFORMED), "pass"]
    assert "b = 0.9956457" in lines[0]  # reference/billing 5.2, through the origin
    errors = [re.search(r"e = (\S+ %)", line) for line in lines[1:]]
    assert [one[1] for one in errors if one] == ["0.480 %", "0.420 %", "0.453 %", "0.430 %"]
    out = tmp_path / "certs" / "c.pdf"
    made = equipped("calibration", "certificate", number, "--out", out)
    assert made.out.split() == [
        str(out.with_name(f"c{end}")) for end in (".pdf", ".json", ".label.pdf")
    ]
    numbered = equipped("calibration", "certificate", number, "--out", tmp_path / "all")
    assert numbered.out.split()[0] == str(tmp_path / "all" / f"{number}.pdf")
    assert json.loads(out.with_suffix(".json").read_text("utf-8"))["number"] == number


def test_scripts_read_calibrations_and_what_is_due(equipped: Cli, tmp_path: Path) -> None:
    never = equipped("calibration", "list", "--due", 30, "--json").json["due"]
    made = equipped("calibration", "record", written(tmp_path), "--json").json
    equipped("calibration", "review", made["number"])

    [row] = equipped("calibration", "list", "--due", 365, "--json").json["due"]
    [listed] = equipped("calibration", "list", "--json").json["calibrations"]

    assert [one["state"] for one in never] == ["never"]
    assert equipped("calibration", "list", "--due", 30, "--json").json == {"due": []}
    due = next_due(PERFORMED, 12)
    assert row == {
        "meter": "M-001",
        "quantity": "energy_wh",
        "machines": ["printer-1"],
        "legal_use": "internal",
        "state": "ok",
        "due": due.isoformat(),
        "days": (due - TODAY).days,
        "number": made["number"],
        "performed": PERFORMED.isoformat(),
        "verdict": "pass",
    }
    assert listed == {**made, "reviewer": "boss"}
    assert made["performed_at"] == f"{PERFORMED}T09:00:00+08:00"
    assert made["as_found"][0]["indicated"] == ["2511", "2513"]
    assert (made["operator"], made["reviewer"], made["version"]) == ("boss", None, 1)


def test_a_file_with_a_number_is_the_next_version(equipped: Cli, tmp_path: Path) -> None:
    first = equipped("calibration", "record", written(tmp_path), "--json").json["number"]
    again = written(tmp_path, f'number = "{first}"\nremarks = "humidity"\n{HEAD}{POINTS}')

    second = equipped("calibration", "record", again)

    assert second.out.endswith("(v2)\n")
    [listed] = equipped("calibration", "list", "--json").json["calibrations"]
    assert (listed["number"], listed["version"], listed["remarks"]) == (first, 2, "humidity")


def test_every_mistake_of_a_file_is_named(equipped: Cli, tmp_path: Path) -> None:
    text = f"""
standard = "STD-9"
meter = "M-009"
quantity = "energy_wh"
reason = "whim"
rule = "strict"
performed_at = {PERFORMED}
effective_at = {PERFORMED}T09:00:00
temperature_c = 23.1
humidity_percent = "140"
adjusted = "no"
weather = "fine"
[[as_found]]
reference = "0"
indicated = []
[[as_left]]
nominal = "x"
reference = "1"
indicated = ["1", "one", 1.5]
scatter = 1
[coefficients]
gain = "0"
"""
    refused = equipped("calibration", "record", written(tmp_path, text))

    assert refused.status == 2
    places = [line.split(": ")[1] for line in refused.err.splitlines()]
    assert sorted(places) == sorted(
        [
            "format", "meter", "standard", "rule", "as_found[0].reference",
            "as_found[0].nominal", "as_found[0].indicated", "as_left[0].indicated",
            "as_left[0].indicated", "as_left[0].scatter", "performed_at", "method", "reason",
            "temperature_c", "humidity_percent", "place", "adjusted", "effective_at",
            "coefficients.gain", "weather",
        ]
    )  # fmt: skip
    assert all(line.startswith("cal.toml: ") for line in refused.err.splitlines())
    assert 'cal.toml: as_left[0].indicated: write "1.5", not 1.5' in refused.err
    assert equipped("calibration", "list").out == ""


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (HEAD, "cal.toml: as_found: this is missing; add it"),
        (HEAD + "as_found = []", "cal.toml: as_found: this is missing; add it"),
        ("format = 1\nmeter = ", "cal.toml: this is not valid TOML: "),
        (f'fit = "gain-offset"\n{HEAD}{POINTS}',
         "cal.toml: fit: gain-offset is not one of gain"),
        (f'fit = "gain"\n{HEAD}{ONE_POINT}',
         "cal.toml: fit: 1 points are too few to lay a line through; give at least 2"),
        (f'fit = "gain"\n{HEAD}{POINTS}[coefficients]\ngain = "1"\n',
         "cal.toml: coefficients: give either fit or coefficients, not both"),
        (f'{HEAD}{POINTS}[coefficients]\ngain = "1"\noffset = "0.1"\n',
         "cal.toml: coefficients.offset: 0.1 is out of range; expected 0"),
        (f'adjusted = true\n{HEAD}{POINTS}',
         "meter M-001: energy_wh was adjusted, and no point tells how it was left: "),
        (f'number = "JZ-2020-000001"\n{HEAD}{POINTS}',
         "calibration JZ-2020-000001: there is none with this number: see `calibration list`"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_recorded_says_why(
    equipped: Cli, tmp_path: Path, text: str, complaint: str
) -> None:
    refused = equipped("calibration", "record", written(tmp_path, text))

    assert refused.status == 2
    assert refused.complaint.startswith(complaint)


def test_an_expired_standard_is_named_with_its_day(factory: Cli, tmp_path: Path) -> None:
    due = PERFORMED - dt.timedelta(days=1)
    _equipped(factory, due)

    refused = factory("calibration", "record", written(tmp_path))

    assert refused.status == 2
    assert refused.complaint == (
        f"standard STD-1: its certificate held until {due}, the calibration was made on"
        f" {PERFORMED}: use another standard, or enter its new certificate"
    )


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (("calibration", "record", "none.toml"), "none.toml: it cannot be read"),
        (("calibration", "review", "JZ-1"), "calibration JZ-1: there is none with this number"),
        (("calibration", "show", "JZ-1"), "calibration JZ-1: there is none with this number"),
        (("calibration", "attachment", 9, "--out", "x"), "attachment 9: there is none"),
        (("calibration", "list", "--due", "soon"), "shared-factory calibration list: "),
        (("calibration", "list", "--due", -1), "shared-factory calibration list: "),
        ((*INSTRUMENT[:3], "M-9", *INSTRUMENT[4:]), "meter M-9: "),
        ((*INSTRUMENT[:4], "gas_l", *INSTRUMENT[5:]), "meter M-001: it does not give gas_l: "),
        ((*INSTRUMENT, "--limit", "1 %"), "--limit: 1 % is not a decimal"),
        ((*INSTRUMENT, "--interval-months", 0), "meter M-001: energy_wh is said to be calibrated"),
        ((*STANDARD, "soon"), "--due: soon is not a date"),
        ((*STANDARD, TODAY, "--uncertainty", "5"), "standard STD-1: 5 cannot be its uncertainty"),
    ],
)
def test_what_is_typed_wrong_is_one_line(
    factory: Cli, command: tuple[object, ...], complaint: str
) -> None:
    refused = factory(*command)

    assert refused.status == 2
    assert refused.complaint.startswith(complaint)


def test_a_statement_by_an_uncalibrated_trade_meter_is_drafted_but_not_issued(
    trade: Cli, tmp_path: Path
) -> None:
    bill = ("--tenant", "anping-mesh", "--period", "2026-10", "--json")
    reason = (
        "meter M-001: energy_wh is for trade and has no reviewed calibration, so that nothing is"
        " billed by it: calibrate it with `calibration record` and have that reviewed"
    )
    number = trade("calibration", "record", written(tmp_path), "--json").json["number"]

    drafted = trade("statement", "draft", *bill)
    issued = trade("statement", "issue", *bill)
    own = trade("calibration", "review", number)

    assert (drafted.status, drafted.complaint) == (0, reason)
    assert drafted.json["statements"][0]["gross"] == "90.00"
    assert (issued.status, issued.complaint, issued.out) == (2, reason, "")
    assert own.status == 3
    assert own.complaint == (
        f"calibration {number}: boss made or entered it and meter M-001 is for trade: have"
        " another person review it"
    )


def test_what_is_set_up_is_listed(equipped: Cli) -> None:
    shown = equipped("calibration", "instrument", "list").out
    assert re.split(r"\s{2,}", shown.strip()) == [
        "M-001", "energy_wh", "-", "SDM120", "1", "1.000 %", "12", "internal",
    ]  # fmt: skip
    [standard] = equipped("calibration", "standard", "list", "--json").json["standards"]
    assert (standard["id"], standard["uncertainty"], standard["due"]) == (
        "STD-1", "0.0005", TODAY.isoformat(),
    )  # fmt: skip
    assert "0.050 %" in equipped("calibration", "standard", "list").out


def test_files_are_kept_with_a_calibration(equipped: Cli, tmp_path: Path) -> None:
    number = equipped("calibration", "record", written(tmp_path), "--json").json["number"]
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF-1.4")

    kept = equipped("calibration", "attach", number, scan)

    assert kept.out == f"{number}: scan.pdf kept as attachment 1\n"
    assert equipped("calibration", "attachment", 1, "--out", tmp_path / "again.pdf").status == 0
    assert (tmp_path / "again.pdf").read_bytes() == b"%PDF-1.4"
    assert "scan.pdf" in equipped("calibration", "show", number).out
    [told] = equipped("calibration", "show", number, "--json").json["attachments"]
    assert (told["name"], told["media_type"]) == ("scan.pdf", "application/pdf")


def test_the_file_of_the_documentation_is_recorded(equipped: Cli, tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "calibration.md"
    text = page.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    shown = text.replace("2026-11-20", str(PERFORMED))
    left_out = re.sub(r"(?m)^# (number|fit|verdict) =.*$", "", shown)
    full = re.sub(r"(?m)^# (?=[a-z\[])", "", left_out)
    full = full.replace("[coefficients]", f"{ONE_POINT.replace('found', 'left')}[coefficients]")
    full = full.replace("[[as_left]]  ", "# ", 1).replace("adjusted = false", "adjusted = true")
    full = full.replace("valid_until = 2027-11-20", f"valid_until = {TODAY}")

    for file in (shown, full):
        made = equipped("calibration", "record", written(tmp_path, file), "--json")
        assert made.status == 0, made.err

    assert made.json["adjusted"]
    assert made.json["coefficients"]["gain"] == "0.9954"
    assert made.json["as_found"][0]["expanded"] == "0.0009"
    assert made.json["temperature_c"] == "23.1"
