"""Industrial-internet identifiers (工业互联网标识): a firm's registered prefix, a slash and a
suffix of its own.
"""

from __future__ import annotations

import re

PREFIX = re.compile(r"88(\.[0-9]+){2}\Z")  # 88.<second-level node>.<firm>
EXAMPLE = "88.608.8889"


def is_prefix(text: str) -> bool:
    """Tell whether the text is a prefix as the national top-level node hands them out."""
    return PREFIX.match(text) is not None


def of_object(prefix: str | None, object_id: str) -> str | None:
    """Name an object of this factory: `88.608.8889/printer-1`; None where there is no prefix."""
    return f"{prefix}/{object_id}" if prefix else None
