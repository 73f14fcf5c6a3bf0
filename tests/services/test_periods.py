"""Closed periods: who may still change their sessions, and who opens them again."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.corrections import Change
from shared_factory_desktop.domain.period_locks import LockKind
from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.credit_notes import Wanted
from shared_factory_desktop.services.users import Actor, Role
from tests.services.conftest import BOSS, NOW

pytestmark = pytest.mark.slow

LI = Actor("li", Role.MANAGER)
TECHNICIAN = Actor("zhao", Role.TECHNICIAN)
JOB = Change(job="J-9")
HARD, SOFT, OPEN = LockKind.HARD, LockKind.SOFT, LockKind.OPEN


def code(error: Refused) -> str:
    [cause] = error.causes
    return cause.code


def paper(folder: Path, *days: str) -> Path:
    """Write a paper log of anping's mornings."""
    sessions = [
        {
            "id": f"N-{day}",
            "machine": "bench-1",
            "tenant": "anping",
            "start": f"{day}T08:00:00+08:00",
            "end": f"{day}T09:00:00+08:00",
        }
        for day in days
    ]
    file = folder / "late.json"
    file.write_text(json.dumps({"format": 1, "sessions": sessions}), encoding="utf-8")
    return file


def test_a_hard_lock_freezes_sessions_and_statements(services: Services, tmp_path: Path) -> None:
    services.periods.lock(BOSS, "2026-10", HARD, "closed with the accountant")

    tries = (
        lambda: services.corrections.correct(BOSS, "P-anping-10", JOB, "forgotten"),
        lambda: services.corrections.correct(BOSS, "P-anping-10", Change(tenant="renze"), "x"),
        lambda: services.billing.issue(BOSS, "anping", "2026-10"),
        lambda: services.billing.issue(BOSS, "anping", "2026-09-15..2026-10-15"),
        lambda: services.billing.issue_all(BOSS, "2026-10", lambda _done, _all: None),
    )
    codes = []
    for attempt in tries:
        with pytest.raises(Refused) as refused:
            attempt()
        codes.append(code(refused.value))

    assert codes == ["session-hard"] * 2 + ["period-hard"] * 3
    assert services.sessions.import_usage(BOSS, paper(tmp_path, "2026-11-01")) == 1
    assert services.corrections.correct(BOSS, "P-anping-09", JOB, "forgotten").job == "J-9"
    assert services.billing.issue(BOSS, "anping", "2026-09").number == "DZ-2026-000001"


def test_what_managers_bring_into_a_hard_lock_is_billed_with_the_next_days(
    services: Services, tmp_path: Path
) -> None:
    services.billing.issue(BOSS, "anping", "2026-09")
    services.periods.lock(BOSS, "2026-10", HARD, "closed with the accountant")
    brought = paper(tmp_path, "2026-11-02", "2026-10-31")

    with pytest.raises(Refused) as refused:
        services.sessions.import_usage(TECHNICIAN, brought)
    assert (refused.value.kind, code(refused.value)) == (Kind.NOT_ALLOWED, "period-soft")
    assert {one.id for one in services.sessions.list(BOSS)}.isdisjoint({"N-2026-11-02"})
    assert services.sessions.import_usage(LI, brought) == 2
    issued = services.billing.issue(BOSS, "anping", "2026-11-01..2026-11-10")

    october = (dt.date(2026, 10, 1), dt.date(2026, 11, 1))
    told = {line.session: line.late for line in issued.statement.lines}
    assert told == {"N-2026-11-02": None, "N-2026-10-31": october, "P-anping-10": october}


def test_what_was_imported_before_the_lock_may_be_imported_again(
    services: Services, tmp_path: Path
) -> None:
    file = paper(tmp_path, "2026-10-30")
    services.sessions.import_usage(BOSS, file)
    services.periods.lock(BOSS, "2026-10", HARD, "closed")

    assert services.sessions.import_usage(BOSS, file) == 0


def test_what_a_credit_note_took_back_may_be_put_right_under_a_lock(services: Services) -> None:
    number = services.billing.issue(BOSS, "anping", "2026-10").number
    assert number is not None
    services.periods.lock(BOSS, "2026-10", HARD, "closed")
    proposed = services.credits.propose(BOSS, number, Wanted(), "wrong job")
    services.credits.approve(LI, proposed.proposal.id)

    assert services.corrections.correct(BOSS, "P-anping-10", JOB, "wrong job").job == "J-9"


def test_a_soft_lock_leaves_a_month_to_managers(services: Services, tmp_path: Path) -> None:
    services.periods.lock(BOSS, "2026-10", SOFT, "drafts are out")

    with pytest.raises(Refused) as refused:
        services.sessions.import_usage(TECHNICIAN, paper(tmp_path, "2026-10-30"))

    assert (refused.value.kind, code(refused.value)) == (Kind.NOT_ALLOWED, "period-soft")
    assert services.sessions.import_usage(LI, paper(tmp_path, "2026-10-30")) == 1
    assert services.billing.issue(BOSS, "anping", "2026-10").number == "DZ-2026-000001"


def test_a_hard_lock_is_opened_by_another_person(services: Services) -> None:
    services.periods.lock(BOSS, "2026-10", HARD, "closed")
    for kind in (OPEN, SOFT):
        with pytest.raises(Refused) as own:
            services.periods.lock(BOSS, "2026-10", kind, "one more session")
        assert (own.value.kind, code(own.value)) == (Kind.NOT_ALLOWED, "period-own-lock")
    services.periods.lock(LI, "2026-10-01..2026-10-16", OPEN, "one more session")

    with pytest.raises(Refused):
        services.billing.issue(BOSS, "anping", "2026-10")
    assert services.corrections.correct(BOSS, "P-anping-10", JOB, "forgotten").job == "J-9"
    opened, locked = services.periods.list(BOSS)
    assert (opened.lock.kind, opened.lock.by, opened.counts) == (OPEN, "li", False)
    assert (locked.lock.kind, locked.lock.by, locked.counts) == (HARD, "boss", True)


@pytest.mark.parametrize(
    ("period", "kind", "reason", "expected"),
    [
        ("2026-11", HARD, "early", "not-over"),
        ("2026-11", SOFT, "early", "not-over"),
        ("2026-10", HARD, " ", "period-reason"),
        ("2026-10", OPEN, "why not", "period-not-locked"),
    ],
)
def test_a_lock_that_makes_no_sense_is_refused(
    services: Services, period: str, kind: LockKind, reason: str, expected: str
) -> None:
    with pytest.raises(Refused) as refused:
        services.periods.lock(BOSS, period, kind, reason)

    assert code(refused.value) == expected
    assert services.periods.list(BOSS) == ()


def with_settings(services_folder: Path, folder: Path, text: str) -> Services:
    """Open the factory of a data folder, copied, with other settings."""
    copy = shutil.copytree(services_folder, folder / "other")
    settings = copy / "settings.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + text, encoding="utf-8")
    return Bootstrap(lambda: NOW, lambda _ns: NOW).open_services(copy)


def test_readings_are_waited_for_unless_the_manager_says_now(
    services: Services, tmp_path: Path
) -> None:
    patient = with_settings(tmp_path / "data", tmp_path, "grace_days = 30\n")
    try:
        with pytest.raises(Refused) as refused:
            patient.billing.issue(BOSS, "anping", "2026-10")
        at_once = patient.billing.issue(BOSS, "anping", "2026-10", at_once=True)
        over = patient.billing.issue(BOSS, "anping", "2026-09")
        with pytest.raises(Refused) as running:
            patient.billing.issue(BOSS, "anping", "2026-11", at_once=True)
    finally:
        patient.close()

    [cause] = refused.value.causes
    assert cause.code == "period-grace"
    assert dict(cause.values)["until"] == str(dt.date(2026, 12, 1))
    assert (at_once.number, over.number) == ("DZ-2026-000001", "DZ-2026-000002")
    assert code(running.value) == "not-over"
    assert services.billing.list(BOSS) == ()


def test_a_factory_numbers_statements_its_own_way(services: Services, tmp_path: Path) -> None:
    services.billing.issue(BOSS, "anping", "2026-08")
    text = 'statement_number = "任泽〔{year}〕{month}-{seq:4}号"\ncredit_approval = false\n'
    own = with_settings(tmp_path / "data", tmp_path, text)
    try:
        first = own.billing.issue(BOSS, "anping", "2026-09").number
        assert first is not None
        note = own.credits.propose(BOSS, first, Wanted(), "wrong").document
        assert note is not None
        third = own.billing.issue(BOSS, "anping", "2026-09").number
        verified = own.verification.verify(BOSS)
    finally:
        own.close()

    assert [first, note.number, third] == [f"任泽〔2026〕11-{seq:04d}号" for seq in (1, 2, 3)]
    assert verified.ok


def test_a_pattern_without_a_number_is_refused_when_the_factory_opens(
    services: Services, tmp_path: Path
) -> None:
    assert services.billing.list(BOSS) == ()
    with pytest.raises(InputRefused) as refused:
        with_settings(tmp_path / "data", tmp_path, 'statement_number = "DZ-{year}"\n')

    [problem] = refused.value.problems
    assert (problem.file, problem.place, problem.seen) == (
        "settings.toml",
        "statement_number",
        "DZ-{year}",
    )
