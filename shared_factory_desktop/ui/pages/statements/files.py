"""The files of one statement: written to a folder, put into an e-mail, or printed, with a way to
stop.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QStandardPaths, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from shared_factory_desktop.services.mailing import MailDraft
from shared_factory_desktop.ui import mail_program
from shared_factory_desktop.ui.page import Page, reasons
from shared_factory_desktop.ui.printing import (
    PREVIEW_DPI,
    PaperPage,
    PrintPreview,
    pages,
    print_pdf,
)
from shared_factory_desktop.ui.tasks import Cancelled
from shared_factory_desktop.ui.widgets.buttons import primary, quiet
from shared_factory_desktop.ui.widgets.flow import Flow
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.notice import Banner

EXPORT_KINDS = ("pdf", "xlsx", "csv", "bundle", "einvoice")  # command line contract
_AT_FIRST = ("pdf", "xlsx")
Result = TypeVar("Result")
Report = Callable[[int, int], None]


class FilesSection(QWidget):
    """Formats to choose, and what to do with them; `mailed` carries the address once the mail
    program shows the mail.
    """

    mailed = Signal(str)
    _progressed = Signal(int, int)

    def __init__(self, page: Page, number: str) -> None:
        super().__init__()
        self.page, self.number = page, number
        self.preview: PrintPreview | None = None
        self._stop = threading.Event()
        word = page.word
        self.kinds = {kind: QCheckBox(word(f"kind_{kind}")) for kind in EXPORT_KINDS}
        for kind, box in self.kinds.items():
            box.setChecked(kind in _AT_FIRST)
        self.folder = QLineEdit(_documents())
        self.address = QLineEdit()
        self.address.setPlaceholderText(word("address_hint"))
        self.progress = QProgressBar()
        self.banner = Banner(page.context.palette)
        self.export_button = primary(word("export"), self.export)
        self.mail_button = quiet(word("mail"), self.mail)
        self.print_button = quiet(word("print"), self.print)
        self.cancel_button = quiet(word("cancel"), self._stop.set)
        self.open_button = quiet(word("open_folder"), self._open_folder)
        self._progressed.connect(self._show_progress)
        self._arrange()
        self._show_running(False)

    def export(self) -> None:
        """Write the chosen files to the folder."""
        chosen = self._chosen()
        if not chosen:
            return
        exporting, actor = self.page.context.services.exporting, self.page.context.actor
        number, folder = self.number, Path(self.folder.text())
        self._run(
            lambda report: exporting.export(actor, number, chosen, folder, report), self._exported
        )

    def mail(self) -> None:
        """Write a mail with the chosen files and show it in the system's mail program."""
        chosen = self._chosen()
        if not chosen:
            return
        mailing, actor = self.page.context.services.mailing, self.page.context.actor
        number, address = self.number, self.address.text()

        def call(report: Report) -> tuple[MailDraft, bool]:
            draft = mailing.write(actor, number, address, chosen, report)
            return draft, mail_program.hand_over(draft)

        self._run(call, self._written)

    def print(self) -> None:
        """Draw the pages of the PDF and show them as they will be printed."""
        exporting, actor = self.page.context.services.exporting, self.page.context.actor
        number = self.number

        def call(report: Report) -> tuple[bytes, tuple[PaperPage, ...]]:
            with tempfile.TemporaryDirectory() as folder:
                (file,) = exporting.export(actor, number, ("pdf",), Path(folder), report)
                content = file.read_bytes()
            return content, tuple(pages(content, PREVIEW_DPI, report))

        self._run(call, self._show_preview)

    def _chosen(self) -> tuple[str, ...]:
        chosen = tuple(kind for kind, box in self.kinds.items() if box.isChecked())
        if not chosen:
            self.banner.refuse((self.page.word("choose_kind"),))
        return chosen

    def _run(self, call: Callable[[Report], Result], done: Callable[[Result], None]) -> None:
        """Run a call that reports how far it is, and stops where it reports next."""
        self._stop.clear()
        self.banner.hide()
        self._show_progress(0, 0)
        self._show_running(True)

        def report(done: int, of: int) -> None:
            if self._stop.is_set():
                raise Cancelled
            self._progressed.emit(done, of)

        def ended(result: Result) -> None:
            self._show_running(False)
            done(result)

        self.page.context.tasks.in_background(self, lambda: call(report), ended, self._failed)

    def _exported(self, files: tuple[Path, ...]) -> None:
        names = ", ".join(file.name for file in files)
        self.banner.confirm(self.page.word("exported", files=names))
        self.open_button.show()

    def _written(self, answer: tuple[MailDraft, bool]) -> None:
        draft, shown = answer
        if shown or mail_program.open_message(draft):
            n = len(draft.attachments)
            told = self.page.word("mail_opened", n=n, folder=draft.file.parent)
            self.banner.inform(told)
            self.mailed.emit(", ".join(draft.recipients))
        else:
            self.banner.refuse((self.page.word("mail_unopened", file=draft.file),))

    def _show_preview(self, answer: tuple[bytes, tuple[PaperPage, ...]]) -> None:
        content, drawn = answer
        preview = PrintPreview(drawn, f"{self.number} · {self.page.word('print')}", self.window())
        self.preview = preview

        def finished() -> None:
            if preview.wanted:
                self._run(lambda report: print_pdf(content, preview.printer_, report), printed)
            else:
                preview.deleteLater()

        def printed(count: int) -> None:
            self.banner.confirm(self.page.word("printed", n=count))
            preview.deleteLater()

        preview.finished.connect(finished)
        preview.show()

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
        for part in (self.progress, self.cancel_button):
            part.setVisible(running)
        for button in self._doing():
            button.setVisible(not running)
        self.open_button.hide()

    def _doing(self) -> tuple[QPushButton, ...]:
        return self.export_button, self.mail_button, self.print_button

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
        kinds = Flow()
        for box in self.kinds.values():
            kinds.addWidget(box)
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(quiet(word("choose_folder"), self._choose_folder))
        buttons = QHBoxLayout()
        for button in (*self._doing(), self.cancel_button, self.open_button):
            buttons.addWidget(button)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addWidget(label(word("export_title"), "subheading"))
        column.addLayout(kinds)
        column.addWidget(label(word("folder"), "quiet"))
        column.addLayout(place)
        column.addWidget(label(word("address"), "quiet"))
        column.addWidget(self.address)
        column.addWidget(self.progress)
        column.addWidget(self.banner)
        column.addLayout(buttons)


def _documents() -> str:
    place = QStandardPaths.StandardLocation.DocumentsLocation
    return QStandardPaths.writableLocation(place)
