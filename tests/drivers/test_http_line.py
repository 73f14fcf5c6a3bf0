"""A web server behind a line: whole answers, named faults, keys sent and passwords not."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from drivers.faults import DeviceFault, LineFault
from drivers.protocols import json_answer
from drivers.simulate.printer_web import VirtualWeb, WebFault, WebPrinter
from drivers.transports import open_line
from drivers.transports.line import Line, LineSettings, Timing

SOON = Timing(timeout_s=0.4, worst_latency_s=0.4, retries=0)
PATIENT = replace(SOON, timeout_s=5.0)
QUESTION = b"GET /api/job"
MATCH = json_answer.match(("/api/job",))


@pytest.fixture
def printer() -> WebPrinter:
    return WebPrinter()


@contextmanager
def reaching(printer: WebPrinter) -> Iterator[Line]:
    with VirtualWeb(printer) as web, open_line(web.settings) as line:
        yield line


@contextmanager
def bare_server(serve: Callable[[socket.socket, bytes], None]) -> Iterator[LineSettings]:
    """Take connections one by one until closed, and hand each over with its first request."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    request = connection.recv(65536)
                    if request:
                        serve(connection, request)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield LineSettings("http", host="127.0.0.1", tcp_port=listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def test_an_answer_comes_whole_with_its_instant(printer: WebPrinter) -> None:
    with reaching(printer) as line:
        before_ns = time.monotonic_ns()
        exchange = line.transact(QUESTION, MATCH, PATIENT)
        after_ns = time.monotonic_ns()

    assert json_answer.parse(exchange.answer)["state"] == "Operational"
    assert before_ns <= exchange.at_monotonic_ns <= after_ns
    assert 0 < exchange.latency_s <= (after_ns - before_ns) / 1e9
    assert line.exchanges == 1


@pytest.mark.parametrize(
    ("fault", "code", "detail"),
    [
        (WebFault.UNAVAILABLE, "exception", "503"),
        (WebFault.DISCONNECTED, "exception", "409"),
        (WebFault.REDIRECT, "exception", "302"),
        (WebFault.SILENT, "timeout", ""),
        (WebFault.CUT, "short", ""),
        (WebFault.TRUNCATED, "short", ""),
        (WebFault.NO_BODY, "short", "no body"),
        (WebFault.NOT_JSON, "mismatch", ""),
        (WebFault.HUGE, "mismatch", "more than 1000000 bytes"),
    ],
)
def test_a_fault_is_named_and_the_next_answer_is_right(
    fault: WebFault, code: str, detail: str, printer: WebPrinter
) -> None:
    with reaching(printer) as line:
        for _ in range(2):
            printer.misbehave(fault)
            with pytest.raises(DeviceFault) as found:
                line.transact(QUESTION, MATCH, SOON if fault is WebFault.SILENT else PATIENT)
            assert found.value.code == code
            assert detail in found.value.detail
            printer.misbehave()
            assert line.transact(QUESTION, MATCH, PATIENT).answer.startswith(b"{")


@pytest.mark.parametrize(("sent", "status"), [("k3y", ""), (None, "401"), ("other", "401")])
def test_the_key_is_sent_and_needed(sent: str | None, status: str) -> None:
    with VirtualWeb(WebPrinter(key="k3y")) as web:
        settings = replace(web.settings, credential=sent)
        with open_line(settings) as line:
            if not status:
                assert line.transact(QUESTION, MATCH, PATIENT)
                return
            with pytest.raises(DeviceFault) as fault:
                line.transact(QUESTION, MATCH, PATIENT)

    assert (fault.value.code, fault.value.detail) == ("exception", status)


def test_a_key_is_never_shown() -> None:
    settings = LineSettings("http", host="127.0.0.1", tcp_port=80, credential="s3cret")

    assert "s3cret" not in repr(settings) + settings.place


def test_a_password_answers_a_challenge_without_being_sent() -> None:
    heard: list[bytes] = []

    def serve(connection: socket.socket, request: bytes) -> None:
        heard.append(request)
        fields = dict(re.findall(r'(\w+)="?([^",\r]+)', request.decode()))
        status, body = "401 Unauthorized", b"{}"
        if "response" in fields and fields["response"] == _digest(fields):
            status, body = "200 OK", b'{"state": "PRINTING"}'
        challenge = 'WWW-Authenticate: Digest realm="Printer API", nonce="n0nce", qop="auth"\r\n'
        head = f"HTTP/1.1 {status}\r\n{challenge}Content-Length: {len(body)}\r\n"
        connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)

    with (
        bare_server(serve) as settings,
        open_line(replace(settings, credential="maker:pass:word")) as line,
    ):
        answers = [line.transact(QUESTION, MATCH, PATIENT).answer for _ in range(2)]

    assert answers == [b'{"state": "PRINTING"}'] * 2
    everything = b"".join(heard)
    assert b"pass:word" not in everything
    assert b"X-Api-Key" not in everything


def _digest(fields: dict[str, str]) -> str:
    """Compute what user and password answer to the challenge (RFC 7616, MD5, qop auth)."""

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    secret, asked = md5("maker:Printer API:pass:word"), md5("GET:/api/job")
    return md5(f"{secret}:n0nce:{fields['nc']}:{fields['cnonce']}:auth:{asked}")


def test_a_machine_that_is_off_is_unreachable_and_found_again(printer: WebPrinter) -> None:
    web = VirtualWeb(printer)
    web.start()
    line = open_line(web.settings)
    assert line.transact(QUESTION, MATCH, PATIENT)
    web.stop()

    with pytest.raises(LineFault) as fault:
        line.transact(QUESTION, MATCH, PATIENT)
    assert fault.value.code == "unreachable"
    assert web.settings.place in fault.value.detail

    web.start()
    assert line.transact(QUESTION, MATCH, PATIENT)
    line.close()
    with pytest.raises(LineFault, match="closed"):
        line.transact(QUESTION, MATCH, PATIENT)
    web.stop()


def test_a_server_that_closes_each_connection_is_no_lost_printer() -> None:
    """Embedded servers close connections at will, also ones that they promised to keep."""
    body = b'{"state": "x"}'

    def serve(connection: socket.socket, _: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    with bare_server(serve) as settings, open_line(settings) as line:
        for _ in range(30):
            assert line.transact(QUESTION, MATCH, PATIENT).answer == body


def test_a_drip_of_bytes_does_not_prolong_the_time_out() -> None:
    def serve(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        gone = threading.Event()
        connection.settimeout(5)
        for _chunk in range(100):
            try:
                connection.sendall(b" ")
            except OSError:
                return
            gone.wait(0.1)

    with bare_server(serve) as settings, open_line(settings) as line:
        started_s = time.monotonic()
        with pytest.raises(DeviceFault, match="timeout"):
            line.transact(QUESTION, MATCH, SOON)
        took_s = time.monotonic() - started_s

    assert took_s < 5.0


def test_the_monitor_sees_question_and_answer(printer: WebPrinter) -> None:
    traffic: list[tuple[str, bytes]] = []
    with (
        VirtualWeb(printer) as web,
        open_line(web.settings, lambda way, data, _: traffic.append((way, data))) as line,
    ):
        answer = line.transact(QUESTION, MATCH, PATIENT).answer

    assert traffic == [("tx", QUESTION), ("rx", answer)]


def test_a_line_serves_only_the_thread_that_opened_it(printer: WebPrinter) -> None:
    seen: list[BaseException] = []
    with reaching(printer) as line:

        def trespass() -> None:
            try:
                line.transact(QUESTION, MATCH, SOON)
            except RuntimeError as error:
                seen.append(error)

        thread = threading.Thread(target=trespass)
        thread.start()
        thread.join()

    assert "thread that did not open it" in str(seen[0])


@pytest.mark.parametrize(
    "settings",
    [
        LineSettings("http"),
        LineSettings("http", host="printer\n", tcp_port=80),
        LineSettings("http", host="127.0.0.1", tcp_port=80, credential="schlüssel"),
    ],
)
def test_impossible_settings_are_refused(settings: LineSettings) -> None:
    with pytest.raises(LineFault) as fault:
        open_line(settings)

    assert fault.value.code == "settings"
