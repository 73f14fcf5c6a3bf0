"""What the page shows between calibrations: those to be resumed, what is due, what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from shared_factory_desktop.domain.calibration import Calibration
from shared_factory_desktop.services.calibration import DueRow
from shared_factory_desktop.services.users import Permission, allowed
from shared_factory_desktop.services.workflows.calibrating import Draft
from shared_factory_desktop.services.workflows.calibrating_bench import Offer
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.pages.calibration import figures
from shared_factory_desktop.ui.table import Column, Table
from shared_factory_desktop.ui.widgets.buttons import primary, quiet
from shared_factory_desktop.ui.widgets.labels import label


@dataclass(frozen=True, slots=True)
class Overview:
    """All that is listed, of one moment; times are shown in `zone`."""

    zone: ZoneInfo
    offer: Offer
    due: tuple[DueRow, ...]
    calibrations: tuple[Calibration, ...]


class ResumeStrip(QFrame):
    """One calibration under way, with a way to go on and a way to give it up."""

    def __init__(
        self, page: Page, draft: Draft, resume: Callable[[], None], discard: Callable[[], None]
    ) -> None:
        super().__init__()
        self.setProperty("role", "banner-info")
        told = page.word(
            "under_way",
            meter=draft.meter,
            quantity=page.words(f"exports.quantity.{draft.quantity}"),
            step=page.word(f"step_{draft.step}"),
            n=len(draft.as_found) + len(draft.as_left),
            by=draft.begun_by,
        )
        self._sure = page.word("discard_sure")
        self._discard = discard
        self.resume_button = primary(page.word("resume"), resume)
        self.discard_button = quiet(page.word("discard"), self._ask)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.addWidget(label(told, "banner-text", wrap=True), 1)
        may = allowed(page.context.actor, Permission.SET_UP)
        for button in (self.discard_button, self.resume_button):
            button.setVisible(may)
            row.addWidget(button)

    def _ask(self) -> None:
        """Give up on the second press only."""
        if self.discard_button.text() == self._sure:
            self._discard()
        self.discard_button.setText(self._sure)


class Lists(QWidget):
    """Strips to resume, the due list, the calibrations; signals carry what was picked."""

    due_chosen = Signal(object)
    calibration_chosen = Signal(object)
    resumed = Signal(object)
    discarded = Signal(object)

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.strips: dict[tuple[str, str], ResumeStrip] = {}
        self._drafts: tuple[Draft, ...] = ()
        self._zone = ZoneInfo("UTC")
        self._resume = QVBoxLayout()
        self._resume.setSpacing(8)
        copy = page.words("ui.copy")
        self.due: Table[DueRow] = Table(
            self._due_columns(), lambda row: (row.meter, row.quantity), copy
        )
        self.calibrations: Table[Calibration] = Table(self._columns(), lambda one: one.number, copy)
        self.due.chosen.connect(self.due_chosen)
        self.calibrations.chosen.connect(self.calibration_chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._resume)
        column.addSpacing(8)
        column.addWidget(label(page.word("due_title"), "subheading"))
        column.addWidget(self.due, 1)
        column.addSpacing(8)
        column.addWidget(label(page.word("list_title"), "subheading"))
        column.addWidget(self.calibrations, 1)

    def show_overview(self, overview: Overview) -> None:
        """Show these lists instead."""
        self._zone = overview.zone
        self.due.set_rows(overview.due)
        self.calibrations.set_rows(overview.calibrations)
        if overview.offer.drafts != self._drafts:
            self._drafts = overview.offer.drafts
            self._show_drafts(overview.offer.drafts)

    def _show_drafts(self, drafts: Sequence[Draft]) -> None:
        for strip in self.strips.values():
            self._resume.removeWidget(strip)
            strip.deleteLater()
        self.strips = {}
        for draft in drafts:
            self._add_strip(draft)

    def _add_strip(self, draft: Draft) -> None:
        strip = ResumeStrip(
            self.page,
            draft,
            lambda: self.resumed.emit(draft),
            lambda: self.discarded.emit(draft),
        )
        self.strips[draft.meter, draft.quantity] = strip
        self._resume.addWidget(strip)

    def _due_columns(self) -> tuple[Column[DueRow], ...]:
        word, words, palette = self.page.word, self.page.words, self.page.context.palette

        def state(row: DueRow) -> str:
            return figures.FAILED if row.failed else row.state

        def told(row: DueRow) -> str:
            code = state(row)
            return figures.shaped(code, words(f"calibration.state.{code}"))

        return (
            Column(word("state"), told, colour=lambda r: figures.colour(palette, state(r))),
            Column(word("meter"), lambda r: r.meter),
            Column(word("quantity"), lambda r: words(f"exports.quantity.{r.quantity}")),
            Column(word("machines"), lambda r: ", ".join(r.machines), stretch=True),
            Column(word("use"), lambda r: words(f"calibration.use.{r.legal_use}")),
            Column(word("due"), lambda r: str(r.due or formats.NOTHING), lambda r: r.due),
            Column(
                word("days"),
                lambda r: formats.NOTHING if r.left is None else str(r.left),
                lambda r: r.left,
                right=True,
            ),
        )

    def _columns(self) -> tuple[Column[Calibration], ...]:
        word, words = self.page.word, self.page.words
        return (
            Column(word("number"), lambda c: c.number),
            Column(word("meter"), lambda c: c.meter),
            Column(word("quantity"), lambda c: words(f"exports.quantity.{c.quantity}")),
            Column(
                word("performed"),
                lambda c: f"{c.performed_at.astimezone(self._zone):%Y-%m-%d %H:%M}",
                lambda c: c.performed_at,
            ),
            Column(word("verdict"), lambda c: words(f"calibration.verdict.{c.verdict}")),
            Column(word("gain"), lambda c: f"{c.coefficients.gain:f}", right=True),
            Column(word("valid_until"), lambda c: str(c.valid_until), lambda c: c.valid_until),
            Column(word("operator"), lambda c: c.operator),
            Column(word("reviewer"), lambda c: c.reviewer or word("unreviewed"), stretch=True),
        )
