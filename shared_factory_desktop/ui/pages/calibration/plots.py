"""Pictures of a calibration: the error at each load between its limits, and what a line leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QApplication

from shared_factory_desktop.domain.calibration import Point
from shared_factory_desktop.ui.pages.calibration import figures
from shared_factory_desktop.ui.theme import Palette
from shared_factory_desktop.ui.widgets.bars import adopt

_HEADROOM = 1.25
_NEAR = 0.04  # of the width: how close to a load the mouse must be to read it
_MARK_PX, _DOT_PX = 10, 4
_TALL_PX = 264


@dataclass(frozen=True, slots=True)
class Dot:
    """One load in a picture: where it is, how far up and down it may be, what is read there."""

    x: float
    y: float
    half: float
    reading: str


class LoadPlot(pg.PlotWidget):  # type: ignore[misc] # pyqtgraph ships no types
    """Dots over the load with a line at nothing; wheel zooms, a double click shows all again, a
    right click exports picture and figures, the tip reads the nearest load.
    """

    def __init__(self, palette: Palette, axes: tuple[str, str]) -> None:
        before = set(QApplication.topLevelWidgets())
        super().__init__(background=None)
        adopt(self, set(QApplication.topLevelWidgets()) - before - {self})
        self._dots: tuple[Dot, ...] = ()
        self._span = (0.0, 1.0, 1.0)
        self.hideButtons()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedHeight(_TALL_PX)
        for side, title in zip(("bottom", "left"), axes, strict=True):
            axis = self.getAxis(side)
            axis.setPen(palette.line)
            axis.setTextPen(palette.secondary)
            axis.enableAutoSIPrefix(False)
            axis.setLabel(title, color=palette.secondary)
        self.showGrid(y=True, alpha=0.2)
        self.setMouseTracking(True)
        self.addItem(pg.InfiniteLine(0, angle=0, pen=pg.mkPen(palette.field, width=1)))
        # made once: what Python throws away it may throw away in another thread, Qt must not
        self._spans = pg.PlotDataItem(connect="pairs", pen=pg.mkPen(palette.accent, width=2))
        self._singles = pg.ScatterPlotItem(size=_DOT_PX, pen=None, brush=palette.field)
        self._means = pg.ScatterPlotItem(
            size=_MARK_PX, pen=pg.mkPen(palette.surface, width=1), brush=palette.accent
        )
        for item in (self._spans, self._singles, self._means):
            self.addItem(item)

    def show_dots(
        self, dots: Sequence[Dot], singles: Sequence[tuple[float, float]], at_least: float
    ) -> None:
        """Draw these loads and single readings; `at_least` is always within the picture."""
        self._dots = tuple(dots)
        xs, ys = [dot.x for dot in dots], [dot.y for dot in dots]
        ends = [(dot.x, dot.y + half) for dot in dots for half in (-dot.half, dot.half)]
        self._spans.setData([x for x, _ in ends], [y for _, y in ends])
        self._singles.setData([x for x, _ in singles], [y for _, y in singles])
        self._means.setData(xs, ys)
        reach = [abs(dot.y) + dot.half for dot in dots] + [abs(y) for _, y in singles]
        most = max([*reach, at_least], default=0.0) or 1.0
        left, right = min([0.0, *xs]), max([0.0, *xs])
        self._span = (left, right if right > left else left + 1.0, most)
        self.reset()

    def reading_at(self, place: QPointF) -> str:
        """Give what is read of the load next to a place of the widget; empty far from all."""
        spot = self.getPlotItem().getViewBox().mapSceneToView(place)
        left, right, _ = self._span
        near = [dot for dot in self._dots if abs(dot.x - spot.x()) <= _NEAR * (right - left)]
        return min(near, key=lambda dot: abs(dot.x - spot.x())).reading if near else ""

    def reset(self) -> None:
        """Show everything again."""
        left, right, most = self._span
        room = (right - left) * 0.06
        self.setXRange(left - room, right + room, padding=0)
        self.setYRange(-most * _HEADROOM, most * _HEADROOM, padding=0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the tip say the figures under the mouse."""
        self.setToolTip(self.reading_at(event.position()))
        super().mouseMoveEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002 - Qt calls it so
        """Undo the zoom."""
        self.reset()


class ErrorPlot(LoadPlot):
    """The error of each load in percent, with its uncertainty, between the limits."""

    def __init__(self, palette: Palette, axes: tuple[str, str]) -> None:
        super().__init__(palette, axes)
        fill = QColor(palette.working)
        fill.setAlpha(28)
        self._allowed = pg.LinearRegionItem(
            values=(0, 0),
            orientation="horizontal",
            brush=fill,
            pen=pg.mkPen(palette.working, width=1, style=Qt.PenStyle.DashLine),
            movable=False,
        )
        self._allowed.setZValue(-10)
        self.addItem(self._allowed)

    def show_points(self, points: Sequence[Point], limit: float) -> None:
        """Draw these points; `limit` is the largest error allowed, in percent."""
        self._allowed.setRegion((-limit, limit))
        dots = [
            Dot(
                float(one.reference),
                float(one.error * 100),
                float(one.expanded * 100),
                f"{one.nominal}\n{_told(one)}",
            )
            for one in points
        ]
        singles = [
            (float(one.reference), float((x / one.reference - 1) * 100))
            for one in points
            for x in one.indicated
        ]
        self.show_dots(dots, singles, limit)


class ResidualPlot(LoadPlot):
    """What the fitted line leaves of each load, in the unit of the quantity."""

    def show_residuals(
        self, points: Sequence[Point], residuals: Sequence[float], deviation: float
    ) -> None:
        """Draw the residuals of these points, in their order, as far as the deviation s."""
        pairs = zip(points, residuals, strict=True)
        dots = [Dot(float(one.reference), r, 0.0, f"{one.nominal}\n{r:+.4g}") for one, r in pairs]
        self.show_dots(dots, (), deviation)


def _told(point: Point) -> str:
    return f"{figures.error_percent(point)} % ± {figures.expanded_percent(point)} %"
