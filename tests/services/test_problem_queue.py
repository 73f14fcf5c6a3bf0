"""Sessions somebody must look at, takeovers, and machines that end sessions by themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.simulate.bus import VirtualBus
from shared_factory_desktop.domain.problems import Kind, Refused
from shared_factory_desktop.domain.readings import Quality, Reading, Reason, State, StateChange
from shared_factory_desktop.domain.sessions import Session, SessionState
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.problem_queue import ProblemReason, Solution
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.settings import SETTINGS
from shared_factory_desktop.storage import readings, sessions, states
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.words import LANGUAGES, Words
from tests.services.conftest import BOSS, NOW, Open

pytestmark = pytest.mark.slow

OPERATOR, TECHNICIAN = Actor("li", Role.OPERATOR), Actor("wang", Role.TECHNICIAN)
HOUR = dt.timedelta(hours=1)
STATE = """
[machine.state]
meter = "M-1"
quantity = "power_w"
idle_from = "20"
working_from = "150"
"""


@pytest.fixture
def database(open_services: Open, tmp_path: Path) -> Iterator[Database]:
    """The services' own database, where the agent's findings are put by hand."""
    open_services()
    with closing(Database.open(tmp_path / "data" / "factory.db", lambda: NOW)) as opened:
        yield opened


@pytest.fixture
def floor(services: Services, tmp_path: Path) -> Services:
    """The services of a floor that tells whether printer-1 works."""
    file = tmp_path / "floor.toml"
    head, name, tail = file.read_text(encoding="utf-8").partition('name = "3D打印机 1号"\n')
    kind, _, rest = tail.partition("\n")
    file.write_text(f"{head}{name}{kind}{STATE}{rest}", encoding="utf-8")
    services.floor.import_file(BOSS, file)
    return services


def happened(database: Database, started: dt.datetime, *changes: tuple[dt.datetime, State]) -> str:
    """Open a session on printer-1 and let its state change; a Wh is counted each minute of work
    and idling. Gives the session's id.
    """
    found = []
    with database.write() as tx:
        session = Session("", "printer-1", "anping", started, started_by="li")
        opened = sessions.open_session(tx, session)
        for at, _ in ((started, None), *changes):
            reason = Reason.START if at == started else Reason.STATE
            minutes = (at - started) // dt.timedelta(minutes=1)
            found.append(
                Reading("M-1", "energy_wh", Decimal(minutes), "00", at, Quality.GOOD, reason)
            )
        readings.append(tx, "ws-9", None, found)
        states.append(tx, "ws-9", [StateChange("printer-1", at, state) for at, state in changes])
    return opened.id


def ids(services: Services) -> dict[str, ProblemReason]:
    return {view.session.id: view.reason for view in services.problems.list(BOSS)}


def test_a_forgotten_log_out_is_proposed_to_end_when_the_machine_last_worked(
    floor: Services, database: Database
) -> None:
    started, left = NOW - 20 * HOUR, NOW - 5 * HOUR
    forgotten = happened(database, started, (started, State.WORKING), (left, State.IDLE))

    [view] = floor.problems.list(OPERATOR)
    assert (view.session.id, view.reason) == (forgotten, ProblemReason.FORGOTTEN)
    assert (view.solutions, view.proposed_end) == ((Solution.END_AT_LAST_WORKING,), left)

    ended = floor.problems.solve(TECHNICIAN, forgotten, Solution.END_AT_LAST_WORKING, "went home")

    assert (ended.end, ended.state, ended.quality) == (left, SessionState.CLOSED, Quality.GOOD)
    assert ended.measures == (("energy_wh", Decimal(15 * 60)),)
    assert floor.problems.list(BOSS) == ()


def test_a_factory_says_itself_when_a_log_out_is_forgotten(
    floor: Services, database: Database, open_services: Open, tmp_path: Path
) -> None:
    started = NOW - 5 * HOUR
    forgotten = happened(
        database, started, (started, State.WORKING), (NOW - 90 * HOUR / 60, State.IDLE)
    )
    assert floor.problems.list(BOSS) == ()

    with (tmp_path / "data" / "settings.toml").open("a", encoding="utf-8") as file:
        file.write("forgotten_open_hours = 4\nforgotten_idle_hours = 1\n")

    [view] = open_services().problems.list(BOSS)
    assert (view.session.id, view.reason) == (forgotten, ProblemReason.FORGOTTEN)


def test_every_setting_has_words_in_every_language() -> None:
    for language in LANGUAGES:
        words = Words(language)
        assert [one.key for one in SETTINGS if not words.knows(f"settings.{one.key}")] == []


@pytest.mark.parametrize(
    ("open_h", "idle_h"), [(11, 5), (20, 1)], ids=["open for a shift", "idle for a break"]
)
def test_who_is_still_there_has_forgotten_nothing(
    floor: Services, database: Database, open_h: int, idle_h: int
) -> None:
    started, left = NOW - open_h * HOUR, NOW - idle_h * HOUR
    happened(database, started, (started, State.WORKING), (left, State.IDLE))

    assert floor.problems.list(BOSS) == ()


def test_a_silent_meter_is_accepted_by_who_may(services: Services, line: VirtualBus) -> None:
    services.sessions.start(OPERATOR, "printer-1", "anping")
    line.stop()
    stopped = services.sessions.stop(OPERATOR, "printer-1")
    assert ids(services) == {stopped.id: ProblemReason.SILENT_METER}

    with pytest.raises(Refused) as refused:
        services.problems.solve(OPERATOR, stopped.id, Solution.ACCEPT_AS_IS, "fine")
    accepted = services.problems.solve(TECHNICIAN, stopped.id, Solution.ACCEPT_AS_IS, "cable")

    assert refused.value.kind is Kind.NOT_ALLOWED
    assert (accepted.state, accepted.quality) == (SessionState.CLOSED, Quality.SUSPECT)
    assert (accepted.start, accepted.end) == (stopped.start, stopped.end)
    assert ids(services) == {}
    [kept] = services.corrections.history(BOSS, accepted.id)
    assert (kept.before, kept.after) == ({"state": "problem"}, {"state": "closed"})
    assert (kept.reason, kept.by) == ("cable", "wang")


def test_a_silent_meters_measure_is_billed_as_far_as_it_was_read(
    floor: Services, database: Database, line: VirtualBus
) -> None:
    started = NOW - 6 * HOUR
    session = happened(database, started, (started, State.WORKING), (NOW - HOUR, State.IDLE))
    line.stop()
    stopped = floor.sessions.stop(BOSS, "printer-1")
    [view] = floor.problems.list(BOSS)
    assert (stopped.measures, view.session.id) == ((), session)
    assert view.solutions[-1] is Solution.BILL_WHAT_WAS_READ

    made = floor.problems.solve(BOSS, session, Solution.BILL_WHAT_WAS_READ, "burnt out")

    assert made.measures == (("energy_wh", Decimal(5 * 60)),)
    assert (made.end, made.state, made.quality) == (stopped.end, "closed", Quality.SUSPECT)
    assert floor.problems.list(BOSS) == ()
    [kept] = floor.corrections.history(BOSS, made.id)
    assert kept.before == {"state": "problem", "measures": {}}
    assert kept.after == {"state": "closed", "measures": {"energy_wh": "300"}}
    with pytest.raises(Refused) as refused:
        floor.corrections.bill_read(BOSS, made.id, "again")
    assert [cause.code for cause in refused.value.causes] == ["nothing-read"]


def test_a_problem_that_is_billed_is_shown_but_wants_a_credit_note(
    services: Services, database: Database
) -> None:
    with database.write() as tx:
        session = Session("", "bench-1", "anping", NOW - 1000 * HOUR, started_by="li")
        opened = sessions.open_session(tx, session)
        end = opened.start + HOUR
        sessions.close_session(tx, opened.id, end, SessionState.PROBLEM, Quality.SUSPECT, "li")
    services.billing.issue(BOSS, "anping", "2026-10")

    [view] = services.problems.list(BOSS)
    assert (view.session.id, view.solutions, view.proposed_end) == (opened.id, (), None)


def test_a_dispute_waits_in_the_queue_until_it_is_resolved(
    services: Services,
) -> None:
    services.sessions.start(BOSS, "bench-1", "anping")
    session = services.sessions.stop(BOSS, "bench-1")
    services.corrections.dispute(OPERATOR, session.id, "it was not me")

    with pytest.raises(Refused) as refused:
        services.problems.solve(TECHNICIAN, session.id, Solution.RESOLVE_DISPUTE, "it was")
    made = services.problems.solve(TECHNICIAN, session.id, Solution.ASSIGN_TENANT, "so", "renze")

    assert refused.value.kind is Kind.NOT_ALLOWED
    assert ids(services) == {made.id: ProblemReason.DISPUTED}
    services.problems.solve(BOSS, made.id, Solution.RESOLVE_DISPUTE, "the other one agreed")
    assert ids(services) == {}


def test_a_session_is_assigned_to_whose_it_was(services: Services, line: VirtualBus) -> None:
    services.sessions.start(BOSS, "printer-1", "anping")
    line.stop()
    stopped = services.sessions.stop(BOSS, "printer-1")
    solve = services.problems.solve

    with pytest.raises(Refused) as refused:
        solve(BOSS, stopped.id, Solution.ASSIGN_TENANT, "his card")
    made = solve(BOSS, stopped.id, Solution.ASSIGN_TENANT, "his card", "renze")

    assert [cause.code for cause in refused.value.causes] == ["solve-tenant"]
    assert (made.tenant, made.state) == ("renze", SessionState.CLOSED)


def test_only_what_is_offered_solves_a_problem(services: Services, line: VirtualBus) -> None:
    services.sessions.start(BOSS, "printer-1", "anping")
    line.stop()
    stopped = services.sessions.stop(BOSS, "printer-1")

    for wanted, code in ((stopped.id, "no-solution"), ("P-anping-10", "no-problem")):
        with pytest.raises(Refused) as refused:
            services.problems.solve(BOSS, wanted, Solution.END_AT_LAST_WORKING, "why")
        assert [cause.code for cause in refused.value.causes] == [code]


def test_a_suspect_session_waits_until_somebody_looks_or_a_bill_is_out(
    services: Services, database: Database
) -> None:
    with database.write() as tx:
        for start_h in (1000, 1002):
            session = Session("", "bench-1", "anping", NOW - start_h * HOUR, started_by="li")
            opened = sessions.open_session(tx, session)
            end = opened.start + HOUR
            sessions.close_session(tx, opened.id, end, SessionState.CLOSED, Quality.SUSPECT, "li")
    assert ids(services) == dict.fromkeys(("S-000001", "S-000002"), ProblemReason.SUSPECT)

    services.problems.solve(BOSS, "S-000001", Solution.ACCEPT_AS_IS, "looked at")
    assert ids(services) == {"S-000002": ProblemReason.SUSPECT}
    services.billing.issue(BOSS, "anping", "2026-10")
    assert ids(services) == {}


def test_a_takeover_ends_one_session_and_starts_the_next_at_one_instant(
    services: Services,
) -> None:
    first = services.sessions.start(OPERATOR, "printer-1", "anping", "J-1")
    with pytest.raises(Refused) as refused:
        services.sessions.start(OPERATOR, "printer-1", "renze")

    second = services.sessions.start(OPERATOR, "printer-1", "renze", takeover=True)

    assert [cause.code for cause in refused.value.causes] == ["machine-busy"]
    listed = {view.id: view for view in services.sessions.list(BOSS)}
    assert listed[first.id].end == second.start
    assert (listed[first.id].state, listed[first.id].quality) == ("closed", "good")
    assert listed[first.id].measures == (("energy_wh", Decimal(0)),)
    assert (second.state, second.tenant) == (SessionState.OPEN, "renze")


def test_nobody_takes_over_from_himself_or_when_he_may_not_start(services: Services) -> None:
    first = services.sessions.start(BOSS, "printer-1", "anping")

    for tenant, code in (("anping", "machine-busy"), ("stranger", "no-contract")):
        with pytest.raises(Refused) as refused:
            services.sessions.start(BOSS, "printer-1", tenant, takeover=True)
        assert [cause.code for cause in refused.value.causes] == [code]
    [running] = services.sessions.list(BOSS, open_only=True)
    assert running.id == first.id


def test_a_takeover_by_a_silent_meter_leaves_a_problem_behind(
    services: Services, line: VirtualBus
) -> None:
    first = services.sessions.start(BOSS, "printer-1", "anping")
    line.stop()

    with pytest.raises(Refused) as refused:
        services.sessions.start(BOSS, "printer-1", "renze", takeover=True)
    second = services.sessions.start(
        BOSS, "printer-1", "renze", without_readings=True, takeover=True
    )

    assert [cause.code for cause in refused.value.causes] == ["meter-silent"]
    assert ids(services) == {first.id: ProblemReason.SILENT_METER}
    assert (second.state, second.quality) == (SessionState.OPEN, Quality.SUSPECT)


@pytest.mark.parametrize(
    ("changes", "ends_h"),
    [
        ([(6, State.WORKING), (3, State.IDLE)], 3),
        ([(6, State.WORKING), (3, State.IDLE), (1, State.OFF)], 3),
        ([(6, State.IDLE), (4, State.OFF)], 4),
        ([(6, State.OFF)], 6),
        ([(6, State.WORKING), (1, State.IDLE)], None),
        ([(6, State.IDLE), (3, State.WORKING)], None),
        ([(6, State.WORKING), (3, State.IDLE), (2, State.UNKNOWN)], None),
    ],
    ids=["idle", "then off", "never worked", "never on", "a break", "works", "unknown"],
)
def test_a_machine_at_rest_ends_its_session_when_it_last_worked(
    floor: Services, database: Database, changes: list[tuple[int, State]], ends_h: int | None
) -> None:
    started = NOW - 6 * HOUR
    session = happened(database, started, *((NOW - h * HOUR, state) for h, state in changes))
    assert floor.idle_ends.end_idle({"lan-1"}) == ()  # nobody has asked for it yet
    floor.idle_ends.set(BOSS, "printer-1", 2 * HOUR)

    assert floor.idle_ends.end_idle({"another-bus"}) == ()
    ended = floor.idle_ends.end_idle({"lan-1"})

    assert ended == (() if ends_h is None else (session,))
    if ends_h is not None:
        [view] = [view for view in floor.sessions.list(BOSS) if view.id == session]
        assert (view.end, view.state) == (NOW - ends_h * HOUR, SessionState.CLOSED)
        assert view.quality is Quality.GOOD
        assert view.measures == (("energy_wh", Decimal((6 - ends_h) * 60)),)
        with database.read() as tx:
            stored = sessions.get(tx, session)
        assert stored is not None
        assert stored.ended_by == "auto"


def test_a_machine_ends_sessions_only_while_told_to_and_where_it_can_tell(
    floor: Services, database: Database
) -> None:
    started = NOW - 6 * HOUR
    happened(database, started, (started, State.WORKING), (NOW - 3 * HOUR, State.IDLE))
    floor.idle_ends.set(BOSS, "printer-1", 2 * HOUR)
    floor.idle_ends.set(BOSS, "printer-1", None)

    assert floor.idle_ends.end_idle({"lan-1"}) == ()
    for machine, code in (("bench-1", "idle-stateless"), ("bench-9", "unknown-machine")):
        with pytest.raises(Refused) as refused:
            floor.idle_ends.set(BOSS, machine, HOUR)
        assert [cause.code for cause in refused.value.causes] == [code]
