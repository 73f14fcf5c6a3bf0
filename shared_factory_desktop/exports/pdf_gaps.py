"""The appendix of a statement PDF: when a meter was not read as it should be."""

from __future__ import annotations

from collections.abc import Iterator

from shared_factory_desktop.domain.statement import Gap, StatementDocument
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.fonts import Face
from shared_factory_desktop.exports.pdf_lines import sections
from shared_factory_desktop.exports.pdf_table import Column, Table, TableRow, split
from shared_factory_desktop.exports.table import Row
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.words import Words

COLUMNS = (
    Column("number", 30, "center", figure=True),
    Column("session", 110),
    Column("lines", 80),
    Column("machine", 130),
    Column("meter", 110),
    Column("quantity", 70),
    Column("code", 56),
    Column("start", 95, figure=True),
    Column("end", 95, figure=True),
)


def gap_table(words: Words) -> Table:
    """Give the table of gaps in a language."""
    return Table(COLUMNS, tuple(words(f"exports.gap-head.{column.key}") for column in COLUMNS))


def gap_rows(document: StatementDocument, words: Words, face: Face) -> Iterator[TableRow]:
    """Lay out a row for each gap, with the statement's lines it concerns; raises ExportFault."""
    concerned: dict[str, list[Row]] = {}
    for section in sections(document) if document.gaps else ():
        for row in (row for group in section.groups for row in group.rows):
            if row.line.session is not None:
                concerned.setdefault(row.line.session, []).append(row)
    for number, gap in enumerate(document.gaps, 1):
        texts = _texts(number, gap, concerned.get(gap.session, []), words)
        for key, text in texts.items():
            title = f"{words('exports.pdf.gaps-title')} {number} {words(f'exports.gap-head.{key}')}"
            face.check(text, words("exports.place.field", field=title))
        yield from split(
            {column.key: column.wrap(texts[column.key], face) for column in COLUMNS},
        )


def _texts(number: int, gap: Gap, rows: list[Row], words: Words) -> dict[str, str]:
    machines = dict.fromkeys(row.entry.machine_name for row in rows)
    return {
        "number": str(number),
        "session": cleaned(gap.session),
        "lines": ", ".join(str(row.number) for row in rows),
        "machine": ", ".join(cleaned(name) for name in machines if name),
        "meter": cleaned(gap.meter),
        "quantity": phrases.known(words, "quantity", gap.quantity),
        "code": phrases.known(words, "gap", gap.code),
        "start": phrases.instant(gap.start),
        "end": phrases.instant(gap.end),
    }
