"""The guards of tests/conftest.py catch what they are for: a small suite that must fail, run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.project import ROOT

SUITE = """
import logging
import socket
import threading

import pytest
from PySide6.QtWidgets import QWidget

KEPT = []

def test_quiet():
    KEPT.clear()

def test_thread_left():
    release = threading.Event()
    KEPT.append(release)
    threading.Thread(target=release.wait, args=(20,), name="left behind").start()

def test_warning():
    logging.getLogger("drivers.line").warning("line lost")

@pytest.mark.expects_warnings
def test_expected_warning():
    logging.getLogger("drivers.line").warning("line lost")

def test_window_left(qapp):
    KEPT.append(QWidget())
    KEPT[-1].show()

def test_the_internet():
    socket.create_connection(("192.0.2.1", 80), timeout=0.2)

def test_loopback():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()

def test_release():
    KEPT[0].set()
"""


@pytest.mark.slow
def test_each_guard_catches_its_kind(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    (tmp_path / "tests" / "test_suite.py").write_text(SUITE, encoding="utf-8")

    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "-q"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    caught = set(re.findall(r"^(?:FAILED|ERROR) \S+::(\w+)", result.stdout, re.MULTILINE))
    expected = {"test_thread_left", "test_warning", "test_window_left", "test_the_internet"}
    assert caught == expected, result.stdout
    for words in ("left behind", "drivers.line: line lost", "windows still open"):
        assert words in result.stdout
