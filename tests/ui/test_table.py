"""The generic table: sorting, selection through refreshes, copying."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from shared_factory_desktop.ui.table import Column, Table


@dataclass(frozen=True)
class Fruit:
    name: str
    price: int | None


APPLE, PEAR, PLUM = Fruit("apple", 30), Fruit("pear", 7), Fruit("plum", None)
COLUMNS: tuple[Column[Fruit], ...] = (
    Column("Name", lambda row: row.name, stretch=True),
    Column(
        "Price",
        lambda row: "—" if row.price is None else f"¥ {row.price}",
        lambda row: row.price,
        right=True,
        colour=lambda row: "#C0362C" if row.price is None else None,
    ),
)


@pytest.fixture
def table(qtbot: QtBot) -> Table[Fruit]:
    made: Table[Fruit] = Table(COLUMNS, lambda row: row.name, "Copy")
    qtbot.addWidget(made)
    made.set_rows([PEAR, PLUM, APPLE])
    made.show()
    return made


def shown(table: Table[Fruit]) -> list[str]:
    model = table.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount(QModelIndex()))]


def sort_by(table: Table[Fruit], column: int, order: Qt.SortOrder) -> None:
    table.horizontalHeader().setSortIndicator(column, order)


def test_rows_keep_the_order_they_came_in(table: Table[Fruit]) -> None:
    assert shown(table) == ["pear", "plum", "apple"]


def test_sorts_by_value_and_not_by_text_with_missing_ones_last(table: Table[Fruit]) -> None:
    sort_by(table, 1, Qt.SortOrder.AscendingOrder)
    assert shown(table) == ["pear", "apple", "plum"]


def test_a_cleared_sort_gives_the_first_order_back(table: Table[Fruit]) -> None:
    sort_by(table, 0, Qt.SortOrder.DescendingOrder)
    assert shown(table) == ["plum", "pear", "apple"]
    sort_by(table, -1, Qt.SortOrder.AscendingOrder)
    assert shown(table) == ["pear", "plum", "apple"]


def test_new_rows_keep_sort_and_choice(table: Table[Fruit], qtbot: QtBot) -> None:
    sort_by(table, 0, Qt.SortOrder.AscendingOrder)
    table.select("pear")
    with qtbot.assertNotEmitted(table.chosen):
        table.set_rows([PLUM, Fruit("fig", 3), PEAR])
    assert shown(table) == ["fig", "pear", "plum"]
    assert [index.data() for index in table.selectionModel().selectedRows()] == ["pear"]


def test_a_chosen_row_that_goes_is_told(table: Table[Fruit], qtbot: QtBot) -> None:
    table.select("pear")
    with qtbot.waitSignal(table.chosen) as told:
        table.set_rows([APPLE])
    assert told.args == [None]


def test_choosing_tells_the_row(table: Table[Fruit], qtbot: QtBot) -> None:
    with qtbot.waitSignal(table.chosen) as told:
        table.select("apple")
    assert told.args == [APPLE]


def test_copies_the_selection_or_everything_as_text(table: Table[Fruit]) -> None:
    assert table.copied_text() == "Name\tPrice\npear\t¥ 7\nplum\t—\napple\t¥ 30"
    table.select("apple")
    table.actions()[0].trigger()
    assert QGuiApplication.clipboard().text() == "Name\tPrice\napple\t¥ 30"


def test_numbers_stand_right_and_carry_their_colour(table: Table[Fruit]) -> None:
    cell = table.model().index(1, 1)
    assert cell.data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    assert cell.data(Qt.ItemDataRole.ForegroundRole).name() == "#c0362c"
    assert table.model().index(0, 1).data(Qt.ItemDataRole.ForegroundRole) is None
