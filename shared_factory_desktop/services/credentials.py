"""Keys and passwords that machines want, kept in one file of the data folder for its owner alone.

Neither in the floor file, which is shown and copied, nor in the database, which is backed up and
shared. The agent runs where nobody is signed in, so a desktop's keyring could be locked just when
a printer has to be metered.
"""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Mapping
from pathlib import Path

from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.services.floor import write_atomically

FILE_NAME = "credentials.json"


class Credentials:
    """What meters of one data folder are opened with; threads may share it."""

    def __init__(self, data: Path) -> None:
        self._file = data / FILE_NAME
        self._lock = threading.Lock()

    def store(self, meter: str, credential: str) -> None:
        """Keep a meter's credential in place of an earlier one; raises Refused."""
        with self._lock:
            stored = {**self.all(), meter: credential}
            text = json.dumps(stored, ensure_ascii=False, indent=1, sort_keys=True)
            write_atomically(self._file, text.encode())  # by way of a file of mode 0600

    def all(self) -> Mapping[str, str]:
        """Give every credential by meter.

        Raises Refused (INPUT) where the file is not ours or others may read it.
        """
        try:
            text = self._file.read_text(encoding="utf-8")
            mode = stat.S_IMODE(self._file.stat().st_mode)
        except FileNotFoundError:
            return {}
        if os.name == "posix" and mode & 0o077:
            raise refused(
                Kind.INPUT, "key-open", file=FILE_NAME, seen=f"{mode:04o}", expected="0600"
            )
        try:
            stored = json.loads(text)
        except ValueError:
            stored = None
        if not isinstance(stored, dict):
            raise refused(Kind.INPUT, "credentials-unreadable", file=FILE_NAME)
        return {str(meter): str(credential) for meter, credential in stored.items()}
