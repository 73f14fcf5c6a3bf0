"""The tables of a calibration: its points, and the budget of an uncertainty."""

from __future__ import annotations

from shared_factory_desktop.domain.calibration import Point
from shared_factory_desktop.domain.calibration_uncertainty import Component
from shared_factory_desktop.ui.page import Page
from shared_factory_desktop.ui.pages.calibration import figures
from shared_factory_desktop.ui.table import Column, Table


def points_table(page: Page, brief: bool = False) -> Table[Point]:
    """Make a table of points: what counts first, then what it follows from, unless `brief`."""
    word, words, palette = page.word, page.words, page.context.palette
    outcome: tuple[Column[Point], ...] = (
        Column(word("nominal"), lambda p: p.nominal, stretch=True),
        Column(
            word("decision"),
            lambda p: figures.shaped(p.decision, words(f"calibration.decision.{p.decision}")),
            colour=lambda p: figures.colour(palette, p.decision),
        ),
        Column(word("error_percent"), figures.error_percent, lambda p: p.error, right=True),
        Column(word("expanded"), figures.expanded_percent, lambda p: p.expanded, right=True),
    )
    source: tuple[Column[Point], ...] = (
        Column(
            word("reference"), lambda p: figures.value(p.reference), lambda p: p.reference, True
        ),
        Column(word("mean"), lambda p: figures.mean_of(p.indicated), lambda p: p.reference, True),
        Column("n", lambda p: str(len(p.indicated)), lambda p: len(p.indicated), right=True),
        Column(word("scatter"), lambda p: figures.scatter_of(p.indicated), right=True),
    )
    columns = outcome if brief else outcome + source
    return Table(columns, lambda p: p.nominal, words("ui.copy"))


def budget_table(page: Page) -> Table[Component]:
    """Make a table of a budget's rows, values as percentages of the load."""
    word = page.word
    columns: tuple[Column[Component], ...] = (
        Column(word("source"), lambda c: word(f"source_{c.source}"), stretch=True),
        Column(
            word("contribution"),
            lambda c: figures.small(c.contribution * 100),
            lambda c: c.contribution,
            right=True,
        ),
        Column(word("value_percent"), lambda c: figures.small(c.value * 100), right=True),
        Column(word("distribution"), lambda c: word(f"distribution_{c.distribution}")),
        Column(word("divisor"), lambda c: f"{c.divisor:.3f}", right=True),
    )
    return Table(columns, lambda c: c.source, page.words("ui.copy"))
