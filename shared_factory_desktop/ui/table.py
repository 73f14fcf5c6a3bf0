"""A table made from declared columns: sorts by any of them, keeps the selection, copies as text."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QColor, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
_ROW_PX = 40


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: how a row is written in it, sorted by it (else by the text) and coloured."""

    title: str
    text: Callable[[Row], str]
    order: Callable[[Row], Any] | None = None
    right: bool = False
    stretch: bool = False
    colour: Callable[[Row], str | None] | None = None

    def key(self, row: Row) -> tuple[bool, Any]:
        """Give what a row sorts by; rows without a value come last."""
        value = self.order(row) if self.order else self.text(row)
        return (value is None, value)


class TableModel(QAbstractTableModel, Generic[Row]):
    """Rows under declared columns; new rows keep the order the user chose."""

    def __init__(self, columns: Sequence[Column[Row]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.rows: list[Row] = []
        self.arrived: list[Row] = []  # in the order they came
        self._sorted_by: tuple[int, Qt.SortOrder] | None = None

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show these rows instead, in the order the user sorts by."""
        self.beginResetModel()
        self.arrived = list(rows)
        self._arrange()
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Count the rows."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        """Count the columns."""
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give the text, alignment or colour of a cell."""
        column, row = self.columns[index.column()], self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return column.text(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column.right)
        if role == Qt.ItemDataRole.ForegroundRole and column.colour:
            colour = column.colour(row)
            return QColor(colour) if colour else None
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Give a column's title, aligned as its cells are."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(self.columns[section].right)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by one column; a negative one keeps the order they came in."""
        self._sorted_by = (column, order) if column >= 0 else None
        self.beginResetModel()
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        self.rows = list(self.arrived)
        if self._sorted_by is None:
            return
        column, order = self._sorted_by
        self.rows.sort(key=self.columns[column].key, reverse=order == Qt.SortOrder.DescendingOrder)


class Table(QTableView, Generic[Row]):
    """A view of a TableModel; `chosen` carries the row the user picked, None when none is."""

    chosen = Signal(object)

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        identity: Callable[[Row], Hashable],
        copy_word: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.table = TableModel(columns, self)
        self._identity = identity
        self._chosen: Hashable | None = None
        self.setModel(self.table)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self._dress_header()
        self._add_copy(copy_word)
        self.selectionModel().selectionChanged.connect(lambda: self._choose())

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show new rows; the chosen one stays chosen where it is still there."""
        new = list(rows)
        if new != self.table.arrived:
            self._keeping(lambda: self.table.set_rows(new))

    def select(self, identity: Hashable) -> None:
        """Choose the row of that identity, when it is shown."""
        for number, row in enumerate(self.table.rows):
            if self._identity(row) == identity:
                self.selectRow(number)

    def copied_text(self) -> str:
        """Give the selected rows, or all, as lines of tab-separated cells under the titles."""
        picked = sorted({index.row() for index in self.selectionModel().selectedRows()})
        rows = [self.table.rows[number] for number in picked] or self.table.rows
        lines = [[column.title for column in self.table.columns]]
        lines += [[column.text(row) for column in self.table.columns] for row in rows]
        return "\n".join("\t".join(cells) for cells in lines)

    def _dress_header(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorClearable(True)
        header.sortIndicatorChanged.connect(self._sort)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        for number, column in enumerate(self.table.columns):
            mode = QHeaderView.ResizeMode
            header.setSectionResizeMode(
                number, mode.Stretch if column.stretch else mode.ResizeToContents
            )

    def _add_copy(self, word: str) -> None:
        copy = QAction(word, self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(self.copied_text()))
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _sort(self, column: int, order: Qt.SortOrder) -> None:
        self._keeping(lambda: self.table.sort(column, order))

    def _keeping(self, change: Callable[[], None]) -> None:
        """Change the rows without telling anyone that the selection went and came back."""
        chosen, place = self._chosen, self.verticalScrollBar().value()
        selection = self.selectionModel()
        selection.blockSignals(True)
        change()
        if chosen is not None:
            self.select(chosen)
        selection.blockSignals(False)
        self.verticalScrollBar().setValue(place)
        self._choose()

    def _choose(self) -> None:
        picked = self.selectionModel().selectedRows()
        row = self.table.rows[picked[0].row()] if picked else None
        identity = None if row is None else self._identity(row)
        if identity != self._chosen:
            self._chosen = identity
            self.chosen.emit(row)


def _alignment(right: bool) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
