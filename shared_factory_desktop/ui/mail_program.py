"""Hands a written mail to the system's mail program, which shows it for sending."""

from __future__ import annotations

import shutil
import subprocess

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from shared_factory_desktop.services.mailing import MailDraft

ASSISTANT = "xdg-email"  # on desktops of freedesktop.org; elsewhere nobody has it
WAIT_S = 5
_running: list[subprocess.Popen[bytes]] = []  # mail programs that stay in the foreground


def hand_over(draft: MailDraft) -> bool:
    """Ask the desktop's own assistant to open a mail with its files; call it beside the window.

    Tells whether it took the mail: one that still runs after 5 s shows the mail itself.
    """
    program = shutil.which(ASSISTANT)
    if program is None:
        return False
    command = [program, "--utf8", "--subject", draft.subject, "--body", draft.body]
    for file in draft.attachments:
        command += ["--attach", str(file)]
    try:
        started = subprocess.Popen(
            [*command, *draft.recipients],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    try:
        return started.wait(WAIT_S) == 0
    except subprocess.TimeoutExpired:
        _running[:] = [one for one in _running if one.poll() is None] + [started]
        return True


def open_message(draft: MailDraft) -> bool:
    """Open the message with whatever the system opens mails with; tells whether anything did."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(draft.file)))
