"""Nothing is changed unseen: `verify` finds every edit of the database file and names its place."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared_factory_desktop.domain.chain import Finding, Head
from shared_factory_desktop.domain.ledger import Method, Slip
from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.domain.readings import Quality, Reading, Reason
from shared_factory_desktop.services.anchor_log import NAME, AnchorLog, AnchorsRead
from shared_factory_desktop.services.anchoring import Anchoring
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.verification import prove, read_anchor
from shared_factory_desktop.services.wording import explain_finding
from shared_factory_desktop.storage import readings
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.storage.seals import digest
from shared_factory_desktop.words import LANGUAGES, Words
from tests.services.conftest import BOSS, NOW
from tests.services.tampering import (
    KEYS,
    MUTATIONS,
    Chain,
    Row,
    audit_body,
    mutated,
    opened,
    reading_body,
    rewrite,
    rows,
)

pytestmark = pytest.mark.slow

AUDIT = Chain("audit", "audit", audit_body)
READINGS = Chain("reading", "reading:WS-1", reading_body)
NO_ANCHORS = AnchorsRead()


@pytest.fixture(scope="session")
def _filled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("filled")


@pytest.fixture
def filled(_filled_once: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A backup of a factory with statements, a ledger, readings and an audit trail, and beside it
    the anchor log: made once, copied for each test.
    """
    if not (_filled_once / "backup.db").exists():
        services: Services = request.getfixturevalue("services")
        fill(services, tmp_path / "data" / "factory.db")
        services.verification.backup(BOSS, _filled_once / "backup.db")
        shutil.copy(tmp_path / "data" / NAME, _filled_once)
    shutil.copy(_filled_once / NAME, tmp_path)
    return Path(shutil.copy(_filled_once / "backup.db", tmp_path))


def fill(services: Services, file: Path) -> None:
    """Issue statements, book payments and record readings."""
    for month in ("2026-01", "2026-02", "2026-03"):
        for tenant in ("anping", "renze"):
            services.billing.issue(BOSS, tenant, month)
    for number in range(4):
        slip = Slip(Method.BANK, f"B-{number}")
        services.ledger.top_up(BOSS, "anping", 10_000 + number, slip)
        services.ledger.take_deposit(BOSS, "renze", 500, Slip(Method.CASH, f"C-{number}"))
    with closing(Database.open(file, lambda: NOW)) as database, database.write() as tx:
        readings.append(tx, "WS-1", None, [_reading(minute) for minute in range(40)])


def _reading(minute: int) -> Reading:
    return Reading(
        meter=f"M-{minute % 2}",
        quantity="energy_wh",
        value=Decimal(1000 + minute),
        raw=f"46{minute:02X}E400",
        at=NOW + dt.timedelta(minutes=minute),
        quality=Quality.GOOD if minute % 5 else Quality.SUSPECT,
        reason=Reason.INTERVAL,
        profile="eastron-sdm120" if minute % 3 else "eastron-sdm630",
    )


def findings(file: Path, kept: AnchorsRead = NO_ANCHORS) -> tuple[Finding, ...]:
    with closing(Database.open(file, lambda: NOW)) as database, database.read() as tx:
        return prove(tx, kept, (), lambda _done, _total: None).problems


def anchors_of(file: Path) -> AnchorsRead:
    return AnchorLog(file.parent / NAME).read()


@pytest.fixture
def copies(filled: Path) -> Callable[[], Path]:
    """Copies of the file, one after the other in the same place."""
    copy = filled.with_name("tampered.db")

    def make() -> Path:
        for left in filled.parent.glob("tampered.db*"):
            left.unlink()
        return Path(shutil.copyfile(filled, copy))

    return make


def test_what_nobody_touched_holds(filled: Path) -> None:
    kept = anchors_of(filled)

    assert findings(filled, kept) == ()
    assert {each.head.chain for each in kept.anchors} == {"audit", "ledger", "seal", "reading:WS-1"}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("chain", [AUDIT, READINGS], ids=lambda chain: chain.table)
def test_a_chain_rewritten_whole_is_found_by_its_anchors(
    copies: Callable[[], Path], filled: Path, chain: Chain, seed: int
) -> None:
    def changed(found: list[Row]) -> list[Row]:
        name = "actor" if chain is AUDIT else "raw"
        found[seed * 7 % len(found)][name] = "F00D"
        return found

    kept, file = anchors_of(filled), copies()
    with opened(file) as connection:
        rewrite(connection, chain, changed)

    assert codes(findings(file, kept), "anchors.log") == {"anchor-differs"}


@pytest.mark.parametrize("chain", [AUDIT, READINGS], ids=lambda chain: chain.table)
def test_a_tail_cut_off_with_its_counter_is_found_by_its_anchors(
    copies: Callable[[], Path], filled: Path, chain: Chain
) -> None:
    kept, file = anchors_of(filled), copies()
    with opened(file) as connection:
        rewrite(connection, chain, lambda found: found[:-3])

    assert codes(findings(file, kept), "anchors.log") == {"anchor-missing"}


def test_a_use_that_is_sealed_anew_shows_in_the_statement_that_bills_it(
    copies: Callable[[], Path],
) -> None:
    file = copies()
    with opened(file) as connection:
        longer = "replace(body, '+00:00', '+01:00')"
        connection.execute(f"UPDATE session_use SET body = {longer} WHERE session = 'P-anping-01'")
        resealed(connection, "session_use", "P-anping-01")

    found = findings(file)

    assert "session P-anping-01: unlike-use" in map(str, found)
    assert not [each for each in found if each.code in ("changed", "hash", "head")]


def test_a_price_changed_in_the_frozen_terms_is_told_line_by_line(
    copies: Callable[[], Path],
) -> None:
    file = copies()
    with opened(file) as connection:
        dearer = "replace(context, '48.10', '58.10')"
        connection.execute(f"UPDATE statement SET context = {dearer} WHERE seq = 2")
        [number] = connection.execute("SELECT number FROM statement WHERE seq = 2").fetchone()
        resealed(connection, "statement", number)

    found = {each.code: each for each in findings(file)}

    assert found.keys() == {"audit-context_sha256", "priced-otherwise", "anchor-differs"}
    assert found["priced-otherwise"].row == f"{number}/1"
    assert found["priced-otherwise"].seen.startswith("P-renze-01 machine-time ")


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("document", '{"lines":[]}'),
        ("document", "[]"),
        ("context", '{"terms":{},"inputs":7,"anchor":{"seq":"x","hash":null}}'),
        ("context", "{}"),
    ],
)
def test_anything_may_stand_in_a_statement_that_was_sealed_anew(
    copies: Callable[[], Path], column: str, text: str
) -> None:
    file = copies()
    with opened(file) as connection:
        connection.execute(f"UPDATE statement SET {column} = ? WHERE seq = 3", [text])
        [number] = connection.execute("SELECT number FROM statement WHERE seq = 3").fetchone()
        resealed(connection, "statement", number)

    found = findings(file)

    assert {each.code for each in found if each.row == number} & {
        "audit-sha256",
        "audit-context_sha256",
    }


def resealed(connection: Any, table: str, key: str) -> None:
    """Seal a changed row anew, as one who knows all of the chain of seals would."""
    [row] = [row for row in rows(connection, table) if row[KEYS[table][0]] == key]

    def changed(found: list[Row]) -> list[Row]:
        for seal in found:
            if (seal["subject"], seal["key"]) == (table, key):
                seal["sha256"] = digest(row)
        return found

    rewrite(connection, Chain("seal", "seal", dict), changed)


def codes(found: tuple[Finding, ...], where: str) -> set[str]:
    return {each.code for each in found if each.expected.startswith(where)}


@pytest.mark.parametrize("table", ["reading", "statement"])
def test_an_edited_row_is_named(copies: Callable[[], Path], table: str) -> None:
    assert_found(copies, table, 0, 0)


@pytest.mark.parametrize("mutation", range(len(MUTATIONS)), ids=lambda n: MUTATIONS[n].__name__)
@pytest.mark.parametrize("table", KEYS)
def test_every_random_change_is_found_and_named(
    copies: Callable[[], Path], table: str, mutation: int
) -> None:
    for seed in range(5):
        assert_found(copies, table, mutation, seed)


def assert_found(copies: Callable[[], Path], table: str, mutation: int, seed: int) -> None:
    """Change a file at random: the table must be named, with a sentence in both languages."""
    file = next(
        path for again in range(50) if mutated(path := copies(), table, mutation, seed * 50 + again)
    )

    found = findings(file)

    what = f"{MUTATIONS[mutation].__name__} of {table}, seed {seed}: {[*map(str, found)]}"
    assert {each.table for each in found} & NAMES.get(table, {table}), what
    for language in LANGUAGES:
        assert all(each.row in explain_finding(Words(language), each) for each in found), what


NAMES = {"ledger_transaction": {"ledger"}}


@pytest.mark.parametrize(
    "text", ["", "12", "12:", ":ab", "x:0123456789abcdef", "1:0123456789abcde", "1:" + "g" * 16]
)
def test_an_anchor_is_a_number_and_sixteen_digits(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_anchor(text)
    assert [cause.code for cause in refused.value.causes] == ["anchor-form"]


def test_each_line_of_the_anchor_log_vouches_for_those_before(filled: Path) -> None:
    log = filled.parent / NAME
    written = log.read_text(encoding="utf-8").splitlines(keepends=True)
    assert AnchorLog(log).read().findings == ()

    log.write_text("".join([*written[:1], *written[2:]]), encoding="utf-8")
    assert [str(each) for each in AnchorLog(log).read().findings] == ["anchors.log 2: log-line"]

    log.write_text("".join(written) + "half a li", encoding="utf-8")
    AnchorLog(log).append(NOW, [Head("audit", 1, "0" * 64)])
    read = AnchorLog(log).read()
    assert read.findings == ()
    assert len(read.anchors) == len(written) + 1


def test_anchors_are_kept_once_a_day(filled: Path) -> None:
    day = [NOW]
    log = AnchorLog(filled.parent / NAME)
    with closing(Database.open(filled, lambda: day[0])) as database:
        anchoring = Anchoring(database, Trail("WS-1"), filled.parent, lambda: day[0])
        before = len(log.read().anchors)
        anchoring.keep_daily()
        assert len(log.read().anchors) == before

        day[0] += dt.timedelta(days=1)
        anchoring.keep_daily()
        kept = len(log.read().anchors)
        anchoring.keep_daily()

    assert len(log.read().anchors) == kept > before
    assert findings(filled, log.read()) == ()


def test_the_agent_keeps_anchors(unsynced: Services, tmp_path: Path) -> None:
    unsynced.agent.run(threading.Event(), 0.5)

    kept = AnchorLog(tmp_path / "data" / NAME).read()
    assert {each.head.chain for each in kept.anchors} >= {"audit", "seal"}
    assert unsynced.verification.verify(BOSS).ok
