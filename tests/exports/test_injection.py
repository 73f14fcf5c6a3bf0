"""Texts that attack a spreadsheet or a database, typed where users type: they stay texts."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import openpyxl
import pytest
from pysqlite3 import dbapi2 as sqlite  # the program's own: two libraries break locks

from shared_factory_desktop.bootstrap import Bootstrap
from shared_factory_desktop.domain.corrections import Change
from shared_factory_desktop.domain.qualifications import Qualification, Scope
from shared_factory_desktop.domain.work_orders import WorkOrder
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor, Role

pytestmark = pytest.mark.slow
NOW = dt.datetime(2026, 11, 2, 2, 0, tzinfo=dt.UTC)
BOSS, PASSWORD = Actor("boss", Role.ADMINISTRATOR), "boss-boss-1"
# One line each, without control characters: what a floor file lets through as a name.
FORMULAS = [
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://example.invalid","点我")', "{=1+1}", "+1+1",
    "-1+1", "@SUM(1+1)", " =1+1", "\u00a0=1+1", "\u3000=1+1", "\u200b=1+1", "\ufeff=1+1",
    "  \u00a0 @x", "＝1+1", "＋1+1", "－1+1", "＠SUM(1)", "\u202e=1+1", '"=1+1', "'=1+1",
    "-2+3+cmd|' /C calc'!A0", '="a"&"b"', "http://example.invalid/", "1e5", "007", "=1;=2",
    '","=1+1', '=IMPORTXML("http://example.invalid","//a")', "=DDE(\"cmd\";\"/C calc\";\"!A0\")",
    "%0A-3+3", "\u2063=1+1", "⁠=1+1",
]  # fmt: skip
STARTS = tuple("=+-@＝＋－＠")
BLANKS = " \u00a0\u3000\u200b\ufeff\u202e\u2063\u2060"
STATEMENTS = [
    "'", "''", '"', "`", "\\", "\\'", "%", "_", "%%", "--", "/*", "*/", "#", ";", "();", "?", ":1",
    ":name", "$1", "@p", "{0}", "%s", "%(name)s", "' OR '1'='1", "' OR 1=1 --", '" OR ""="',
    "1; --",
    "'; DROP TABLE session; --", "'; DROP TABLE statement; --", "Robert'); DROP TABLE audit;--",
    "'; DELETE FROM reading; --", "'; UPDATE user SET role='administrator'; --", "admin'--",
    "' UNION SELECT password_hash FROM user --", "' UNION ALL SELECT NULL,NULL,NULL --",
    "1' AND SLEEP(5) --", "1 AND (SELECT COUNT(*) FROM sqlite_master)", "'||(SELECT 1)||'",
    "'; ATTACH DATABASE 'x.db' AS x; --", "'; PRAGMA writable_schema=1; --",
    "x' AND 1=(SELECT 1) --",
    "'; VACUUM; --", "') ON CONFLICT DO NOTHING; --", "NULL", "null", "0x27", "CHAR(39)",
    "％＇ OR 1=1", "ʼ OR 1=1", "名称'); --",
]  # fmt: skip
FLOOR = """
format = 1
[factory]
id = "renze-01"
name = "任泽共享制造车间"
[[tariff]]
id = "hourly"
name = "按时"
valid_from = 2026-01-01
tax_mode = "inclusive"
[[tariff.charge]]
id = "machine-time"
name = "机时费"
basis = "time"
clock = "occupied"
unit = "h"
model = "unit"
price = "48.10"
tax_rate = "0.13"
"""
PARTY = """
[[machine]]
id = "m-{n}"
name = {text}
kind = "other"
[[tenant]]
id = "t-{n}"
name = {text}
class = {text}
address = {text}
[[contract]]
id = "c-{n}"
tenant = "t-{n}"
tariff = "hourly"
machines = ["m-{n}"]
valid_from = 2026-01-01
"""


@contextmanager
def factory(folder: Path, texts: Sequence[str]) -> Iterator[Services]:
    """A factory with a machine, a tenant and a session with a job named after each text."""
    opener = Bootstrap(lambda: NOW, lambda _ns: NOW)
    opener.create(folder / "data", BOSS.name, PASSWORD)
    services = opener.open_services(folder / "data")
    quoted = [json.dumps(text, ensure_ascii=False) for text in texts]
    parties = [PARTY.format(n=n, text=text) for n, text in enumerate(quoted)]
    (folder / "floor.toml").write_text(FLOOR + "".join(parties), encoding="utf-8")
    (folder / "log.json").write_text(json.dumps(usage(texts)), encoding="utf-8")
    try:
        services.floor.import_file(BOSS, folder / "floor.toml")
        services.sessions.import_usage(BOSS, folder / "log.json")
        yield services
    finally:
        services.close()


def usage(jobs: Sequence[str]) -> dict[str, object]:
    hours = {"start": "2026-10-30T08:00:00+08:00", "end": "2026-10-30T09:40:00+08:00"}
    return {
        "format": 1,
        "sessions": [
            {"id": f"S-{n}", "machine": f"m-{n}", "tenant": f"t-{n}", "job": job, **hours}
            for n, job in enumerate(jobs)
        ],
    }


def test_thirty_payloads_come_back_as_text_in_every_sheet(tmp_path: Path) -> None:
    assert len(set(FORMULAS)) >= 30
    with factory(tmp_path, FORMULAS) as services:
        for n, payload in enumerate(FORMULAS):
            document = services.billing.issue(BOSS, f"t-{n}", "2026-10")
            assert document.number is not None
            kinds, folder = ["xlsx", "csv", "einvoice"], tmp_path / "out"
            xlsx, comma, batch = services.exporting.export(
                BOSS, document.number, kinds, folder, lambda _done, _all: None
            )
            shown = "".join(c for c in payload if c not in "\u200b\ufeff\u202e\u2063\u2060")
            assert text_cells(xlsx).count(shown) == 7  # name, address; twice machine, job; bands
            assert text_cells(batch).count(shown) == 2
            check_csv(comma, shown)


def text_cells(file: Path) -> list[object]:
    """The cells of a workbook, none of which is a formula or a link."""
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            assert b"<f>" not in content, name
            assert b"<hyperlink" not in content, name
    cells = [c for sheet in openpyxl.load_workbook(file) for row in sheet.iter_rows() for c in row]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "n", "d"}
    assert not [cell for cell in cells if cell.hyperlink]
    return [cell.value for cell in cells if cell.data_type == "s"]


def check_csv(file: Path, shown: str) -> None:
    text = file.read_bytes().decode("utf-8-sig")
    first, total = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    for column in ("使用方", "设备", "工单"):
        assert first[column] in (shown, f"'{shown}")
        assert not first[column].lstrip(BLANKS).startswith(STARTS)
    assert (first["数量"], first["价税合计"], total["价税合计"]) == (
        "1.666666666667",
        "80.17",
        "80.17",
    )


def test_fifty_sql_strings_round_trip_through_every_field(tmp_path: Path) -> None:
    assert len(set(STATEMENTS)) == 50
    file = tmp_path / "data" / "factory.db"
    with factory(tmp_path, STATEMENTS) as services:
        before = tables(file)
        for n, payload in enumerate(STATEMENTS):
            check_session(services, n, payload)
            check_rules(services, n, payload)
            services.users.add(BOSS, payload, Role.OPERATOR, PASSWORD)
            if n % 10 == 0:  # hashing passwords is slow, and meant to be
                assert services.users.sign_in(payload, PASSWORD) == Actor(payload, Role.OPERATOR)
        floor = services.floor.floor()
        assert [tenant.name for tenant in floor.tenants] == STATEMENTS
        assert [machine.name for machine in floor.machines] == STATEMENTS
        assert {user.name for user in services.users.list(BOSS)} == {BOSS.name, *STATEMENTS}
        jobs = {job.order.id: job.order.name for job in services.work_orders.list(BOSS)}
        assert jobs == {f"W{text}": text for text in STATEMENTS}
        assert services.verification.verify(BOSS).ok
    assert tables(file) == before


def check_session(services: Services, n: int, payload: str) -> None:
    """Dispute, resolve, correct and bill a session, with the text in each field that takes one."""
    job = f"W{payload}"
    services.work_orders.add(BOSS, WorkOrder(job, f"t-{n}", payload))
    services.corrections.dispute(BOSS, f"S-{n}", payload)
    services.corrections.resolve(BOSS, f"S-{n}", payload)
    made = services.corrections.correct(BOSS, f"S-{n}", Change(job=job), payload)
    [told] = services.corrections.history(BOSS, made.id)
    assert told.reason == payload
    document = services.billing.issue(BOSS, f"t-{n}", "2026-10")
    [line] = document.lines
    assert document.number is not None
    assert services.billing.document(BOSS, document.number).lines == document.lines
    assert (line.machine_name, line.job) == (payload, job)
    assert (document.buyer.name, document.buyer.address) == (payload, payload)


def check_rules(services: Services, n: int, payload: str) -> None:
    """Give a qualification and take it away again, and reserve a machine."""
    day = dt.date(2026, 1, 1)
    wanted = Qualification("", f"t-{n}", Scope.MACHINE, f"m-{n}", day, None, payload, payload)
    services.qualifications.revoke(BOSS, services.qualifications.add(BOSS, wanted), payload)
    found = services.qualifications.list(BOSS)[-1].held
    assert (found.certificate, found.person, found.revoked) == (payload, payload, payload)
    start = NOW + dt.timedelta(days=1)
    kept = services.reservations.add(BOSS, f"m-{n}", f"t-{n}", start, start + dt.timedelta(hours=1))
    services.reservations.cancel(BOSS, kept.id, payload)


def tables(file: Path) -> object:
    """Every table, index and trigger of a database that is whole."""
    with closing(sqlite.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return database.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
