"""The Qt binding keeps the interpreter sound: a void call must not consume a reference to None."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject

CALLS = 300
DRIFT = 5  # the test's own bookkeeping


def test_a_void_call_leaves_the_count_of_none_alone() -> None:
    thing = QObject()
    before = sys.getrefcount(None)

    for _ in range(CALLS):
        thing.setObjectName("meter")

    assert abs(sys.getrefcount(None) - before) <= DRIFT
