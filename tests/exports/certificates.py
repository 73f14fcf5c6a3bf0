"""Certificates to export: a power meter found 0.45 % high, adjusted and left right."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from shared_factory_desktop.domain.calibration import (
    IDENTITY,
    Calibration,
    Coefficients,
    Instrument,
    Point,
    Rule,
    Standard,
    Verdict,
)
from shared_factory_desktop.domain.calibration_decision import point_of
from shared_factory_desktop.domain.certificate import CertificateDocument
from shared_factory_desktop.domain.statement import Party
from shared_factory_desktop.exports.calibration_contract import CalibrationExport
from shared_factory_desktop.exports.contract import ExportFault, ExportOptions
from shared_factory_desktop.words import Words
from tests.exports.documents import SELLER

NUMBER = "JZ-2026-000001"
CLIENT = Party("安平县恒泰丝网制品厂", address="安平县东环路 6 号", phone="13800000000")
INSTRUMENT = Instrument(
    meter="M-001", quantity="power_w", serial="EA-2209-0417", maker="Eastron", model="SDM630 v2",
    measuring_range="3×230/400 V，0.05–100 A", resolution=Decimal("0.1"), accuracy_class="1",
    limit=Decimal("0.01"), location="二号车间 3 排电柜", interval_months=12, legal_use="trade",
)  # fmt: skip
STANDARD = Standard(
    id="STD-01", name="三相标准电能表", serial="HS-5300-118",
    traceability="DLjl2026-03417，河北省计量监督检测研究院", uncertainty=Decimal("0.0005"),
    coverage=Decimal(2), due=dt.date(2027, 3, 14),
)  # fmt: skip
# Watts of load, and what three readings showed there before and after the adjustment.
LOADS = (
    ("5 % In", "500", ("505.2", "505.3", "505.1"), ("500.1", "500.2", "500.0")),
    ("20 % In", "2000", ("2009.1", "2009.3", "2009.0"), ("2000.3", "2000.2", "2000.4")),
    ("50 % In", "5000", ("5022.4", "5022.9", "5022.6"), ("5001.0", "5000.6", "5000.9")),
    ("100 % In", "10000", ("10043.2", "10043.0", "10043.1"), ("9999.6", "9999.9", "9999.8")),
    ("100 % In 0.5L", "5000", ("5049.1", "5049.5", "5049.3"), ("5003.9", "5004.1", "5004.0")),
)


def points(rule: Rule = Rule.ZONES, left: bool = False) -> tuple[Point, ...]:
    return tuple(
        point_of(
            nominal,
            Decimal(load),
            tuple(map(Decimal, after if left else found)),
            INSTRUMENT,
            STANDARD,
            rule,
        )
        for nominal, load, found, after in LOADS
    )


def calibration(rule: Rule = Rule.ZONES) -> Calibration:
    return Calibration(
        number=NUMBER, version=1, meter="M-001", quantity="power_w", standard="STD-01",
        method="SFD-JZ-02 第 3 版，比较法", reason="periodic", temperature_c=Decimal("22.4"),
        humidity_percent=Decimal(48), place="安平县丝网工业园纬三路 18 号 二号车间",
        operator="李建国", reviewer="王敏",
        performed_at=dt.datetime(2026, 11, 2, 1, 15, tzinfo=dt.UTC), as_found=points(rule),
        as_left=points(rule, left=True), adjusted=True,
        coefficients=Coefficients(
            Decimal("0.9956985"), Decimal("-0.3980"), Decimal("0.000137"), Decimal("0.845")
        ),
        effective_at=dt.datetime(2026, 11, 2, 2, 40, 30, tzinfo=dt.UTC), rule=rule,
        verdict=Verdict.ADJUST, valid_until=dt.date(2027, 11, 1),
        remarks="铅封 A-0172 完好。0.5L 为感性功率因数。",
    )  # fmt: skip


def certificate(of: Calibration | None = None) -> CertificateDocument:
    return CertificateDocument(
        calibration=of or calibration(), instrument=INSTRUMENT, standard=STANDARD,
        laboratory=SELLER, client=CLIENT, machine="6 kW 光纤激光切割机 2#",
        timezone="Asia/Shanghai", received=dt.date(2026, 10, 30),
        issued_at=dt.datetime(2026, 11, 2, 16, 30, tzinfo=dt.UTC),
        identifier="88.608.8889/M-001",
    )  # fmt: skip


def draft() -> CertificateDocument:
    done = replace(calibration(), reviewer=None)
    return replace(certificate(done), issued_at=None)


def energy() -> CertificateDocument:
    """A register, calibrated in place, not adjusted and not corrected."""
    done = replace(
        calibration(Rule.GUARD_BAND), quantity="energy_wh",
        as_found=points(Rule.GUARD_BAND, left=True), as_left=(), adjusted=False,
        coefficients=IDENTITY, verdict=Verdict.PASS, temperature_c=None, humidity_percent=None,
        remarks="",
    )  # fmt: skip
    item = replace(INSTRUMENT, quantity="energy_wh", legal_use="internal")
    return replace(certificate(done), instrument=item, received=None, identifier=None)


def long(count: int) -> CertificateDocument:
    """So many points, found and left."""
    done = calibration()
    many = tuple(replace(done.as_found[0], nominal=f"P-{index:03d}") for index in range(count))
    return certificate(replace(done, as_found=many, as_left=many))


def written(
    folder: Path, export: CalibrationExport, document: CertificateDocument, language: str = "zh_CN"
) -> Path:
    """Write a certificate; progress is told of each step from none to all."""
    target = folder / f"{document.number}{export.SUFFIX}"
    steps: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        steps.append((done, total))

    export.write(document, target, Words(language), progress, ExportOptions())
    assert steps == [(step, len(steps) - 1) for step in range(len(steps))]
    return target


def refused(folder: Path, export: CalibrationExport, document: CertificateDocument) -> ExportFault:
    """Give the fault of a certificate that cannot be written; it leaves nothing behind."""
    with pytest.raises(ExportFault) as caught:
        export.write(document, folder / "out", Words("zh_CN"), lambda *_: None, ExportOptions())
    assert list(folder.iterdir()) == []
    return caught.value


def squeezed(text: str) -> str:
    """Blanks say nothing of order."""
    return re.sub(r"\s+", " ", text)
