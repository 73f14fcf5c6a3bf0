"""Writes a picture of every page, to look at and for the manual."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QEventLoop
from PySide6.QtWidgets import QApplication

from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.services.workflows.calibrating import steps
from shared_factory_desktop.ui.app import application
from shared_factory_desktop.ui.pages.calibration.page import CalibrationPage
from shared_factory_desktop.ui.window import Window
from shared_factory_desktop.words import LANGUAGES

_WAIT_MS = 20_000


def write(
    services: Services,
    folder: Path,
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> tuple[Path, ...]:
    """Write `<page>-<language>.png` for each page and the sign-in, the floor in the dark, and each
    step of a calibration that is under way.

    Needs no display with QT_QPA_PLATFORM=offscreen. Raises TimeoutError where a page does not
    get its data within 20 s.
    """
    application()
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_pictures(services, folder, now))


def _pictures(services: Services, folder: Path, now: Callable[[], dt.datetime]) -> Iterator[Path]:
    actor = Actor(next(iter(services.users.names()), "admin"), Role.ADMINISTRATOR)
    for language in LANGUAGES:
        window = Window(services, language, "light", now)
        window.show()
        yield _picture(window, folder / f"login-{language}.png")
        window.enter(actor)
        frame = window.frame
        assert frame is not None
        for key in frame.pages:
            frame.open(key)
            yield _picture(window, folder / f"{key}-{language}.png")
        yield from _steps(window, folder)
        frame.open("floor")
        window.switch_theme()
        yield _picture(window, folder / f"floor-{language}-dark.png")
        window.close()
        window.deleteLater()


def _steps(window: Window, folder: Path) -> Iterator[Path]:
    """Draw the steps of the first calibration under way, as far as it is; it stays as it is."""
    frame = window.frame
    assert frame is not None
    page = frame.pages[CalibrationPage.KEY]
    assert isinstance(page, CalibrationPage)
    if not page.lists.strips:
        return
    frame.open(CalibrationPage.KEY)
    next(iter(page.lists.strips.values())).resume_button.click()
    settle(window)
    assert page.wizard is not None
    view = page.wizard.view
    taken = steps(view.draft)
    for step in taken[: taken.index(view.draft.step) + 1]:
        page.wizard.show_view(replace(view, draft=replace(view.draft, step=step)))
        yield _picture(window, folder / f"calibration-{step}-{window.words.language}.png")
    page.leave_steps()


def _picture(window: Window, file: Path) -> Path:
    settle(window)
    window.grab().save(str(file))
    return file


def settle(window: Window) -> None:
    """Let the window show all it asked for."""
    clock = QElapsedTimer()
    clock.start()
    flags = QEventLoop.ProcessEventsFlag.AllEvents
    QApplication.processEvents(flags)
    while window.tasks.busy:
        if clock.elapsed() > _WAIT_MS:
            raise TimeoutError(f"a page still waits for its data after {_WAIT_MS} ms")
        QApplication.processEvents(flags, 50)
    QApplication.processEvents(flags)
