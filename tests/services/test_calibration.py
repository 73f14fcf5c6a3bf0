"""Calibrations: who records and reviews them, what is wrong with them, what is due."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drivers.simulate.bus import VirtualBus
from shared_factory_desktop.domain.calibration import Decision, Verdict
from shared_factory_desktop.domain.calibration_due import DueState
from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused
from shared_factory_desktop.domain.records import Record
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.settings import load
from shared_factory_desktop.storage import outbox
from shared_factory_desktop.storage.database import Database
from tests.services.calibration_scene import (
    DAY,
    LI,
    TODAY,
    WANG,
    causes,
    counted,
    equipped,
    metered,
    on,
)
from tests.services.conftest import BOSS, NOW, Open
from tests.storage.calibration_scene import CALIBRATION, FOUND, INSTRUMENT, STANDARD

pytestmark = pytest.mark.slow

SUFFIXES = (".pdf", ".json", ".label.pdf")
Factory = Callable[[str], Services]


@pytest.fixture
def factory(open_services: Open, line: VirtualBus, tmp_path: Path) -> Factory:
    """Set up a factory whose meter is for a legal use."""
    return lambda legal_use: metered(open_services(), line, tmp_path, legal_use)


@pytest.fixture
def internal(factory: Factory) -> Services:
    """An instrument for internal use, and a standard."""
    return equipped(factory("internal"), "internal")


@pytest.fixture
def trade(factory: Factory) -> Services:
    """An instrument for trade, and a standard."""
    return equipped(factory("trade"), "trade")


def _records(folder: Path) -> list[Record]:
    """Give what platforms are told of calibrations, oldest first."""
    workstation = load(folder / "data" / "settings.toml")["workstation"]
    database = Database.open(folder / "data" / "factory.db", lambda: NOW)
    with database.read() as tx:
        found = outbox.records(tx, f"urn:shared-factory:renze-01:{workstation}", 0, 1000)
    database.close()
    return [record for record in found if record.type == "calibration.recorded"]


def _certificates(folder: Path) -> list[object]:
    return [record.data["certificate"] for record in _records(folder)]


def test_a_trade_meter_needs_another_person_and_a_manager(trade: Services) -> None:
    service = trade.calibration
    own = service.record(WANG, replace(CALIBRATION, operator="wang")).number
    entered = service.record(WANG, replace(CALIBRATION, operator="laboratory")).number
    made = service.record(LI, replace(CALIBRATION, operator="wang")).number

    for number in (own, entered, made):
        with pytest.raises(Refused) as refused:
            service.review(WANG, number)
        values = {"number": number, "user": "wang", "meter": "M-1"}
        assert causes(refused) == [("own-calibration", values)]
        assert refused.value.kind is Kind.NOT_ALLOWED
    with pytest.raises(Refused) as role:
        service.review(Actor("zhao", Role.TECHNICIAN), own)
    assert [code for code, _ in causes(role)] == ["role"]
    assert service.get(BOSS, own).reviewer is None
    assert service.review(BOSS, own).reviewer == "boss"


def test_an_internal_meter_is_reviewed_by_who_calibrated_it_once(internal: Services) -> None:
    number = internal.calibration.record(LI, CALIBRATION).number

    assert internal.calibration.review(LI, number).reviewer == "li"
    with pytest.raises(Refused) as twice:
        internal.calibration.review(LI, number)
    assert causes(twice) == [("calibration-reviewed", {"number": number, "user": "li"})]


def test_a_meter_that_comes_to_be_for_trade_needs_another_review(
    factory: Factory, tmp_path: Path
) -> None:
    services = equipped(factory("internal"), "internal")
    number = services.calibration.record(LI, on(TODAY - DAY)).number
    services.calibration.review(LI, number)
    floor = tmp_path / "floor.toml"
    text = floor.read_text(encoding="utf-8").replace('"internal"', '"trade"')
    floor.write_text(text, encoding="utf-8")
    services.floor.import_file(BOSS, floor)
    [before] = services.billing.draft(BOSS, "anping", "2026-10").warnings

    services.calibration.review(WANG, number)

    assert before.code == "calibration-never"
    assert services.billing.draft(BOSS, "anping", "2026-10").warnings == ()
    assert _certificates(tmp_path) == [number]


def test_platforms_are_told_when_a_calibration_counts_and_of_each_version(
    internal: Services, tmp_path: Path
) -> None:
    number = internal.calibration.record(LI, CALIBRATION).number
    assert _certificates(tmp_path) == []

    internal.calibration.review(LI, number)
    internal.calibration.record(LI, replace(CALIBRATION, number=number, remarks="again"))
    internal.calibration.review(LI, number)

    assert _certificates(tmp_path) == [number, number]
    [first, second] = _records(tmp_path)
    assert (first.subject, first.at) == ("M-1", CALIBRATION.performed_at)
    assert [one.data["version"] for one in (first, second)] == [1, 2]
    assert first.data == {
        "meter": "M-1",
        "quantity": "energy_wh",
        "method": "JJG 596-2012",
        "as_found": [
            {
                "nominal": "20 % In",
                "error": "0.004525",
                "limit": "0.01",
                "uncertainty": "0.00096",
                "decision": "pass",
            }
        ],
        "as_left": [],
        "coefficients": {
            "gain": "0.9954951",
            "offset": "0",
            "gain_u": "0.000137",
            "offset_u": "0.00",
        },
        "effective_at": "2026-03-01T02:00:00+00:00",
        "uncertainty": "0.00096",
        "verdict": "pass",
        "valid_until": "2027-03-01",
        "certificate": number,
        "version": 1,
    }
    assert internal.verification.verify(BOSS).ok


def test_a_standard_is_of_use_until_its_due_date(internal: Services) -> None:
    internal.calibration.add_standard(LI, replace(STANDARD, due=dt.date(2026, 11, 20)))

    with pytest.raises(Refused) as refused:
        internal.calibration.record(LI, on(dt.date(2026, 11, 21)))

    assert causes(refused) == [
        ("standard-expired", {"standard": "STD-1", "due": "2026-11-20", "day": "2026-11-21"})
    ]
    assert internal.calibration.list(BOSS) == ()
    assert internal.calibration.record(LI, on(dt.date(2026, 11, 20))).number == "JZ-2026-000001"


def test_everything_wrong_with_a_calibration_is_said_at_once(internal: Services) -> None:
    later = NOW + dt.timedelta(hours=1)
    wrong = replace(
        CALIBRATION,
        performed_at=later,
        effective_at=NOW - DAY,
        valid_until=dt.date(2029, 1, 1),
        coefficients=replace(CALIBRATION.coefficients, gain=Decimal(0)),
        method=" ",
        reason="whim",
        as_found=(),
        adjusted=True,
    )

    with pytest.raises(Refused) as refused:
        internal.calibration.record(LI, wrong)

    assert causes(refused) == [
        (code, {"meter": "M-1", "quantity": "energy_wh", **values})
        for code, values in (
            ("calibration-future",
             {"seen": "2026-11-23T11:00+08:00", "now": "2026-11-23T10:00+08:00"}),
            ("calibration-effective",
             {"seen": "2026-11-22T10:00+08:00", "performed": "2026-11-23T11:00+08:00"}),
            ("calibration-valid-until",
             {"seen": "2029-01-01", "day": "2026-11-23", "longest": "2027-11-23"}),
            ("calibration-gain", {"seen": "0"}),
            ("calibration-empty", {"field": "method"}),
            ("calibration-reason",
             {"seen": "whim", "known": "initial, periodic, repair, dispute"}),
            ("calibration-no-points", {}),
            ("calibration-no-as-left", {}),
        )
    ]  # fmt: skip


FAILED = replace(FOUND, error=Decimal("0.012"), decision=Decision.FAIL)
DOUBTFUL = replace(FOUND, decision=Decision.CONDITIONAL_PASS)


@pytest.mark.parametrize(
    ("verdict", "found", "left", "holds"),
    [
        (Verdict.PASS, FAILED, (), False),
        (Verdict.PASS, DOUBTFUL, (), True),
        (Verdict.ADJUST, FAILED, (FOUND,), True),
        (Verdict.ADJUST, FAILED, (FAILED,), False),
        (Verdict.ADJUST, FAILED, (), False),
        (Verdict.REJECT, FAILED, (), True),
    ],
)
def test_a_verdict_is_borne_by_the_points_as_they_were_left(
    internal: Services, verdict: Verdict, found: Any, left: tuple[Any, ...], holds: bool
) -> None:
    made = replace(
        CALIBRATION, verdict=verdict, as_found=(found,), as_left=left, adjusted=bool(left)
    )
    if holds:
        assert internal.calibration.record(LI, made).verdict is verdict
        return
    with pytest.raises(Refused) as refused:
        internal.calibration.record(LI, made)
    [(code, values)] = causes(refused)
    assert (code, values["point"], values["decision"]) == ("calibration-verdict", "20 % In", "fail")


def test_a_version_is_of_the_register_it_puts_right(internal: Services) -> None:
    power = replace(INSTRUMENT, quantity="power_w", resolution=Decimal("0.1"))
    internal.calibration.add_instrument(LI, power)
    number = internal.calibration.record(LI, CALIBRATION).number

    with pytest.raises(Refused) as other:
        internal.calibration.record(LI, replace(CALIBRATION, number=number, quantity="power_w"))
    with pytest.raises(Refused) as unknown:
        internal.calibration.record(LI, replace(CALIBRATION, number="JZ-2026-000009"))

    expected = {"number": number, "seen": "M-1 power_w", "expected": "M-1 energy_wh"}
    assert causes(other) == [("calibration-register", expected)]
    assert causes(unknown) == [("unknown-calibration", {"number": "JZ-2026-000009"})]
    again = internal.calibration.record(LI, replace(CALIBRATION, number=number))
    assert (again.number, again.version) == (number, 2)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"meter": "M-9"}, "unknown-meter"),
        ({"quantity": "gas_l"}, "instrument-quantity"),
        ({"legal_use": "trade"}, "instrument-legal-use"),
        ({"interval_months": 0}, "instrument-interval"),
        ({"limit": Decimal(1)}, "instrument-limit"),
        ({"resolution": Decimal(0)}, "instrument-resolution"),
    ],
)
def test_an_instrument_that_makes_no_sense_is_refused(
    internal: Services, change: dict[str, Any], code: str
) -> None:
    before = internal.calibration.instruments(BOSS)

    with pytest.raises(Refused) as refused:
        internal.calibration.add_instrument(LI, replace(INSTRUMENT, **change))

    assert [one for one, _ in causes(refused)] == [code]
    assert internal.calibration.instruments(BOSS) == before == (INSTRUMENT,)


def test_a_standard_that_makes_no_sense_is_refused_with_all_reasons(internal: Services) -> None:
    wrong = replace(
        STANDARD, id="标准", traceability="", uncertainty=Decimal(2), coverage=Decimal(0)
    )

    with pytest.raises(Refused) as refused:
        internal.calibration.add_standard(LI, wrong)

    expected = ["id", "traceability", "uncertainty", "coverage"]
    assert [code for code, _ in causes(refused)] == [f"standard-{one}" for one in expected]
    assert internal.calibration.standards(BOSS) == (STANDARD,)


@pytest.mark.parametrize(
    ("performed", "state", "left"),
    [
        (dt.date(2025, 11, 22), DueState.OVERDUE, -1),
        (dt.date(2025, 11, 23), DueState.DUE_7, 0),
        (dt.date(2025, 11, 30), DueState.DUE_7, 7),
        (dt.date(2025, 12, 1), DueState.DUE_30, 8),
        (dt.date(2025, 12, 23), DueState.DUE_30, 30),
        (dt.date(2025, 12, 24), DueState.OK, 31),
    ],
)
def test_the_next_calibration_is_due_by_the_day_of_the_last_one(
    internal: Services, performed: dt.date, state: DueState, left: int
) -> None:
    number = counted(internal, on(performed))

    [row] = internal.calibration.due(BOSS)

    assert (row.state, row.left, row.number, row.performed) == (state, left, number, performed)
    assert row.due == performed.replace(year=performed.year + 1)
    assert (row.machines, row.failed) == (("printer-1",), False)
    assert len(internal.calibration.due(BOSS, 7)) == (left <= 7)


def test_the_worst_comes_first_and_every_trade_meter_is_listed(trade: Services) -> None:
    quantities = ("power_w", "current_a", "voltage_v")
    for quantity in quantities:
        other = replace(INSTRUMENT, quantity=quantity, legal_use="trade")
        trade.calibration.add_instrument(LI, other)
    counted(trade, on(TODAY - DAY, quantity="power_w"))
    counted(trade, on(TODAY - DAY, quantity="current_a", verdict=Verdict.REJECT))
    counted(trade, on(TODAY.replace(year=2025), quantity="voltage_v"))

    rows = trade.calibration.due(BOSS)
    within = trade.calibration.due(BOSS, 30)

    order = ["current_a", "energy_wh", "voltage_v", "power_w"]
    assert [row.quantity for row in rows] == order
    assert [row.quantity for row in within] == order[:3]
    assert rows[0].failed
    assert [row.state for row in rows[1:]] == [DueState.NEVER, DueState.DUE_7, DueState.OK]


def test_a_trade_meter_without_an_instrument_is_never_calibrated(factory: Factory) -> None:
    [row] = factory("trade").calibration.due(BOSS)

    assert (row.meter, row.quantity, row.state) == ("M-1", "energy_wh", DueState.NEVER)
    assert (row.due, row.number, row.machines) == (None, None, ("printer-1",))


def test_a_kept_file_comes_back_as_it_was(internal: Services, tmp_path: Path) -> None:
    number = internal.calibration.record(LI, CALIBRATION).number
    scan, empty = tmp_path / "证书.pdf", tmp_path / "empty.pdf"
    scan.write_bytes(b"%PDF-1.4 laboratory")
    empty.touch()

    kept = internal.calibration.attach(LI, number, scan)
    with pytest.raises(InputRefused) as refused:
        internal.calibration.attach(LI, number, empty)
    internal.calibration.save_attachment(BOSS, kept.id, tmp_path / "out.pdf")

    assert (tmp_path / "out.pdf").read_bytes() == scan.read_bytes()
    assert internal.calibration.attachments(BOSS, number) == (kept,)
    assert (kept.name, kept.media_type, kept.by) == ("证书.pdf", "application/pdf", "li")
    assert [one.code for one in refused.value.problems] == ["attachment-size"]
    assert internal.verification.verify(BOSS).ok


def test_a_certificate_is_written_with_its_data_and_label(
    internal: Services, tmp_path: Path
) -> None:
    number = internal.calibration.record(LI, CALIBRATION).number
    [draft, *_] = internal.calibration.export(BOSS, number, tmp_path / "draft")
    internal.calibration.review(WANG, number)

    files = internal.calibration.export(BOSS, number, tmp_path / "out")

    assert [file.name for file in files] == [f"{number}{end}" for end in SUFFIXES]
    assert files[0].read_bytes().startswith(b"%PDF")
    assert files[0].read_bytes() != draft.read_bytes()
    data = json.loads(files[1].read_text(encoding="utf-8"))
    assert (data["number"], data["draft"]) == (number, False)
    assert data["calibration"]["reviewer"] == "wang"
    assert data["machine"] == "3D打印机 1号"
    assert data["standard"]["traceability"] == STANDARD.traceability
    assert dt.datetime.fromisoformat(data["issued_at"]) == NOW


def test_a_certificate_that_cannot_be_written_says_where(internal: Services) -> None:
    number = internal.calibration.record(LI, CALIBRATION).number

    with pytest.raises(Refused) as refused:
        internal.calibration.export(BOSS, number, Path(os.devnull) / "x")

    [(code, values)] = causes(refused)
    assert (refused.value.kind, code) == (Kind.UNREACHABLE, "not-writable")
    assert os.devnull in values["path"]
