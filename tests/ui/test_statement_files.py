"""Statements in the mail program and on paper, from the statements page."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtPrintSupport import QPrinter, QPrintPreviewWidget
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from shared_factory_desktop.domain.statement_life import State
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.mailing import MailDraft
from shared_factory_desktop.ui import mail_program, printing
from shared_factory_desktop.ui.window import Window
from tests.ui.statements_desk import BOSS, Desk, state

pytestmark = pytest.mark.slow

NOBODY = "/nowhere"
Open = Callable[[Services], Window]


@pytest.fixture
def number(services: Services) -> str:
    """A statement over three sessions of ¥ 96.00 each."""
    issued = services.billing.issue(BOSS, "anping", "2026-10")
    assert issued.number is not None
    return issued.number


@pytest.fixture
def desk(services: Services, number: str, open_window: Open, qtbot: QtBot) -> Desk:
    assert services.billing.document(BOSS, number).statement.gross_fen == 28800
    return Desk(open_window(services), qtbot, BOSS)


@pytest.fixture
def assistant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mail assistant on this desktop, which notes what it was asked."""
    folder, asked = tmp_path / "bin", tmp_path / "asked"
    folder.mkdir()
    program = folder / mail_program.ASSISTANT
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{asked}"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return asked


def test_a_mail_opens_and_is_marked_as_sent_by_hand_only(
    desk: Desk, services: Services, number: str, assistant: Path
) -> None:
    panel = desk.choose(number)
    panel.files.address.setText("cw@anping.example")
    desk.click(panel.files.mail_button)

    asked = assistant.read_text(encoding="utf-8").splitlines()
    attached = [Path(asked[n + 1]) for n, word in enumerate(asked) if word == "--attach"]
    assert [file.suffix for file in attached] == [".pdf", ".xlsx"]
    assert all(file.stat().st_size > 1000 for file in attached)
    assert asked[-1] == "cw@anping.example"
    assert "2 个附件" in panel.files.banner.text.text()
    assert state(services, number) is State.ISSUED
    assert desk.form.action.key == "send"
    assert desk.form.fields["recipient"].text() == "cw@anping.example"
    desk.click(desk.form.confirm_button)
    assert state(services, number) is State.SENT


class Handler(QObject):
    """Opens files in place of the desktop."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toLocalFile())


def test_without_an_assistant_the_message_itself_is_opened(
    desk: Desk, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", NOBODY)
    handler = Handler()
    # its stub asks for bytes, which it refuses
    QDesktopServices.setUrlHandler("file", handler, "open")  # type: ignore[arg-type] # see above
    panel = desk.choose(number)
    desk.click(panel.files.mail_button)
    QDesktopServices.unsetUrlHandler("file")

    (opened,) = handler.opened
    assert opened.endswith(f"outgoing/{number}/{number}.eml")
    assert b"X-Unsent: 1" in Path(opened).read_bytes()


@pytest.mark.qt_log_ignore("openDocument", "propagateSizeHints", extend=True)
def test_without_a_mail_program_the_place_of_the_mail_is_told(
    desk: Desk, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", NOBODY)
    panel = desk.choose(number)
    desk.click(panel.files.mail_button)

    told = panel.files.banner.text.text()
    (mail,) = [word for word in told.replace("。", "：").split("：") if word.endswith(".eml")]
    assert Path(mail).is_file()
    assert panel.form is None


def test_an_address_that_is_none_is_refused(desk: Desk, number: str) -> None:
    panel = desk.choose(number)
    panel.files.address.setText("anping")
    desk.click(panel.files.mail_button)

    assert "anping" in panel.files.banner.text.text()
    assert panel.files.mail_button.isVisible()


def test_a_statement_is_looked_at_and_printed(desk: Desk, number: str, tmp_path: Path) -> None:
    panel = desk.choose(number)
    desk.click(panel.files.print_button)
    preview = panel.files.preview
    assert preview is not None
    assert preview.isVisible()
    (view,) = preview.findChildren(QPrintPreviewWidget)
    desk.qtbot.waitUntil(lambda: view.pageCount() > 0)
    count = view.pageCount()

    paper = tmp_path / "paper.pdf"
    preview.printer_.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    preview.printer_.setOutputFileName(str(paper))
    view.print_()
    preview.accept()
    desk.wait()

    assert panel.files.banner.text.text() == f"已交给打印机：{count} 页。"
    printed = list(printing.pages(paper, 60, lambda _done, _of: None))
    assert len(printed) == count
    for page in printed:
        assert page.image.allGray()
        tones = {page.image.pixelColor(x, y).value() for x in range(0, 700, 3) for y in range(400)}
        assert min(tones) < 128 < 250 < max(tones)


def test_a_preview_that_is_closed_prints_nothing(desk: Desk, number: str) -> None:
    panel = desk.choose(number)
    desk.click(panel.files.print_button)
    assert panel.files.preview is not None
    panel.files.preview.reject()
    desk.wait()

    assert not panel.files.banner.isVisible()
    assert panel.files.print_button.isVisible()


def test_printing_is_stopped_between_pages(desk: Desk, number: str, tmp_path: Path) -> None:
    files = desk.choose(number).files
    desk.click(files.print_button)
    assert files.preview is not None
    (view,) = files.preview.findChildren(QPrintPreviewWidget)
    files.preview.printer_.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    files.preview.printer_.setOutputFileName(str(tmp_path / "paper.pdf"))
    view.print_()
    files.preview.accept()

    QTest.mouseClick(files.cancel_button, Qt.MouseButton.LeftButton)
    desk.wait()

    assert files.banner.text.text().startswith("已停止")
    assert files.print_button.isVisible()
    assert not files.cancel_button.isVisible()


@pytest.mark.parametrize(("does", "taken"), [("exit 0", True), ("exit 3", False)])
def test_the_assistant_tells_whether_a_mail_program_took_the_mail(
    assistant: Path, tmp_path: Path, does: str, taken: bool
) -> None:
    (tmp_path / "bin" / mail_program.ASSISTANT).write_text(f"#!/bin/sh\n{does}\n")
    draft = MailDraft(tmp_path / "a.eml", (), "对账单", "附上对账单。", ())

    assert mail_program.hand_over(draft) is taken
    assert not assistant.exists()


def test_a_mail_program_that_stays_is_not_waited_for(
    assistant: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_program, "WAIT_S", 0.1)
    stays = f'#!/bin/sh\necho started > "{assistant}"\nread line < "{tmp_path}/hold"\n'
    (tmp_path / "bin" / mail_program.ASSISTANT).write_text(stays)
    os.mkfifo(tmp_path / "hold")

    assert mail_program.hand_over(MailDraft(tmp_path / "a.eml", (), "s", "b", ()))

    (tmp_path / "hold").write_text("go\n")  # it opens the other end, if not yet, and ends
    assert assistant.read_text() == "started\n"
