"""Both themes: every text can be read (WCAG 2.2: 4.5 : 1), every shape be seen (3 : 1)."""

from __future__ import annotations

import re

import pytest
from PySide6.QtWidgets import QApplication

from shared_factory_desktop import paths
from shared_factory_desktop.ui import theme
from shared_factory_desktop.ui.theme import Palette

STATES = ("working", "idle", "off", "fault", "unknown")
BOTH = pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=lambda p: p.name)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_of_contrast_is_right() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@BOTH
def test_texts_can_be_read(palette: Palette) -> None:
    grounds = (palette.background, palette.surface, palette.sunken, palette.accent_soft)
    pairs = [(palette.text, ground) for ground in (*grounds, palette.fault_soft)]
    pairs += [(palette.secondary, ground) for ground in grounds]
    pairs += [(palette.word(state), palette.surface) for state in STATES]
    pairs += [(palette.on_accent, ground) for ground in (palette.accent, palette.accent_hover)]
    # the rail's open page and the chosen filter, both bold words on the soft accent
    pairs += [(palette.accent_word, palette.accent_soft), (palette.surface, palette.text)]
    low = {pair: contrast(*pair) for pair in pairs if contrast(*pair) < 4.5}
    assert low == {}


@BOTH
def test_shapes_and_field_borders_can_be_seen(palette: Palette) -> None:
    seen = [palette.shape(state) for state in STATES] + [palette.field, palette.accent]
    low = {colour for colour in seen if contrast(colour, palette.surface) < 3}
    assert low == set()


@BOTH
def test_the_style_sheet_has_its_colours_and_pictures(palette: Palette) -> None:
    sheet = theme.style_sheet(palette)
    assert palette.surface in sheet
    assert "$" not in sheet
    pictures = set(re.findall(r"url\((.*?)\)", sheet))
    assert len(pictures) == 3
    assert [p for p in pictures if not (paths.resources() / "icons" / p).is_file()] == []


def test_every_size_of_type_is_on_the_scale() -> None:
    sizes = set(re.findall(r"font-size: (\d+)px", theme.style_sheet(theme.LIGHT)))
    assert sizes == {"12", "14", "16", "20", "28"}


def test_the_font_can_write_chinese(qapp: QApplication) -> None:
    assert qapp
    assert theme.body_font().family() in theme.FONT_FAMILIES
