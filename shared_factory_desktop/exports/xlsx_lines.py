"""The lines of a statement in a workbook: all, their bands and tiers, and a sheet a machine."""

from __future__ import annotations

from collections.abc import Sequence

from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.contract import Progress
from shared_factory_desktop.exports.table import Group, Row, Totals, by_band, totals
from shared_factory_desktop.exports.xlsx_sheet import Column, Kind, Sheet, Value
from shared_factory_desktop.words import Words

_LINE_COLUMNS = (
    ("number", 7, Kind.COUNT), ("session", 16, Kind.TEXT), ("start", 19, Kind.INSTANT),
    ("end", 19, Kind.INSTANT), ("machine", 22, Kind.TEXT), ("job", 20, Kind.TEXT),
    ("charge", 20, Kind.TEXT), ("tax_class", 18, Kind.TEXT), ("basis", 10, Kind.TEXT),
    ("unit", 8, Kind.TEXT), ("quantity", 14, Kind.FIGURE), ("price", 12, Kind.FIGURE),
    ("list", 14, Kind.MONEY), ("discount", 12, Kind.MONEY), ("net", 14, Kind.MONEY),
    ("tax_rate", 8, Kind.SHARE), ("tax", 12, Kind.MONEY), ("gross", 14, Kind.MONEY),
    ("notes", 12, Kind.TEXT), ("late", 24, Kind.TEXT),
)  # fmt: skip
_DETAIL_COLUMNS = (
    ("number", 7, Kind.COUNT), ("session", 16, Kind.TEXT), ("machine", 22, Kind.TEXT),
    ("charge", 20, Kind.TEXT), ("band", 14, Kind.TEXT), ("unit", 8, Kind.TEXT),
    ("quantity", 18, Kind.FIGURE), ("price", 14, Kind.FIGURE), ("amount", 18, Kind.FIGURE),
)  # fmt: skip
_BAND_COLUMNS = (
    ("number", 0, Kind.COUNT), ("charge", 0, Kind.TEXT), ("band", 0, Kind.TEXT),
    ("unit", 0, Kind.TEXT), ("quantity", 0, Kind.FIGURE), ("list", 0, Kind.MONEY),
)  # fmt: skip
_PROGRESS_ROWS = 100
_NOTHING = (None, None, None)


def write_lines(sheet: Sheet, parts: Sequence[Group], words: Words, progress: Progress) -> None:
    """Write every line, in the order of their numbers, and their sum."""
    sheet.head(_columns(_LINE_COLUMNS, words))
    count = sum(len(part.rows) for part in parts)
    say = _Sayings(words)
    for row in (row for part in parts for row in part.rows):
        if (row.number - 1) % _PROGRESS_ROWS == 0:
            progress(row.number - 1, count)
        sheet.record(say.line(row))
    progress(count, count)
    _close(sheet, totals(row.line for part in parts for row in part.rows), words)


def write_machine(sheet: Sheet, rows: Sequence[Row], words: Words) -> None:
    """Write the lines of one machine and their sum, then what each charge comes to in each band."""
    sheet.head(_columns(_LINE_COLUMNS, words))
    say = _Sayings(words)
    for row in rows:
        sheet.record(say.line(row))
    sums = totals(row.line for row in rows)
    _close(sheet, sums, words)
    sheet.row += 1
    sheet.head(_columns(_BAND_COLUMNS, words))
    for number, one in enumerate(by_band(rows), 1):
        band = say.known("band", one.band) if one.band else None
        unit = say.known("unit", one.unit)
        sheet.record((number, one.charge_name, band, unit, one.quantity, one.list_fen))
    sheet.record((None, words("exports.total-word"), *_NOTHING, sums.list_fen), total=True)


def write_details(sheet: Sheet, parts: Sequence[Group], words: Words) -> None:
    """Write the bands and tiers of every line, exact and unrounded."""
    columns = _columns(_DETAIL_COLUMNS, words)
    sheet.head(columns)
    say = _Sayings(words)
    for row in (row for part in parts for row in part.rows):
        entry, line = row.entry, row.line
        unit = say.known("unit", line.unit)
        head = (row.number, line.session, entry.machine_name, entry.charge_name)
        for detail in line.details:
            band = phrases.band(words, detail) or None
            sheet.record((*head, band, unit, detail.quantity, detail.price, detail.amount))
    sheet.filter(len(columns))


class _Sayings:
    """Says lines in the words of a language, each code looked up once."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._known: dict[tuple[str, str], str] = {}
        self._notes: dict[tuple[str | None, ...], str | None] = {}

    def known(self, area: str, code: str) -> str:
        """Say a code of an open list."""
        said = self._known.get((area, code))
        if said is None:
            said = self._known[area, code] = phrases.known(self._words, area, code)
        return said

    def line(self, row: Row) -> tuple[Value, ...]:
        """Give the cells of a line, in the order of the columns."""
        entry, line = row.entry, row.line
        return (
            row.number,
            line.session,
            entry.start,
            entry.end,
            entry.machine_name,
            entry.job,
            entry.charge_name,
            entry.tax_class,
            self.known("basis", line.unit),
            self.known("unit", line.unit),
            line.quantity,
            row.price,
            line.list_fen,
            line.discount_fen,
            line.net_fen,
            line.tax_rate,
            line.tax_fen,
            line.gross_fen,
            self._remarks(row.notes, line.correction),
            phrases.days(self._words, line.late) if line.late else None,
        )

    def _remarks(self, codes: tuple[str, ...], certificate: str | None) -> str | None:
        key = (*codes, certificate)
        if key not in self._notes:
            self._notes[key] = phrases.remarks(self._words, codes, certificate) or None
        return self._notes[key]


def _close(sheet: Sheet, sums: Totals, words: Words) -> None:
    """Offer filters on the lines written, and add them up below: values, not formulas."""
    sheet.filter(len(_LINE_COLUMNS))
    cells: dict[str, Value] = {
        "session": words("exports.total-word"),
        "list": sums.list_fen,
        "discount": sums.discount_fen,
        "net": sums.net_fen,
        "tax": sums.tax_fen,
        "gross": sums.gross_fen,
    }
    sheet.record([cells.get(name) for name, _, _ in _LINE_COLUMNS], total=True)


def _columns(plan: Sequence[tuple[str, int, Kind]], words: Words) -> tuple[Column, ...]:
    return tuple(Column(words(f"exports.column.{name}"), width, kind) for name, width, kind in plan)
