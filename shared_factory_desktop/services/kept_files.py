"""Reads files that are kept in the database: scans of certificates and slips."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shared_factory_desktop.domain.problems import InputRefused, Problem

MAX_ATTACHMENT_BYTES = 20 * 2**20
MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".ofd": "application/ofd",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
_ANY_FILE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file's name without folders, its kind (MIME) and what is in it."""

    name: str
    media_type: str
    content: bytes


def read_kept_file(path: Path) -> KeptFile:
    """Read a file to keep; raises InputRefused for one that is empty, too large or unreadable."""
    try:
        size = path.stat().st_size
        if not 0 < size <= MAX_ATTACHMENT_BYTES:
            problem = Problem("", "attachment-size", str(size), str(MAX_ATTACHMENT_BYTES))
            raise InputRefused([problem.in_file(path.name)])
        media_type = MEDIA_TYPES.get(path.suffix.lower(), _ANY_FILE)
        return KeptFile(path.name, media_type, path.read_bytes())
    except OSError as error:
        problem = Problem("", "unreadable", error.strerror or str(error), file=str(path))
        raise InputRefused([problem]) from None
