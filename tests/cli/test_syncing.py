"""The outbox on the command line, against the reference platform over loopback."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from shared_factory_desktop import settings
from shared_factory_desktop.domain.records import Answer, Receipt
from shared_factory_desktop.storage import outbox
from shared_factory_desktop.storage.database import Database
from shared_factory_desktop.sync.reference import ReferencePlatform
from tests.cli.conftest import Cli

RECORDS = 3  # two machines registered, one session closed


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _connect(cli: Cli, floor_file: Path, usage_file: Path, url: str) -> None:
    """Set the factory up with a platform at `url` and one session to tell it of."""
    platform = f'[[platform]]\nid = "province"\nkind = "http"\nurl = "{url}"\n'
    floor_file.write_text(floor_file.read_text(encoding="utf-8") + platform, encoding="utf-8")
    assert cli("import", floor_file).status == 0
    assert cli("import-usage", usage_file).status == 0


def test_records_are_sent_and_the_figures_compared(
    cli: Cli, floor_file: Path, usage_file: Path
) -> None:
    with ReferencePlatform(_now) as url:
        _connect(cli, floor_file, usage_file, url)

        sent, again = cli("sync", "now", "--json"), cli("sync", "now", "--json")

    assert (sent.status, again.status) == (0, 0)
    [status] = sent.json["platforms"]
    assert (status["pending"], status["sent"], status["quarantined"]) == (0, RECORDS, 0)
    assert status["oldest_pending"] is None
    assert dt.datetime.fromisoformat(status["last_receipt"]).utcoffset() == dt.timedelta(hours=8)
    assert again.json == sent.json
    assert "province" in sent.complaint


def test_a_quarantined_record_is_shown_and_not_forgotten(
    cli: Cli, data: Path, floor_file: Path, usage_file: Path
) -> None:
    with ReferencePlatform(_now) as url:
        _connect(cli, floor_file, usage_file, url)
        _reject(data, 1)

        sent = cli("sync", "now", "--json")

    assert sent.status == 1
    [status] = sent.json["platforms"]
    assert (status["pending"], status["sent"], status["quarantined"]) == (0, RECORDS - 1, 1)
    assert status["quarantine"] == [
        {"id": "000000000001", "code": "unknown-kind", "message": "no such machine kind"}
    ]


def test_a_platform_that_lets_nobody_in_stops_the_sending(
    cli: Cli, floor_file: Path, usage_file: Path
) -> None:
    platform = ReferencePlatform(_now, token="secret")
    with platform as url:
        _connect(cli, floor_file, usage_file, url)

        stopped = cli("sync", "now", "--json")

    assert stopped.status == 4
    assert "province" in stopped.complaint
    [status] = stopped.json["platforms"]
    assert (status["pending"], status["sent"]) == (RECORDS, 0)


@pytest.mark.slow
def test_a_platform_nobody_answers_at_is_unreachable(
    cli: Cli, floor_file: Path, usage_file: Path
) -> None:
    _connect(cli, floor_file, usage_file, "http://127.0.0.1:1")

    sent = cli("sync", "now", "--json")

    assert sent.status == 4
    assert sent.json["platforms"][0]["pending"] == RECORDS


def _reject(data: Path, seq: int) -> None:
    """Store the answer of a platform that refused a record."""
    workstation = settings.load(data / "settings.toml")["workstation"]
    receipt = Receipt(seq, Answer.REJECTED, _now(), None, "unknown-kind", "no such machine kind")
    database = Database.open(data / "factory.db", _now)
    with database.write() as tx:
        source = f"urn:shared-factory:renze-01:{workstation}"
        outbox.settle(tx, "province", source, [receipt])
    database.close()
