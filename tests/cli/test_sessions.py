"""Sessions, meters and readings on the command line, over a simulated line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from drivers.simulate.bus import VirtualBus
from tests.cli.conftest import Cli

pytestmark = pytest.mark.slow

ON_PRINTER = ("--machine", "printer-1", "--tenant", "anping-mesh")


def test_a_meter_is_read(metered: Cli) -> None:
    read = metered("meter", "read", "M-001", "--json")

    assert read.status == 0
    assert read.json["meter"] == "M-001"
    assert dt.datetime.fromisoformat(read.json["at"]).utcoffset() == dt.timedelta(hours=8)
    values = {reading["quantity"]: reading for reading in read.json["readings"]}
    assert values["energy_wh"] == {
        "quantity": "energy_wh",
        "value": "12345000",
        "unit": "Wh",
        "quality": "good",
        "raw": "4640E400",
    }
    assert "4640E400" in metered("meter", "read", "M-001", "--raw").out


def test_a_silent_meter_is_missing_not_old(metered: Cli) -> None:
    read = metered("meter", "read", "M-SILENT", "--json")

    assert read.status == 4
    assert {(r["value"], r["raw"], r["quality"]) for r in read.json["readings"]} == {
        (None, None, "missing")
    }


def test_an_unknown_meter_and_a_dead_line_are_told(factory: Cli) -> None:
    unknown, dead = factory("meter", "read", "M-9"), factory("meter", "read", "M-001")

    assert (unknown.status, dead.status) == (2, 4)
    assert "M-9" in unknown.complaint
    assert "M-001" in dead.complaint


def test_a_session_runs_from_start_to_stop(metered: Cli) -> None:
    started = metered("session", "start", *ON_PRINTER, "--job", "J-1", "--json")
    [open_one] = metered("session", "list", "--open", "--json").json["sessions"]
    stopped = metered("session", "stop", "--machine", "printer-1", "--json")

    assert (started.status, stopped.status) == (0, 0)
    assert (open_one["state"], open_one["end"], open_one["job"]) == ("open", None, "J-1")
    assert stopped.json["state"] == "closed"
    assert stopped.json["measures"] == {"energy_wh": "0"}
    assert stopped.json["quality"] == "good"
    assert metered("session", "list", "--open", "--json").json == {"sessions": []}


def test_a_refused_start_names_all_reasons(metered: Cli) -> None:
    nobody = metered("session", "start", "--machine", "printer-2", "--tenant", "stranger")
    nothing = metered("session", "start", "--machine", "m-x", "--tenant", "t-x")
    metered("session", "start", *ON_PRINTER)
    busy = metered("session", "start", *ON_PRINTER)

    assert [one.status for one in (nobody, nothing, busy)] == [2, 2, 2]
    contract, meter = nobody.err.splitlines()
    assert "stranger" in contract
    assert "M-SILENT" in meter
    assert len(nothing.err.splitlines()) == 2
    assert "S-000001" in busy.complaint


def test_without_readings_a_session_is_suspect(metered: Cli) -> None:
    where = ("--machine", "printer-2", "--tenant", "anping-mesh")

    refused = metered("session", "start", *where)
    started = metered("session", "start", *where, "--without-readings", "--json")
    stopped = metered("session", "stop", "--machine", "printer-2", "--json")

    assert refused.status == 4
    assert "M-SILENT" in refused.complaint
    assert (started.status, started.json["quality"]) == (0, "suspect")
    assert stopped.status == 1
    assert stopped.json["state"] == "problem"
    assert stopped.json["measures"] == {}


def test_a_line_that_dies_during_a_session_makes_it_a_problem(
    metered: Cli, line: VirtualBus
) -> None:
    metered("session", "start", *ON_PRINTER)
    line.stop()

    stopped = metered("session", "stop", "--machine", "printer-1", "--json")

    assert stopped.status == 1
    assert (stopped.json["state"], stopped.json["quality"]) == ("problem", "suspect")
    assert stopped.json["measures"] == {}
    [listed] = metered("session", "list", "--problem", "--json").json["sessions"]
    assert listed == stopped.json


def test_nothing_to_stop_is_told(metered: Cli) -> None:
    assert metered("session", "stop", "--machine", "printer-1").status == 2
    assert metered("session", "stop", "--machine", "printer-9").status == 2


def test_readings_are_listed_as_the_contract_says(metered: Cli) -> None:
    metered("session", "start", *ON_PRINTER)
    metered("session", "stop", "--machine", "printer-1")

    rows = metered("readings", "--meter", "M-001", "--json").json["readings"]

    energy = [row for row in rows if row["quantity"] == "energy_wh"]
    assert [row["reason"] for row in energy] == ["start", "stop"]
    assert {(row["value"], row["raw"], row["quality"]) for row in energy} == {
        ("12345000", "4640E400", "good")
    }
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    assert sorted(row["seq"] for row in rows) == list(range(1, len(rows) + 1))
    after = energy[-1]["at"]
    later = metered("readings", "--from", after, "--json").json["readings"]
    assert later
    assert all(row["at"] >= after for row in later)


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_an_instant_that_is_none_is_refused(metered: Cli, option: str) -> None:
    refused = metered("readings", option, "yesterday")

    assert refused.status == 2
    assert "yesterday" in refused.complaint


def test_verify_counts_what_it_checked(metered: Cli, tmp_path: Path) -> None:
    metered("session", "start", *ON_PRINTER)

    verified = metered("verify", "--json")

    assert verified.status == 0
    assert verified.json["ok"] is True
    assert verified.json["problems"] == []
    assert verified.json["checked"]["readings"] > 0
    assert verified.json["checked"]["statements"] == 0
    assert metered("check").status == 0
    assert metered("backup", tmp_path / "copy.db").status == 0
