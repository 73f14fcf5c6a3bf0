"""Side panels of the floor: start a machine for a tenant, stop it, look closer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QVBoxLayout, QWidget

from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.readings import Quality
from shared_factory_desktop.services.live import MachineCard
from shared_factory_desktop.services.sessions import SessionView
from shared_factory_desktop.ui import formats
from shared_factory_desktop.ui.page import Page, reasons
from shared_factory_desktop.ui.pages.floor.card import TREND_MINUTES, MachineCardView, age_text
from shared_factory_desktop.ui.widgets.buttons import primary
from shared_factory_desktop.ui.widgets.facts import Facts
from shared_factory_desktop.ui.widgets.labels import label
from shared_factory_desktop.ui.widgets.notice import Banner
from shared_factory_desktop.ui.widgets.plot import PowerPlot, Trend


class _ActionPanel(QWidget):
    """A panel that ends in one action; every reason why it is refused stays in the panel."""

    def __init__(self, page: Page, card: MachineCard, word: str) -> None:
        super().__init__()
        self.page = page
        self.card = card
        self.refusal = Banner(page.context.palette)
        self.button = primary(word, self.act)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 8, 0)
        self.column.setSpacing(8)

    def finish(self) -> None:
        """Put the refusal and the button below the fields."""
        self.column.addWidget(self.refusal)
        self.column.addWidget(self.button)
        self.column.addStretch()

    def act(self) -> None:
        """Ask the services; a subclass says what."""
        raise TypeError(f"{type(self).__name__} must say what it does")

    def ask(
        self,
        call: Callable[[], SessionView],
        word: str,
        in_doubt: Callable[[SessionView], bool],
    ) -> None:
        """Run the call; close and say what became of it, or stay and show the reasons."""
        self.button.setEnabled(False)
        self.refusal.hide()

        def done(view: SessionView) -> None:
            names = {"machine": view.machine_name, "tenant": view.tenant_name}
            if in_doubt(view):
                self.page.banner.refuse((self.page.word(f"{word}_in_doubt", **names),))
            else:
                self.page.banner.confirm(self.page.word(word, **names))
            self.page.refresh()
            self.page.panel.dismiss()

        self.page.context.tasks.in_background(self, call, done, self.refuse)

    def refuse(self, error: BaseException) -> None:
        """Show why not and let the user try again."""
        self.refusal.refuse(reasons(self.page.words, error))
        self.button.setEnabled(True)


class StartPanel(_ActionPanel):
    """Choose for whom and for which job a machine starts to count."""

    def __init__(self, page: Page, card: MachineCard) -> None:
        super().__init__(page, card, page.word("start"))
        self.tenant = QComboBox()
        self.tenant.setAccessibleName(page.word("tenant"))
        self.job = QLineEdit()
        self.job.setPlaceholderText(page.word("job_hint"))
        self.without_readings = QCheckBox(page.word("without_readings"))
        self.column.addWidget(label(page.word("tenant"), "quiet"))
        self.column.addWidget(self.tenant)
        self.column.addWidget(label(page.word("job_label"), "quiet"))
        self.column.addWidget(self.job)
        self.column.addWidget(self.without_readings)
        self.without_readings.hide()  # offered once a start has been refused
        self.finish()
        self.button.setEnabled(False)
        self.job.returnPressed.connect(self.button.click)
        floor = page.context.services.floor
        page.context.tasks.in_background(self, floor.floor, self._offer, self.refuse)

    def act(self) -> None:
        """Start for the tenant that is chosen."""
        sessions, actor = self.page.context.services.sessions, self.page.context.actor
        machine, tenant = self.card.machine, str(self.tenant.currentData())
        job = self.job.text().strip() or None
        blind = self.without_readings.isChecked()
        self.ask(
            lambda: sessions.start(actor, machine, tenant, job, without_readings=blind),
            "started",
            # a running session is judged at its end; only a blind start is known
            lambda _view: blind,
        )

    def refuse(self, error: BaseException) -> None:
        """Show the reasons, and the way to start although a meter is silent."""
        super().refuse(error)
        self.without_readings.show()
        self.button.setEnabled(self.tenant.count() > 0)

    def _offer(self, floor: Floor) -> None:
        for tenant in floor.tenants:
            self.tenant.addItem(tenant.name, tenant.id)
        self.button.setEnabled(bool(floor.tenants))
        if not floor.tenants:
            self.refusal.refuse((self.page.word("no_tenants"),))


class StopPanel(_ActionPanel):
    """Says what ends and what it came to before it ends."""

    def __init__(self, page: Page, card: MachineCard) -> None:
        super().__init__(page, card, page.word("stop_now"))
        self.column.addWidget(
            label(
                page.word("stop_sentence", machine=card.name, tenant=card.tenant_name or ""),
                "body",
                wrap=True,
            )
        )
        self.column.addWidget(Facts(_use(page, card)))
        self.finish()

    def act(self) -> None:
        """Stop the running session."""
        sessions, actor, machine = (
            self.page.context.services.sessions,
            self.page.context.actor,
            self.card.machine,
        )
        self.ask(
            lambda: sessions.stop(actor, machine),
            "stopped",
            lambda view: view.quality is not Quality.GOOD,
        )


class DetailsPanel(QWidget):
    """One machine, closer: power with axes and everything the running session used."""

    def __init__(self, page: Page, card: MachineCard) -> None:
        super().__init__()
        self.page = page
        self.machine = card.machine
        titles = (page.word("power_axis"), page.word("time_axis"))
        self.plot = PowerPlot(page.context.palette, titles, _ahead_of_utc_s(card))
        self._facts = Facts(_details(page, card))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(16)
        self._column.addWidget(self.plot)
        self._column.addWidget(self._facts)
        self._column.addStretch()
        live = page.context.services.live
        page.context.tasks.in_background(
            self,
            lambda: live.trend(card.machine, TREND_MINUTES),
            self._draw,
            page.show_refusal,
        )

    def show_news(self, views: Mapping[str, MachineCardView], trends: Mapping[str, Trend]) -> None:
        """Show the machine's present card and trend."""
        view = views.get(self.machine)
        if view is None or view.card is None:
            return
        facts = Facts(_details(self.page, view.card))
        self._column.replaceWidget(self._facts, facts)
        self._facts.deleteLater()
        self._facts = facts
        if self.machine in trends:
            self._draw(trends[self.machine])

    def _draw(self, trend: Trend) -> None:
        self.plot.show_trend(trend, TREND_MINUTES * 60)


def _ahead_of_utc_s(card: MachineCard) -> int:
    """Give the offset of the zone that the card's moments are in."""
    offset = card.last_good_at.utcoffset() if card.last_good_at else None
    return int(offset.total_seconds()) if offset else 0


def _details(page: Page, card: MachineCard) -> list[tuple[str, str]]:
    words = page.words
    rows = [
        (page.word("machine"), card.machine),
        (page.word("state"), words(f"ui.state.{card.state}")),
        (page.word("reading"), age_text(page.context, card, page.context.now())),
    ]
    return rows + (_use(page, card) if card.session else [])


def _use(page: Page, card: MachineCard) -> list[tuple[str, str]]:
    words = page.words
    rows = [
        (page.word("tenant"), card.tenant_name or formats.NOTHING),
        (page.word("job_label"), card.job or formats.NOTHING),
    ]
    clocks = (
        ("working", card.working_s),
        ("powered", card.powered_s),
        ("occupied", card.occupied_s),
    )
    rows += [
        (words(f"ui.clock.{name}"), formats.duration(words, seconds)) for name, seconds in clocks
    ]
    rows += [
        (
            formats.measure_name(words, name),
            formats.joined(formats.quantity(words, name, value)),
        )
        for name, value in card.measures
    ]
    return [*rows, (page.word("cost"), f"{formats.amount(card.cost_fen)} {page.word('about')}")]
