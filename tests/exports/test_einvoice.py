"""E-invoice batches: few lines within the tolerances of platforms, equal to the statement."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared_factory_desktop.domain.credit_notes import credit_note
from shared_factory_desktop.domain.money import fen
from shared_factory_desktop.domain.statement import (
    Detail,
    DocumentLine,
    Line,
    Party,
    StatementDocument,
)
from shared_factory_desktop.exports import einvoice
from shared_factory_desktop.exports.contract import ExportFault
from shared_factory_desktop.exports.einvoice_lines import InvoiceLine, invoice_lines
from tests.exports.documents import BUYER, NUMBER, document_of, draft_of, long, part, priced, sample

Write = Callable[..., Path]
RATES = ("0.13", "0.13", "0.09", "0.06", "0.03", "0.01", "0")
CHARGES = (
    ("机时费", "h", "有形动产经营租赁"),
    ("电费", "kWh", None),
    ("打印件", "piece", "加工劳务"),
)


def billed(
    charge: tuple[str, str, str | None], rate: str, quantity: Fraction, price: Fraction,
    inclusive: bool, discount: Fraction = Fraction(0),
) -> DocumentLine:  # fmt: skip
    """A line as the pricing contract rounds it: half up once, then its tax."""
    name, unit, tax_class = charge
    list_fen = fen(quantity * price)
    paid = list_fen - fen(quantity * price * discount)
    if inclusive:
        net = fen(Fraction(paid, 100) / (1 + Fraction(rate)))
        gross, tax = paid, paid - net
    else:
        net, tax = paid, fen(Fraction(paid, 100) * Fraction(rate))
        gross = net + tax
    detail = Detail(None, None, quantity, price, quantity * price)
    line = Line(
        "S-1", "c-1", name, quantity, unit, list_fen, list_fen - paid, net, tax, gross,
        Decimal(rate), (detail,),
    )  # fmt: skip
    return DocumentLine(line, name, tax_class, "激光机")


def negated(entry: DocumentLine) -> DocumentLine:
    line = entry.line
    opposite = replace(
        line, list_fen=-line.list_fen, discount_fen=-line.discount_fen, net_fen=-line.net_fen,
        tax_fen=-line.tax_fen, gross_fen=-line.gross_fen,
    )  # fmt: skip
    return replace(entry, line=opposite)


def drawn(seed: int, count: int, prices: int, credited: bool) -> StatementDocument:
    """A statement of `count` random lines of few prices; some lines are taken back in it."""
    chance = random.Random(seed)
    known = [
        (chance.choice(CHARGES), chance.choice(RATES), Fraction(chance.randrange(1, 500_000), 1000),
         chance.random() < 0.5)
        for _ in range(prices)
    ]  # fmt: skip
    entries: list[DocumentLine] = []
    for _ in range(count):
        charge, rate, price, inclusive = chance.choice(known)
        quantity = Fraction(chance.randrange(0, 100_000), chance.choice((1, 3, 7, 60, 1000)))
        discount = Fraction(chance.choice((0, 0, 5, 10, 100)), 100)
        entries.append(billed(charge, rate, quantity, price, inclusive, discount))
        if chance.random() < 0.05:
            entries.append(negated(entries[-1]))
    document = document_of(entries)
    if credited:
        back = document_of([negated(entry) for entry in entries])
        document = replace(back, refers_to=document.number, reason="重开")
    return document


def holds(document: StatementDocument, lines: Sequence[InvoiceLine]) -> None:
    """Assert what every batch must keep; amounts in fen."""
    sign = -1 if document.refers_to else 1
    assert sum(line.net_fen for line in lines) == document.statement.net_fen
    assert sum(line.tax_fen for line in lines) == document.statement.tax_fen
    for line in lines:
        assert sign * line.net_fen > 0
        assert sign * line.tax_fen >= 0
        assert abs(line.net_fen * Fraction(line.tax_rate) - line.tax_fen) <= 6
        if line.quantity is None or line.price is None:
            assert line.quantity is line.price is None
            continue
        assert sign * line.quantity > 0
        assert (line.price * 10**13).denominator == 1
        assert abs(line.price * line.quantity * 100 - line.net_fen) <= 1


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**9), count=st.integers(1, 300), prices=st.integers(1, 6),
    credited=st.booleans(),
)  # fmt: skip
def test_every_tolerance_holds_and_totals_are_equal(
    seed: int, count: int, prices: int, credited: bool
) -> None:
    document = drawn(seed, count, prices, credited)
    holds(document, invoice_lines(document))


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**9), count=st.integers(300, 2000), prices=st.integers(1, 40))
def test_every_tolerance_holds_for_long_statements(seed: int, count: int, prices: int) -> None:
    document = drawn(seed, count, prices, credited=False)
    holds(document, invoice_lines(document))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**9), count=st.integers(1, 400))
def test_there_are_hardly_more_lines_than_the_rounding_asks_for(seed: int, count: int) -> None:
    document = drawn(seed, count, 1, credited=False)
    residuals: list[Fraction] = [
        entry.line.net_fen * Fraction(entry.line.tax_rate) - entry.line.tax_fen
        for entry in document.lines
    ]
    # A line takes up at least 5.4 of the 6 fen, for no statement line is off by more than 0.6 fen.
    assert (
        len(invoice_lines(document)) <= ceil(abs(sum(residuals, Fraction(0))) / Fraction("5.4")) + 1
    )


def test_lines_of_one_price_become_one() -> None:
    charge = CHARGES[0]
    same = [
        billed(charge, "0.13", Fraction(n, 4), Fraction(60), inclusive=False) for n in (1, 2, 6)
    ]
    dearer = billed(charge, "0.13", Fraction(2), Fraction(80), inclusive=False)

    lines = invoice_lines(document_of([*same, dearer]))

    assert [(line.quantity, line.price, line.net_fen, line.tax_fen) for line in lines] == [
        (Fraction("2.25"), Fraction(60), 13500, 1755),
        (Fraction(2), Fraction(80), 16000, 2080),
    ]


def test_discounts_are_inside_amount_and_price() -> None:
    entry = billed(CHARGES[0], "0.13", Fraction(2), Fraction(60), False, Fraction("0.1"))
    [line] = invoice_lines(document_of([entry]))
    assert (line.quantity, line.price, line.net_fen) == (Fraction(2), Fraction(54), 10800)


def test_a_late_minimum_that_is_negative_is_set_off_against_the_largest_item_taxed_alike() -> None:
    minimum = DocumentLine(priced(None, "minimum", "period", -5000, []), "最低消费", None)
    time, power = (
        billed(charge, "0.13", Fraction(3), Fraction(100), True) for charge in CHARGES[:2]
    )
    larger = billed(CHARGES[1], "0.06", Fraction(9), Fraction(100), True)
    document = document_of([time, power, larger, time, minimum])

    lines = invoice_lines(document)

    holds(document, lines)
    assert [(line.charge_name, line.quantity) for line in lines] == [
        ("机时费", Fraction(6)), ("电费", Fraction(3)), ("电费", Fraction(9))
    ]  # fmt: skip
    assert lines[0].net_fen == 2 * time.line.net_fen + minimum.line.net_fen


def test_a_correction_is_set_off_against_its_own_charge_first() -> None:
    energy, time = CHARGES[1], CHARGES[0]
    wrong = negated(billed(energy, "0.13", Fraction(10), Fraction(1), True))
    right = billed(energy, "0.13", Fraction(30), Fraction("1.1"), True)
    document = document_of([billed(time, "0.13", Fraction(9), Fraction(99), True), wrong, right])

    lines = invoice_lines(document)

    holds(document, lines)
    assert [(line.charge_name, line.quantity) for line in lines] == [
        ("机时费", Fraction(9)),
        ("电费", Fraction(20)),
    ]


def test_what_stays_negative_is_refused_by_name() -> None:
    minimum = DocumentLine(priced(None, "minimum", "period", -5000, []), "最低消费", None)
    other = billed(CHARGES[0], "0.06", Fraction(9), Fraction(100), True)
    with pytest.raises(ExportFault) as caught:
        invoice_lines(document_of([other, minimum]))
    assert (caught.value.code, caught.value.values) == (
        "einvoice-sign", {"charge": "最低消费", "amount": "-44.25"}
    )  # fmt: skip


def test_a_credit_note_of_what_was_negative_is_refused() -> None:
    minimum = DocumentLine(priced(None, "minimum", "period", -5000, []), "最低消费", None)
    note = credit_note(document_of([minimum]), [1], "读数更正")
    with pytest.raises(ExportFault) as caught:
        invoice_lines(note)
    assert (caught.value.code, caught.value.values["amount"]) == ("einvoice-sign", "44.25")


def test_a_tax_no_platform_takes_is_refused() -> None:
    entry = billed(CHARGES[0], "0.13", Fraction(1), Fraction(100), False)
    wrong = replace(entry, line=replace(entry.line, tax_fen=1307, gross_fen=11307))
    with pytest.raises(ExportFault) as caught:
        invoice_lines(document_of([wrong]))
    assert (caught.value.code, caught.value.values["tax"]) == ("einvoice-tax", "13.07")


def sheets(file: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of each sheet by column title."""
    found = {}
    for sheet in openpyxl.load_workbook(file):
        head, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(map(str, head), row, strict=True)) for row in rows]
    return found


def test_the_batch_has_the_sheets_of_the_map_and_equal_totals(write: Write) -> None:
    document = long(500)

    book = sheets(write(einvoice, document))

    assert list(book) == ["发票基本信息", "发票明细信息"]
    [head], lines = book["发票基本信息"], book["发票明细信息"]
    assert (head["发票流水号"], head["发票类型代码"], head["是否红字"]) == (
        document.number,
        "81",
        "否",
    )
    assert head["购买方纳税人识别号"] == BUYER.uscc
    assert head["销售方银行账号"] == "0402012345678901234"
    assert {line["发票流水号"] for line in lines} == {document.number}
    assert [line["序号"] for line in lines] == list(range(1, len(lines) + 1))
    for column, total in (("金额", "合计金额"), ("税额", "合计税额")):
        assert sum(Decimal(str(line[column])) for line in lines) == Decimal(str(head[total]))
    assert head["价税合计"] == document.statement.gross_fen / 100
    for line in lines:
        product = Decimal(str(line["数量"])) * Decimal(str(line["单价"]))
        assert abs(product - Decimal(str(line["金额"]))) <= Decimal("0.01")


def test_items_are_named_by_their_tax_class(write: Write) -> None:
    book = sheets(write(einvoice, sample()))
    assert [line["项目名称"] for line in book["发票明细信息"]] == [
        "*经营租赁*机时费", "电费", "*劳务*打印件", "机时费", "试用机时", "*现代服务*工位费",
    ]  # fmt: skip


def test_a_person_gets_an_ordinary_invoice(write: Write) -> None:
    person = document_of(sample().lines, Party("张三"))
    [head] = sheets(write(einvoice, person))["发票基本信息"]
    assert (head["发票类型代码"], head["发票类型"]) == ("82", "普通发票")
    assert (head["受票方自然人标识"], head["购买方纳税人识别号"]) == ("是", None)


def test_a_credit_note_is_red_and_says_of_what(write: Write) -> None:
    note = credit_note(sample(), range(1, 8), "读数更正")
    credit = replace(note, number="DZ-2026-11-0001")

    book = sheets(write(einvoice, credit))

    [head] = book["发票基本信息"]
    assert (head["是否红字"], head["冲销的对账单"]) == ("是", NUMBER)
    assert (head["冲红原因"], head["价税合计"]) == ("读数更正", -531.88)
    assert NUMBER in head["备注"]
    for line in book["发票明细信息"]:
        assert (line["数量"] < 0, line["单价"] > 0, line["金额"] < 0) == (True, True, True)


def test_nothing_to_invoice_and_drafts_are_refused(write: Write) -> None:
    entry = billed(CHARGES[0], "0.13", Fraction(1), Fraction(100), True)
    for document, code in (
        (draft_of(sample()), "einvoice-draft"),
        (document_of([entry, negated(entry)]), "einvoice-empty"),
        (document_of([]), "einvoice-empty"),
    ):
        with pytest.raises(ExportFault) as caught:
            write(einvoice, document)
        assert caught.value.code == code


def test_a_batch_repeats_to_the_byte_in_both_languages(write: Write) -> None:
    first = write(einvoice, sample()).read_bytes()
    assert write(einvoice, sample(), "en").read_bytes() == first


def test_text_in_a_batch_stays_text(write: Write) -> None:
    line = priced("S-1", "time", "h", 500, [part("1", "5")])
    payload = '=HYPERLINK("http://example.invalid","x")'
    entry = DocumentLine(line, payload, payload, payload, payload)
    book = openpyxl.load_workbook(write(einvoice, document_of([entry], Party(payload, payload))))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]
    assert [cell.value for cell in cells].count(payload) == 2
