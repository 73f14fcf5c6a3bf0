"""The page of sync: for each platform what was sent, what waits and what was rejected."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from shared_factory_desktop.services.syncing import PlatformStatus, SyncResult
from shared_factory_desktop.services.users import Permission, allowed
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.table import Column, Table
from shared_factory_desktop.ui.widgets.buttons import primary, with_icon
from shared_factory_desktop.ui.widgets.labels import label, set_role

Rejected = tuple[str, str, str, str]  # platform, record, code, message


class SyncPage(Page):
    """What platforms have been told and what still waits."""

    KEY = "sync"
    ICON = "mdi6.cloud-sync-outline"
    PERMISSION = Permission.VIEW

    _progressed = Signal(int, int)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.now_button = with_icon(
            primary(self.word("now"), self.sync_now), "mdi6.sync", context.palette
        )
        self.now_button.setVisible(allowed(context.actor, Permission.SYNC))
        self.progress = QProgressBar()
        self._progressed.connect(self._show_progress)
        self.progress.setFixedWidth(160)
        self.progress.hide()
        self.action_row.addWidget(self.progress)
        self.action_row.addWidget(self.now_button)
        self.platforms: dict[str, PlatformView] = {}
        self._shelf = QVBoxLayout()
        self._shelf.setSpacing(16)
        self.quarantine: Table[Rejected] = Table(
            self._columns(), lambda row: row[:2], self.words("ui.copy")
        )
        self.quarantine_title = label(self.word("quarantine_title"), "subheading")
        self.no_quarantine = label(self.word("quarantine_empty"), "quiet")
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addLayout(self._shelf)
        column.addWidget(self.quarantine_title)
        column.addWidget(self.no_quarantine)
        column.addWidget(self.quarantine, 1)
        column.addStretch(1)

    def refresh(self) -> None:
        """Fetch where each platform stands."""
        sync, actor = self.context.services.sync, self.context.actor
        self.load(lambda: sync.status(actor), self._show)

    def sync_now(self) -> None:
        """Send what waits, and say how it ended."""
        sync, actor = self.context.services.sync, self.context.actor
        self._show_running(True)
        self.in_background(
            lambda: sync.now(actor, lambda done, of: self._progressed.emit(done, of)),
            self._sent,
            self._failed,
        )

    def _sent(self, results: Sequence[SyncResult]) -> None:
        self._show_running(False)
        self.refresh()
        sentences = [
            self.word(f"result_{result.state}", platform=result.platform) for result in results
        ]
        if all(result.exit_status == 0 for result in results):
            self.banner.confirm(" ".join(sentences))
        else:
            self.banner.refuse(sentences)

    def _failed(self, error: BaseException) -> None:
        self._show_running(False)
        self.show_refusal(error)

    def _show_running(self, running: bool) -> None:
        self.now_button.setEnabled(not running)
        self.progress.setVisible(running)
        self.progress.setRange(0, 0)

    def _show_progress(self, done: int, of: int) -> None:
        self.progress.setRange(0, max(of, 1))
        self.progress.setValue(done)

    def _show(self, statuses: Sequence[PlatformStatus]) -> None:
        if not statuses:
            self.show_empty()
            return
        for status in statuses:
            if status.id not in self.platforms:
                self.platforms[status.id] = PlatformView(self, status.id)
                self._shelf.addWidget(self.platforms[status.id])
            self.platforms[status.id].show_status(status)
        rejected = [(s.id, *entry) for s in statuses for entry in s.quarantine]
        self.quarantine.set_rows(rejected)
        self.quarantine.setVisible(bool(rejected))
        self.no_quarantine.setVisible(not rejected)
        self.show_content()

    def _columns(self) -> tuple[Column[Rejected], ...]:
        return (
            Column(self.word("platform"), lambda row: row[0]),
            Column(self.word("record"), lambda row: row[1]),
            Column(self.word("code"), lambda row: row[2]),
            Column(self.word("message"), lambda row: row[3], stretch=True),
        )


class PlatformView(QFrame):
    """One platform: three counts, the oldest that waits, the last receipt, what hinders it."""

    _COUNTS = ("pending", "sent", "quarantined")

    def __init__(self, page: Page, name: str) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._page = page
        self.trouble = label("", "fault", wrap=True)
        self.counts = {key: label("", "cost") for key in self._COUNTS}
        self.times = {key: label("", "figure") for key in ("oldest_pending", "last_receipt")}
        row = QHBoxLayout()
        row.setSpacing(32)
        for key, value in (*self.counts.items(), *self.times.items()):
            row.addWidget(_named(page.word(key), value))
        row.addStretch()
        # As tall as its words: the room left belongs to the records that were rejected.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(label(name, "heading"))
        column.addLayout(row)
        column.addWidget(self.trouble)

    def show_status(self, status: PlatformStatus) -> None:
        """Show where the platform stands."""
        for key, value in self.counts.items():
            value.setText(f"{getattr(status, key):,}")
        set_role(self.counts["quarantined"], "cost-bad" if status.quarantined else "cost")
        for key, value in self.times.items():
            value.setText(formats.instant(getattr(status, key)))
        self.trouble.setVisible(status.trouble is not None)
        if status.trouble:
            self.trouble.setText(self._trouble(status.trouble))

    def _trouble(self, code: str) -> str:
        key = f"ui.trouble.{code}"
        words = self._page.words
        return words(key) if words.knows(key) else words("ui.trouble.other", trouble=code)


def _named(name: str, value: QWidget) -> QWidget:
    block = QWidget()
    column = QVBoxLayout(block)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(label(name, "small"))
    column.addWidget(value)
    column.addStretch()
    return block
