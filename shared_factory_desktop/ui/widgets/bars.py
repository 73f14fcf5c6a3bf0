"""Rows of figures as horizontal bars, side by side or stacked, with an axis to read them from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from shared_factory_desktop.ui.theme import Palette
from shared_factory_desktop.ui.widgets.labels import label, set_colour

_ROW = 0.76  # of the distance between rows
_HEADROOM = 1.06
_LEAST_PX, _ROW_PX, _AROUND_PX = 200, 26, 110
_LEAST_ROWS = 3  # fewer would make beams of the bars
_LABEL_LETTERS = 16
_MOST_SERIES = 6


@dataclass(frozen=True, slots=True)
class Series:
    """One figure of every row, under one name and colour."""

    name: str
    colour: str
    figures: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BarRow:
    """The name of a row and what is read when the mouse rests on it."""

    name: str
    reading: str


class Legend(QWidget):
    """The names of the series in a row, each after a square of its colour."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)

    def show_series(self, series: Sequence[Series]) -> None:
        """Name these series instead."""
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for one in series:
            square = label("■", "quiet")
            set_colour(square, one.colour)
            self._row.addWidget(square)
            self._row.addWidget(label(one.name, "quiet"))
            self._row.addSpacing(12)
        self._row.addStretch()


class BarPlot(pg.PlotWidget):  # type: ignore[misc] # pyqtgraph ships no types
    """Bars from the left, the first row on top.

    The wheel zooms, a double click shows all again, a right click exports picture and figures.
    """

    def __init__(self, palette: Palette) -> None:
        before = set(QApplication.topLevelWidgets())
        super().__init__(background=None)
        adopt(self, set(QApplication.topLevelWidgets()) - before - {self})
        self._palette = palette
        self._rows: tuple[BarRow, ...] = ()
        self._span = (0.0, 1.0)
        self.hideButtons()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseEnabled(x=True, y=False)
        self.invertY(True)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(palette.line)
            axis.setTextPen(palette.secondary if side == "bottom" else palette.text)
            axis.enableAutoSIPrefix(False)
        self.getAxis("left").setStyle(tickLength=0)
        self.showGrid(x=True, alpha=0.2)
        self.setMouseTracking(True)
        # made once: what Python throws away it may throw away in another thread, Qt must not
        self._bars = [pg.BarGraphItem(x0=[], x1=[], y=[], height=1) for _ in range(_MOST_SERIES)]
        for bars in self._bars:
            self.addItem(bars)

    def show_bars(
        self, rows: Sequence[BarRow], series: Sequence[Series], stacked: bool, axis: str
    ) -> None:
        """Draw these rows of at most six series; `axis` says what they are, with their unit."""
        self._rows = tuple(rows)
        thick = _ROW if stacked else _ROW / max(len(series), 1)
        ahead, behind = [0.0] * len(rows), [0.0] * len(rows)
        for index, one in enumerate(series):
            starts = [0.0] * len(rows)
            if stacked:
                pairs = zip(one.figures, ahead, behind, strict=True)
                starts = [up if figure > 0 else down for figure, up, down in pairs]
                ahead = [
                    up + max(figure, 0.0) for up, figure in zip(ahead, one.figures, strict=True)
                ]
                behind = [
                    low + min(figure, 0.0) for low, figure in zip(behind, one.figures, strict=True)
                ]
            shift = 0.0 if stacked else (index + 0.5) * thick - _ROW / 2
            _set(self._bars[index], one, starts, thick, shift)
        for unused in self._bars[len(series) :]:
            unused.setOpts(x0=[], x1=[], y=[])
        self._fit(series, ahead, behind)
        self.getAxis("left").setTicks([[(n, _short(row.name)) for n, row in enumerate(rows)]])
        self.setLabel("bottom", axis, color=self._palette.secondary)
        grown = 1.0 if stacked else max(1.0, len(series) / 2)
        self.setFixedHeight(max(_LEAST_PX, int(len(rows) * _ROW_PX * grown) + _AROUND_PX))
        self.reset()

    def reading_at(self, place: QPointF) -> str:
        """Give what is read at a place of the widget; empty between the rows."""
        spot = self.getPlotItem().getViewBox().mapSceneToView(place)
        row = int(spot.y() + 0.5)
        return self._rows[row].reading if 0 <= row < len(self._rows) else ""

    def reset(self) -> None:
        """Show everything again."""
        self.setXRange(*self._span, padding=0)
        self.setYRange(-0.6, max(len(self._rows), _LEAST_ROWS) - 0.4, padding=0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the tip say the figures under the mouse."""
        self.setToolTip(self.reading_at(event.position()))
        super().mouseMoveEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002 - Qt calls it so
        """Undo the zoom."""
        self.reset()

    def _fit(
        self, series: Sequence[Series], ahead: Sequence[float], behind: Sequence[float]
    ) -> None:
        reached = [*ahead, *behind, *(figure for one in series for figure in one.figures)]
        low, high = min(reached, default=0.0), max(reached, default=0.0)
        self._span = (min(low, 0.0) * _HEADROOM, max(high, 0.0) * _HEADROOM or 1.0)


def adopt(owner: QWidget, made: Iterable[QWidget]) -> None:
    """Make the menus that pyqtgraph leaves alone end with the plot: left to Python they end when
    it collects garbage, in whatever thread that happens.
    """
    for orphan in made:
        if orphan.parent() is None:
            orphan.setParent(owner, orphan.windowFlags())


def _set(
    bars: pg.BarGraphItem, series: Series, starts: Sequence[float], thick: float, shift: float
) -> None:
    ends = [start + figure for start, figure in zip(starts, series.figures, strict=True)]
    middles = [row + shift for row in range(len(starts))]
    bars.setOpts(
        x0=list(starts), x1=ends, y=middles, height=thick * 0.92, brush=series.colour, pen=None
    )


def _short(name: str) -> str:
    return name if len(name) <= _LABEL_LETTERS else name[: _LABEL_LETTERS - 1] + "…"
