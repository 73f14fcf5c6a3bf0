"""Chooses the period of a statement: a whole month, or any run of days."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QWidget

from shared_factory_desktop.words import Words

_MONTHS = 24
DAYS = "days"


class PeriodChooser(QWidget):
    """The last two years by month, newest first, and two dates for anything else."""

    changed = Signal()

    def __init__(self, words: Words, today: dt.date) -> None:
        super().__init__()
        self.month = QComboBox()
        for text in recent_months(today):
            self.month.addItem(text, text)
        self.month.addItem(words("ui.statements.other_period"), DAYS)
        self.month.setCurrentIndex(1)  # the month that is over is the one to bill
        first = today.replace(day=1)
        self.first, self.last = _date_edit(first), _date_edit(today)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for part in (self.month, self.first, self.last):
            row.addWidget(part, 1)
        self.month.currentIndexChanged.connect(self._choose)
        self.first.dateChanged.connect(self.changed)
        self.last.dateChanged.connect(self.changed)
        self._show_days()

    def text(self) -> str:
        """Give the period as the pricing contract writes it: `YYYY-MM`, or `first..end` where
        the end, the day after the last one chosen, is not billed.
        """
        if self.month.currentData() != DAYS:
            return str(self.month.currentData())
        days = (self.first.date(), self.last.date().addDays(1))
        return "..".join(day.toString("yyyy-MM-dd") for day in days)

    def _choose(self) -> None:
        self._show_days()
        self.changed.emit()

    def _show_days(self) -> None:
        for edit in (self.first, self.last):
            edit.setVisible(self.month.currentData() == DAYS)


def recent_months(today: dt.date) -> list[str]:
    """List this month and those before it as `YYYY-MM`, newest first."""
    newest = today.year * 12 + today.month - 1
    return [f"{n // 12}-{n % 12 + 1:02d}" for n in range(newest, newest - _MONTHS, -1)]


def _date_edit(day: dt.date) -> QDateEdit:
    edit = QDateEdit(QDate(day.year, day.month, day.day))
    edit.setDisplayFormat("yyyy-MM-dd")
    edit.setCalendarPopup(True)
    return edit
