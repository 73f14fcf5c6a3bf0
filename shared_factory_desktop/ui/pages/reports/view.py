"""One report as people see it: its bars, its totals, its table."""

from __future__ import annotations

from fractions import Fraction

from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from shared_factory_desktop.domain.reports import report as values
from shared_factory_desktop.domain.reports.report import Figure, Kind, Report, Value
from shared_factory_desktop.ui.table import Column, Table
from shared_factory_desktop.ui.theme import Palette
from shared_factory_desktop.ui.widgets.bars import BarPlot, BarRow, Legend, Series
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.words import Words

_MOST_BARS = 20
_TABLE_ROWS = 12  # of more the table scrolls by itself
_ROW_PX = 40
_BAR_PX = 20  # a table wider than the window has a bar to move it
_VIOLET, _TEAL = "#8B6BD6", "#2A9D9A"  # readable on both surfaces
Row = tuple[int, values.Row]


class ReportView(QScrollArea):
    """Bars first, the table under them; both of the newest report shown."""

    def __init__(self, palette: Palette, words: Words) -> None:
        super().__init__()
        self._palette = palette
        self._words = words
        self.plot = BarPlot(palette)
        self.legend = Legend()
        self.totals = label("", "body", wrap=True)
        self.table: Table[Row] | None = None
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(12)
        self._column.addWidget(self.legend)
        self._column.addWidget(self.plot)
        self._column.addWidget(self.totals)
        self._column.addStretch()
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)

    def show_report(self, report: Report) -> None:
        """Show this report instead."""
        self._draw(report)
        pairs = zip(report.columns[1:], report.totals[1:], strict=True)
        told = [f"{self._name(one)} {self._shown(one, value)}" for one, value in pairs]
        self.totals.setText(f"{self._say('total')}  " + "  ·  ".join(told))
        if self.table is not None:
            self._column.removeWidget(self.table)
            self.table.deleteLater()
        columns = [self._table_column(index, one) for index, one in enumerate(report.columns)]
        self.table = Table(columns, lambda row: row[0], self._words("ui.copy"))
        self.table.set_rows(enumerate(report.rows))
        self.table.setFixedHeight((min(len(report.rows), _TABLE_ROWS) + 1) * _ROW_PX + _BAR_PX)
        self._column.insertWidget(3, self.table)

    def _draw(self, report: Report) -> None:
        drawn, chart = report.drawn(_MOST_BARS), report.chart
        kind = report.column(chart.series[0]).kind
        rows = [
            BarRow(self._shown(report.columns[0], row[0]), self._told(report, row)) for row in drawn
        ]
        series = [
            Series(
                self._name(report.column(key)),
                _colour(self._palette, key, place),
                tuple(_length(kind, figure) for figure in report.figures(key, drawn)),
            )
            for place, key in enumerate(chart.series)
        ]
        self.legend.show_series(series)
        self.plot.show_bars(rows, series, chart.stacked, self._say(f"unit.{kind}"))

    def _told(self, report: Report, row: values.Row) -> str:
        """Say a row in full, a line a figure."""
        cells = list(zip(report.columns, row, strict=True))
        name = self._shown(*cells[0])
        return "\n".join([name, *(f"{self._name(o)}  {self._shown(o, v)}" for o, v in cells[1:])])

    def _table_column(self, index: int, column: values.Column) -> Column[Row]:
        named = column.kind is Kind.NAME
        return Column(
            self._name(column),
            lambda row: self._shown(column, row[1][index]),
            None if named else lambda row: row[1][index],
            right=not named,
            stretch=named,
        )

    def _say(self, code: str) -> str:
        return self._words(f"reports.{code}")

    def _name(self, column: values.Column) -> str:
        return values.title(column, self._say)

    def _shown(self, column: values.Column, value: Value) -> str:
        return values.shown(column, value, self._say)


def _length(kind: Kind, figure: Figure) -> float:
    """Give a figure in the unit of its axis: money in CNY."""
    return float(Fraction(figure) / 100 if kind is Kind.MONEY else figure)


def _colour(palette: Palette, key: str, place: int) -> str:
    """Give the colour of a series: bands have their own, the dearest the warmest."""
    bands = {
        "super_peak": palette.fault,
        "peak": palette.idle,
        "flat": palette.accent,
        "valley": palette.working,
        "deep_valley": _TEAL,
        "unbanded": palette.off,
    }
    return bands.get(key) or (palette.accent, palette.working, palette.idle, _VIOLET)[place % 4]
