"""What a program reads of a calibration certificate, and what the label at the machine tells."""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import pkgutil
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pypdf
import pypdfium2  # type: ignore[import-untyped] # it ships no types
import pytest
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

from shared_factory_desktop import exports
from shared_factory_desktop.domain import calibration_json
from shared_factory_desktop.domain.calibration import Verdict
from shared_factory_desktop.exports import CALIBRATION_EXPORTS
from tests.exports import certificates
from tests.exports.certificates import (
    NUMBER,
    calibration,
    certificate,
    draft,
    refused,
    squeezed,
    written,
)

pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler is not installed"
)
PDF, JSON, LABEL = CALIBRATION_EXPORTS
MM = 72 / 25.4
Write = Callable[..., Path]
Read = Callable[[Path], str]


@pytest.fixture
def put(tmp_path: Path) -> Write:
    """Write a certificate by one export and give the file's path."""
    return functools.partial(written, tmp_path)


def test_outputs_are_all_listed_and_can_lie_side_by_side() -> None:
    modules = [
        importlib.import_module(f"{exports.__name__}.{entry.name}")
        for entry in pkgutil.iter_modules(exports.__path__)
    ]
    keys = {one.KEY for module in modules for one in vars(module).values() if hasattr(one, "KEY")}
    classes = keys - {module.KEY for module in modules if hasattr(module, "KEY")}
    assert classes == {export.KEY for export in CALIBRATION_EXPORTS}
    assert [export.SUFFIX for export in CALIBRATION_EXPORTS] == [".pdf", ".json", ".label.pdf"]


def test_machines_read_back_what_was_recorded(put: Write) -> None:
    document = certificate()
    read = json.loads(put(JSON, document).read_bytes(), parse_float=pytest.fail)
    assert calibration_json.read_calibration(read["calibration"]) == document.calibration
    assert calibration_json.read_instrument(read["instrument"]) == document.instrument
    assert calibration_json.read_standard(read["standard"]) == document.standard
    assert read["calibration"]["coefficients"]["gain"] == "0.9956985"
    assert read["calibration"]["as_found"][0]["indicated"] == ["505.2", "505.3", "505.1"]
    assert (read["number"], read["replaces"], read["draft"]) == (NUMBER, None, False)
    assert (read["laboratory"]["name"], read["machine"]) == (
        "河北安平共享智造工场有限公司", "6 kW 光纤激光切割机 2#"
    )  # fmt: skip
    assert (read["received"], read["issued_at"]) == ("2026-10-30", "2026-11-02T16:30:00+00:00")


def test_paper_file_and_label_have_one_fingerprint(put: Write, pdf_text: Read) -> None:
    read = json.loads(put(JSON, certificate()).read_bytes())
    told = read.pop("sha256")
    canonical = json.dumps(read, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == told
    text = pdf_text(put(PDF, certificate()))
    assert text.count(f"SHA-256 {told}") == text.count("\f")
    assert modules(put(LABEL, certificate())) == coded(f"{NUMBER}|{told[:16]}")


def test_one_changed_reading_changes_the_fingerprint(put: Write) -> None:
    first, *others = certificates.points()
    changed = replace(first, indicated=(Decimal("505.3"), *first.indicated[1:]))
    done = certificate(replace(calibration(), as_found=(changed, *others)))
    before, after = (
        json.loads(put(JSON, one).read_bytes())["sha256"] for one in (certificate(), done)
    )
    assert before != after


def coded(text: str) -> list[list[bool]]:
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    return [[bool(module) for module in row] for row in code.modules]


def modules(label: Path, count: int = 29) -> list[list[bool]]:
    """Read the code of a label as a camera sees it: 14.5 mm, 2.5 mm from the lower right corner."""
    scale = 20.0
    picture = pypdfium2.PdfDocument(label)[0].render(scale=scale / MM).to_pil().convert("L")
    left, top, module = (50 - 2.5 - 14.5) * scale, (30 - 2.5 - 14.5) * scale, 14.5 * scale / count
    return [
        [
            picture.getpixel((int(left + (column + 0.5) * module), int(top + (row + 0.5) * module)))
            < 128
            for column in range(count)
        ]
        for row in range(count)
    ]


@pytest.mark.parametrize(
    ("language", "facts"),
    [
        ("zh_CN", ["已校准调整", "表计 M-001", "校准 2026-11-02", "有效至 2027-11-01"]),
        ("en", ["ADJUSTED", "Meter M-001", "Done 2026-11-02", "Due 2027-11-01"]),
    ],
)
def test_the_label_tells_at_the_machine_until_when(
    put: Write, pdf_text: Read, language: str, facts: list[str]
) -> None:
    file = put(LABEL, certificate(), language)
    text = squeezed(pdf_text(file))
    assert [fact for fact in (*facts, NUMBER, "6 kW 光纤激光切割机 2#") if fact not in text] == []
    page = pypdf.PdfReader(file).pages[0].mediabox
    assert (round(float(page.width) / MM, 2), round(float(page.height) / MM, 2)) == (50, 30)


def test_a_rejected_meter_and_a_draft_are_valid_until_no_day(put: Write, pdf_text: Read) -> None:
    rejected = certificate(replace(calibration(), verdict=Verdict.REJECT))
    for document, state in ((rejected, "停用"), (draft(), "草稿")):
        text = pdf_text(put(LABEL, document))
        assert state in text
        assert "校准 2026-11-02" in squeezed(text)
        assert "2027-11-01" not in text


def test_a_long_machine_name_keeps_off_the_code(put: Write, pdf_text: Read) -> None:
    """A camera needs four white modules of 0.5 mm around a code (ISO/IEC 18004 9.1)."""
    named = replace(certificate(), machine="数控龙门加工中心" * 12)
    file = put(LABEL, named)
    picture = pypdfium2.PdfDocument(file)[0].render(scale=20 / MM).to_pil().convert("L")
    above = picture.crop((660, 221, 950, 258)).tobytes()  # 20 pixels a millimetre
    beside = picture.crop((620, 262, 658, 548)).tobytes()
    assert min(above + beside) > 200
    text = pdf_text(file)
    assert 2 <= text.count("龙门") < 12
    assert "…" in text


def test_a_missing_glyph_of_the_label_is_named(tmp_path: Path) -> None:
    fault = refused(tmp_path, LABEL, replace(certificate(), machine="车床𠮷"))
    assert (fault.values["codepoint"], fault.values["place"]) == ("U+20BB7", "“所属设备”")
