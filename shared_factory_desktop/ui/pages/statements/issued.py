"""The panel of one issued statement: what it says, and its export to files."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QStandardPaths, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from shared_factory_desktop.domain.statement import DocumentLine, StatementDocument
from shared_factory_desktop.services.billing import StatementRow
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.page import Page, reasons
from shared_factory_desktop.ui.pages.statements.lines import DetailsTable, lines_table
from shared_factory_desktop.ui.tasks import Cancelled
from shared_factory_desktop.ui.widgets.buttons import primary, quiet
from shared_factory_desktop.ui.widgets.facts import Facts
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.notice import Banner

EXPORT_KINDS = ("pdf", "xlsx", "csv", "bundle", "einvoice")  # command line contract
_LINES_PX = 240
_AT_FIRST = ("pdf", "xlsx")


class IssuedPanel(QWidget):
    """A statement that was issued, and a form that writes it to files, with a way to stop."""

    _progressed = Signal(int, int)

    def __init__(self, page: Page, row: StatementRow) -> None:
        super().__init__()
        self.page = page
        self.row = row
        self._stop = threading.Event()
        self.kinds = {kind: QCheckBox(page.word(f"kind_{kind}")) for kind in EXPORT_KINDS}
        for kind, box in self.kinds.items():
            box.setChecked(kind in _AT_FIRST)
        self.folder = QLineEdit(_documents())
        self.folder.setAccessibleName(page.word("folder"))
        self.progress = QProgressBar()
        self.banner = Banner(page.context.palette)
        self.export_button = primary(page.word("export"), self.export)
        self.cancel_button = quiet(page.word("cancel"), self._stop.set)
        self.open_button = quiet(page.word("open_folder"), self._open_folder)
        self.lines = lines_table(page)
        self.lines.setMinimumHeight(_LINES_PX)
        self.lines.chosen.connect(self.details_of)
        self.details = DetailsTable(page)
        self._progressed.connect(self._show_progress)
        self._arrange()
        self._show_running(False)
        billing, actor = page.context.services.billing, page.context.actor
        page.context.tasks.in_background(
            self, lambda: billing.document(actor, row.number), self._show, self._failed
        )

    def details_of(self, line: DocumentLine | None) -> None:
        """Show what one line is made of."""
        self.details.show_line(line)

    def _show(self, document: StatementDocument) -> None:
        self.lines.set_rows(document.lines)

    def export(self) -> None:
        """Write the chosen files beside the window; the cancel button stops between two."""
        chosen = tuple(kind for kind, box in self.kinds.items() if box.isChecked())
        if not chosen:
            self.banner.refuse((self.page.word("choose_kind"),))
            return
        self._stop.clear()
        self.banner.hide()
        self._show_progress(0, len(chosen))
        self._show_running(True)
        exporting, actor = self.page.context.services.exporting, self.page.context.actor
        number, folder = self.row.number, Path(self.folder.text())

        def report(done: int, of: int) -> None:
            if self._stop.is_set():
                raise Cancelled
            self._progressed.emit(done, of)

        self.page.context.tasks.in_background(
            self,
            lambda: exporting.export(actor, number, chosen, folder, report),
            self._exported,
            self._failed,
        )

    def _exported(self, files: tuple[Path, ...]) -> None:
        self._show_running(False)
        names = ", ".join(file.name for file in files)
        self.banner.confirm(self.page.word("exported", files=names))
        self.open_button.show()

    def _failed(self, error: BaseException) -> None:
        self._show_running(False)
        if isinstance(error, Cancelled):
            self.banner.inform(self.page.word("cancelled"))
        else:
            self.banner.refuse(reasons(self.page.words, error))

    def _show_progress(self, done: int, of: int) -> None:
        self.progress.setRange(0, of)
        self.progress.setValue(done)

    def _show_running(self, running: bool) -> None:
        self.progress.setVisible(running)
        self.cancel_button.setVisible(running)
        self.export_button.setVisible(not running)
        self.open_button.hide()

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self.folder.text()))

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, self.page.word("folder"), self.folder.text()
        )
        if chosen:
            self.folder.setText(chosen)

    def _arrange(self) -> None:
        word = self.page.word
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        column.addWidget(label(formats.amount(self.row.gross_fen), "cost"))
        column.addWidget(Facts(_facts(self.page, self.row)))
        column.addWidget(self.lines)
        column.addWidget(self.details)
        column.addSpacing(8)
        column.addWidget(label(word("export_title"), "subheading"))
        kinds = QHBoxLayout()
        for box in self.kinds.values():
            kinds.addWidget(box)
        kinds.addStretch()
        column.addLayout(kinds)
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(quiet(word("choose_folder"), self._choose_folder))
        column.addLayout(place)
        parts = (self.progress, self.banner, self.export_button, self.cancel_button)
        for part in (*parts, self.open_button):
            column.addWidget(part)
        column.addStretch()


def _facts(page: Page, row: StatementRow) -> list[tuple[str, str]]:
    word = page.word
    return [
        (word("tenant"), row.tenant_name),
        (word("period"), formats.period(row)),
        (word("issued_at"), formats.instant(row.issued_at)),
        (word("net"), formats.amount(row.net_fen)),
        (word("tax"), formats.amount(row.tax_fen)),
        (word("fingerprint"), " ".join(row.sha256[n : n + 16] for n in range(0, 64, 16))),
    ]


def _documents() -> str:
    place = QStandardPaths.StandardLocation.DocumentsLocation
    return QStandardPaths.writableLocation(place)
