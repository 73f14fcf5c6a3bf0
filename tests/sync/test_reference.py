"""The reference platform over real HTTP, and what it refuses."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shared_factory_desktop.domain.floor import Platform
from shared_factory_desktop.domain.records import Answer
from shared_factory_desktop.sync.access import Access
from shared_factory_desktop.sync.events import BATCH_TYPE, MAX_BYTES, Batch, batch
from shared_factory_desktop.sync.keys import WorkstationKey, workstation_key
from shared_factory_desktop.sync.reference import ReferencePlatform
from shared_factory_desktop.sync.reference.app import create_app
from shared_factory_desktop.sync.reference.gate import Gate
from shared_factory_desktop.sync.reference.ledger import Ledger
from shared_factory_desktop.sync.signature import content_digest, signature_fields
from shared_factory_desktop.sync.target import Verdict
from shared_factory_desktop.sync.targets import open_target
from shared_factory_desktop.sync.worker import State, Worker
from tests.sync.memory import PLATFORM, SOURCE, ManualClock, MemoryOutbox, make_records

pytestmark = pytest.mark.slow

TOKEN = "T0ken"
BASE = "http://platform.test"
EVENTS = f"{BASE}/v1/events"
NOW = ManualClock().now


@dataclass(frozen=True, slots=True)
class Setting:
    """A platform that knows one workstation's key and token, asked without a line between."""

    app: FastAPI
    ledger: Ledger
    key: WorkstationKey
    clock: ManualClock

    def post(self, sent: Batch, **changes: str) -> httpx.Response:
        """Post a batch as a stranger's program would, with some headers changed."""
        digest = content_digest(sent.body)
        headers = {
            "Content-Type": BATCH_TYPE,
            "Authorization": f"Bearer {TOKEN}",
            "Content-Digest": digest,
            "Idempotency-Key": sent.key,
            **signature_fields(self.key, "POST", EVENTS, digest, sent.key, self.clock.now()),
        }
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        return self.ask(httpx.Request("POST", EVENTS, content=sent.body, headers=headers))

    def get(self, path: str) -> dict[str, Any]:
        """Get a document."""
        authorization = {"Authorization": f"Bearer {TOKEN}"}
        answer = self.ask(httpx.Request("GET", BASE + path, headers=authorization))
        assert answer.status_code == 200
        document: dict[str, Any] = answer.json()
        return document

    def ask(self, request: httpx.Request) -> httpx.Response:
        """Hand a request to the application itself."""

        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app)) as client:
                return await client.send(request)

        return asyncio.run(asked())


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> WorkstationKey:
    return workstation_key(tmp_path_factory.mktemp("key"))


@pytest.fixture
def setting(key: WorkstationKey) -> Setting:
    clock, ledger = ManualClock(), Ledger()
    gate = Gate(clock.now, TOKEN, {key.id: key.private.public_key()})
    return Setting(create_app(ledger, gate), ledger, key, clock)


@contextmanager
def _running(key: WorkstationKey) -> Iterator[tuple[ReferencePlatform, str]]:
    platform = ReferencePlatform(NOW, TOKEN, {key.id: key.private.public_key()})
    with platform as url:
        yield platform, url


def test_a_worker_drains_to_it_signed_and_counted(key: WorkstationKey) -> None:
    outbox, clock = MemoryOutbox(make_records(700)), ManualClock()
    with _running(key) as (platform, url):
        target = open_target(Platform(PLATFORM, "http", url), Access(key, TOKEN), NOW)
        worker = Worker(PLATFORM, SOURCE, outbox, target, clock.clock())
        result = worker.drain(60)
        worker.close()
    assert (result.state, result.sent) == (State.DRAINED, 700)
    assert len(platform.ledger.events(SOURCE)) == 700


def test_a_stranger_is_turned_away(key: WorkstationKey, tmp_path: Path) -> None:
    strangers = {
        "wrong token": Access(key, "other"),
        "no token": Access(key, None),
        "no signature": Access(None, TOKEN),
        "unknown key": Access(workstation_key(tmp_path), TOKEN),
    }
    with _running(key) as (platform, url):
        for who, access in strangers.items():
            target = open_target(Platform(PLATFORM, "http", url), access, NOW)
            outcome = target.send(batch(make_records(2)), 5)
            target.close()
            assert (outcome.verdict, outcome.code) == (Verdict.DENIED, "denied"), who
    assert platform.ledger.events(SOURCE) == []


def test_a_tampered_batch_is_refused(setting: Setting) -> None:
    sent = batch(make_records(3))
    tampered = Batch(sent.records, sent.body.replace(b"100.5", b"900.5"), sent.key)
    old = content_digest(sent.body)
    assert setting.post(tampered, Content_Digest=old).json()["code"] == "digest"
    new = content_digest(tampered.body)
    signed = signature_fields(setting.key, "POST", EVENTS, old, sent.key, setting.clock.now())
    forged = setting.post(
        tampered,
        Content_Digest=new,
        Signature=signed["Signature"],
        Signature_Input=signed["Signature-Input"],
    )
    assert (forged.status_code, forged.json()["code"]) == (401, "signature")
    assert setting.ledger.events(SOURCE) == []
    assert setting.post(sent).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "key_sent"),
    [("PUT", "/v1/events", None), ("POST", "/v2/events", None), ("POST", "/v1/events", "other")],
)
def test_a_signature_of_another_request_does_not_hold(
    setting: Setting, method: str, path: str, key_sent: str | None
) -> None:
    sent = batch(make_records(3))
    fields = signature_fields(
        setting.key,
        method,
        BASE + path,
        content_digest(sent.body),
        key_sent or sent.key,
        setting.clock.now(),
    )
    answer = setting.post(
        sent, Signature=fields["Signature"], Signature_Input=fields["Signature-Input"]
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "signature")


@pytest.mark.parametrize(("minutes", "status"), [(9, 200), (-9, 200), (11, 401), (-11, 401)])
def test_a_signature_holds_for_ten_minutes(setting: Setting, minutes: int, status: int) -> None:
    sent = batch(make_records(1))
    at = setting.clock.now() + dt.timedelta(minutes=minutes)
    digest = content_digest(sent.body)
    fields = signature_fields(setting.key, "POST", EVENTS, digest, sent.key, at)
    answer = setting.post(
        sent, Signature=fields["Signature"], Signature_Input=fields["Signature-Input"]
    )
    assert answer.status_code == status


def test_the_same_batch_with_the_same_key_gets_the_same_answer(setting: Setting) -> None:
    sent = batch(make_records(3))
    first, second = setting.post(sent), setting.post(sent)
    assert first.json() == second.json()
    assert {result["status"] for result in first.json()["results"]} == {"accepted"}
    assert len(setting.ledger.events(SOURCE)) == 3


def test_a_key_cannot_come_with_another_body(setting: Setting) -> None:
    setting.post(batch(make_records(3)))
    other = batch(make_records(4))
    answer = setting.post(Batch(other.records, other.body, batch(make_records(3)).key))
    assert (answer.status_code, answer.json()["code"]) == (422, "key")


def test_records_in_other_batches_are_duplicates_with_their_first_receipt(setting: Setting) -> None:
    first = setting.post(batch(make_records(3))).json()["results"]
    second = setting.post(batch(make_records(5))).json()["results"]
    assert [result["status"] for result in second] == ["duplicate"] * 3 + ["accepted"] * 2
    assert [result["receipt"] for result in first] == [r["receipt"] for r in second[:3]]


def test_an_id_with_other_contents_is_rejected(setting: Setting) -> None:
    setting.post(batch(make_records(2)))
    results = setting.post(batch(make_records(2, data="changed"))).json()["results"]
    assert [result["status"] for result in results] == [Answer.REJECTED] * 2
    assert results[0]["error"]["code"] == "conflict"


def _array(*events: object) -> Batch:
    body = json.dumps(events).encode()
    return Batch((), body, f"key-{len(body)}")


_EVENT = json.loads(batch(make_records(1)).body)[0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"specversion": "0.3"}, "invalid"),
        ({"type": "com.example.thing"}, "invalid"),
        ({"id": "1"}, "invalid"),
        ({"source": "urn:other"}, "invalid"),
        ({"time": "yesterday"}, "invalid"),
        ({"time": "2026-03-01T00:00:00"}, "invalid"),
        ({"data": None}, "invalid"),
        ({"data": {"measures": {"energy_wh": 5.5}}}, "data"),
        ({"data": {"measures": {"energy_wh": "1e3"}}}, "data"),
    ],
    ids=str,
)
def test_a_crooked_event_is_rejected_alone(
    setting: Setting, change: dict[str, object], code: str
) -> None:
    good = _EVENT | {"source": "urn:shared-factory:a:b"}
    crooked = _EVENT | {"source": "urn:shared-factory:c:d"} | change
    ordered = sorted([good, crooked], key=lambda event: str(event["source"]))
    results = setting.post(_array(*ordered)).json()["results"]
    by_source = {result["source"]: result for result in results}
    assert by_source[good["source"]]["status"] == "accepted"
    assert by_source[crooked["source"]]["status"] == "rejected"
    assert by_source[crooked["source"]]["error"]["code"] == code


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (Batch((), b"not json", "k"), 422),
        (Batch((), b"{}", "k"), 422),
        (_array(1), 422),
        (_array({"id": "000000000001"}), 422),
        (_array(_EVENT | {"id": "000000000002"}, _EVENT), 422),
        (_array(*[_EVENT] * 501), 413),
        (Batch((), b" " * (MAX_BYTES + 1), "k"), 413),
        (Batch((), b"[]", ""), 400),
    ],
    ids=["text", "object", "number", "no source", "order", "501", "1 MiB + 1", "no key"],
)
def test_a_crooked_batch_is_turned_away(setting: Setting, sent: Batch, status: int) -> None:
    assert setting.post(sent).status_code == status
    assert setting.ledger.events(SOURCE) == []


def test_another_type_of_body_is_turned_away(setting: Setting) -> None:
    answer = setting.post(batch(make_records(1)), Content_Type="application/json")
    assert answer.status_code == 415


def test_days_go_by_the_factory_s_own_date(setting: Setting) -> None:
    setting.post(batch(make_records(10)))
    document = setting.get("/v1/sources/urn%3Ashared-factory%3Af1%3Aw1/checkpoint")
    assert document == {
        "count": 10,
        "last_id": "000000000010",
        "days": [
            {"date": "2026-03-01", "events": 1, "energy_wh": "100.5", "gross_fen": 0},
            {"date": "2026-03-02", "events": 9, "energy_wh": "804", "gross_fen": 106},
        ],
    }


def test_a_credit_note_is_taken_off_the_day(setting: Setting) -> None:
    credit = _EVENT | {
        "type": "cn.sharedfactory.credit-note.issued.v1",
        "data": {"totals": {"gross": "1.06"}},
    }
    setting.post(_array(credit))
    assert setting.ledger.checkpoint(SOURCE).days[0].gross_fen == -106


def test_a_source_nobody_heard_of_has_nothing(setting: Setting) -> None:
    document = setting.get("/v1/sources/urn%3Ashared-factory%3Ax%3Ay/checkpoint")
    assert document == {"count": 0, "last_id": None, "days": []}


def test_a_checkpoint_is_not_for_strangers(setting: Setting) -> None:
    request = httpx.Request("GET", f"{BASE}/v1/sources/x/checkpoint")
    assert setting.ask(request).status_code == 401


def test_it_describes_itself_and_its_health(setting: Setting) -> None:
    assert setting.get("/v1/health") == {"status": "ok"}
    paths = setting.get("/openapi.json")["paths"]
    assert set(paths) == {"/v1/events", "/v1/sources/{source}/checkpoint", "/v1/health"}
    assert BATCH_TYPE in paths["/v1/events"]["post"]["requestBody"]["content"]


def test_what_it_gave_receipts_for_survives_its_restart(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    clock = ManualClock()
    receipts = []
    for _ in range(2):
        with ReferencePlatform(clock.now, file=file) as url:
            target = open_target(Platform(PLATFORM, "http", url), Access(), clock.now)
            receipts.append(target.send(batch(make_records(4)), 5).receipts)
            target.close()
    assert [receipt.answer for receipt in receipts[1]] == [Answer.DUPLICATE] * 4
    assert [r.receipt for r in receipts[0]] == [r.receipt for r in receipts[1]]
    assert len(file.read_text("utf-8").splitlines()) == 4


def test_it_runs_by_hand(tmp_path: Path, key: WorkstationKey) -> None:
    public = tmp_path / "w1.pem"
    public.write_text(key.public_text)
    module = "shared_factory_desktop.sync.reference"
    arguments = ["--port", "0", "--key", str(public), "--file", str(tmp_path / "e.ndjson")]
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        access = Access(key)
        target = open_target(
            Platform(PLATFORM, "http", url), access, lambda: dt.datetime.now(dt.UTC)
        )
        outcome = target.send(batch(make_records(2)), 5)
        target.close()
        process.terminate()
    assert outcome.verdict is Verdict.ANSWERED
