"""Runs slow calls beside the window, so that it never freezes, and brings their results back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

from shared_factory_desktop.domain.problems import InputRefused, Refused
from shared_factory_desktop.services.faults import storage_refused

Result = TypeVar("Result")
_THREADS = 4  # a long export and a refresh side by side; the database serialises writers anyway

log = logging.getLogger(__name__)


class Cancelled(Exception):
    """The user asked a running call to stop."""


class Tasks(QObject):
    """A few threads for calls into services; results arrive in the thread that made this."""

    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="window-task")
        self._running = 0
        self._shut = False
        # queued: a result never arrives before in_background has returned
        self._ended.connect(self._finish, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Tell whether a call runs or its result still waits to be shown."""
        return self._running > 0

    @property
    def shut(self) -> bool:
        """Tell whether the window goes, so that a long call may end early; from any thread."""
        return self._shut

    def in_background(
        self,
        owner: QObject,
        call: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Run `call` in a thread, then `done(result)` or `failed(error)` in this one.

        Neither is called when `owner` has been deleted meanwhile: the page is gone. After
        `shut_down` nothing is run.
        """
        if self._shut:
            return
        self._running += 1

        def finish(future: Future[Result]) -> None:
            error = future.exception()
            if not shiboken6.isValid(owner):
                return
            if error is None:
                done(future.result())
                return
            if not isinstance(error, Refused | InputRefused | Cancelled):
                log.error("a call of the window failed", exc_info=error)
            failed(error)

        future = self._threads.submit(_refusing, call)
        future.add_done_callback(lambda ended: self._ended.emit((finish, ended)))

    def shut_down(self) -> None:
        """Wait for running calls and end the threads; nothing is delivered afterwards."""
        if self._shut:
            return
        self._shut = True
        self._ended.disconnect(self._finish)
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _finish(self, outcome: tuple[Callable[[Future[object]], None], Future[object]]) -> None:
        self._running -= 1
        finish, future = outcome
        finish(future)


def _refusing(call: Callable[[], Result]) -> Result:
    """Run a call so that a database out of reach is a refusal people can read."""
    with storage_refused():
        return call()
