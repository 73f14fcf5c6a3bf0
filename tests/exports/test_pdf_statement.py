"""What a manager sends and a tenant checks: account, bands, late usage, gaps, credit, seals."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pypdf
import pytest
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

from shared_factory_desktop.domain.statement import Gap, StatementDocument
from shared_factory_desktop.exports import pdf_gaps, pdf_lines, statement_pdf
from shared_factory_desktop.exports.contract import ExportFault, ExportOptions
from shared_factory_desktop.exports.pdf_heading import CODE_SIDE
from shared_factory_desktop.exports.pdf_table import WIDTH
from shared_factory_desktop.words import Words
from tests.exports.documents import NUMBER, SHA256, at, document_of, draft_of, long, sample
from tests.exports.papers import ANCHOR, REASON, credit, full

pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler is not installed"
)
Write = Callable[..., Path]
Read = Callable[[Path], str]
Box = tuple[float, float, float, float, str]
AMOUNT = re.compile(r"-?[\d,]+\.\d\d(?= |$)")


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The statement with all that may stand on it."""
    target = tmp_path_factory.mktemp("paper") / "statement.pdf"
    statement_pdf.write(full(), target, Words("zh_CN"), lambda *_: None, ExportOptions())
    return target


def squeezed(text: str) -> str:
    """Blanks say nothing of order."""
    return re.sub(r" +", " ", text)


def operations(file: Path, page: int = 0) -> list[tuple[str, list[str]]]:
    """What a page draws: operators with their operands."""
    found: list[tuple[str, list[str]]] = []

    def visit(operator: bytes, operands: list[object], *_: object) -> None:
        texts = [getattr(one, "original_bytes", str(one).encode()) for one in operands]
        found.append((operator.decode(), [text.decode("latin-1") for text in texts]))

    pypdf.PdfReader(file).pages[page].extract_text(visitor_operand_before=visit)
    return found


def test_the_account_and_apart_from_it_what_is_held(
    write: Write, paper: Path, pdf_text: Read
) -> None:
    text = squeezed(pdf_text(paper))
    assert (
        " 期初余额 本期应收 本期已收 本期调整 期末余额 押金余额 预存余额\n"
        " 1,200.00 564.85 1,000.00 -12.50 752.35 5,000.00 888.00\n"
    ) in re.sub(r"\n+", "\n", text)
    assert "期初余额" not in pdf_text(write(statement_pdf, sample()))


def test_columns_stand_in_the_usual_order(paper: Path, pdf_text: Read) -> None:
    text = squeezed(pdf_text(paper))
    assert (
        "序号 日期时间（起–止） 工单 / 凭证号 设备 项目 / 计费方式 时段 / 阶梯 单位 数量 单价 金额"
        " 折扣 不含税金额 税率 税额 价税合计 备注"
    ) in text
    for columns in (pdf_lines.COLUMNS, pdf_gaps.COLUMNS):
        assert sum(column.width for column in columns) == WIDTH


def test_bands_add_up_to_their_machine(paper: Path, pdf_text: Read) -> None:
    rows = pdf_text(paper).splitlines()
    checked = 0
    for index, row in enumerate(rows):
        if not row.strip().startswith("小计"):
            continue
        parts = []
        for below in rows[index + 1 :]:
            if "其中" not in below:
                break
            parts.append(Decimal(AMOUNT.findall(below)[-1]))
        if parts:
            assert sum(parts) == Decimal(AMOUNT.findall(row)[0])
            checked += 1
    assert checked == 3
    assert "其中 电费 高峰 kWh 10 9.30" in squeezed("\n".join(rows))


def test_late_usage_stands_apart_with_its_own_dates(paper: Path, pdf_text: Read) -> None:
    text = squeezed(pdf_text(paper))
    spans = ("08月01日至2026年08月31日", "09月01日至2026年09月30日")
    titles = [f"补计：账期 2026年{days} 的用量" for days in spans]
    places = [text.index(title) for title in titles]
    assert (
        text.index("小计 · 账期费用（2 行）") < places[0] < places[1] < text.index("合计（10 行）")
    )
    august, september = text[places[0] : places[1]], text[places[1] :]
    assert "8 2026-08-01 最低消费 / 按期" in august
    assert "9 2026-09-12 S-09 6 kW" in september
    assert "10 2026-09-09 S-10 3D" in september
    subtotals = [row for row in text.splitlines() if row.strip().startswith("补计小计")]
    assert [AMOUNT.findall(row)[-1] for row in subtotals] == ["-30.00", "62.97"]


def test_gaps_are_listed_with_the_lines_they_concern(
    write: Write, paper: Path, pdf_text: Read
) -> None:
    text = squeezed(pdf_text(paper))
    assert "缺测与替代值：共 2 条" in text
    suspect = (
        "1 S-1 1, 2 6 kW 光纤激光切割机 2# M-2 电量 存疑 2026-10-03 08:12:00 2026-10-03 08:27:00"
    )
    assert suspect in text
    substitute = "S-09 9 6 kW 光纤激光切割机 2# M-2 电量 替代值 2026-09-12 08:00:00"
    assert substitute in text
    assert "缺测与替代值：无。" in pdf_text(write(statement_pdf, sample()))
    assert "gaps and substitute values: none" in pdf_text(write(statement_pdf, sample(), "en"))


def test_many_gaps_go_on_over_pages(write: Write, pdf_text: Read) -> None:
    gaps = tuple(
        Gap("S-1", f"M-{index:04d}", "energy_wh", "missing", at(10, 3, 8), at(10, 3, 9))
        for index in range(150)
    )
    pages = pdf_text(write(statement_pdf, replace(sample(), gaps=gaps))).split("\f")[:-1]
    assert [index for index in range(150) if "".join(pages).count(f"M-{index:04d}") != 1] == []
    with_gaps = [page for page in pages if "缺测 " in page]
    assert len(with_gaps) > 3
    assert all("明细序号" in page for page in with_gaps)
    assert f"第 {len(pages)} 页 / 共 {len(pages)} 页" in pages[-1]


def test_a_credit_note_says_what_it_credits_and_why_in_red(write: Write, pdf_text: Read) -> None:
    file = write(statement_pdf, credit())
    text = pdf_text(file)
    assert "红字对账单" in text
    assert f"冲销对账单 {NUMBER}，原因：{REASON}" in squeezed(text)
    assert "人民币负壹佰贰拾陆元柒角捌分" in text
    shade, colours = "", {}
    for operator, operands in operations(file):
        if operator == "rg":
            shade = " ".join(operands)
        elif operator == "Tj":
            colours[operands[0]] = shade
    assert {colours[one] for one in ("-85.50", "-90.00", "-126.78", "-4.65")} == {"0.72 0.11 0.11"}
    assert colours["60"] == "0.13 0.15 0.18"
    assert "红字对账单（草稿）" in pdf_text(write(statement_pdf, draft_of(credit())))


def test_one_seal_can_straddle_all_pages(write: Write, paper: Path, pdf_text: Read) -> None:
    file = paper
    pages = pypdf.PdfReader(file).pages
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        strip = f"骑缝章   {NUMBER}   第 {number} 页 / 共 {len(pages)} 页"
        assert squeezed(strip) in squeezed(page.extract_text(orientations=(90, 270)))
        dashes = [ops for op, ops in operations(file, number - 1) if op == "d" and ops[0] != "[]"]
        assert len(dashes) == 1
    single = write(statement_pdf, document_of([]))
    assert len(pypdf.PdfReader(single).pages) == 1
    assert "骑缝章" not in pdf_text(single)


def test_the_code_to_scan_holds_number_hash_and_total(paper: Path) -> None:
    expected = QRCode(None, QRErrorCorrectLevel.M)
    expected.addData(f"SFD1|{NUMBER}|{SHA256}|564.85")
    expected.make()
    count = len(expected.modules)
    side = CODE_SIDE / count
    dark = [[False] * count for _ in range(count)]
    for operator, operands in operations(paper):
        if operator != "re":
            continue
        x, y, width, height = map(float, operands)
        if abs(height - side * 1.05) > 0.01:
            continue
        row, first = round(count - 1 - y / side), round(x / side)
        for column in range(first, first + round(width / side)):
            dark[row][column] = True
    assert dark == [[bool(module) for module in row] for row in expected.modules]


def test_the_anchor_is_on_every_page(paper: Path, pdf_text: Read) -> None:
    pages = pdf_text(paper).split("\f")[:-1]
    assert all(f"{ANCHOR.seq} · {ANCHOR.hash[:16]}" in page for page in pages)
    assert ANCHOR.hash[:17] not in "".join(pages)


def test_a_draft_has_neither_code_nor_anchor(write: Write, pdf_text: Read) -> None:
    draft = replace(draft_of(full()), account=None, anchor=None)
    text = pdf_text(write(statement_pdf, draft))
    assert "存证锚" not in text
    assert "扫码" not in text
    assert text.count("草稿，未出具") >= text.count("\f")


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("document", [full(), credit(), long(40)], ids=["full", "credit", "long"])
def test_no_words_overlap(document: StatementDocument, language: str, write: Write) -> None:
    file = write(statement_pdf, document, language)
    command = ["pdftotext", "-bbox", "-enc", "UTF-8", str(file), "-"]
    marked = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()
    found = 0
    for page in marked.split("<page ")[1:]:
        boxes = [
            (*map(float, box[:4]), box[4])
            for box in re.findall(
                r'xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)<', page
            )
        ]
        level = [box for box in boxes if box[2] > statement_pdf.LEFT]  # the strip's words stand up
        found += len(level)
        for index, one in enumerate(level):
            for other in level[index + 1 :]:
                assert not overlap(one, other), (one, other)
    assert found > 150


def overlap(one: Box, other: Box) -> bool:
    """Tell whether words lie on each other; boxes of a font are taller than its characters."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide > 0.5 and high > 0.35 * min(one[3] - one[1], other[3] - other[1])


STRANGE = {
    "“原因”": replace(credit(), reason="写错𠮷"),
    "“冲销对账单”": replace(credit(), refers_to="DZ-𠮷"),
    "“附表 缺测与替代值 1 表计”": replace(full(), gaps=(replace(full().gaps[0], meter="M-𠮷"),)),
    "第 1 行“项目 / 计费方式”": replace(
        sample(), lines=(replace(sample().lines[0], charge_name="机时𠮷"),)
    ),
}


@pytest.mark.parametrize(("place", "document"), STRANGE.items(), ids=STRANGE)
def test_a_missing_glyph_is_named_with_its_place(
    place: str, document: StatementDocument, tmp_path: Path
) -> None:
    target = tmp_path / "statement.pdf"
    with pytest.raises(ExportFault) as caught:
        statement_pdf.write(document, target, Words("zh_CN"), lambda *_: None, ExportOptions())
    assert caught.value.values["codepoint"] == "U+20BB7"
    assert caught.value.values["place"] == place
    assert not target.exists()


@pytest.mark.parametrize("document", [full(), credit()], ids=["full", "credit"])
def test_same_bytes_again(document: StatementDocument, write: Write) -> None:
    first = write(statement_pdf, document).read_bytes()
    assert write(statement_pdf, document).read_bytes() == first
