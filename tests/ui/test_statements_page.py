"""The statements page as a manager uses it: stages, steps, credit notes by two people."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.ledger import Method, Slip
from shared_factory_desktop.domain.statement import Gap
from shared_factory_desktop.domain.statement_life import State
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.credit_notes import Wanted
from shared_factory_desktop.ui.pages.statements.draft import DraftPanel
from shared_factory_desktop.ui.pages.statements.stages import Stage
from shared_factory_desktop.ui.pages.statements.steps import ACTIONS
from shared_factory_desktop.ui.window import Window
from shared_factory_desktop.words import LANGUAGES, Words
from tests.ui.statements_desk import BOSS, LI, Desk, state

pytestmark = pytest.mark.slow

Open = Callable[[Services], Window]


@pytest.fixture
def number(services: Services) -> str:
    """A statement over three sessions of ¥ 96.00 each."""
    issued = services.billing.issue(BOSS, "anping", "2026-10")
    assert issued.number is not None
    return issued.number


@pytest.fixture
def desk(services: Services, number: str, open_window: Open, qtbot: QtBot) -> Desk:
    assert services.billing.document(BOSS, number).statement.gross_fen == 28800
    return Desk(open_window(services), qtbot, BOSS)


@pytest.fixture
def li(services: Services, number: str, open_window: Open, qtbot: QtBot) -> Desk:
    """The desk of another manager; `boss` has proposed to credit lines 1 and 3."""
    services.credits.propose(BOSS, number, Wanted((1, 3)), "重复计费")
    return Desk(open_window(services), qtbot, LI)


def test_a_statement_goes_from_sent_to_paid(
    desk: Desk, services: Services, number: str, tmp_path: Path
) -> None:
    scan = tmp_path / "slip.pdf"
    scan.write_bytes(b"%PDF sealed")
    assert desk.told(Stage.ISSUED) == "已出账 1 ¥ 288.00"
    desk.choose(number)
    assert {"confirm", "invoice"}.isdisjoint(desk.panel.steps)

    desk.take("send", recipient="caiwu")
    assert desk.told(Stage.SENT) == "待确认 1 ¥ 288.00"
    desk.take("confirm", person="王会计", scan=str(scan))
    desk.take("invoice", invoice="26132001")
    desk.take("pay", amount="100", reference="B-1")
    assert desk.panel.state.text() == "已开票 · 未收 ¥ 188.00"
    desk.step("pay", method="e-cny", reference="E-7")
    for part in ("安平丝网有限公司", "188.00 元", number, "数字人民币"):
        assert part in desk.form.sentence.text()
    desk.click(desk.form.confirm_button)

    assert "已入账" in desk.panel.banner.text.text()
    assert state(services, number) is State.PAID
    assert desk.told(Stage.PAID) == "已收款 1 ¥ 288.00"
    assert {"pay", "dispute"}.isdisjoint(desk.panel.steps)
    (kept,) = services.statements.history(BOSS, number).attachments
    assert kept.name == "slip.pdf"
    steps = [one.step for one in services.statements.history(BOSS, number).events]
    assert steps == ["sent", "confirmed", "invoiced"]
    slips = [row.booked.posting.slip for row in services.ledger.account(BOSS, "anping").rows]
    assert [one for one in slips if one] == [Slip(Method.BANK, "B-1"), Slip(Method.E_CNY, "E-7")]


def test_stages_count_add_up_and_narrow_the_list(
    desk: Desk, services: Services, number: str
) -> None:
    pipeline, rows = desk.page.pipeline, desk.page.table.table
    assert desk.told(Stage.ALL) == "全部 1 ¥ 288.00"
    desk.click(pipeline.buttons[Stage.SENT])
    assert rows.rows == []
    desk.click(pipeline.buttons[Stage.ISSUED])
    assert [row.number for row in rows.rows] == [number]

    services.statements.send(BOSS, number)
    desk.page.refresh()
    desk.wait()
    assert rows.rows == []
    assert desk.told(Stage.ISSUED) == "已出账 0 ¥ 0.00"


def test_the_stages_are_walked_with_the_keys(desk: Desk, number: str) -> None:
    buttons = desk.page.pipeline.buttons
    desk.window.activateWindow()
    buttons[Stage.CONFIRMED].setFocus()
    desk.qtbot.waitUntil(buttons[Stage.CONFIRMED].hasFocus)
    QTest.keyClick(buttons[Stage.CONFIRMED], Qt.Key.Key_Space)
    assert desk.page.table.table.rows == []
    QTest.keyClick(buttons[Stage.CONFIRMED], Qt.Key.Key_Left)
    QTest.keyClick(buttons[Stage.SENT], Qt.Key.Key_Left)
    assert desk.page.pipeline.stage is Stage.ISSUED
    assert [row.number for row in desk.page.table.table.rows] == [number]


def test_a_form_is_filled_in_and_left_with_the_keys(
    desk: Desk, services: Services, number: str
) -> None:
    desk.choose(number)
    desk.step("send", recipient="caiwu")
    QTest.keyClick(desk.form.fields["recipient"].edit, Qt.Key.Key_Return)
    desk.wait()
    assert state(services, number) is State.SENT

    desk.step("dispute")
    desk.click(desk.form.back_button)
    assert desk.panel.form is None
    QTest.keyClick(desk.panel, Qt.Key.Key_Escape)
    assert not desk.page.panel.isVisible()
    assert state(services, number) is State.SENT


def test_a_dispute_needs_a_reason_and_ends_where_it_began(
    desk: Desk, services: Services, number: str
) -> None:
    desk.choose(number)
    desk.take("dispute")
    assert desk.form.banner.isVisible()
    assert number in desk.form.banner.text.text()
    assert state(services, number) is State.ISSUED

    desk.form.fields["reason"].set_text("数量不对")
    desk.click(desk.form.confirm_button)
    assert desk.told(Stage.DISPUTED) == "争议 1 ¥ 288.00"
    assert "send" not in desk.panel.steps
    desk.take("settle", reason="已对账")
    assert state(services, number) is State.ISSUED


@pytest.mark.parametrize("amount", ["abc", "1.005", "-5", "0", ""])
def test_an_amount_that_is_none_is_refused(
    desk: Desk, services: Services, number: str, amount: str
) -> None:
    desk.choose(number)
    desk.take("pay", amount=amount, reference="B-1")

    assert desk.form.banner.isVisible()
    assert desk.form.confirm_button.isEnabled()
    assert services.statements.history(BOSS, number).standing.life.open_fen == 28800


def test_chosen_lines_are_proposed_for_credit(desk: Desk, services: Services, number: str) -> None:
    panel = desk.choose(number)
    desk.step("credit", reason="重复计费")
    assert not desk.form.confirm_button.isEnabled()
    selection = panel.lines.selectionModel()
    for row in (0, 2):
        place = panel.lines.model().index(row, 0)
        selection.select(place, selection.SelectionFlag.Select | selection.SelectionFlag.Rows)
    said = desk.form.sentence.text()
    for part in ("第 1, 3 行", "¥ 192.00", "另一人批准", "安平丝网有限公司"):
        assert part in said
    desk.click(desk.form.confirm_button)

    (proposal,) = services.credits.list(BOSS)
    assert (proposal.lines, proposal.reason) == ((1, 3), "重复计费")
    assert desk.told(Stage.PENDING) == "红冲待批 1 ¥ 288.00"
    (box,) = panel.proposals
    assert not box.approve_button.isVisible()
    desk.click(box.refuse_button)
    assert box.banner.isVisible()  # a reason is missing
    box.reason.setText("看错了")
    desk.click(box.refuse_button)
    assert panel.proposals == []
    assert not desk.page.pipeline.buttons[Stage.PENDING].isVisible()


def test_another_person_approves_a_credit(li: Desk, services: Services, number: str) -> None:
    panel = li.choose(number)
    (box,) = panel.proposals
    for part in ("boss", "重复计费", "¥ 192.00", "安平丝网有限公司"):
        assert part in box.sentence.text()
    li.click(box.approve_button)

    note, original = services.statements.list(BOSS)
    assert (note.refers_to, note.gross_fen) == (number, -19200)
    assert original.life.open_fen == 9600
    assert li.told(Stage.CREDITS) == "红字对账单 1 ¥ -192.00"
    assert li.told(Stage.ALL) == "全部 2 ¥ 96.00"
    li.choose(note.number)
    assert li.panel.state.text() == f"红冲对账单 {number}"
    assert {"credit", "cancel", "pay", "dispute"}.isdisjoint(li.panel.steps)


def test_a_cancelled_statement_leaves_a_draft_again(
    desk: Desk, services: Services, number: str
) -> None:
    desk.choose(number)
    desk.take("cancel", reason="租户有误")
    (proposal,) = services.credits.list(BOSS)
    services.credits.approve(LI, proposal.id)
    desk.page.refresh()
    desk.wait()

    assert desk.told(Stage.CANCELLED) == "已作废 1 ¥ 288.00"
    desk.click(desk.page.pipeline.buttons[Stage.CANCELLED])
    assert [row.number for row in desk.page.table.table.rows] == [number]


def test_a_draft_of_last_month_waits_in_its_stage(
    services: Services, open_window: Open, qtbot: QtBot
) -> None:
    services.billing.issue(BOSS, "anping", "2026-09-12..2026-10-13")
    desk = Desk(open_window(services), qtbot, BOSS)
    assert desk.told(Stage.DRAFT) == "草稿 0 ¥ 0.00"  # some days of the month are billed
    desk.take_back()

    desk.click(desk.page.pipeline.buttons[Stage.DRAFT])

    (draft,) = desk.page.draft_table.table.rows
    assert desk.told(Stage.DRAFT) == "草稿 1 ¥ 288.00"
    desk.page.draft_table.select(draft.statement.tenant)
    desk.wait()
    assert desk.content(DraftPanel).tenant.currentText() == "安平丝网有限公司"


def test_who_will_not_wait_for_late_readings_says_so(
    equipped: Path, tmp_path: Path, open_window: Open, qtbot: QtBot
) -> None:
    folder = shutil.copytree(equipped, tmp_path / "data")
    with (folder / "settings.toml").open("a", encoding="utf-8") as settings:
        settings.write("grace_days = 3\n")
    early = dt.datetime(2026, 11, 1, 2, 0, tzinfo=dt.UTC)
    with closing(Bootstrap(lambda: early).open_services(folder)) as services:
        desk = Desk(open_window(services), qtbot, BOSS)
        desk.click(desk.page.new_button)
        draft = desk.content(DraftPanel)
        desk.click(draft.issue_button)
        assert not draft.at_once_button.isVisible()
        desk.click(draft.confirm_button)
        assert draft.banner.isVisible()
        assert services.billing.list(BOSS) == ()
        desk.click(draft.at_once_button)

        assert [row.gross_fen for row in services.billing.list(BOSS)] == [28800]
        desk.window.close()


def test_usage_that_comes_late_is_marked(desk: Desk, services: Services, tmp_path: Path) -> None:
    late = {
        "id": "P-LATE",
        "machine": "printer-1",
        "tenant": "anping",
        "start": "2026-10-20T08:00:00+08:00",
        "end": "2026-10-20T09:00:00+08:00",
    }
    usage = tmp_path / "late.json"
    usage.write_text(json.dumps({"format": 1, "sessions": [late]}), encoding="utf-8")
    services.sessions.import_usage(BOSS, usage)
    desk.click(desk.page.new_button)
    draft = desk.content(DraftPanel)

    draft.period.month.setCurrentIndex(draft.period.month.findData("2026-11"))
    desk.wait()

    assert "机时费 · 补计 2026-10" in draft.lines.copied_text()


def test_gaps_are_listed(desk: Desk, number: str) -> None:
    panel = desk.choose(number)
    assert not panel.gaps.isVisible()
    assert panel.one is not None
    start = dt.datetime(2026, 10, 12, 9, 0, tzinfo=dt.UTC)
    gap = Gap("P-12", "M-1", "energy_wh", "missing", start, start + dt.timedelta(minutes=5))
    document = dataclasses.replace(panel.one.document, gaps=(gap,))

    panel.show_opened(dataclasses.replace(panel.one, document=document))

    assert panel.gaps_title.text() == "读数缺口与替代值 1 处"
    assert panel.gaps.copied_text().splitlines()[1] == "M-1\t电量\t缺失\t10-12 09:00\t10-12 09:05"


def test_lines_lead_to_bands_and_tiers(desk: Desk, number: str) -> None:
    panel = desk.choose(number)
    panel.lines.selectRow(1)
    assert panel.details.isVisible()
    assert "工单 J-13" in panel.details.title.text()
    assert "¥ 48" in panel.details.table.copied_text()


def test_a_kept_file_is_saved_again(desk: Desk, number: str, tmp_path: Path) -> None:
    file, copy = tmp_path / "合同.pdf", tmp_path / "copy.pdf"
    file.write_bytes(b"%PDF contract")
    panel = desk.choose(number)
    desk.take("attach", file=str(file))
    assert panel.one is not None
    (kept,) = panel.one.history.attachments

    assert panel.history is not None
    assert panel.history.files[kept.id].text() == "另存附件 合同.pdf…"
    panel.history.save(kept, copy)
    desk.wait()
    assert copy.read_bytes() == b"%PDF contract"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_its_words(language: str) -> None:
    words = Words(language)
    for action in ACTIONS:
        for kind in ("act", "say", "done"):
            assert words.knows(f"ui.statements.{kind}_{action.key}")
        for field in action.fields:
            assert words.knows(f"ui.statements.field_{field.name}")
    for code in ("missing", "suspect", "substitute"):
        assert words.knows(f"ui.statements.gap_{code}")
    for method in Method:
        assert words.knows(f"ui.statements.method_{method}")
    for stage in Stage:
        known = f"ui.statements.stage_{stage}", f"statements.state-{stage}"
        assert any(words.knows(code) for code in known)
