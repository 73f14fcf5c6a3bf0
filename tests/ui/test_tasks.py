"""Background calls: the window stays alive, results come back to it, late ones are dropped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.ui.tasks import Tasks


@pytest.fixture
def tasks(qapp: object) -> Iterator[Tasks]:
    assert qapp
    made = Tasks()
    yield made
    made.shut_down()


def fail(error: BaseException) -> None:
    raise AssertionError(error)


def test_calls_run_elsewhere_and_results_arrive_here(tasks: Tasks, qtbot: QtBot) -> None:
    here, seen = QThread.currentThread(), []
    owner = QObject()
    tasks.in_background(
        owner,
        threading.current_thread,
        lambda ran_in: seen.append((ran_in.name, QThread.currentThread() is here)),
        fail,
    )
    assert tasks.busy
    qtbot.waitUntil(lambda: not tasks.busy)
    assert seen[0][0].startswith("window-task")
    assert seen[0][1]


def test_the_window_answers_while_a_call_hangs(tasks: Tasks, qtbot: QtBot) -> None:
    release, seen = threading.Event(), []
    owner = QObject()
    tasks.in_background(owner, lambda: release.wait(20), lambda _set: seen.append("slow"), fail)
    tasks.in_background(owner, lambda: "quick", seen.append, fail)
    qtbot.waitUntil(lambda: seen == ["quick"])
    release.set()
    qtbot.waitUntil(lambda: seen == ["quick", "slow"])


def test_a_refusal_is_handed_over_whole(tasks: Tasks, qtbot: QtBot) -> None:
    errors: list[BaseException] = []
    error = refused(Kind.INPUT, "unknown-machine", machine="X")

    def call() -> None:
        raise error

    owner = QObject()
    tasks.in_background(owner, call, lambda _none: None, errors.append)
    qtbot.waitUntil(lambda: errors == [error])


@pytest.mark.expects_warnings
def test_an_error_nobody_foresaw_is_logged_too(
    tasks: Tasks, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[BaseException] = []
    owner = QObject()
    with caplog.at_level(logging.ERROR):
        tasks.in_background(owner, lambda: 1 // 0, lambda _none: None, errors.append)
        qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], ZeroDivisionError)
    assert "a call of the window failed" in caplog.text


def test_nothing_is_shown_on_a_page_that_is_gone(tasks: Tasks, qtbot: QtBot) -> None:
    import shiboken6

    release = threading.Event()
    seen: list[bool] = []
    owner = QObject()
    tasks.in_background(owner, lambda: release.wait(20), seen.append, fail)
    shiboken6.delete(owner)
    release.set()
    qtbot.waitUntil(lambda: not tasks.busy)
    assert seen == []


def test_no_thread_is_left_behind(qapp: object) -> None:
    assert qapp
    made, owner = Tasks(), QObject()
    made.in_background(owner, lambda: None, lambda _none: None, fail)
    made.shut_down()
    made.in_background(
        owner, lambda: 1, lambda _one: fail(AssertionError()), fail
    )  # the window is closing: not run
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("window-task")]
