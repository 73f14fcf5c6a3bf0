"""The page of reports: choose one and a period, see it as bars and as a table, write it to a
file.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QComboBox, QFileDialog, QVBoxLayout

from shared_factory_desktop.domain.reports.report import Report
from shared_factory_desktop.services.users import Permission
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.pages.reports.view import ReportView
from shared_factory_desktop.ui.pages.statements.period import PeriodChooser
from shared_factory_desktop.ui.widgets.buttons import primary, with_icon
from shared_factory_desktop.ui.widgets.labels import label

_FILES = {"Excel (*.xlsx)": ".xlsx", "PDF (*.pdf)": ".pdf", "CSV (*.csv)": ".csv"}
_Wish = tuple[str, str]  # a report's name and a period


class ReportsPage(Page):
    """Reports on a period."""

    KEY = "reports"
    ICON = "mdi6.chart-bar"
    PERMISSION = Permission.VIEW
    REFRESH_S = 300  # a report reads a whole period; nobody watches it by the second

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.report: Report | None = None
        self.export_button = with_icon(
            primary(self.word("export"), self.choose_file), "mdi6.download", context.palette
        )
        self.action_row.addWidget(self.export_button)
        self.choice = QComboBox()
        for name in context.services.reports.list(context.actor):
            self.choice.addItem(self.words(f"reports.title.{name}"), name)
        self.period = PeriodChooser(self.words, context.now().date())
        self.made = label("", "quiet")
        self.filter_row.addWidget(self.choice)
        self.filter_row.addWidget(self.period)
        self.filter_row.addStretch()
        self.filter_row.addWidget(self.made)
        self.view = ReportView(context.palette, self.words)
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        self.choice.currentIndexChanged.connect(self.refresh)
        self.period.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Put the chosen report together again."""
        reports, actor, wish = self.context.services.reports, self.context.actor, self._wish()

        def call() -> tuple[_Wish, Report]:
            return wish, reports.report(actor, *wish)

        self.load(call, self._arrived)

    def choose_file(self) -> None:
        """Ask for a file and write the report that is shown to it."""
        if self.report is None:
            return
        place = QStandardPaths.StandardLocation.DocumentsLocation
        folder = Path(QStandardPaths.writableLocation(place))
        offered = str(folder / f"{self.report.name}-{self.report.period}")
        chosen, kind = QFileDialog.getSaveFileName(
            self, self.word("export"), offered, ";;".join(_FILES)
        )
        if chosen:
            suffix = _FILES[kind]
            self.save(Path(chosen if chosen.lower().endswith(suffix) else chosen + suffix))

    def save(self, target: Path) -> None:
        """Write the report that is shown to a file, in the format of its suffix."""
        reports, actor, report = self.context.services.reports, self.context.actor, self.report
        if report is not None:
            self.export_button.setEnabled(False)
            self.in_background(
                lambda: reports.save(actor, report, target), self._saved, self._refused
            )

    def _wish(self) -> _Wish:
        return str(self.choice.currentData()), self.period.text()

    def _arrived(self, answer: tuple[_Wish, Report]) -> None:
        wish, report = answer
        if wish != self._wish():  # the choice has changed meanwhile
            self.refresh()
            return
        self.report = report
        self.made.setText(self.words("reports.made", at=f"{report.at:%Y-%m-%d %H:%M}"))
        self.export_button.setEnabled(bool(report.rows))
        self.view.show_report(report)
        if report.rows:
            self.show_content()
        else:
            self.show_empty()

    def _failed_to_load(self, error: BaseException) -> None:
        super()._failed_to_load(error)
        self.report = None
        self.export_button.setEnabled(False)

    def _saved(self, file: Path) -> None:
        self.export_button.setEnabled(True)
        self.banner.confirm(self.word("exported", file=file))

    def _refused(self, error: BaseException) -> None:
        self.export_button.setEnabled(True)
        self.show_refusal(error)
