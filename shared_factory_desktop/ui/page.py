"""What all pages share: a title with the main action, the content or a notice, a side panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from shared_factory_desktop.domain.problems import InputRefused, Refused
from shared_factory_desktop.services.users import Permission
from shared_factory_desktop.services.wording import explain
from shared_factory_desktop.ui.context import Context
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.notice import Banner, Notice
from shared_factory_desktop.ui.widgets.side_panel import SidePanel
from shared_factory_desktop.words import Words

Result = TypeVar("Result")
_HEAD_PX = 40  # the same with and without a button, so that pages do not jump


def reasons(words: Words, error: BaseException) -> tuple[str, ...]:
    """Give the sentences for whatever went wrong; what nobody foresaw is named by its kind."""
    if isinstance(error, Refused | InputRefused):
        return explain(words, error)
    return (words("ui.error.unexpected", kind=type(error).__name__, text=error),)


class Page(QWidget):
    """One entry of the rail; a subclass fills `content` and `action_row` and writes `refresh`."""

    KEY: ClassVar[str]  # names its words: ui.<KEY>.title, .empty_title, .empty_text
    ICON: ClassVar[str]
    PERMISSION: ClassVar[Permission]
    PANEL_PX: ClassVar[int] = 400
    REFRESH_S: ClassVar[int] = 5

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.words = context.words
        self.banner = Banner(context.palette)
        self.notice = Notice(context.palette)
        self.panel = SidePanel(context.palette, self.words("ui.close"), self.PANEL_PX)
        self.action_row = QHBoxLayout()
        self.filter_row = QHBoxLayout()
        self.filter_row.setSpacing(8)
        self.content = QWidget()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.content)
        self.stack.addWidget(self.notice)
        self._loading = False
        self._shown = False
        self._failing = False
        self._arrange()

    def refresh(self) -> None:
        """Ask the services again; called when the page is opened and every REFRESH_S seconds."""
        raise TypeError(f"{type(self).__name__} must say how it refreshes")

    def word(self, key: str, **values: object) -> str:
        """Give a word of this page."""
        return self.words(f"ui.{self.KEY}.{key}", **values)

    def in_background(
        self,
        call: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Run a slow call beside the window; a failure without `failed` shows in the banner."""
        self.context.tasks.in_background(self, call, done, failed or self.show_refusal)

    def load(self, call: Callable[[], Result], done: Callable[[Result], None]) -> None:
        """Fetch what the page shows, unless that is under way; a failure shows with a way on."""
        if self._loading:
            return
        self._loading = True

        def arrived(result: Result) -> None:
            self._loading = False
            if self._failing:
                self.banner.hide()
            self._failing, self._shown = False, True
            done(result)

        self.in_background(call, arrived, self._failed_to_load)

    def show_content(self) -> None:
        """Show the content."""
        self.stack.setCurrentWidget(self.content)

    def show_empty(self, button: tuple[str, Callable[[], None]] | None = None) -> None:
        """Say what will appear here and how to make it."""
        self.notice.show_message(
            self.ICON, self.word("empty_title"), self.word("empty_text"), button
        )
        self.stack.setCurrentWidget(self.notice)

    def show_refusal(self, error: BaseException) -> None:
        """Show all reasons above the content."""
        self.banner.refuse(reasons(self.words, error))

    def _failed_to_load(self, error: BaseException) -> None:
        self._loading = False
        self._failing = True
        if self._shown:  # what is on the page stays readable under the reason
            self.show_refusal(error)
            return
        self.notice.show_message(
            "mdi6.alert-circle-outline",
            self.words("ui.error.title"),
            "\n".join(reasons(self.words, error)),
            (self.words("ui.error.again"), self.refresh),
        )
        self.stack.setCurrentWidget(self.notice)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.addStrut(_HEAD_PX)
        head.addWidget(label(self.word("title"), "title"))
        head.addStretch()
        head.addLayout(self.action_row)
        column = QVBoxLayout()
        column.setContentsMargins(24, 20, 24, 24)
        column.setSpacing(16)
        column.addLayout(head)
        column.addLayout(self.filter_row)
        column.addWidget(self.banner)
        column.addWidget(self.stack, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(column, 1)
        row.addWidget(self.panel)
