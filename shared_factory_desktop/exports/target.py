"""Puts a finished export in its place in one step, so that nobody ever opens half a file."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from shared_factory_desktop.exports.contract import ExportFault


def write_whole(target: Path, content: bytes) -> None:
    """Replace `target` by `content` through a temporary file beside it; raises ExportFault."""
    part = target.with_name(f".export-{secrets.token_hex(6)}.part")
    try:
        try:
            with part.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ExportFault("not-writable", file=target, reason=error.strerror or error) from error
