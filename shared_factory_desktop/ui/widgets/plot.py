"""Power over time: a line with honest gaps, small on a card or large with axes to read from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from shared_factory_desktop.ui.theme import Palette

Trend = Sequence[tuple[float, float | None]]
MOST_POINTS = 2000
_LOW_PX, _TALL_PX = 56, 260
_HEADROOM = 1.15


class PowerPlot(pg.PlotWidget):  # type: ignore[misc] # pyqtgraph ships no types
    """Power over the last minutes; `axes`, the titles of both, adds them with zoom and grid.

    With axes the power is in kW and the time of day that of a zone `ahead_of_utc_s`.
    """

    def __init__(
        self,
        palette: Palette,
        axes: tuple[str, str] | None = None,
        ahead_of_utc_s: int = 0,
    ) -> None:
        # pyqtgraph counts the offset westward
        items = {"bottom": pg.DateAxisItem(utcOffset=-ahead_of_utc_s)} if axes else {}
        super().__init__(background=None, axisItems=items)
        self._kilo = axes is not None
        self.setMenuEnabled(axes is not None)
        self.hideButtons()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseEnabled(x=axes is not None, y=False)
        if axes is None:
            self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self.hideAxis("left")
            self.hideAxis("bottom")
            self.setFixedHeight(_LOW_PX)
        else:
            self._dress_axes(palette, axes)
            self.setFixedHeight(_TALL_PX)
        self.getPlotItem().getViewBox().setDefaultPadding(0)
        fill = QColor(palette.accent)
        fill.setAlpha(40)
        self._line = self.plot(
            pen=pg.mkPen(palette.accent, width=2),
            fillLevel=0,
            brush=fill,
            connect="finite",
            antialias=True,
        )

    def show_trend(self, trend: Trend, span_s: float) -> None:
        """Draw (epoch second, W or None for a gap) pairs; the axis is `span_s` long, to the last.

        At most MOST_POINTS are drawn; of what is merged the highest stays.
        """
        points = thinned(trend, MOST_POINTS)
        scale = 0.001 if self._kilo else 1.0
        times = [at for at, _ in points]
        values = [math.nan if value is None else value * scale for _, value in points]
        self._line.setData(times, values)
        if times:
            top = max((v for v in values if not math.isnan(v)), default=0.0)
            self.setXRange(times[-1] - span_s, times[-1])
            self.setYRange(0, max(top, 10 * scale) * _HEADROOM)

    def _dress_axes(self, palette: Palette, titles: tuple[str, str]) -> None:
        for side, title in zip(("left", "bottom"), titles, strict=True):
            axis = self.getAxis(side)
            axis.setPen(palette.line)
            axis.setTextPen(palette.secondary)
            axis.setLabel(title, color=palette.secondary)
            axis.enableAutoSIPrefix(False)
        self.showGrid(y=True, alpha=0.2)


def thinned(trend: Trend, most: int) -> list[tuple[float, float | None]]:
    """Keep at most `most` points: of each run of neighbours the highest, a gap where one is."""
    if len(trend) <= most:
        return list(trend)
    run = math.ceil(len(trend) / most)
    return [_peak(trend[start : start + run]) for start in range(0, len(trend), run)]


def _peak(points: Trend) -> tuple[float, float | None]:
    gap = next((point for point in points if point[1] is None), None)
    return gap or max(points, key=lambda point: point[1] or 0.0)
