"""What was noted of a statement, oldest first, and the files that are kept with it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from shared_factory_desktop.domain.statement_life import Event
from shared_factory_desktop.services.statement_life import Attachment, History
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.page import Page, reasons
from shared_factory_desktop.ui.widgets.buttons import quiet
from shared_factory_desktop.ui.widgets.flow import Flow
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.notice import Banner


class HistoryList(QWidget):
    """A line for each step, and a button for each kept file that saves a copy of it."""

    def __init__(self, page: Page, history: History) -> None:
        super().__init__()
        self.page = page
        self.banner = Banner(page.context.palette)
        self.files = {
            one.id: quiet(page.word("save_attachment", name=one.name), partial(self._choose, one))
            for one in history.attachments
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for event in history.events:
            column.addWidget(label(self._told(history, event), "body", wrap=True))
        if not history.events:
            column.addWidget(label(page.word("no_history"), "quiet"))
        column.addWidget(self.banner)
        buttons = Flow()
        for button in self.files.values():
            buttons.addWidget(button)
        column.addLayout(buttons)

    def save(self, attachment: Attachment, target: Path) -> None:
        """Write a kept file."""
        service, actor = self.page.context.services.statements, self.page.context.actor
        self.page.context.tasks.in_background(
            self,
            lambda: service.save_attachment(actor, attachment.id, target),
            lambda _none: self.banner.confirm(self.page.word("saved", file=target)),
            lambda error: self.banner.refuse(reasons(self.page.words, error)),
        )

    def _choose(self, attachment: Attachment) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, attachment.name, attachment.name)
        if chosen:
            self.save(attachment, Path(chosen))

    def _told(self, history: History, event: Event) -> str:
        at = formats.instant(event.at.astimezone(history.standing.issued_at.tzinfo))
        step = self.page.words(f"statements.step-{event.step}")
        said = " · ".join(value for value in (*event.values.values(), event.reason) if value)
        return "  ".join(part for part in (at, step, event.by, said) if part)
