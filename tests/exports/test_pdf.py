"""What a person holding the printed statement finds on it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from shared_factory_desktop.domain.statement import DocumentLine, Party, StatementDocument
from shared_factory_desktop.exports import fonts, pdf_closing, statement_pdf
from shared_factory_desktop.exports.contract import ExportFault, ExportOptions
from shared_factory_desktop.exports.phrases import fault_text
from shared_factory_desktop.words import Words
from tests.exports.documents import (
    NUMBER,
    SHA256,
    document_of,
    draft_of,
    long,
    part,
    priced,
    sample,
)

pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler is not installed"
)
Write = Callable[..., Path]
Read = Callable[[Path], str]


def test_says_what_both_sides_need(write: Write, pdf_text: Read) -> None:
    options = ExportOptions(reply_by=dt.date(2026, 11, 15))
    text = pdf_text(write(statement_pdf, sample(), options=options))
    expected = [
        "对账单", NUMBER, "2026年10月01日至2026年10月31日", "人民币（元）", "￥531.88",
        "人民币伍佰叁拾壹元捌角捌分", "91130100MA0EXAMP1X", "91130600MA07T1KX5L",
        "0402012345678901234", "尖峰", "高峰", "低谷", "第2档", "存疑", "补计", "跨期", "进行中",
        "核对结论", "□ 相符", "□ 不符", "回函截止：2026年11月15日", "甲方（服务方）（盖章）",
        "乙方（使用方）（盖章）", "经办人", "复核", SHA256, "小计 · 3D 打印机 A1", "最低/封顶",
    ]  # fmt: skip
    assert [words for words in expected if words not in text] == []


def test_every_line_once_under_a_head_and_a_page_number(write: Write, pdf_text: Read) -> None:
    pages = pdf_text(write(statement_pdf, long(120))).split("\f")[:-1]
    assert len(pages) > 5
    for number, page in enumerate(pages, 1):
        assert page.count("日期时间（起–止）") == 1
        assert f"第 {number} 页 / 共 {len(pages)} 页" in page
    whole = "".join(pages)
    assert [index for index in range(120) if whole.count(f"GD-{index:05d}") != 1] == []


@pytest.mark.slow
def test_two_thousand_lines(write: Write, pdf_text: Read) -> None:
    text = pdf_text(write(statement_pdf, long(2000)))
    assert [index for index in range(2000) if text.count(f"GD-{index:05d}") != 1] == []


def test_details_in_fen_add_up_to_their_line(write: Write, pdf_text: Read) -> None:
    """Three thirds of an hour at 0.10 are 0.0333 each, and 0.10 on the line."""
    text = pdf_text(write(statement_pdf, sample()))
    amounts = [
        row.split()[-1]
        for row in text.splitlines()
        if "0.333333333333" in row and "其中" not in row
    ]
    assert amounts == ["0.04", "0.03", "0.03"]


def test_same_bytes_again(write: Write) -> None:
    first = write(statement_pdf, sample()).read_bytes()
    assert write(statement_pdf, sample()).read_bytes() == first


def test_title_number_and_embedded_truetype(write: Write) -> None:
    reader = pypdf.PdfReader(write(statement_pdf, sample()))
    assert reader.metadata is not None
    assert reader.metadata.title == f"对账单 {NUMBER}"
    assert reader.metadata.subject == NUMBER
    used = reader.pages[0]["/Resources"]["/Font"].values()  # type: ignore[index] # untyped tree
    kinds = {font.get_object()["/Subtype"] for font in used if "F2" in font.get_object()["/Name"]}
    assert kinds == {"/TrueType"}
    descriptors = [f.get_object().get("/FontDescriptor") for f in used]
    assert any(d and "/FontFile2" in d.get_object() for d in descriptors)


def test_draft_says_so_on_every_page(write: Write, pdf_text: Read) -> None:
    file = write(statement_pdf, draft_of(long(60)))
    pages = pdf_text(file).split("\f")[:-1]
    assert "对账单（草稿）" in pages[0]
    assert all("草稿，未出具" in page for page in pages)
    assert NUMBER not in "".join(pages)


def test_seal_areas_are_forty_millimetres_high(write: Write) -> None:
    page = pypdf.PdfReader(write(statement_pdf, sample())).pages[-1]
    boxes: list[float] = []

    def visit(operator: bytes, operands: list[object], *_: object) -> None:
        if operator == b"re":
            boxes.append(float(str(operands[3])))

    page.extract_text(visitor_operand_before=visit)
    seals = [height for height in boxes if height > 40 * 72 / 25.4]
    assert len(seals) == 2
    assert pdf_closing.SEAL_HEIGHT >= 40 * 72 / 25.4


def test_long_names_wrap_inside_their_column_and_the_page(write: Write, pdf_text: Read) -> None:
    job, machine = "超长工单名称" * 60, "A-very-long-machine-name_" * 8
    line = priced("S-1", "time", "h", 123_456_789_012, [part("1.5", "60")])
    entries = [DocumentLine(line, "机时费", None, machine, job)]
    buyer = Party("河北" * 200)
    file = write(statement_pdf, document_of(entries, buyer))
    text = pdf_text(file)
    assert text.count("超") == 60
    assert "1,234,567,890.12" in text
    assert "…" in text
    baselines: list[float] = []

    def visit(operator: bytes, operands: list[object], *_: object) -> None:
        if operator == b"Tm" and any(map(float, map(str, operands[4:]))):  # not where a page begins
            baselines.append(float(str(operands[5])))

    for page in pypdf.PdfReader(file).pages:
        page.extract_text(visitor_operand_before=visit)
    assert min(baselines) >= 20  # the foot is the lowest text; nothing runs off the page
    assert sum(y < 38 for y in baselines) == 2 * len(pypdf.PdfReader(file).pages)


def test_missing_glyph_is_named_with_its_place(tmp_path: Path) -> None:
    first = sample().lines[0]
    entries = (first, replace(first, job="丝网𠮷-7"))
    document = replace(sample(), lines=entries)
    fault = _refused(document, tmp_path, ExportOptions())
    assert fault.code == "missing-character"
    assert fault.values["codepoint"] == "U+20BB7"
    text = fault_text(Words("zh_CN"), fault)
    assert "“𠮷”（U+20BB7）" in text
    assert "第 2 行“工单 / 凭证号”" in text


def test_missing_glyph_in_a_party(tmp_path: Path) -> None:
    document = replace(sample(), buyer=Party("𠮷祥丝网厂"))
    assert "乙方（使用方） 名称" in _refused(document, tmp_path, ExportOptions()).values["place"]


def test_no_font_names_what_was_looked_for(tmp_path: Path) -> None:
    fault = _refused(sample(), tmp_path, ExportOptions(font_folders=(tmp_path / "none",)))
    assert fault.code == "no-font"
    assert "WenQuanYi Micro Hei, Microsoft YaHei" in fault_text(Words("en"), fault)


def test_a_font_file_that_is_none_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "simhei.ttf"
    broken.write_bytes(b"OTTO" + bytes(200))  # the mark of CFF outlines
    assert _refused(sample(), tmp_path, ExportOptions(font=broken)).code == "font-unusable"
    absent = ExportOptions(font=tmp_path / "absent.ttf")
    assert _refused(sample(), tmp_path, absent).code == "font-unusable"


def test_a_damaged_candidate_gives_way_to_the_next(tmp_path: Path) -> None:
    (tmp_path / "wqy-microhei.ttc").write_bytes(b"ttcf")
    good = fonts.find(None, None).file
    (tmp_path / "msyh.ttc").symlink_to(good)
    assert fonts.find(None, [tmp_path]).file.name == "msyh.ttc"


def test_a_font_can_be_chosen(write: Write, pdf_text: Read) -> None:
    chosen = ExportOptions(font=fonts.find(None, None).file, font_folders=())
    assert "对账单" in pdf_text(write(statement_pdf, sample(), options=chosen))


def _refused(document: StatementDocument, folder: Path, options: ExportOptions) -> ExportFault:
    target = folder / "statement.pdf"
    with pytest.raises(ExportFault) as caught:
        statement_pdf.write(document, target, Words("zh_CN"), lambda *_: None, options)
    assert not target.exists()
    return caught.value
