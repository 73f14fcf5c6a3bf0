"""The panel of one calibration: what it found, its review by another person, its certificate."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from shared_factory_desktop.domain.calibration import Calibration
from shared_factory_desktop.services.users import Permission, allowed
from shared_factory_desktop.ui.page import Page, reasons
from shared_factory_desktop.ui.pages.calibration import figures
from shared_factory_desktop.ui.pages.calibration.tables import points_table
from shared_factory_desktop.ui.widgets.buttons import primary, quiet, with_icon
from shared_factory_desktop.ui.widgets.facts import Facts
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.notice import Banner

_TABLE_PX = 230


class RecordPanel(QWidget):
    """A calibration that was recorded; whoever reviews it says so here."""

    def __init__(self, page: Page, calibration: Calibration) -> None:
        super().__init__()
        self.page = page
        self.calibration = calibration
        palette = page.context.palette
        self.banner = Banner(palette)
        self.review_button = with_icon(
            primary(page.word("review"), self.review), "mdi6.check-decagram-outline", palette
        )
        self.export_button = with_icon(
            quiet(page.word("export"), self.choose_folder), "mdi6.certificate-outline", palette
        )
        may = allowed(page.context.actor, Permission.SET_UP)
        self.review_button.setVisible(may and calibration.reviewer is None)
        self._arrange()

    def review(self) -> None:
        """Answer for the calibration: from now on it counts."""
        self.review_button.setEnabled(False)
        service, actor = self.page.context.services.calibration, self.page.context.actor
        number = self.calibration.number
        self.page.context.tasks.in_background(
            self, lambda: service.review(actor, number), self._reviewed, self._failed
        )

    def choose_folder(self) -> None:
        """Ask for a folder and write the certificate there."""
        place = QStandardPaths.StandardLocation.DocumentsLocation
        offered = QStandardPaths.writableLocation(place)
        chosen = QFileDialog.getExistingDirectory(self, self.page.word("export"), offered)
        if chosen:
            self.export(Path(chosen))

    def export(self, folder: Path) -> None:
        """Write certificate, its data and the label for the machine into a folder."""
        self.export_button.setEnabled(False)
        service, actor = self.page.context.services.calibration, self.page.context.actor
        number = self.calibration.number
        self.page.context.tasks.in_background(
            self, lambda: service.export(actor, number, folder), self._exported, self._failed
        )

    def _reviewed(self, calibration: Calibration) -> None:
        self.page.banner.confirm(self.page.word("reviewed", number=calibration.number))
        self.page.refresh()
        self.page.panel.dismiss()

    def _exported(self, files: tuple[Path, ...]) -> None:
        self.export_button.setEnabled(True)
        names = ", ".join(file.name for file in files)
        self.banner.confirm(self.page.word("exported", files=names))

    def _failed(self, error: BaseException) -> None:
        self.review_button.setEnabled(True)
        self.export_button.setEnabled(True)
        self.banner.refuse(reasons(self.page.words, error))

    def _arrange(self) -> None:
        one, page = self.calibration, self.page
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        column.addWidget(self.banner)
        column.addWidget(Facts(self._facts()))
        for name, points in (("as-found", one.as_found), ("as-left", one.as_left)):
            if points:
                table = points_table(page, brief=True)
                table.setFixedHeight(_TABLE_PX)
                table.set_rows(points)
                column.addWidget(label(page.words(f"calibration.{name}"), "subheading"))
                column.addWidget(table)
        column.addSpacing(8)
        if one.reviewer is None:
            column.addWidget(label(page.word("review_about"), "quiet", wrap=True))
        column.addWidget(self.review_button)
        column.addWidget(self.export_button)
        column.addStretch()

    def _facts(self) -> list[tuple[str, str]]:
        one, page = self.calibration, self.page
        word, words = page.word, page.words
        gain = f"{one.coefficients.gain:f} ± {figures.small(2 * one.coefficients.gain_u)} (k = 2)"
        return [
            (word("meter"), one.meter),
            (word("quantity"), words(f"exports.quantity.{one.quantity}")),
            (word("verdict"), words(f"calibration.verdict.{one.verdict}")),
            (word("gain"), gain if one.adjusted else f"{one.coefficients.gain:f}"),
            (word("standard"), one.standard),
            (word("method"), one.method),
            (word("rule"), word(f"rule_{one.rule}")),
            (word("valid_until"), str(one.valid_until)),
            (word("operator"), one.operator),
            (word("reviewer"), one.reviewer or word("unreviewed")),
            (word("remarks"), one.remarks or "—"),
        ]
