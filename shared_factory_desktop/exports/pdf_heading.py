"""The head of a statement PDF: title, code to scan, both parties, how the account stands."""

from __future__ import annotations

from dataclasses import dataclass

from shared_factory_desktop.domain.money import grouped, yuan_text
from shared_factory_desktop.domain.statement import Party
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.pdf_frame import LINE, SIZE, Frame, anchor_text
from shared_factory_desktop.exports.table import totals
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.typesetting import ACCENT, INK, NEGATIVE, QUIET, fitted, wrapped

CODE_SIDE = 54.0
_TITLE = 62.0
_STRIP = 38.0
_APART = 0.28  # share of the width for what is not part of the balance
_PARTY_LINES = 5

Figure = tuple[str, int, bool]  # word, amount in fen, whether it is the one people look for


@dataclass(frozen=True, slots=True)
class Heading:
    """Draws the head of the first page, downward from a given top."""

    frame: Frame

    def height(self) -> float:
        """Height in points."""
        credit = len(self._credit_lines()) * LINE
        return _TITLE + credit + self._parties_height() + 8 + _STRIP + 8

    def draw(self, top: float) -> None:
        """Draw title, number, period, what a credit note refers to, both parties, the account."""
        self._title(top)
        self._facts(top)
        self._code(top)
        y = top - _TITLE
        for line in self._credit_lines():
            self.frame.pen.text(self.frame.x, y - 6, line, SIZE, NEGATIVE)
            y -= LINE
        self._parties(y)
        self._strip(y - self._parties_height() - 8)

    def _title(self, top: float) -> None:
        words, document = self.frame.words, self.frame.document
        kind = "exports.title" if document.refers_to is None else "exports.pdf.title-credit"
        title = words(kind if document.number else f"{kind}-draft")
        middle = self.frame.x + self.frame.width / 2
        shade = ACCENT if document.refers_to is None else NEGATIVE
        self.frame.pen.text(middle, top - 22, title, 19, shade, "center", strong=True)
        period = f"{words('exports.field.period')}  {phrases.period(words, document)}"
        self.frame.pen.text(middle, top - 41, period, 9.5, INK, "center")

    def _facts(self, top: float) -> None:
        words, document = self.frame.words, self.frame.document
        currency = phrases.known(words, "currency", document.statement.currency)
        facts = [
            (words("exports.field.number"), document.number or words("exports.draft-note")),
            (words("exports.field.currency"), currency),
        ]
        if document.issued_at is not None:
            stamp = f"{phrases.issued(document)} {document.timezone}"
            facts.insert(1, (words("exports.field.issued_at"), stamp))
        for index, (label, value) in enumerate(facts):
            y = top - 12 - index * LINE
            right = self.frame.x + self.frame.width
            self.frame.pen.text(right, y, f"{label}  {value}", 8, QUIET, "right")

    def _code(self, top: float) -> None:
        """Draw number, hash and total as a code to scan, the anchor beside it."""
        document, pen = self.frame.document, self.frame.pen
        if document.number is None or document.sha256 is None:
            return
        gross = yuan_text(document.statement.gross_fen)
        content = f"SFD1|{document.number}|{document.sha256}|{gross}"
        pen.code(self.frame.x, top - 2 - CODE_SIDE, content, CODE_SIDE)
        x = self.frame.x + CODE_SIDE + 8
        pen.text(x, top - 12, self.frame.words("exports.pdf.scan"), 6.8, QUIET)
        pen.text(x, top - 22, anchor_text(self.frame.words, document), 6.8, QUIET)

    def _credit_lines(self) -> tuple[str, ...]:
        """Say what a credit note refers to and why."""
        document = self.frame.document
        if document.refers_to is None:
            return ()
        code = "exports.pdf.refers-to-why" if document.reason else "exports.pdf.refers-to"
        text = self.frame.words(
            code, number=cleaned(document.refers_to), reason=cleaned(document.reason)
        )
        return wrapped(self.frame.pen.face, text, SIZE, self.frame.width)

    def _party_lines(self, party: Party) -> list[tuple[str, bool]]:
        """Give a party's printed lines, the name's marked; very long values end in an ellipsis."""
        lines: list[tuple[str, bool]] = []
        for field in phrases.PARTY_FIELDS:
            value = cleaned(getattr(party, field)) or "—"
            label = "" if field == "name" else self.frame.words(f"exports.party.{field}") + "  "
            size = SIZE + 1.6 if field == "name" else SIZE
            broken = wrapped(self.frame.pen.face, label + value, size, self.frame.width / 2 - 24)
            if len(broken) > _PARTY_LINES:
                broken = (*broken[: _PARTY_LINES - 1], broken[_PARTY_LINES - 1][:-1] + "…")
            lines.extend((line, field == "name") for line in broken)
        return lines

    def _parties_height(self) -> float:
        parties = (self.frame.document.seller, self.frame.document.buyer)
        return max(len(self._party_lines(party)) for party in parties) * LINE + LINE + 9

    def _parties(self, top: float) -> None:
        height, half = self._parties_height(), self.frame.width / 2
        sides = (("seller", self.frame.document.seller), ("buyer", self.frame.document.buyer))
        for index, (side, party) in enumerate(sides):
            left = self.frame.x + index * (half + 5)
            self.frame.pen.frame(left, top - height, half - 5, height)
            y = top - 13
            self.frame.pen.text(left + 9, y, self.frame.words(f"exports.party.{side}"), 7.6, ACCENT)
            for line, is_name in self._party_lines(party):
                y -= LINE
                self.frame.pen.text(
                    left + 9, y, line, SIZE + 1.6 if is_name else SIZE, strong=is_name
                )

    def _strip(self, top: float) -> None:
        """Draw how the account stands and, apart, what is held; else the statement's sums."""
        account, words = self.frame.document.account, self.frame.words
        if account is None:
            sums = totals(self.frame.document.statement.lines)
            self._figures(self.frame.x, top, self.frame.width, [
                (words("exports.summary.list"), sums.list_fen, False),
                (words("exports.summary.discount"), sums.discount_fen, False),
                (words("exports.summary.net"), sums.net_fen, False),
                (words("exports.summary.tax"), sums.tax_fen, False),
                (words("exports.summary.gross"), sums.gross_fen, True),
            ])  # fmt: skip
            return
        apart = self.frame.width * _APART
        self._figures(self.frame.x, top, self.frame.width - apart - 8, [
            (words("exports.strip.opening"), account.opening_fen, False),
            (words("exports.strip.due"), account.due_fen, False),
            (words("exports.strip.received"), account.received_fen, False),
            (words("exports.strip.adjusted"), account.adjusted_fen, False),
            (words("exports.strip.closing"), account.closing_fen, True),
        ])  # fmt: skip
        self._figures(self.frame.x + self.frame.width - apart, top, apart, [
            (words("exports.strip.deposit"), account.deposit_fen, False),
            (words("exports.strip.prepaid"), account.prepaid_fen, False),
        ])  # fmt: skip

    def _figures(self, left: float, top: float, width: float, figures: list[Figure]) -> None:
        """Draw figures under their words on a tinted strip."""
        pen, step = self.frame.pen, width / len(figures)
        pen.fill(left, top - _STRIP, width, _STRIP)
        for index, (label, amount, strong) in enumerate(figures):
            x, figure = left + step * (index + 0.5), grouped(amount)
            shade = NEGATIVE if amount < 0 else ACCENT if strong else INK
            pen.text(x, top - 13, label, 7.6, QUIET, "center")
            size = fitted(pen.face, figure, 12.5, step - 12)
            pen.text(x, top - 29, figure, size, shade, "center", strong=strong)
