"""What stands around the table of a statement PDF: heading, parties, totals, seals."""

from __future__ import annotations

from dataclasses import dataclass

from shared_factory_desktop.domain.money import grouped
from shared_factory_desktop.domain.statement import Party, StatementDocument
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.contract import ExportOptions
from shared_factory_desktop.exports.table import by_tax_rate, totals
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.typesetting import (
    ACCENT,
    INK,
    MM,
    NEGATIVE,
    QUIET,
    Pen,
    fitted,
    wrapped,
)
from shared_factory_desktop.words import Words

SIZE = 8.4
LINE = 12.4
SEAL_HEIGHT = 42 * MM  # clear of text; a company seal is 38 to 42 mm across
_SIGNATURE = 22.0
_PARTY_LINES = 5
_TITLE = 54.0
_STRIP = 38.0
_RATE_COLUMNS = (0.0, 150.0, 240.0, 330.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """Draws the parts around the table between x and x + width, each downward from a given top."""

    pen: Pen
    document: StatementDocument
    words: Words
    options: ExportOptions
    x: float
    width: float

    def heading_height(self) -> float:
        """Height of title, parties and summary in points."""
        return _TITLE + self._parties_height() + 8 + _STRIP + 8

    def heading(self, top: float) -> None:
        """Draw title, number, period, both parties and the summary."""
        words, document = self.words, self.document
        title = "exports.title" if document.number else "exports.title-draft"
        middle = self.x + self.width / 2
        self.pen.text(middle, top - 20, words(title), 19, ACCENT, "center", strong=True)
        period = f"{words('exports.field.period')}  {phrases.period(words, document)}"
        self.pen.text(middle, top - 39, period, 9.5, INK, "center")
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
            self.pen.text(self.x + self.width, y, f"{label}  {value}", 8, QUIET, "right")
        self._parties(top - _TITLE)
        self._strip(top - _TITLE - self._parties_height() - 8)

    def closing_height(self) -> float:
        """Height of totals, confirmation and seals in points."""
        return self._rates_height() + 34 + SEAL_HEIGHT + LINE + _SIGNATURE + 12

    def closing(self, top: float) -> None:
        """Draw the total in figures and capitals, the tax rates, the confirmation and the seals."""
        self._rates(top)
        self._amount(top)
        y = top - self._rates_height()
        self.pen.rule(self.x, y, self.x + self.width)
        self._confirmation(y - 14)
        self._seals(y - 34)

    def foot(self, page: int, pages: int, y: float) -> None:
        """Draw number, fingerprint and page number."""
        words, document = self.words, self.document
        right = self.x + self.width
        self.pen.rule(self.x, y + 10, right)
        left = words("exports.draft-note")
        if document.sha256:
            left = words("exports.fingerprint", sha256=document.sha256)
        self.pen.text(self.x, y, left, 6.8, QUIET)
        number = document.number or words("exports.draft")
        place = words("exports.page", number=number, page=page, pages=pages)
        self.pen.text(right, y, place, 8, INK, "right")

    def check(self) -> None:
        """Raise ExportFault for a character of the parties or the number that the font lacks."""
        sides = (("seller", self.document.seller), ("buyer", self.document.buyer))
        for side, party in sides:
            for field in phrases.PARTY_FIELDS:
                name = self.words(f"exports.party.{field}")
                place = f"{self.words(f'exports.party.{side}')} {name}"
                text = cleaned(getattr(party, field))
                self.pen.face.check(text, self.words("exports.place.field", field=place))
        number = self.words("exports.field.number")
        self.pen.face.check(self.document.number or "", number)
        self.pen.face.check(self.document.gross_uppercase, self.words("exports.total-capitals"))

    def _party_lines(self, party: Party) -> list[tuple[str, bool]]:
        """Give a party's printed lines, the name's marked; very long values end in an ellipsis."""
        lines: list[tuple[str, bool]] = []
        for field in phrases.PARTY_FIELDS:
            value = cleaned(getattr(party, field)) or "—"
            label = "" if field == "name" else self.words(f"exports.party.{field}") + "  "
            size = SIZE + 1.6 if field == "name" else SIZE
            broken = wrapped(self.pen.face, label + value, size, self.width / 2 - 24)
            if len(broken) > _PARTY_LINES:
                broken = (*broken[: _PARTY_LINES - 1], broken[_PARTY_LINES - 1][:-1] + "…")
            lines.extend((line, field == "name") for line in broken)
        return lines

    def _parties_height(self) -> float:
        parties = (self.document.seller, self.document.buyer)
        return max(len(self._party_lines(party)) for party in parties) * LINE + LINE + 9

    def _parties(self, top: float) -> None:
        height, half = self._parties_height(), self.width / 2
        sides = (("seller", self.document.seller), ("buyer", self.document.buyer))
        for index, (side, party) in enumerate(sides):
            left = self.x + index * (half + 5)
            self.pen.frame(left, top - height, half - 5, height)
            y = top - 13
            self.pen.text(left + 9, y, self.words(f"exports.party.{side}"), 7.6, ACCENT)
            for line, is_name in self._party_lines(party):
                y -= LINE
                self.pen.text(left + 9, y, line, SIZE + 1.6 if is_name else SIZE, strong=is_name)

    def _strip(self, top: float) -> None:
        """Draw the summary: five figures in a row."""
        sums = totals(self.document.statement.lines)
        amounts = (sums.list_fen, sums.discount_fen, sums.net_fen, sums.tax_fen, sums.gross_fen)
        names = ("list", "discount", "net", "tax", "gross")
        self.pen.fill(self.x, top - _STRIP, self.width, _STRIP)
        step = self.width / len(names)
        for index, (name, amount) in enumerate(zip(names, amounts, strict=True)):
            x = self.x + step * (index + 0.5)
            label = self.words(f"exports.summary.{name}")
            colour = ACCENT if name == "gross" else INK
            figure = grouped(amount)
            size = fitted(self.pen.face, figure, 12.5, step - 12)
            self.pen.text(x, top - 13, label, 7.6, QUIET, "center")
            shade = NEGATIVE if amount < 0 else colour
            self.pen.text(x, top - 29, figure, size, shade, "center", strong=name == "gross")

    def _rates_height(self) -> float:
        return (len(by_tax_rate(self.document)) + 1) * LINE + 26

    def _rates(self, top: float) -> None:
        """Draw net, tax and gross of each tax rate at the right."""
        left = self.x + self.width - _RATE_COLUMNS[-1] - 4
        names = ("net", "tax", "gross")
        y = top - 14
        self.pen.text(left, y, self.words("exports.by-tax-rate"), 7.6, ACCENT)
        for name, offset in zip(names, _RATE_COLUMNS[1:], strict=True):
            label = self.words(f"exports.summary.{name}")
            self.pen.text(left + offset, y, label, 7.6, QUIET, "right")
        for rate, sums in by_tax_rate(self.document):
            y -= LINE
            self.pen.text(left, y, phrases.percent(rate), 7.6)
            amounts = (sums.net_fen, sums.tax_fen, sums.gross_fen)
            for amount, offset in zip(amounts, _RATE_COLUMNS[1:], strict=True):
                self.pen.text(left + offset, y, grouped(amount), 7.6, align="right")

    def _amount(self, top: float) -> None:
        """Draw the total in figures and in capitals at the left."""
        words, room = self.words, self.width - _RATE_COLUMNS[-1] - 40
        gross = self.document.statement.gross_fen
        figures = words("exports.money", amount=grouped(gross))
        shade = NEGATIVE if gross < 0 else INK
        labels = [words("exports.total-figures"), words("exports.total-capitals")]
        indent = max(self.pen.face.width(label, 8) for label in labels) + 12
        for index, value in enumerate((figures, self.document.gross_uppercase)):
            y = top - 16 - index * 17
            size = fitted(self.pen.face, value, 11.5, room - indent)
            self.pen.text(self.x, y, labels[index], 8, QUIET)
            self.pen.text(self.x + indent, y, value, size, shade, strong=True)

    def _confirmation(self, y: float) -> None:
        words, x = self.words, self.x
        for code, gap, strong in (
            ("heading", 18, True),
            ("agree", 18, False),
            ("differ", 0, False),
        ):
            text = words(f"exports.confirm.{code}")
            self.pen.text(x, y, text, 9, INK, strong=strong)
            x += self.pen.face.width(text, 9) + gap
        date = words("exports.date-blank")
        if self.options.reply_by is not None:
            date = phrases.date(words, self.options.reply_by)
        reply = words("exports.confirm.reply-by", date=date)
        right = self.x + self.width
        self.pen.rule(x + 4, y - 2, right - self.pen.face.width(reply, 9) - 20, QUIET)
        self.pen.text(right, y, reply, 9, INK, "right")
        self.pen.text(self.x, y - 13, words("exports.basis-note"), 6.8, QUIET)

    def _seals(self, top: float) -> None:
        height, half = SEAL_HEIGHT + LINE + _SIGNATURE, self.width / 2
        signature = self.words("exports.confirm.signature", date=self.words("exports.date-blank"))
        for index, side in enumerate(("seller", "buyer")):
            left = self.x + index * (half + 5)
            self.pen.frame(left, top - height, half - 5, height)
            label = self.words("exports.confirm.seal", party=self.words(f"exports.party.{side}"))
            self.pen.text(left + 9, top - 13, label, 9, INK, strong=True)
            size = fitted(self.pen.face, signature, 8, half - 23)
            self.pen.text(left + 9, top - height + 8, signature, size, QUIET)
