"""Finds a Chinese TrueType font on the computer and measures text in it."""

from __future__ import annotations

import functools
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from reportlab.pdfbase.ttfonts import TTFError, TTFont

from shared_factory_desktop.exports.contract import ExportFault

NAME = "statement"
# File name (lower case) and what people call it; only fonts with glyf outlines can be embedded.
CANDIDATES = (
    ("wqy-microhei.ttc", "WenQuanYi Micro Hei"),
    ("msyh.ttc", "Microsoft YaHei"),
    ("msyh.ttf", "Microsoft YaHei"),
    ("deng.ttf", "DengXian"),
    ("simhei.ttf", "SimHei"),
    ("wqy-zenhei.ttc", "WenQuanYi Zen Hei"),
    ("stheiti light.ttc", "STHeiti"),
    ("arial unicode.ttf", "Arial Unicode MS"),
)


class Face:
    """One font face: which characters it has and how wide they are."""

    def __init__(self, font: TTFont, file: Path) -> None:
        self.font = font
        self.file = file
        positions = font.face.glyphPos  # equal neighbours: listed in the font, but nothing is drawn
        self._glyphs = {
            code: glyph
            for code, glyph in font.face.charToGlyph.items()
            if chr(code).isspace() or positions[glyph] != positions[glyph + 1]
        }
        self._widths = font.face.charWidths
        self._default = font.face.defaultWidth

    def width(self, text: str, size: float) -> float:
        """Give the width of `text` at `size`, both in points."""
        widths, default = self._widths, self._default
        return float(sum(widths.get(ord(character), default) for character in text)) * size / 1000

    def has(self, text: str) -> bool:
        """Tell whether the font has every character of `text`."""
        return all(ord(character) in self._glyphs for character in text)

    def check(self, text: str, place: str) -> None:
        """Raise ExportFault for the first character of `text` that the font lacks."""
        for character in text:
            if ord(character) not in self._glyphs:
                raise ExportFault(
                    "missing-character",
                    font=self.file.name,
                    character=character,
                    codepoint=f"U+{ord(character):04X}",
                    place=place,
                )


def find(file: Path | None, folders: Iterable[Path] | None) -> Face:
    """Load `file`, or the first candidate in `folders` (None: the system's); raises ExportFault."""
    if file is not None:
        return _load(file)
    found = _files(system_folders() if folders is None else folders)
    for name, _ in CANDIDATES:
        for candidate in found.get(name, ()):
            try:
                return _load(candidate)
            except ExportFault:  # a damaged file; the next one may do
                continue
    raise ExportFault("no-font", names=", ".join(dict.fromkeys(title for _, title in CANDIDATES)))


def system_folders() -> Iterator[Path]:
    """Give the folders in which this platform keeps fonts."""
    home = Path.home()
    if sys.platform == "win32":
        yield Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"
        yield home / "AppData/Local/Microsoft/Windows/Fonts"
    elif sys.platform == "darwin":
        yield from (home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts"))
    else:
        yield from (home / ".local/share/fonts", home / ".fonts")
        yield from (Path("/usr/local/share/fonts"), Path("/usr/share/fonts"))


def _files(folders: Iterable[Path]) -> dict[str, list[Path]]:
    """Index font files by lower-case name; sorted, so that every run chooses the same one."""
    found: dict[str, list[Path]] = {}
    for folder in folders:
        for file in sorted(folder.rglob("*.tt[cf]")):
            found.setdefault(file.name.lower(), []).append(file)
    return found


def _load(file: Path) -> Face:
    try:
        status = file.stat()
        return _parsed(file, status.st_mtime_ns, status.st_size)
    except (TTFError, OSError, struct.error) as error:  # struct.error: the file ends too early
        raise ExportFault("font-unusable", file=file, reason=error) from error


@functools.lru_cache(maxsize=1)
def _parsed(file: Path, _mtime_ns: int, _size: int) -> Face:
    """Read a font once for all statements of a month; what a document used is kept with it."""
    return Face(TTFont(NAME, str(file), subfontIndex=0), file)
