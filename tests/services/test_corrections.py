"""Corrections: nothing is overwritten, everything is told, and each role has its limits."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from shared_factory_desktop.domain.corrections import Change
from shared_factory_desktop.domain.problems import Kind, Refused
from shared_factory_desktop.domain.records import Record
from shared_factory_desktop.domain.sessions import Pieces, SessionState, SessionUse
from shared_factory_desktop.domain.work_orders import WorkOrder
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.sessions import SessionView
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.settings import load
from shared_factory_desktop.storage import audit, outbox, uses
from shared_factory_desktop.storage import sessions as session_rows
from shared_factory_desktop.storage.database import Database
from tests.services.conftest import BOSS, NOW, Open

pytestmark = pytest.mark.slow

OPERATOR, TECHNICIAN = Actor("li", Role.OPERATOR), Actor("wang", Role.TECHNICIAN)
PAPER = "P-anping-10"  # 12 October, 08:00 to 09:40, on the bench
SPLIT_AT = dt.datetime(2026, 10, 12, 1, 0, tzinfo=dt.UTC)  # 09:00
Call = Callable[[Services], object]


@pytest.fixture
def database(open_services: Open, tmp_path: Path) -> Iterator[Database]:
    """The services' own database, to see what was stored."""
    open_services()
    with closing(Database.open(tmp_path / "data" / "factory.db", lambda: NOW)) as opened:
        yield opened


def one(services: Services, session_id: str) -> SessionView:
    return next(view for view in services.sessions.list(BOSS) if view.id == session_id)


def refusal(services: Services, call: Call) -> tuple[Kind, list[str]]:
    with pytest.raises(Refused) as refused:
        call(services)
    return refused.value.kind, [cause.code for cause in refused.value.causes]


def frozen(database: Database, session_id: str) -> SessionUse | None:
    with database.read() as tx:
        return uses.frozen(tx, [session_id]).get(session_id)


def told(database: Database, folder: Path) -> list[Record]:
    """Give what platforms are told of ended sessions, oldest first."""
    workstation = load(folder / "data" / "settings.toml")["workstation"]
    source = f"urn:shared-factory:renze-01:{workstation}"
    with database.read() as tx:
        found = outbox.records(tx, source, 0, 1000)
    return [record for record in found if record.type == "session.closed"]


def logged(services: Services, folder: Path, *sessions: tuple[str, str, str]) -> None:
    """Import a paper log of the bench: id, local start and end in November."""
    entries = [
        {
            "id": name,
            "machine": "bench-1",
            "tenant": "anping",
            "start": f"2026-11-{start}:00+08:00",
            "end": f"2026-11-{end}:00+08:00",
        }
        for name, start, end in sessions
    ]
    file = folder / "november.json"
    file.write_text(json.dumps({"format": 1, "sessions": entries}), encoding="utf-8")
    services.sessions.import_usage(BOSS, file)


def test_another_session_stands_in_for_a_corrected_one(
    services: Services, database: Database
) -> None:
    before = one(services, PAPER)
    change = Change(tenant="renze", job="J-7", pieces=Pieces(12, 1), value=Decimal("350.00"))

    made = services.corrections.correct(BOSS, PAPER, change, "wrong card held to the reader")

    original = one(services, PAPER)
    assert original.state is SessionState.CORRECTED
    assert (original.tenant, original.job, original.end) == ("anping", None, before.end)
    assert (made.tenant, made.job, made.state) == ("renze", "J-7", SessionState.CLOSED)
    assert (made.start, made.end, made.machine) == (before.start, before.end, before.machine)
    stored = frozen(database, made.id)
    assert stored is not None
    assert (stored.pieces, stored.value) == (Pieces(12, 1), Decimal("350.00"))


def test_a_correction_keeps_who_why_and_what_was(services: Services, database: Database) -> None:
    change = Change(tenant="renze", pieces=Pieces(12))
    made = services.corrections.correct(BOSS, PAPER, change, " wrong card ")

    [kept] = services.corrections.history(BOSS, made.id)
    assert (kept.session, kept.successors, kept.kind) == (PAPER, (made.id,), "tenant+pieces")
    assert (kept.reason, kept.by, kept.at) == ("wrong card", "boss", NOW)
    assert (kept.before, kept.after) == (
        {"tenant": "anping", "pieces": None},
        {"tenant": "renze", "pieces": [12, 0]},
    )
    with database.read() as tx:
        [entry] = [e for e in audit.newest(tx, 5) if e.action == "session.correct"]
    assert (entry.user, entry.object_id, entry.before) == ("boss", PAPER, kept.before)
    assert entry.after == {**kept.after, "successors": [made.id], "reason": "wrong card"}
    assert services.verification.verify(BOSS).ok


def test_the_bill_follows_the_correction(services: Services) -> None:
    old = services.billing.draft(BOSS, "anping", "2026-10").statement.gross_fen

    services.corrections.correct(BOSS, PAPER, Change(tenant="renze"), "wrong card")

    [line] = [
        line
        for line in services.billing.draft(BOSS, "renze", "2026-10").statement.lines
        if line.session == "S-000001"
    ]
    assert (line.list_fen, line.discount_fen) == (8017, 0)
    assert old == 7616  # the same hours with anping's discount
    kind, codes = refusal(services, lambda s: s.billing.draft(BOSS, "anping", "2026-10"))
    assert (kind, codes) == (Kind.INPUT, ["nothing-to-bill"])


def test_a_split_session_is_two_that_meet(services: Services) -> None:
    first, second = services.corrections.split(BOSS, PAPER, SPLIT_AT, "two orders")

    assert (first.end, second.start) == (SPLIT_AT, SPLIT_AT)
    assert [first.occupied_s, second.occupied_s] == [Decimal(3600), Decimal(2400)]
    assert one(services, PAPER).state is SessionState.CORRECTED


def test_splitting_and_merging_gives_back_what_was(services: Services, database: Database) -> None:
    parts = services.corrections.split(BOSS, PAPER, SPLIT_AT, "two orders")
    whole = services.corrections.merge(BOSS, [part.id for part in parts[::-1]], "one, after all")

    was = one(services, PAPER)
    assert (whole.start, whole.end, whole.occupied_s) == (was.start, was.end, was.occupied_s)
    assert whole.cost_fen == was.cost_fen
    assert [c.kind for c in services.corrections.history(BOSS, whole.id)] == [
        "split",
        "merge",
        "merge",
    ]
    with database.read() as tx:
        standing = session_rows.list_sessions(tx, (SessionState.CLOSED,), tenant="anping")
    assert [s.id for s in standing if s.start == was.start] == [whole.id]


def test_platforms_are_told_what_stands_in_for_what(
    services: Services, database: Database, tmp_path: Path
) -> None:
    parts = services.corrections.split(BOSS, PAPER, SPLIT_AT, "two orders")
    ids = [part.id for part in parts]
    whole = services.corrections.merge(BOSS, ids, "one, after all")

    newest = told(database, tmp_path)[-3:]
    assert [(record.subject, record.data["correction_of"]) for record in newest] == [
        (ids[0], PAPER),
        (ids[1], PAPER),
        (whole.id, ",".join(ids)),
    ]


def test_a_forgotten_log_out_is_ended_earlier(services: Services) -> None:
    made = services.corrections.correct(BOSS, PAPER, Change(end=SPLIT_AT), "left at nine")

    assert (made.end, made.occupied_s) == (SPLIT_AT, Decimal(3600))
    kind, codes = refusal(
        services,
        lambda s: s.corrections.correct(
            BOSS, made.id, Change(end=SPLIT_AT + dt.timedelta(seconds=1)), "no, later"
        ),
    )
    assert (kind, codes) == (Kind.INPUT, ["correction-outside"])


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("unknown-session", lambda s: s.corrections.correct(BOSS, "S-9", Change(job="J"), "why")),
        ("correction-reason", lambda s: s.corrections.correct(BOSS, PAPER, Change(job="J"), " ")),
        ("correction-nothing", lambda s: s.corrections.correct(BOSS, PAPER, Change(), "why")),
        (
            "unknown-tenant",
            lambda s: s.corrections.correct(BOSS, PAPER, Change(tenant="x"), "why"),
        ),
        (
            "no-contract",
            lambda s: s.corrections.correct(BOSS, PAPER, Change(tenant="stranger"), "why"),
        ),
        (
            "correction-negative",
            lambda s: s.corrections.correct(BOSS, PAPER, Change(value=Decimal(-1)), "why"),
        ),
        ("correction-outside", lambda s: s.corrections.split(BOSS, PAPER, NOW, "why")),
        ("merge-one", lambda s: s.corrections.merge(BOSS, [PAPER, PAPER], "why")),
        ("merge-tenant", lambda s: s.corrections.merge(BOSS, [PAPER, "P-renze-10"], "why")),
        ("merge-gap", lambda s: s.corrections.merge(BOSS, [PAPER, "P-anping-09"], "why")),
        ("dispute-late", lambda s: s.corrections.dispute(BOSS, PAPER, "why")),
        ("dispute-none", lambda s: s.corrections.resolve(BOSS, PAPER, "why")),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    services: Services, code: str, call: Call
) -> None:
    before = services.sessions.list(BOSS)

    assert refusal(services, call) == (Kind.INPUT, [code])
    assert services.sessions.list(BOSS) == before


def test_a_session_is_corrected_once_and_only_when_it_has_ended(services: Services) -> None:
    running = services.sessions.start(BOSS, "bench-1", "anping")
    services.corrections.correct(BOSS, PAPER, Change(job="J-1"), "why")

    def again(session_id: str) -> Call:
        return lambda s: s.corrections.correct(BOSS, session_id, Change(job="J-2"), "why")

    assert refusal(services, again(PAPER)) == (Kind.INPUT, ["session-is-corrected"])
    assert refusal(services, again(running.id)) == (Kind.INPUT, ["session-is-open"])


def test_of_ten_corrections_at_once_one_stands(services: Services, open_services: Open) -> None:
    doors = [open_services() for _ in range(2)]
    ready = threading.Barrier(10)

    def correct(number: int) -> SessionView | Refused:
        ready.wait()
        change = Change(job=f"J-{number}")
        try:
            return doors[number % 2].corrections.correct(BOSS, PAPER, change, "why")
        except Refused as error:
            return error

    with ThreadPoolExecutor(10) as threads:
        outcomes = list(threads.map(correct, range(10)))

    [made] = [one for one in outcomes if isinstance(one, SessionView)]
    codes = [one.causes[0].code for one in outcomes if isinstance(one, Refused)]
    assert codes == ["session-is-corrected"] * 9
    [line] = services.billing.draft(BOSS, "anping", "2026-10").statement.lines
    assert line.session == made.id


def test_what_a_statement_bills_wants_a_credit_note_first(services: Services) -> None:
    number = services.billing.issue(BOSS, "anping", "2026-10").number

    with pytest.raises(Refused) as refused:
        services.corrections.correct(BOSS, PAPER, Change(job="J-1"), "why")

    [cause] = refused.value.causes
    assert (cause.code, dict(cause.values)["number"]) == ("session-billed", number)
    # Another month's session of the same tenant is free.
    services.corrections.correct(BOSS, "P-anping-09", Change(job="J-1"), "why")


def test_each_role_corrects_within_its_limits(services: Services, tmp_path: Path) -> None:
    correct = services.corrections.correct
    logged(services, tmp_path, ("N-15", "15T08:00", "15T09:00"), ("N-16", "16T08:00", "16T09:00"))
    services.sessions.start(OPERATOR, "bench-1", "anping")
    mine = services.sessions.stop(OPERATOR, "bench-1")

    mine = correct(OPERATOR, mine.id, Change(job="J-1", pieces=Pieces(3)), "counted")
    mine = correct(OPERATOR, mine.id, Change(value=Decimal(5)), "and still mine")
    recent = correct(TECHNICIAN, "N-16", Change(tenant="renze"), "wrong card")

    assert (mine.job, mine.started_by, recent.tenant) == ("J-1", "li", "renze")
    beyond: list[tuple[str, Call]] = [
        (
            "correction-kind",
            lambda s: s.corrections.correct(OPERATOR, mine.id, Change(tenant="renze"), "why"),
        ),
        (
            "correction-own",
            lambda s: s.corrections.correct(OPERATOR, recent.id, Change(job="J"), "why"),
        ),
        (
            "correction-late",
            lambda s: s.corrections.correct(TECHNICIAN, "N-15", Change(job="J"), "why"),
        ),
        ("correction-kind", lambda s: s.corrections.split(TECHNICIAN, "N-15", NOW, "why")),
        ("correction-kind", lambda s: s.corrections.merge(TECHNICIAN, ["N-15", "N-16"], "why")),
    ]
    for code, call in beyond:
        assert refusal(services, call) == (Kind.NOT_ALLOWED, [code])


def test_a_disputed_session_stays_off_the_bill_until_resolved(
    services: Services, tmp_path: Path
) -> None:
    logged(services, tmp_path, ("N-1", "20T08:00", "20T09:00"), ("N-2", "20T10:00", "20T11:00"))

    def billed() -> list[str | None]:
        lines = services.billing.draft(BOSS, "anping", "2026-11").statement.lines
        return [line.session for line in lines]

    services.corrections.dispute(OPERATOR, "N-1", "the tenant was not there")
    assert billed() == ["N-2"]
    kind, codes = refusal(services, lambda s: s.corrections.dispute(BOSS, "N-1", "again"))
    assert (kind, codes) == (Kind.INPUT, ["dispute-open"])

    services.corrections.resolve(BOSS, "N-1", "the camera shows that he was")
    assert billed() == ["N-1", "N-2"]
    services.corrections.dispute(BOSS, "N-1", "the camera's clock is wrong")
    assert billed() == ["N-2"]


def test_what_stands_in_for_a_disputed_session_is_disputed_too(
    services: Services, tmp_path: Path
) -> None:
    logged(services, tmp_path, ("N-1", "20T08:00", "20T09:00"), ("N-2", "20T10:00", "20T11:00"))
    services.corrections.dispute(BOSS, "N-1", "left at half past eight")

    end = dt.datetime(2026, 11, 20, 0, 30, tzinfo=dt.UTC)
    made = services.corrections.correct(BOSS, "N-1", Change(end=end), "so he did")

    draft = services.billing.draft(BOSS, "anping", "2026-11").statement
    assert [line.session for line in draft.lines] == ["N-2"]
    services.corrections.resolve(BOSS, made.id, "agreed")
    draft = services.billing.draft(BOSS, "anping", "2026-11").statement
    assert [line.session for line in draft.lines] == [made.id, "N-2"]


def test_importing_the_log_again_brings_back_nothing_that_was_corrected(
    services: Services, tmp_path: Path
) -> None:
    services.corrections.correct(BOSS, PAPER, Change(tenant="renze"), "wrong card")

    assert services.sessions.import_usage(BOSS, tmp_path / "log.json") == 0
    assert one(services, PAPER).state is SessionState.CORRECTED


def test_a_session_cannot_be_given_another_tenants_work_order(services: Services) -> None:
    services.work_orders.add(BOSS, WorkOrder("J-of-renze", "renze", "Brackets"))

    kind, codes = refusal(
        services, lambda s: s.corrections.correct(BOSS, PAPER, Change(job="J-of-renze"), "why")
    )

    assert (kind, codes) == (Kind.INPUT, ["job-of-another"])
