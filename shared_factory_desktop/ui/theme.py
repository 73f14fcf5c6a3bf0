"""Colours, type and the style sheet of the window, light and dark, from named tokens."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from shared_factory_desktop import paths

# The first one present is used; each draws Chinese and Latin with digits of one width.
FONT_FAMILIES = (
    "Microsoft YaHei UI",
    "Microsoft YaHei",
    "PingFang SC",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
)
BODY_PX = 14
_WORN = "shared-factory-theme"


@dataclass(frozen=True, slots=True)
class Palette:
    """Every colour of one theme as `#RRGGBB`.

    Shapes of states use `working` ... `unknown`; words use the same colours save `idle_word`,
    because amber reaches 3 : 1 on white, enough for a shape but not for text.
    """

    name: str
    background: str
    surface: str
    sunken: str
    text: str
    secondary: str
    line: str
    field: str
    accent: str
    accent_hover: str
    accent_word: str
    on_accent: str
    accent_soft: str
    working: str
    idle: str
    idle_word: str
    off: str
    fault: str
    fault_soft: str
    unknown: str

    def shape(self, state: str) -> str:
        """Give the colour of a state's shape; `state` is a State value or `fault`."""
        return str(getattr(self, state))

    def word(self, state: str) -> str:
        """Give the colour of a state's word, readable as text on `surface`."""
        return self.idle_word if state == "idle" else self.shape(state)


LIGHT = Palette(
    name="light",
    background="#F6F7F9",
    surface="#FFFFFF",
    sunken="#EEF1F4",
    text="#1B1F24",
    secondary="#5B6470",
    line="#E1E5EA",
    field="#868F9B",
    accent="#1F6FEB",
    accent_hover="#1A5FCC",
    accent_word="#1A5FCC",
    on_accent="#FFFFFF",
    accent_soft="#E6EFFD",
    working="#1A7F4B",
    idle="#B7791F",
    idle_word="#8A5A12",
    off="#6B7480",
    fault="#C0362C",
    fault_soft="#FCEBEA",
    unknown="#6B7480",
)
DARK = Palette(
    name="dark",
    background="#14181D",
    surface="#1C2229",
    sunken="#242B33",
    text="#E7EBF0",
    secondary="#9AA5B1",
    line="#2C343D",
    field="#67727E",
    accent="#5B9BFF",
    accent_hover="#7BAFFF",
    accent_word="#5B9BFF",
    on_accent="#0E1319",
    accent_soft="#22324A",
    working="#45BF83",
    idle="#E0A93B",
    idle_word="#E0A93B",
    off="#9AA5B1",
    fault="#FF7B72",
    fault_soft="#3A2226",
    unknown="#9AA5B1",
)
THEMES = {palette.name: palette for palette in (LIGHT, DARK)}


def apply(app: QApplication, palette: Palette) -> None:
    """Dress the whole application: Fusion style, font, colours and the one style sheet.

    Does nothing where the application wears it already: a style sheet dresses every widget anew.
    """
    if app.property(_WORN) == palette.name:
        return
    app.setProperty(_WORN, palette.name)
    if app.style().name() != "fusion":
        app.setStyle("Fusion")
    app.setFont(body_font())
    app.setPalette(_qt_palette(palette))
    app.setStyleSheet(style_sheet(palette))


def style_sheet(palette: Palette) -> str:
    """Fill the tokens of `resources/style/window.qss`; raises KeyError for an unknown token."""
    source = (paths.resources() / "style" / "window.qss").read_text(encoding="utf-8")
    icons = (paths.resources() / "icons").as_posix()
    return Template(source).substitute(asdict(palette), icons=icons)


def body_font() -> QFont:
    """Give the body font: the first known family with Chinese that this computer has."""
    present = set(QFontDatabase.families())
    font = QFont()
    for family in FONT_FAMILIES:
        if family in present:
            font.setFamily(family)
            break
    font.setPixelSize(BODY_PX)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def _qt_palette(palette: Palette) -> QPalette:
    """Give Fusion the colours of what the style sheet leaves alone: menus, checks, bars."""
    roles = {
        QPalette.ColorRole.Window: palette.background,
        QPalette.ColorRole.Base: palette.surface,
        QPalette.ColorRole.AlternateBase: palette.background,
        QPalette.ColorRole.Button: palette.surface,
        QPalette.ColorRole.ToolTipBase: palette.text,
        QPalette.ColorRole.ToolTipText: palette.surface,
        QPalette.ColorRole.Highlight: palette.accent,
        QPalette.ColorRole.HighlightedText: palette.on_accent,
        QPalette.ColorRole.WindowText: palette.text,
        QPalette.ColorRole.Text: palette.text,
        QPalette.ColorRole.ButtonText: palette.text,
        QPalette.ColorRole.PlaceholderText: palette.secondary,
    }
    qt_palette = QPalette()
    for role, colour in roles.items():
        qt_palette.setColor(role, QColor(colour))
    disabled = QPalette.ColorGroup.Disabled
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        qt_palette.setColor(disabled, role, QColor(palette.secondary))
    return qt_palette
