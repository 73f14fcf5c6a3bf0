"""What every page of a statement PDF has: foot, strip for the seal across pages, sound text."""

from __future__ import annotations

from dataclasses import dataclass

from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.contract import ExportOptions
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.typesetting import INK, QUIET, Pen
from shared_factory_desktop.words import Words

SIZE = 8.4
LINE = 12.4
ANCHOR_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Frame:
    """One statement on paper: what draws it and where, between x and x + width."""

    pen: Pen
    document: StatementDocument
    words: Words
    options: ExportOptions
    x: float
    width: float

    @property
    def number(self) -> str:
        """The statement's number, or the word for a draft."""
        return self.document.number or self.words("exports.draft")

    def foot(self, page: int, pages: int, y: float) -> None:
        """Draw fingerprint, anchor, number and page number."""
        words, document = self.words, self.document
        right = self.x + self.width
        self.pen.rule(self.x, y + 10, right)
        left = words("exports.draft-note")
        if document.sha256:
            left = words("exports.fingerprint", sha256=document.sha256)
        if document.anchor:
            left += "    " + anchor_text(words, document)
        self.pen.text(self.x, y, left, 6.8, QUIET)
        place = words("exports.page", number=self.number, page=page, pages=pages)
        self.pen.text(right, y, place, 8, INK, "right")

    def straddle(self, page: int, pages: int, bottom: float, top: float) -> None:
        """Draw the strip at the binding edge over which one seal is set across all pages (骑缝章).

        A statement of one page has none.
        """
        if pages == 1:
            return
        edge = self.x - 9
        self.pen.dashes(edge, bottom, top)
        text = self.words("exports.pdf.straddle", number=self.number, page=page, pages=pages)
        self.pen.upward(edge - 5, (bottom + top) / 2, text, 7)

    def check(self) -> None:
        """Raise ExportFault for a character around the table that the font lacks."""
        words, document = self.words, self.document
        for side, party in (("seller", document.seller), ("buyer", document.buyer)):
            for field in phrases.PARTY_FIELDS:
                place = f"{words(f'exports.party.{side}')} {words(f'exports.party.{field}')}"
                self._check(getattr(party, field), place)
        self._check(document.number, words("exports.field.number"))
        self._check(document.gross_uppercase, words("exports.total-capitals"))
        self._check(document.refers_to, words("exports.field.refers_to"))
        self._check(document.reason, words("exports.field.reason"))

    def _check(self, text: str | None, place: str) -> None:
        self.pen.face.check(cleaned(text), self.words("exports.place.field", field=place))


def anchor_text(words: Words, document: StatementDocument) -> str:
    """Say where the audit chain stood at issue; empty on a draft."""
    anchor = document.anchor
    if anchor is None:
        return ""
    return words("exports.pdf.anchor", seq=anchor.seq, hash=anchor.hash[:ANCHOR_DIGITS])
