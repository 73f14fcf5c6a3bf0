"""What holds for every test: no screen, no leaked thread or window, no stray warning."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

OURS = ("shared_factory_desktop", "drivers")
PATIENCE_S = 3.0  # a thread that was told to stop may need its last read's time-out


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Fail a test that leaves a thread of ours, or one that keeps the process alive."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + PATIENCE_S
    started = [thread for thread in threading.enumerate() if thread not in before]
    for thread in filter(_must_end, started):
        thread.join(max(0.0, deadline - time.monotonic()))
    leaked = [thread.name for thread in filter(_must_end, started)]
    assert not leaked, f"threads still running: {leaked}"


def _must_end(thread: threading.Thread) -> bool:
    target = getattr(thread, "_target", None)
    modules = (type(thread).__module__, getattr(target, "__module__", None) or "")
    ours = any(module.split(".")[0] in OURS for module in modules)
    return thread.is_alive() and (ours or not thread.daemon)


@pytest.fixture(autouse=True)
def no_unexpected_warnings(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Fail a test in which our code logs a warning that no `expects_warnings` marker allows."""
    yield
    if request.node.get_closest_marker("expects_warnings"):
        return
    records = [record for when in ("setup", "call") for record in caplog.get_records(when)]
    seen = [
        f"{record.name}: {record.getMessage()}"
        for record in records
        if record.levelno >= logging.WARNING and record.name.split(".")[0] in OURS
    ]
    assert not seen, f"unexpected log records: {seen}"


@pytest.fixture(autouse=True)
def no_leaked_windows() -> Iterator[None]:
    """Fail a test that leaves a window open; costs nothing where Qt was never loaded."""
    yield
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return
    left = [widget for widget in widgets.QApplication.topLevelWidgets() if widget.isVisible()]
    for widget in left:
        widget.close()
    assert not left, f"windows still open: {left}"
