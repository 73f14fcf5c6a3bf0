"""The first sheet of a statement's workbook, and the sheet of what was not read as it should be."""

from __future__ import annotations

from collections.abc import Iterator

from shared_factory_desktop.domain.statement import Party, StatementDocument
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.table import totals
from shared_factory_desktop.exports.xlsx_sheet import Column, Kind, Sheet, Value
from shared_factory_desktop.words import Words

Field = tuple[str, Value, Kind]
_ACCOUNT = ("opening", "due", "received", "adjusted", "closing", "deposit", "prepaid")
_GAP_COLUMNS = (
    ("session", 18, Kind.TEXT), ("meter", 18, Kind.TEXT), ("quantity", 18, Kind.TEXT),
    ("code", 22, Kind.TEXT), ("start", 19, Kind.INSTANT), ("end", 19, Kind.INSTANT),
)  # fmt: skip


def title(words: Words, document: StatementDocument) -> str:
    """Say what the document is: a statement, a draft, or a credit note and to which statement."""
    if document.refers_to is not None:
        return words("exports.xlsx.credit-title", number=document.refers_to)
    return words("exports.title" if document.number else "exports.title-draft")


def write_summary(sheet: Sheet, document: StatementDocument, words: Words) -> None:
    """Write title, parties, totals and account, a field a row."""
    sheet.page.set_column(0, 0, 26)
    sheet.page.set_column(1, 1, 64)
    sheet.title(title(words, document))
    for label, value, kind in _fields(document, words):
        sheet.field(label, value, kind)


def write_gaps(sheet: Sheet, document: StatementDocument, words: Words) -> None:
    """Write the stretches without good readings; a sheet without any says so."""
    plan = ((words(f"exports.gap-head.{name}"), width, kind) for name, width, kind in _GAP_COLUMNS)
    sheet.head([Column(*column) for column in plan])
    for gap in document.gaps:
        quantity = phrases.known(words, "quantity", gap.quantity)
        code = phrases.known(words, "gap", gap.code)
        sheet.record((gap.session, gap.meter, quantity, code, gap.start, gap.end))
    sheet.filter(len(_GAP_COLUMNS))
    if not document.gaps:
        sheet.record((words("exports.xlsx.no-gaps"), *(None,) * (len(_GAP_COLUMNS) - 1)))


def _fields(document: StatementDocument, words: Words) -> Iterator[Field]:
    statement = document.statement
    number = document.number or words("exports.draft-note")
    yield words("exports.field.number"), number, Kind.TEXT
    if document.refers_to is not None:
        yield words("exports.field.refers_to"), document.refers_to, Kind.TEXT
        yield words("exports.field.reason"), document.reason, Kind.TEXT
    yield words("exports.field.period"), phrases.period(words, document), Kind.TEXT
    yield words("exports.field.issued_at"), phrases.issued(document), Kind.TEXT
    yield words("exports.field.timezone"), document.timezone, Kind.TEXT
    currency = phrases.known(words, "currency", statement.currency)
    yield words("exports.field.currency"), currency, Kind.TEXT
    yield from _party(words, "seller", document.seller)
    yield from _party(words, "buyer", document.buyer)
    yield words("exports.field.lines"), len(document.lines), Kind.COUNT
    yield from _totals(document, words)
    yield words("exports.total-capitals"), document.gross_uppercase, Kind.TEXT
    yield from _account(document, words)
    yield words("exports.field.sha256"), document.sha256, Kind.TEXT
    if document.anchor is not None:
        anchor = f"{document.anchor.seq} {document.anchor.hash}"
        yield words("exports.xlsx.anchor"), anchor, Kind.TEXT


def _totals(document: StatementDocument, words: Words) -> Iterator[Field]:
    sums = totals(document.statement.lines)
    amounts = {
        "list": sums.list_fen,
        "discount": sums.discount_fen,
        "net": sums.net_fen,
        "tax": sums.tax_fen,
        "gross": sums.gross_fen,
    }
    for name, fen in amounts.items():
        yield words(f"exports.summary.{name}"), fen, Kind.MONEY


def _account(document: StatementDocument, words: Words) -> Iterator[Field]:
    """Give how the tenant's account stands; drafts and old statements do not say."""
    if document.account is None:
        return
    for name in _ACCOUNT:
        fen = getattr(document.account, f"{name}_fen")
        yield words(f"exports.strip.{name}"), fen, Kind.MONEY


def _party(words: Words, side: str, party: Party) -> Iterator[Field]:
    """Give a party's fields; long digit strings stay text, or a spreadsheet would round them."""
    for field in phrases.PARTY_FIELDS:
        label = f"{words(f'exports.party.{side}')} {words(f'exports.party.{field}')}"
        yield label, getattr(party, field), Kind.TEXT
