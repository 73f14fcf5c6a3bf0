"""What may be billed by a meter whose calibration lapsed, failed or never was."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.simulate.bus import VirtualBus
from shared_factory_desktop.domain.calibration import Verdict
from shared_factory_desktop.domain.problems import Kind, Refused
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.credit_notes import Wanted
from tests.services.calibration_scene import (
    DAY,
    LI,
    SESSION,
    TODAY,
    WANG,
    causes,
    counted,
    equipped,
    metered,
    on,
    told,
)
from tests.services.conftest import BOSS, Open
from tests.storage.calibration_scene import CALIBRATION, INSTRUMENT

pytestmark = pytest.mark.slow

Factory = Callable[[str], Services]


@pytest.fixture
def factory(open_services: Open, line: VirtualBus, tmp_path: Path) -> Factory:
    """Set up a factory whose meter is for a legal use."""
    return lambda legal_use: metered(open_services(), line, tmp_path, legal_use)


@pytest.fixture
def internal(factory: Factory) -> Services:
    """An instrument for internal use, and a standard."""
    return equipped(factory("internal"), "internal")


@pytest.fixture
def trade(factory: Factory) -> Services:
    """An instrument for trade, and a standard."""
    return equipped(factory("trade"), "trade")


def _quiet(_done: int, _total: int) -> None:
    """Show no progress."""


def test_nothing_is_billed_by_a_trade_meter_before_its_calibration_is_reviewed(
    trade: Services,
) -> None:
    never = ("calibration-never", {"meter": "M-1", "quantity": "energy_wh"})
    draft = trade.billing.draft(BOSS, "anping", "2026-10")
    assert [told(one) for one in draft.warnings] == [never]
    number = trade.calibration.record(LI, CALIBRATION).number

    with pytest.raises(Refused) as refused:
        trade.billing.issue(BOSS, "anping", "2026-10")

    assert (causes(refused), refused.value.kind) == ([never], Kind.INPUT)
    assert trade.billing.list(BOSS) == ()
    assert trade.billing.issue(BOSS, "renze", "2026-10").warnings == ()  # its bench has no meter
    trade.calibration.review(WANG, number)
    issued = trade.billing.issue(BOSS, "anping", "2026-10")
    assert (issued.warnings, issued.gaps) == ((), ())


def test_who_closes_the_month_is_told_of_each_tenant_that_is_blocked(trade: Services) -> None:
    outcomes = {one.tenant: one.error for one in trade.billing.issue_all(BOSS, "2026-10", _quiet)}

    assert outcomes.keys() == {"anping", "renze"}
    assert outcomes["renze"] is None
    error = outcomes["anping"]
    assert isinstance(error, Refused)
    assert [one.code for one in error.causes] == ["calibration-never"]


def test_an_overdue_trade_meter_blocks_until_it_is_calibrated_again(trade: Services) -> None:
    counted(trade, on(TODAY.replace(year=2025) - DAY))
    with pytest.raises(Refused) as refused:
        trade.billing.issue(BOSS, "anping", "2026-10")
    assert causes(refused) == [
        ("calibration-overdue", {"meter": "M-1", "quantity": "energy_wh", "day": "2026-11-22"})
    ]

    counted(trade, on(TODAY))

    assert trade.billing.issue(BOSS, "anping", "2026-10").number


def test_a_trade_meter_is_billed_by_on_the_last_day_of_its_calibration(trade: Services) -> None:
    counted(trade, on(TODAY.replace(year=2025)))

    assert trade.billing.issue(BOSS, "anping", "2026-10").warnings == ()


def test_a_rejected_trade_meter_blocks_however_long_its_calibration_holds(trade: Services) -> None:
    number = counted(trade, on(TODAY - DAY, verdict=Verdict.REJECT))

    with pytest.raises(Refused) as refused:
        trade.billing.issue(BOSS, "anping", "2026-10")

    values = {"meter": "M-1", "quantity": "energy_wh", "number": number, "day": "2026-11-22"}
    assert causes(refused) == [("calibration-failed", values)]


def test_a_shorter_interval_counts_at_once(trade: Services) -> None:
    counted(trade, on(dt.date(2026, 3, 1)))
    assert trade.billing.draft(BOSS, "anping", "2026-10").warnings == ()

    shorter = replace(INSTRUMENT, legal_use="trade", interval_months=6)
    trade.calibration.add_instrument(LI, shorter)

    [warning] = trade.billing.draft(BOSS, "anping", "2026-10").warnings
    assert dict(warning.values)["day"] == "2026-09-01"


def test_a_meter_put_in_the_place_of_another_has_no_calibration_yet(trade: Services) -> None:
    counted(trade, on(TODAY - DAY))
    replaced = replace(INSTRUMENT, legal_use="trade", serial="SN-2")
    trade.calibration.add_instrument(LI, replaced)
    [warning] = trade.billing.draft(BOSS, "anping", "2026-10").warnings
    assert warning.code == "calibration-never"

    counted(trade, on(TODAY))

    assert trade.billing.issue(BOSS, "anping", "2026-10").warnings == ()


def test_an_internal_meter_that_nobody_means_to_calibrate_is_billed_by_as_ever(
    factory: Factory,
) -> None:
    issued = factory("internal").billing.issue(BOSS, "anping", "2026-10")

    assert (issued.warnings, issued.gaps) == ((), ())


def test_an_internal_meter_never_calibrated_marks_the_statement(internal: Services) -> None:
    issued = internal.billing.issue(BOSS, "anping", "2026-10")

    assert issued.warnings == ()
    [gap] = issued.gaps
    assert (gap.session, gap.meter, gap.quantity) == ("P-1", "M-1", "energy_wh")
    assert gap.code == "calibration-never"
    assert (gap.start.isoformat(), gap.end.isoformat()) == (SESSION["start"], SESSION["end"])


def test_an_internal_meter_marks_only_what_lies_behind_its_last_day(internal: Services) -> None:
    counted(internal, on(dt.date(2025, 10, 12)))
    issued = internal.billing.issue(BOSS, "anping", "2026-10")
    counted(internal, on(TODAY))

    assert issued.number is not None
    [gap] = internal.billing.document(BOSS, issued.number).gaps  # frozen
    assert gap.code == "calibration-overdue"
    assert gap.start.isoformat() == "2026-10-13T00:00:00+08:00"
    assert gap.end.isoformat() == SESSION["end"]


@pytest.mark.parametrize(
    ("language", "seen"),
    [("zh_CN", ["未校准", "校准不合格"]), ("en", ["never calibrated", "failed calibration"])],
)
def test_the_mark_stands_on_the_printed_statement(
    internal: Services, open_services: Open, tmp_path: Path, language: str, seen: list[str]
) -> None:
    first = internal.billing.issue(BOSS, "anping", "2026-10").number
    assert first is not None
    internal.credits.propose(BOSS, first, Wanted(), "wrong")
    counted(internal, on(TODAY, verdict=Verdict.REJECT))
    settings = tmp_path / "data" / "settings.toml"
    settings.write_text(f'{settings.read_text("utf-8")}language = "{language}"\n', "utf-8")
    printed = open_services()
    proposals = printed.credits.list(BOSS)
    printed.credits.approve(WANG, proposals[0].id)
    second = printed.billing.issue(BOSS, "anping", "2026-10").number
    assert second is not None

    texts = []
    for number in (first, second):
        [pdf] = printed.exporting.export(BOSS, number, ["pdf"], tmp_path / "out", _quiet)
        command = ["pdftotext", "-layout", "-enc", "UTF-8", str(pdf), "-"]
        read = subprocess.run(command, check=True, capture_output=True, timeout=60)
        texts.append(read.stdout.decode())

    for words, text in zip(seen, texts, strict=True):
        assert [word for word in words.split() if word not in text] == []
