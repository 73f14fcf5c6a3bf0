"""Draws a report's rows as horizontal bars on a page, with an axis to read them from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from shared_factory_desktop.domain.reports.report import (
    Column,
    Figure,
    Report,
    Row,
    Say,
    rough,
    rounded,
    shown,
    title,
)
from shared_factory_desktop.exports.text import cleaned
from shared_factory_desktop.exports.typesetting import INK, QUIET, RULE, Colour, Pen

COLOURS: tuple[Colour, ...] = (
    (0.12, 0.44, 0.92),
    (0.10, 0.50, 0.29),
    (0.72, 0.47, 0.12),
    (0.48, 0.35, 0.78),
    (0.16, 0.62, 0.60),
    (0.53, 0.56, 0.61),
)
SIZE = 7.6
_LABEL = 130.0
_FIGURE = 62.0
_BAR = 7.0
_GAP = 5.0
_TALLEST = 250.0
_LEGEND = 18.0
_AXIS = 16.0
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Bars:
    """The chart of a report, as wide as `width` points; its longest rows where there are many."""

    pen: Pen
    report: Report
    say: Say
    x: float
    width: float

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that are drawn."""
        return self.report.drawn(int(_TALLEST / self._step))

    @property
    def height(self) -> float:
        """Height in points; 0 where there is nothing to draw."""
        return _LEGEND + len(self.rows) * self._step + _AXIS if self.rows else 0.0

    def draw(self, top: float) -> None:
        """Draw legend, axis and bars downward from `top`."""
        rows = self.rows
        if not rows:
            return
        series = [self.report.figures(key, rows) for key in self.report.chart.series]
        scale = _Scale.of(list(self._ends(series)), self.x + _LABEL, self.width - _LABEL - _FIGURE)
        self._legend(top - 9)
        y = top - _LEGEND
        foot = y - len(rows) * self._step
        self._axis(scale, y, foot)
        for row, figures in zip(rows, zip(*series, strict=True), strict=True):
            label = _cut(self.pen, cleaned(shown(self.report.columns[0], row[0], self.say)))
            middle = y - self._step / 2 - SIZE / 3
            self.pen.text(self.x + _LABEL - 6, middle, label, SIZE, INK, "right")
            self._bars(scale, y - _GAP / 2, figures)
            y -= self._step

    @property
    def _series(self) -> tuple[Column, ...]:
        return tuple(self.report.column(key) for key in self.report.chart.series)

    @property
    def _step(self) -> float:
        bars = 1 if self.report.chart.stacked else len(self.report.chart.series)
        return _GAP + _BAR * max(bars, 1.6)

    def _ends(self, series: Sequence[Sequence[Figure]]) -> Iterator[Figure]:
        """Give every place that a bar may reach."""
        if not self.report.chart.stacked:
            yield from (figure for figures in series for figure in figures)
            return
        for figures in zip(*series, strict=True):
            yield sum(figure for figure in figures if figure > 0)
            yield sum(figure for figure in figures if figure < 0)

    def _legend(self, y: float) -> None:
        x = self.x + _LABEL
        for column, colour in zip(self._series, COLOURS, strict=False):
            name = title(column, self.say)
            self.pen.fill(x, y, 7, 7, colour)
            self.pen.text(x + 10, y, name, SIZE, QUIET)
            x += 24 + self.pen.face.width(name, SIZE)

    def _axis(self, scale: _Scale, top: float, foot: float) -> None:
        canvas, kind = self.pen.canvas, self._series[0].kind
        canvas.setStrokeColorRGB(*RULE)
        canvas.setLineWidth(0.4)
        for tick in scale.ticks:
            at = scale.at(tick)
            canvas.line(at, top, at, foot)
            self.pen.text(at, foot - 9, rough(kind, tick), 6.6, QUIET, "center")

    def _bars(self, scale: _Scale, top: float, figures: Sequence[Figure]) -> None:
        stacked, kind = self.report.chart.stacked, self._series[0].kind
        thick = self._step - _GAP if stacked else _BAR
        ahead = behind = Fraction(0)
        for index, figure in enumerate(figures):
            start = (ahead if figure > 0 else behind) if stacked else Fraction(0)
            low, high = sorted((scale.at(start), scale.at(start + figure)))
            y = top - thick if stacked else top - (index + 1) * thick
            self.pen.fill(low, y, high - low, thick - 1, COLOURS[index % len(COLOURS)])
            ahead, behind = ahead + max(figure, 0), behind + min(figure, 0)
            if not stacked:
                self.pen.text(high + 3, y + 0.8, rounded(kind, figure), 6, QUIET)
        if stacked:
            end, text = scale.at(ahead), rounded(kind, ahead + behind)
            self.pen.text(end + 3, top - thick / 2 - 2.4, text, 6.6, QUIET)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where figures stand on the page, and the round ones that the axis names."""

    x: float
    width: float
    low: Fraction
    high: Fraction
    ticks: tuple[int | Fraction, ...]

    @classmethod
    def of(cls, figures: Sequence[Figure], x: float, width: float) -> _Scale:
        low, high = min(0, *figures), max(0, *figures)
        if low == high:
            high = 1
        step = _round_step(Fraction(high - low) / _TICKS)
        first, last = low // step, -(-high // step)
        ticks = tuple(step * n for n in range(int(first), int(last) + 1))
        return cls(x, width, Fraction(ticks[0]), Fraction(ticks[-1]), ticks)

    def at(self, figure: Figure) -> float:
        """Give the abscissa of a figure in points."""
        return self.x + self.width * float((figure - self.low) / (self.high - self.low))


def _round_step(least: Fraction) -> Fraction:
    """Give the smallest of 1, 2, 5, 10 … or a tenth, a hundredth … of them that is enough."""
    power = Fraction(1)
    while power > least:
        power /= 10
    while power * 10 <= least:
        power *= 10
    return next(power * n for n in (1, 2, 5, 10) if power * n >= least)


def _cut(pen: Pen, text: str) -> str:
    """Shorten a name that is wider than the room for names."""
    room = _LABEL - 12
    if pen.face.width(text, SIZE) <= room:
        return text
    while text and pen.face.width(text + "…", SIZE) > room:
        text = text[:-1]
    return text + "…"
