"""The end of a statement PDF: totals in figures and capitals, the reply slip, room for seals."""

from __future__ import annotations

from dataclasses import dataclass

from shared_factory_desktop.domain.money import grouped
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.pdf_frame import LINE, Frame
from shared_factory_desktop.exports.table import by_tax_rate
from shared_factory_desktop.exports.typesetting import ACCENT, INK, MM, NEGATIVE, QUIET, fitted

SEAL_HEIGHT = 42 * MM  # clear of text; a company seal is 38 to 42 mm across
_SIGNATURE = 22.0
_SLIP = 62.0
_RATE_COLUMNS = (0.0, 150.0, 240.0, 330.0)


@dataclass(frozen=True, slots=True)
class Closing:
    """Draws what follows the table, downward from a given top."""

    frame: Frame

    def height(self) -> float:
        """Height in points."""
        return self._rates_height() + _SLIP + SEAL_HEIGHT + LINE + _SIGNATURE + 12

    def draw(self, top: float) -> None:
        """Draw the total in figures and capitals, the tax rates, the reply slip and the seals."""
        self._rates(top)
        self._amount(top)
        y = top - self._rates_height()
        self.frame.pen.rule(self.frame.x, y, self.frame.x + self.frame.width)
        self._confirmation(y - 14)
        self._seals(y - _SLIP)

    def _rates_height(self) -> float:
        return (len(by_tax_rate(self.frame.document)) + 1) * LINE + 26

    def _rates(self, top: float) -> None:
        """Draw net, tax and gross of each tax rate at the right."""
        left = self.frame.x + self.frame.width - _RATE_COLUMNS[-1] - 4
        names = ("net", "tax", "gross")
        y = top - 14
        self.frame.pen.text(left, y, self.frame.words("exports.by-tax-rate"), 7.6, ACCENT)
        for name, offset in zip(names, _RATE_COLUMNS[1:], strict=True):
            label = self.frame.words(f"exports.summary.{name}")
            self.frame.pen.text(left + offset, y, label, 7.6, QUIET, "right")
        for rate, sums in by_tax_rate(self.frame.document):
            y -= LINE
            self.frame.pen.text(left, y, phrases.percent(rate), 7.6)
            amounts = (sums.net_fen, sums.tax_fen, sums.gross_fen)
            for amount, offset in zip(amounts, _RATE_COLUMNS[1:], strict=True):
                self.frame.pen.text(left + offset, y, grouped(amount), 7.6, align="right")

    def _amount(self, top: float) -> None:
        """Draw the total in figures and in capitals at the left."""
        words, room = self.frame.words, self.frame.width - _RATE_COLUMNS[-1] - 40
        gross = self.frame.document.statement.gross_fen
        figures = words("exports.money", amount=grouped(gross))
        shade = NEGATIVE if gross < 0 else INK
        labels = [words("exports.total-figures"), words("exports.total-capitals")]
        indent = max(self.frame.pen.face.width(label, 8) for label in labels) + 12
        for index, value in enumerate((figures, self.frame.document.gross_uppercase)):
            y = top - 16 - index * 17
            size = fitted(self.frame.pen.face, value, 11.5, room - indent)
            self.frame.pen.text(self.frame.x, y, labels[index], 8, QUIET)
            self.frame.pen.text(self.frame.x + indent, y, value, size, shade, strong=True)

    def _confirmation(self, y: float) -> None:
        words, x = self.frame.words, self.frame.x
        for code, gap, strong in (
            ("heading", 18, True),
            ("agree", 18, False),
            ("differ", 0, False),
        ):
            text = words(f"exports.confirm.{code}")
            self.frame.pen.text(x, y, text, 9, INK, strong=strong)
            x += self.frame.pen.face.width(text, 9) + gap
        date = words("exports.date-blank")
        if self.frame.options.reply_by is not None:
            date = phrases.date(words, self.frame.options.reply_by)
        reply = words("exports.confirm.reply-by", date=date)
        right = self.frame.x + self.frame.width
        self.frame.pen.rule(x + 4, y - 2, right - self.frame.pen.face.width(reply, 9) - 20, QUIET)
        self.frame.pen.text(right, y, reply, 9, INK, "right")
        self.frame.pen.rule(self.frame.x, y - 19, right, QUIET)  # room to say what differs
        for index, note in enumerate((words("exports.basis-note"), self._gaps_note())):
            size = fitted(self.frame.pen.face, note, 6.8, self.frame.width)
            self.frame.pen.text(self.frame.x, y - 29 - index * 9.2, note, size, QUIET)

    def _gaps_note(self) -> str:
        count = len(self.frame.document.gaps)
        return self.frame.words(f"exports.pdf.gaps-{'some' if count else 'none'}", count=count)

    def _seals(self, top: float) -> None:
        height, half = SEAL_HEIGHT + LINE + _SIGNATURE, self.frame.width / 2
        signature = self.frame.words(
            "exports.confirm.signature", date=self.frame.words("exports.date-blank")
        )
        for index, side in enumerate(("seller", "buyer")):
            left = self.frame.x + index * (half + 5)
            self.frame.pen.frame(left, top - height, half - 5, height)
            label = self.frame.words(
                "exports.confirm.seal", party=self.frame.words(f"exports.party.{side}")
            )
            self.frame.pen.text(left + 9, top - 13, label, 9, INK, strong=True)
            size = fitted(self.frame.pen.face, signature, 8, half - 23)
            self.frame.pen.text(left + 9, top - height + 8, signature, size, QUIET)
