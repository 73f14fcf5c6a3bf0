"""What a person holding a calibration certificate finds on it."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pypdf
import pypdfium2  # type: ignore[import-untyped] # it ships no types
import pytest

from shared_factory_desktop.domain.calibration import Coefficients, Rule, Verdict
from shared_factory_desktop.domain.certificate import CertificateDocument
from shared_factory_desktop.domain.statement import Party
from shared_factory_desktop.exports import CALIBRATION_EXPORTS, fonts
from shared_factory_desktop.exports.calibration_contract import CalibrationExport
from shared_factory_desktop.exports.phrases import fault_text
from shared_factory_desktop.words import LANGUAGES, Words
from tests.exports import certificates
from tests.exports.certificate_clauses import ASKED
from tests.exports.certificates import (
    NUMBER,
    calibration,
    certificate,
    draft,
    energy,
    long,
    refused,
    squeezed,
    written,
)
from tests.exports.documents import GOLDEN

pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler is not installed"
)
PDF, _, LABEL = CALIBRATION_EXPORTS
Write = Callable[..., Path]
Read = Callable[[Path], str]


@pytest.fixture
def put(tmp_path: Path) -> Write:
    """Write a certificate by one export and give the file's path."""
    return functools.partial(written, tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_says_what_the_standard_asks_for(put: Write, pdf_text: Read, language: str) -> None:
    text = squeezed(pdf_text(put(PDF, certificate(), language)))
    index = LANGUAGES.index(language)
    assert {clause: said[index] for clause, said in ASKED.items() if said[index] not in text} == {}


@pytest.mark.parametrize(
    ("language", "page_of"), [("zh_CN", "第 {} 页 / 共 {} 页"), ("en", "Page {} of {}")]
)
def test_every_page_has_the_number_and_the_last_an_end(
    put: Write, pdf_text: Read, language: str, page_of: str
) -> None:
    pages = [squeezed(page) for page in pdf_text(put(PDF, long(30), language)).split("\f")[:-1]]
    assert len(pages) >= 3
    for number, page in enumerate(pages, 1):
        assert page.rstrip().endswith(f"{NUMBER} {page_of.format(number, len(pages))}")
    end = Words(language)("certificate.end")
    assert [end in page for page in pages] == [False] * (len(pages) - 1) + [True]


def test_every_point_stands_once_in_each_table_under_a_head(put: Write, pdf_text: Read) -> None:
    pages = pdf_text(put(PDF, long(90))).split("\f")[:-1]
    whole = "".join(pages)
    assert [index for index in range(90) if whole.count(f"P-{index:03d}") != 2] == []
    for page in pages:
        points, head = page.find("P-0"), page.find("示值平均 W")
        assert points == -1 or -1 < head < points


@pytest.mark.parametrize("export", CALIBRATION_EXPORTS, ids=lambda one: one.KEY)
@pytest.mark.parametrize("language", LANGUAGES)
def test_same_bytes_again(put: Write, export: CalibrationExport, language: str) -> None:
    first = put(export, certificate(), language).read_bytes()
    assert put(export, certificate(), language).read_bytes() == first


@pytest.mark.parametrize("export", [PDF, LABEL], ids=lambda one: one.KEY)
def test_title_and_embedded_truetype(put: Write, export: CalibrationExport) -> None:
    reader = pypdf.PdfReader(put(export, certificate()))
    assert reader.metadata is not None
    assert str(reader.metadata.title).endswith(NUMBER)
    used = reader.pages[0]["/Resources"]["/Font"].values()  # type: ignore[index] # untyped tree
    descriptors = [font.get_object().get("/FontDescriptor") for font in used]
    assert any(one and "/FontFile2" in one.get_object() for one in descriptors)


@pytest.mark.parametrize(("language", "mark"), [("zh_CN", "草稿"), ("en", "Draft")])
def test_a_draft_says_so_and_can_not_be_scanned(
    put: Write, pdf_text: Read, language: str, mark: str
) -> None:
    file = put(PDF, draft(), language)
    pages = pypdf.PdfReader(file).pages
    note = Words(language)("certificate.draft-note")
    text = pdf_text(file)
    assert all(mark in page.extract_text() for page in pages)
    assert text.count(note) == len(pages) + 1
    assert "王敏" not in text
    assert "SHA-256" not in text
    assert dark_share(file) == 0
    assert dark_share(put(PDF, certificate(), language)) > Fraction(3, 10)


def dark_share(file: Path) -> Fraction:
    """How much is black where the certificate has its code: the upper right corner."""
    picture = pypdfium2.PdfDocument(file)[0].render(scale=2).to_pil().convert("L")
    pixels = picture.crop((1000, 84, 1080, 168)).tobytes()
    return Fraction(sum(pixel < 128 for pixel in pixels), len(pixels))


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh_CN", f"取代 {NUMBER}，"), ("en", f"Replaces {NUMBER},")],
)
def test_a_new_version_has_its_own_number_and_says_which_it_replaces(
    put: Write, pdf_text: Read, language: str, said: str
) -> None:
    text = pdf_text(put(PDF, certificate(replace(calibration(), version=2)), language))
    assert said in text
    assert text.count(f"{NUMBER}-V2") == 1 + text.count("\f")
    third = certificate(replace(calibration(), version=3))
    assert (third.number, third.replaces) == (f"{NUMBER}-V3", f"{NUMBER}-V2")
    assert said not in pdf_text(put(PDF, certificate(), language))


RULES = {
    Rule.SIMPLE: "简单接受（ILAC-G8:09/2019）",
    Rule.GUARD_BAND: "保护带接受（ILAC-G8:09/2019）",
    Rule.ZONES: "四区判定（ILAC-G8:09/2019",
}


@pytest.mark.parametrize("rule", Rule)
def test_the_rule_of_the_decision_is_told(put: Write, pdf_text: Read, rule: Rule) -> None:
    text = squeezed(pdf_text(put(PDF, certificate(calibration(rule)))))
    assert [one for one, said in RULES.items() if said in text] == [rule]


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict.PASS, "结论 所列校准点按上述规则判为可用，不需调整。"),
        (Verdict.ADJUST, "结论 已调整：自生效时刻起按所列系数使用。"),
        (Verdict.REJECT, "结论 不合格：调整后仍不满足要求，停止使用。"),
    ],
)
def test_the_conclusion_is_told(put: Write, pdf_text: Read, verdict: Verdict, said: str) -> None:
    done = certificate(replace(calibration(), verdict=verdict))
    assert said in squeezed(pdf_text(put(PDF, done)))


def test_a_rejected_meter_is_due_on_no_day(put: Write, pdf_text: Read) -> None:
    text = pdf_text(put(PDF, certificate(replace(calibration(), verdict=Verdict.REJECT))))
    assert "不含校准间隔的建议" in text
    assert "2027年11月01日" not in text


def test_a_register_is_corrected_by_its_gain_alone(put: Write, pdf_text: Read) -> None:
    line = Coefficients(Decimal("0.9957"), Decimal("12.5"), Decimal("0.00035"), Decimal("3"))
    done = replace(energy(), calibration=replace(energy().calibration, coefficients=line))
    text = squeezed(pdf_text(put(PDF, done)))
    assert "b = 0.9957 u(b) = 0.00035" in text
    assert "修正值 = b × 两次示值之差" in text
    assert "12.5" not in text
    assert "标准值 Wh" in text


def test_nothing_adjusted_is_said(put: Write, pdf_text: Read) -> None:
    text = squeezed(pdf_text(put(PDF, energy())))
    for said in ("是否调整 否，未调整", "不作修正：示值直接使用（b = 1，a = 0）。",
                 "未作调整，调整前的结果即最终结果。", "接收日期 现场校准，未移送",
                 "环境温度 —", "相对湿度 —", "用途 内部核算"):  # fmt: skip
        assert said in text
    assert "所属设备 —" in squeezed(pdf_text(put(PDF, replace(energy(), machine=""))))
    assert "备注" not in text
    assert "工业互联网标识" not in text


def test_an_initial_calibration_may_have_no_results_from_before(put: Write, pdf_text: Read) -> None:
    done = replace(calibration(), as_found=(), reason="initial")
    text = pdf_text(put(PDF, certificate(done)))
    assert "没有调整前的结果。" in text
    assert "首次校准" in text


ROUNDED = (
    ("0.00125", "0.00052", "+0.125 ±1 0.052"),
    ("0.000125", "0.0052", "+0.01 ±1 0.52"),
    ("-0.000365", "0.0012", "-0.04 ±1 0.12"),
    ("-0.0025", "0.013", "-0.2 ±1 1.3"),  # a five that nothing follows goes to the even digit
    ("0.0035", "0.013", "+0.4 ±1 1.3"),
    ("0.00251", "0.013", "+0.3 ±1 1.3"),
    ("0.00004", "0.0099", "0.00 ±1 0.99"),
    ("0.0045", "0.12", "0 ±1 12"),
    ("0.0045", "0", "+0.45 ±1 0"),
)


def test_values_are_rounded_once_to_the_place_of_their_uncertainty(
    put: Write, pdf_text: Read
) -> None:
    first = certificates.points()[0]
    points = tuple(
        replace(first, nominal="Q", error=Decimal(error), expanded=Decimal(expanded))
        for error, expanded, _ in ROUNDED
    )
    text = squeezed(pdf_text(put(PDF, certificate(replace(calibration(), as_found=points)))))
    rows = re.findall(r" Q 500 \S+ 3 (\S+ ±1 \S+) ", text)
    assert rows == [shown for *_, shown in ROUNDED]


def test_a_long_figure_is_never_broken(put: Write, pdf_text: Read) -> None:
    figure = "12345678901234.567891"
    point = replace(certificates.points()[0], reference=Decimal(figure))
    done = certificate(replace(calibration(), as_left=(point,)))
    assert figure in pdf_text(put(PDF, done)).split()


STRANGE = {
    "“出厂编号”": replace(certificate(), instrument=replace(certificates.INSTRUMENT, serial="A𠮷")),
    "“校准点”": certificate(
        replace(calibration(), as_left=(replace(certificates.points()[0], nominal="𠮷"),))
    ),
    "“溯源证书与机构”": replace(
        certificate(), standard=replace(certificates.STANDARD, traceability="𠮷院")
    ),
    "“核验并批准”": certificate(replace(calibration(), reviewer="王𠮷")),
    "“备注”": certificate(replace(calibration(), remarks="𠮷")),
    "“实验室”": replace(certificate(), laboratory=Party("𠮷工场")),
    "“所属设备”": replace(certificate(), machine="𠮷"),
}


@pytest.mark.parametrize(("place", "document"), STRANGE.items(), ids=STRANGE)
def test_a_missing_glyph_is_named_with_its_place(
    place: str, document: CertificateDocument, tmp_path: Path
) -> None:
    fault = refused(tmp_path, PDF, document)
    assert fault.code == "missing-character"
    assert fault.values["place"] == place
    assert "“𠮷”（U+20BB7）" in fault_text(Words("zh_CN"), fault)


def test_degrees_do_not_vanish(put: Write, pdf_text: Read) -> None:
    """WenQuanYi Micro Hei lists ℃ and draws nothing."""
    done = certificate(replace(calibration(), remarks="恒温槽 20 ℃"))
    assert "恒温槽 20 °C" in pdf_text(put(PDF, done))


def test_a_text_of_any_length_goes_on_on_the_next_page(put: Write, pdf_text: Read) -> None:
    remarks = "".join(f"第{index:04d}句。" for index in range(1500))
    item = replace(certificates.INSTRUMENT, location="很长的安装地点" * 60)
    done = replace(certificate(replace(calibration(), remarks=remarks)), instrument=item)
    file = put(PDF, done)
    text = re.sub(r"\s", "", pdf_text(file))
    missing = [index for index in range(1500) if f"{index:04d}" not in text]
    assert missing == []
    assert text.count("很") == 60
    assert lowest(file) >= 30


def lowest(file: Path) -> float:
    """The lowest baseline of any page."""
    baselines: list[float] = []

    def visit(operator: bytes, operands: list[object], *_: object) -> None:
        if operator == b"Tm" and any(map(float, map(str, operands[4:]))):  # not where a page begins
            baselines.append(float(str(operands[5])))

    for page in pypdf.PdfReader(file).pages:
        page.extract_text(visitor_operand_before=visit)
    return min(baselines)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("export", "document"),
    [(PDF, certificate()), (PDF, long(30)), (LABEL, certificate())],
    ids=["certificate", "long", "label"],
)
def test_no_words_overlap_or_leave_the_page(
    put: Write, export: CalibrationExport, document: CertificateDocument, language: str
) -> None:
    command = ["pdftotext", "-bbox", "-enc", "UTF-8", str(put(export, document, language)), "-"]
    marked = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()
    number = r'"([-\d.]+)"'
    word = rf"<word xMin={number} yMin={number} xMax={number} yMax={number}>(.*?)<"
    for page in marked.split("<page ")[1:]:
        size = re.match(rf"width={number} height={number}", page)
        assert size is not None
        boxes = [(*map(float, box[:4]), box[4]) for box in re.findall(word, page)]
        assert len(boxes) >= 8
        for index, one in enumerate(boxes):
            assert one[0] > 5
            assert one[2] < float(size[1]) - 5
            for other in boxes[index + 1 :]:
                assert not overlap(one[:4], other[:4]), (one, other)


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Tell whether words lie on each other; boxes of a font are taller than its characters."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide > 0.5 and high > 0.35 * min(one[3] - one[1], other[3] - other[1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_golden(put: Write, pdf_text: Read, language: str) -> None:
    if fonts.find(None, None).file.name != "wqy-microhei.ttc":
        pytest.skip("line breaks of the golden file are those of WenQuanYi Micro Hei")
    text = re.sub(r"[ \n]*\n", "\n", pdf_text(put(PDF, certificate(), language)))
    made = re.sub(r" {2,}", "  ", text)
    golden = GOLDEN / f"certificate.{language}.txt"
    assert made == golden.read_text(encoding="utf-8")
