"""Makes text of unknown origin safe to print: one line, no control characters."""

from __future__ import annotations

import unicodedata

_BREAKS = str.maketrans(dict.fromkeys("\t\n\v\f\r\x85\u2028\u2029", " "))
_DROPPED = frozenset({"Cc", "Cf", "Cs"})  # control, invisible and direction marks, surrogates
_NOT_XML = "\ufffe\uffff"  # XML 1.0, production 2 (Char)


def cleaned(text: str | None) -> str:
    """Give `text` on one line; line breaks become spaces, other control characters vanish."""
    if not text:
        return ""
    if text.isprintable():  # leaves out all categories below, and line breaks, at C speed
        return text
    flat = text.translate(_BREAKS)
    return "".join(
        character
        for character in flat
        if unicodedata.category(character) not in _DROPPED and character not in _NOT_XML
    )
