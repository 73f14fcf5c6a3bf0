"""Typing who may run what, when and for how much, and what a start then says."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

pytestmark = pytest.mark.slow

ANPING = ("--machine", "printer-1", "--tenant", "anping-mesh")
START = ("session", "start", *ANPING, "--without-readings")
LATER = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=2)


def at(hours: int) -> str:
    return (LATER + dt.timedelta(hours=hours)).isoformat()


def test_an_unqualified_tenant_is_told_what_to_do(factory: Cli) -> None:
    ruled = factory("qualification", "require", "--kind", "3d-printer", "on")
    assert ruled.out == "Kind 3d-printer: a qualification is required\n"

    refused = factory(*START)

    assert refused.status == 2
    assert refused.complaint == (
        "machine printer-1: tenant anping-mesh has no qualification for it: have the certificate"
        " entered with `qualification add`"
    )
    added = factory(
        "qualification", "add", *ANPING, "--person", "王工", "--certificate", "H-7",
        "--expires", (LATER + dt.timedelta(days=9)).date(),
    )  # fmt: skip
    assert added.out == "Qualification Q-000001 entered\n"
    assert factory(*START).status == 0


def test_qualifications_are_listed_with_what_they_are_worth(factory: Cli) -> None:
    add = ("qualification", "add", *ANPING, "--certificate", "H-7", "--from", "2026-01-05")
    factory(*add, "--expires", (LATER + dt.timedelta(days=9)).date())
    factory(*add)
    assert factory("qualification", "revoke", "Q-000002", "--reason", "accident").status == 0

    lines = factory("qualification", "list").out.splitlines()
    listed = factory("qualification", "list", "--json").json["qualifications"]

    assert lines[0].endswith("expires within 30 days")
    assert lines[1].endswith("revoked")
    assert [one["standing"] for one in listed] == ["expiring", "revoked"]
    assert listed[1] == {
        "id": "Q-000002",
        "tenant": "anping-mesh",
        "person": None,
        "machine": "printer-1",
        "valid_from": "2026-01-05",
        "valid_to": None,
        "certificate": "H-7",
        "standing": "revoked",
        "revoked": "accident",
    }


def test_a_calendar_refuses_what_overlaps_and_names_it(factory: Cli) -> None:
    add = ("reservation", "add", "--machine", "printer-1", "--tenant")
    made = factory(*add, "anping-mesh", "--from", at(0), "--to", at(2), "--json").json

    refused = factory(*add, "stranger", "--from", at(1), "--to", at(3))

    assert refused.status == 2
    assert refused.complaint.startswith(
        f"machine printer-1: reservation {made['id']} keeps it for tenant anping-mesh from "
    )
    assert factory(*add, "stranger", "--from", at(2), "--to", at(3)).status == 0
    assert factory("reservation", "cancel", made["id"], "--reason", "no material").status == 0
    assert factory("reservation", "cancel", made["id"], "--reason", "twice").status == 2
    listed = factory("reservation", "list", "--json").json["reservations"]
    assert [(one["tenant"], one["state"]) for one in listed] == [
        ("anping-mesh", "cancelled"),
        ("stranger", "ahead"),
    ]
    shown = factory("reservation", "list", "--machine", "printer-1").out.splitlines()
    assert [line.split()[0] for line in shown] == ["R-000001", "R-000002"]
    assert factory("reservation", "list", "--machine", "printer-2").out == ""


def test_the_grace_of_a_machine_is_for_reservations_made_after(factory: Cli) -> None:
    add = ("reservation", "add", *ANPING)
    first = factory(*add, "--from", at(0), "--to", at(1), "--json").json
    assert factory("reservation", "grace", "--machine", "printer-1", "40").status == 0

    second = factory(*add, "--from", at(1), "--to", at(2), "--json").json

    assert (first["grace_s"], second["grace_s"]) == (900, 2400)
    assert factory("reservation", "grace", "--machine", "printer-1", "0").status == 2


def test_a_work_order_is_opened_filled_and_closed(
    factory: Cli, tmp_path: Path, usage_file: Path
) -> None:
    factory(
        "job", "add", "J-17", "--tenant", "anping-mesh", "--name", "支架", "--value", "35000.00",
        "--target-pieces", "100",
    )  # fmt: skip
    usage = json.loads(usage_file.read_text(encoding="utf-8"))
    usage["sessions"][0]["pieces"] = {"good": 40, "scrap": 2}
    file = tmp_path / "made.json"
    file.write_text(json.dumps(usage))
    assert factory("import-usage", file).status == 0

    [job] = factory("job", "list", "--json").json["jobs"]

    assert job == {
        "id": "J-17",
        "tenant": "anping-mesh",
        "name": "支架",
        "value": "35000",
        "target_pieces": 100,
        "pieces": 40,
        "sessions_without_pieces": 0,
        "state": "open",
    }
    assert "40 of 100 pieces" in factory("job", "list").out
    assert factory("job", "close", "J-17").status == 0
    assert factory(*START, "--job", "J-17").complaint == (
        "job J-17: the work order is closed: open another with `job add`"
    )
    assert factory("job", "list", "--open").out == ""


def test_a_budget_refuses_or_warns_on_standard_error(factory: Cli, usage_file: Path) -> None:
    """The tenant has used 90.00 CNY, and what a session costs while it is being started."""
    factory("import-usage", usage_file)
    set_ = ("budget", "set", "c-anping", "--period", "total", "--amount")
    factory(*set_, "90.00")

    refused = factory(*START)

    assert (refused.status, refused.complaint) == (
        2,
        "contract c-anping: 90.00 of its budget of 90.00 CNY are spent (100 %):"
        " raise it with `budget set`",
    )
    [budget] = factory("budget", "list", "--json").json["budgets"]
    assert budget == {
        "contract": "c-anping",
        "tenant": "anping-mesh",
        "amount": "90.00",
        "period": "total",
        "warn": "0.8",
        "spent": "90.00",
        "state": "spent",
    }
    assert "90.00 of 90.00 CNY" in factory("budget", "list").out
    factory(*set_, "100.00")
    started = factory(*START, "--json")
    assert (started.status, started.json["machine"]) == (0, "printer-1")
    assert re.fullmatch(
        r"contract c-anping: 90\.\d\d of its budget of 100\.00 CNY are spent \(90 %\):"
        r" raise it before it ends",
        started.complaint,
    )
    factory("session", "stop", "--machine", "printer-1")
    factory("budget", "lift", "c-anping")
    assert factory(*START).err == ""


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("qualification require on", "either --machine or --kind"),
        ("qualification require --machine M-9 on", "machine M-9: there is no such machine"),
        ("qualification require --kind lathe on", "kind lathe: there is no such kind"),
        ("qualification revoke Q-9 --reason x", "qualification Q-9:"),
        (
            "qualification add --tenant stranger --kind welder --certificate x --expires soon",
            "--expires: soon is not a date",
        ),
        (
            "qualification add --tenant stranger --kind welder --certificate x"
            " --from 2026-02-01 --expires 2026-02-01",
            "expire on 2026-02-01",
        ),
        ("qualification add --tenant nobody --kind welder --certificate x", "tenant nobody:"),
        (
            "reservation add --machine printer-1 --tenant stranger --from now --to then",
            "--from: now is not an instant",
        ),
        ("job add J-1 --tenant nobody --name x", "tenant nobody: there is no such tenant"),
        ("job add J-1 --tenant stranger --name x --value much", "--value: much is not a decimal"),
        ("job add J-1 --tenant stranger --name x --value -1", "a value of -1 CNY is below 0"),
        ("job close J-1", "job J-1: there is no open work order"),
        ("budget set c-9 --amount 1 --period month", "contract c-9: there is no such contract"),
        ("budget set c-anping --amount 0 --period month", "budget: 0.00 CNY"),
        ("budget set c-anping --amount 9 --period month --warn 1.1", "warning at 1.1"),
        ("budget set c-anping --amount 0.005 --period month", "--amount: 0.005 CNY is finer"),
        ("qualification revoke Q-1 --reason=", "Q-1: no reason is given"),
        ("reservation cancel R-1 --reason=", "R-1: no reason is given"),
        ("budget lift c-anping", "contract c-anping: it has no budget"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    factory: Cli, typed: str, expected: str
) -> None:
    refused = factory(*typed.split())

    assert refused.status == 2
    assert expected in refused.complaint
