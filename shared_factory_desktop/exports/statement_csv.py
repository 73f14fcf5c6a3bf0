"""A statement as comma-separated values that a spreadsheet opens without running anything in it."""

from __future__ import annotations

from pathlib import Path

from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.money import yuan_text
from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.contract import ExportOptions, Progress
from shared_factory_desktop.exports.table import Row, Totals, groups, totals
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.words import Words

KEY = "csv"
SUFFIX = ".csv"
COLUMNS = (
    "number", "statement", "buyer", "session", "start", "end", "machine", "job", "charge",
    "tax_class", "basis", "unit", "quantity", "price", "list", "discount", "net", "tax_rate",
    "tax", "gross", "currency", "band", "notes", "late", "refers_to",
)  # fmt: skip
_PROGRESS_ROWS = 100
# OWASP "CSV Injection", with the full-width forms that East Asian spreadsheets take for formulas.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b"
_BLANKS += "\u202f\u205f\u2060\u3000\ufeff"


def write(
    document: StatementDocument,
    target: Path,
    words: Words,
    progress: Progress,
    options: ExportOptions,  # noqa: ARG001 - every export is called alike; CSV has no choices
) -> None:
    """Write one record a line and a last one with the totals; raises ExportFault.

    UTF-8 with BOM, RFC 4180, all text quoted, numbers never touched.
    """
    write_whole(target, render(document, words, progress).encode("utf-8-sig"))


def render(document: StatementDocument, words: Words, progress: Progress) -> str:
    """Give the text of the file."""
    records = [",".join(quoted(words(f"exports.column.{name}")) for name in COLUMNS)]
    for row in (row for group in groups(document) for row in group.rows):
        if (row.number - 1) % _PROGRESS_ROWS == 0:
            progress(row.number - 1, len(document.lines))
        records.append(_record(document, words, row))
    progress(len(document.lines), len(document.lines))
    records.append(_total(words, totals(document.statement.lines)))
    return "\r\n".join(records) + "\r\n"


def quoted(text: str | None) -> str:
    """Quote a text cell; an apostrophe goes before what a spreadsheet could run as a formula."""
    raw = text or ""
    risky = raw.startswith(_FORMULA_STARTS) or raw.lstrip(_BLANKS).startswith(_FORMULA_STARTS)
    shown = cleaned(raw)
    risky = risky or shown.lstrip(_BLANKS).startswith(_FORMULA_STARTS)
    escaped = shown.replace('"', '""')
    return f'"\'{escaped}"' if risky else f'"{escaped}"'


def _record(document: StatementDocument, words: Words, row: Row) -> str:
    entry, line = row.entry, row.line
    cells = {
        "number": str(row.number),
        "statement": quoted(document.number or words("exports.draft")),
        "buyer": quoted(document.buyer.name),
        "session": quoted(line.session),
        "start": quoted(phrases.instant(entry.start)),
        "end": quoted(phrases.instant(entry.end)),
        "machine": quoted(entry.machine_name),
        "job": quoted(entry.job),
        "charge": quoted(entry.charge_name),
        "tax_class": quoted(entry.tax_class),
        "basis": quoted(phrases.known(words, "basis", line.unit)),
        "unit": quoted(phrases.known(words, "unit", line.unit)),
        "quantity": plain(line.quantity),
        "price": "" if row.price is None else plain(row.price),
        "tax_rate": plain(line.tax_rate),
        "currency": quoted(document.statement.currency),
        "band": quoted(phrases.details(words, line)),
        "notes": quoted(phrases.remarks(words, row.notes, line.correction)),
        "late": quoted(phrases.days(words, line.late) if line.late else None),
        "refers_to": quoted(document.refers_to),
        **_money(totals([line])),
    }
    return ",".join([cells[name] for name in COLUMNS])


def _total(words: Words, sums: Totals) -> str:
    cells = {"number": quoted(words("exports.total-word")), **_money(sums)}
    return ",".join(cells.get(name, "") for name in COLUMNS)


def _money(sums: Totals) -> dict[str, str]:
    return {
        "list": yuan_text(sums.list_fen),
        "discount": yuan_text(sums.discount_fen),
        "net": yuan_text(sums.net_fen),
        "tax": yuan_text(sums.tax_fen),
        "gross": yuan_text(sums.gross_fen),
    }
