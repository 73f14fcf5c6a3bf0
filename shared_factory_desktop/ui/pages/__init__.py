"""The pages of the window, in the order of the rail; a new page is one line here."""

from __future__ import annotations

from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.pages.calibration.page import CalibrationPage
from shared_factory_desktop.ui.pages.diagnostics.page import DiagnosticsPage
from shared_factory_desktop.ui.pages.floor.page import FloorPage
from shared_factory_desktop.ui.pages.reports.page import ReportsPage
from shared_factory_desktop.ui.pages.sessions.page import SessionsPage
from shared_factory_desktop.ui.pages.statements.page import StatementsPage
from shared_factory_desktop.ui.pages.sync.page import SyncPage

PAGES: tuple[type[Page], ...] = (
    FloorPage,
    SessionsPage,
    StatementsPage,
    CalibrationPage,
    ReportsPage,
    SyncPage,
    DiagnosticsPage,
)
