"""The frame: signing in, roles, language, theme, sign-out, closing."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.ui.frame import Frame
from shared_factory_desktop.ui.login import Login
from shared_factory_desktop.ui.pages import PAGES
from shared_factory_desktop.ui.window import Window

pytestmark = pytest.mark.slow

Open = Callable[[Services], Window]
PASSWORD = "boss-boss-1"


def idle(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: not window.tasks.busy, timeout=10_000)


def login_of(window: Window) -> Login:
    login = window.centralWidget()
    assert isinstance(login, Login)
    return login


def frame_of(window: Window) -> Frame:
    assert window.frame is not None
    return window.frame


def press(qtbot: QtBot, window: Window, name: str) -> None:
    button = window.findChild(QToolButton, name)
    assert isinstance(button, QToolButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    idle(qtbot, window)


def test_signing_in_by_keyboard(services: Services, open_window: Open, qtbot: QtBot) -> None:
    window = open_window(services)
    login = login_of(window)
    assert login.factory.text() == "任泽共享制造车间"
    assert login.name.currentText() == "boss"
    QTest.keyClicks(login.password, PASSWORD)
    QTest.keyClick(login.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.frame is not None, timeout=10_000)
    idle(qtbot, window)
    frame = frame_of(window)
    assert frame.page.KEY == "floor"
    assert frame.topbar.factory.text() == "任泽共享制造车间"
    assert frame.topbar.clock.text() == "10:00:00"  # 02:00 UTC in Shanghai
    assert frame.topbar.buses.text.text() == "采集未运行"
    assert frame.topbar.platform.isVisible()


def test_a_wrong_password_says_so_and_lets_try_again(
    services: Services, open_window: Open, qtbot: QtBot
) -> None:
    window = open_window(services)
    login = login_of(window)
    QTest.keyClicks(login.password, "wrong")
    QTest.mouseClick(login.button, Qt.MouseButton.LeftButton)
    idle(qtbot, window)
    assert window.frame is None
    assert login.banner.isVisible()
    assert login.banner.text.text()
    assert login.button.isEnabled()


@pytest.mark.parametrize(
    ("role", "missing"),
    [(Role.OPERATOR, {"statements"}), (Role.MANAGER, set()), (Role.ADMINISTRATOR, set())],
)
def test_the_rail_holds_what_the_role_may_do(
    services: Services, open_window: Open, qtbot: QtBot, role: Role, missing: set[str]
) -> None:
    window = open_window(services)
    window.enter(Actor("li", role))
    idle(qtbot, window)
    assert set(frame_of(window).rail_buttons) == {page.KEY for page in PAGES} - missing


def test_language_changes_on_the_spot_and_the_page_stays(
    services: Services, open_window: Open, qtbot: QtBot
) -> None:
    window = open_window(services)
    window.enter(Actor("boss", Role.ADMINISTRATOR))
    frame_of(window).open("sessions")
    idle(qtbot, window)
    press(qtbot, window, "language")
    assert frame_of(window).page.KEY == "sessions"
    assert frame_of(window).rail_buttons["sessions"].text() == "Sessions"
    press(qtbot, window, "language")
    assert frame_of(window).rail_buttons["sessions"].text() == "使用记录"


def test_theme_changes_on_the_spot(services: Services, open_window: Open, qtbot: QtBot) -> None:
    window = open_window(services)
    corner = window.height() - 5
    light = window.grab().toImage().pixelColor(window.width() - 5, corner).lightness()
    press(qtbot, window, "theme")
    dark = window.grab().toImage().pixelColor(window.width() - 5, corner).lightness()
    assert light > 200
    assert dark < 60


def test_pages_open_by_rail_and_by_key(services: Services, open_window: Open, qtbot: QtBot) -> None:
    window = open_window(services)
    window.enter(Actor("boss", Role.ADMINISTRATOR))
    frame = frame_of(window)
    for key, button in frame.rail_buttons.items():
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        assert key == frame.page.KEY
    idle(qtbot, window)


def test_signing_out_asks_who_comes_next(
    services: Services, open_window: Open, qtbot: QtBot
) -> None:
    window = open_window(services)
    window.enter(Actor("boss", Role.ADMINISTRATOR))
    idle(qtbot, window)
    QTest.mouseClick(frame_of(window).topbar.sign_out_button, Qt.MouseButton.LeftButton)
    idle(qtbot, window)
    assert window.frame is None
    assert login_of(window).password.text() == ""


def test_closing_while_a_call_runs_ends_its_threads(services: Services, open_window: Open) -> None:
    window = open_window(services)
    window.enter(Actor("boss", Role.ADMINISTRATOR))
    window.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("window-task")]


def test_every_page_of_an_empty_factory_says_what_comes(
    empty_services: Services, open_window: Open, qtbot: QtBot
) -> None:
    window = open_window(empty_services)
    window.enter(Actor("boss", Role.ADMINISTRATOR))
    frame = frame_of(window)
    for key in ("floor", "sessions", "statements", "sync"):
        frame.open(key)
        idle(qtbot, window)
        page = frame.page
        assert page.stack.currentWidget() is page.notice
        assert page.notice.title.text()
        assert page.notice.text.text()
