"""A simulated 3D printer's web interface: Moonraker, OctoPrint and PrusaLink on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from drivers.transports.line import LineSettings

_LOOPBACK = "127.0.0.1"
_STOP_S = 5.0
_ENDED_S = 1_700_000_000


class WebFault(StrEnum):
    """How a web interface can fail."""

    UNAVAILABLE = "unavailable"  # status 503
    REDIRECT = "redirect"
    SILENT = "silent"  # takes the question and says nothing
    CUT = "cut"  # ends in the middle of the announced body
    TRUNCATED = "truncated"  # half of the JSON, announced as the whole
    NO_BODY = "no_body"
    NOT_JSON = "not_json"  # a page for people
    WRONG_TYPE = "wrong_type"  # numbers as words, words as numbers
    HUGE = "huge"  # more than anybody asked for
    NOT_READY = "not_ready"  # Moonraker: Klipper has stopped, its last figures stand
    DISCONNECTED = "disconnected"  # the web interface has lost the printer
    JOB_ENDS = "job_ends"  # the job ends between two questions, once


@dataclass(slots=True)
class WebJob:
    """A job as the history keeps it; `started_s`, `ended_s` are seconds since 1970."""

    id: int
    filename: str
    status: str = "in_progress"
    started_s: int = _ENDED_S
    ended_s: int | None = None
    filament_mm: Decimal = Decimal(0)
    print_s: Decimal = Decimal(0)


@dataclass(slots=True)
class WebPrinter:
    """A printer with its history, of which the last job may be running.

    `totals`: what all ended jobs used, (mm, s). `untracked`: a job runs that the history does
    not know of. `asked` all questions that came, with their keys.
    """

    key: str | None = None
    history: list[WebJob] = field(default_factory=list)
    totals: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
    state: str = "standby"
    hotend_c: Decimal = Decimal("21.3")
    progress: Decimal | None = None
    faults: frozenset[WebFault] = frozenset()
    asked: list[str] = field(default_factory=list)

    def misbehave(self, *faults: WebFault) -> None:
        """Fail in these ways from now on; without any, behave."""
        self.faults = frozenset(faults)

    def begin(self, filename: str, started_s: int = _ENDED_S) -> WebJob:
        """Begin a job."""
        job = WebJob(len(self.history) + 1, filename, started_s=started_s)
        self.history.append(job)
        self.state = "printing"
        return job

    def end(self, status: str = "completed", state: str = "complete") -> None:
        """End the running job: its figures go into the totals."""
        job = self.history[-1]
        job.status = status
        job.ended_s = job.started_s + int(job.print_s)
        self.totals = (self.totals[0] + job.filament_mm, self.totals[1] + job.print_s)
        self.state = state

    @property
    def running(self) -> WebJob | None:
        """The job under way."""
        last = self.history[-1] if self.history else None
        return last if last is not None and last.status == "in_progress" else None


Answer = Callable[[WebPrinter, Mapping[str, list[str]]], Any]


def _totals(printer: WebPrinter, _query: Mapping[str, list[str]]) -> Any:
    ended = [job for job in printer.history if job.status != "in_progress"]
    filament_mm, print_s = printer.totals
    totals = {
        "total_jobs": len(ended),
        "total_print_time": print_s,
        "total_filament_used": filament_mm,
    }
    return {"result": {"job_totals": totals, "auxiliary_totals": []}}


def _history(printer: WebPrinter, query: Mapping[str, list[str]]) -> Any:
    limit, start = (int(query.get(key, ["0"])[0]) for key in ("limit", "start"))
    rows = [
        {
            "job_id": f"{job.id:06X}",
            "filename": job.filename,
            "status": job.status,
            "start_time": job.started_s,
            "end_time": job.ended_s,
            "print_duration": job.print_s,
            "filament_used": job.filament_mm,
        }
        for job in reversed(printer.history)
    ]
    page = rows[start : start + limit]
    return {"result": {"count": len(page), "jobs": page}}


def _objects(printer: WebPrinter, _query: Mapping[str, list[str]]) -> Any:
    job = printer.history[-1] if printer.history else WebJob(0, "")
    stopped = WebFault.NOT_READY in printer.faults
    answer = {
        "webhooks": {"state": "shutdown" if stopped else "ready"},
        "print_stats": {
            "filename": job.filename,
            "state": printer.state,
            "print_duration": job.print_s,
            "filament_used": job.filament_mm,
        },
        "virtual_sdcard": {"progress": printer.progress or 0},
        "extruder": {"temperature": printer.hotend_c},
    }
    if WebFault.JOB_ENDS in printer.faults:
        printer.faults -= {WebFault.JOB_ENDS}
        printer.end()
    return {"result": {"eventtime": 1, "status": answer}}


def _system(_printer: WebPrinter, _query: Mapping[str, list[str]]) -> Any:
    return {"result": {"system_info": {"cpu_info": {"serial_number": "b898bdb4"}}}}


def _octo_job(printer: WebPrinter, _query: Mapping[str, list[str]]) -> Any:
    progress = {"completion": printer.progress, "filepos": 337942, "printTime": 276}
    return {"job": {"file": {"name": "a.gcode"}}, "progress": progress, "state": "Operational"}


def _octo_printer(printer: WebPrinter, _query: Mapping[str, list[str]]) -> Any:
    flags = {"operational": True, "printing": printer.state == "printing", "error": False}
    tool = {"actual": printer.hotend_c, "target": 0, "offset": 0}
    return {"temperature": {"tool0": tool}, "state": {"text": "x", "flags": flags}}


def _octo_files(printer: WebPrinter, _query: Mapping[str, list[str]]) -> Any:
    files = [_octo_file(job) for job in printer.history]
    folder = {"name": "sub", "path": "sub", "origin": "local", "children": files[1:]}
    return {"files": [*files[:1], folder], "free": 1}


def _octo_file(job: WebJob) -> Any:
    last = {
        "date": job.ended_s,
        "printTime": job.print_s,
        "success": job.status == "completed",
    }
    return {
        "name": job.filename,
        "path": job.filename,
        "origin": "local",
        "gcodeAnalysis": {"filament": {"tool0": {"length": job.filament_mm, "volume": 1}}},
        "prints": {} if job.ended_s is None else {"last": last},
    }


def _prusa_status(printer: WebPrinter, _query: Mapping[str, list[str]]) -> Any:
    body: dict[str, Any] = {
        "printer": {"state": printer.state.upper(), "temp_nozzle": printer.hotend_c}
    }
    if printer.running is not None:
        body["job"] = {"id": printer.running.id, "progress": printer.progress}
    return body


def _prusa_job(printer: WebPrinter, _query: Mapping[str, list[str]]) -> Any:
    if not printer.history:
        return None
    job = printer.history[-1]
    return {
        "id": job.id,
        "state": printer.state.upper(),
        "time_printing": job.print_s,
        "file": {"display_name": job.filename, "meta": {"filament used [mm]": job.filament_mm}},
    }


def _prusa_info(_printer: WebPrinter, _query: Mapping[str, list[str]]) -> Any:
    return {"serial": "CZPX1234X004XK00001", "hostname": "prusa"}


ANSWERS: Mapping[str, Answer] = {
    "/server/history/totals": _totals,
    "/server/history/list": _history,
    "/printer/objects/query": _objects,
    "/machine/system_info": _system,
    "/api/job": _octo_job,
    "/api/printer": _octo_printer,
    "/api/files": _octo_files,
    "/api/v1/status": _prusa_status,
    "/api/v1/job": _prusa_job,
    "/api/v1/info": _prusa_info,
}


def answer(printer: WebPrinter, target: str, key: str | None) -> tuple[int, bytes]:
    """Answer a question: status and body, status 204 without content."""
    parts = urlsplit(target)
    printer.asked.append(target)
    if printer.key is not None and key != printer.key:
        return 401, b'{"error": "no"}'
    if WebFault.UNAVAILABLE in printer.faults:
        return 503, b'{"error": "busy"}'
    if WebFault.DISCONNECTED in printer.faults:
        return (409 if parts.path.startswith("/api") else 503), b'{"error": "no printer"}'
    if parts.path not in ANSWERS:
        return 404, b'{"error": "no such page"}'
    content = ANSWERS[parts.path](printer, parse_qs(parts.query, keep_blank_values=True))
    if content is None:
        return 204, b""
    return 200, _spoilt(json.dumps(_plain(content, printer.faults)).encode(), printer.faults)


def _plain(value: Any, faults: frozenset[WebFault]) -> Any:
    """Turn decimals into JSON numbers; where types are wrong, swap numbers and words."""
    if isinstance(value, dict):
        return {key: _plain(inner, faults) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, faults) for inner in value]
    wrong = WebFault.WRONG_TYPE in faults
    if isinstance(value, Decimal):
        return str(value) if wrong else float(value)
    return 1 if wrong and isinstance(value, str | bool) else value


def _spoilt(body: bytes, faults: frozenset[WebFault]) -> bytes:
    if WebFault.TRUNCATED in faults:
        return body[: len(body) // 2]
    if WebFault.NO_BODY in faults:
        return b""
    if WebFault.NOT_JSON in faults:
        return b"<html>Sign in</html>"
    return body[:-1] + b" " * 2_000_000 + b"}" if WebFault.HUGE in faults else body


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _STOP_S

    def do_GET(self) -> None:
        printer = self.server.printer
        status, body = answer(printer, self.path, self.headers.get("X-Api-Key"))
        if WebFault.SILENT in printer.faults:
            self.rfile.read(1)  # until the client gives up
            return
        if WebFault.REDIRECT in printer.faults:
            self.send_response(302)
            self.send_header("Location", "/api/job")
        else:
            self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if WebFault.CUT in printer.faults else body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the log to the tests."""


class _Server(HTTPServer):
    def __init__(self, printer: WebPrinter, tcp_port: int) -> None:
        self.printer = printer
        super().__init__((_LOOPBACK, tcp_port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is none of ours."""


class VirtualWeb:
    """A printer's web interface on a free loopback port, or `tcp_port`; one thread serves it."""

    def __init__(self, printer: WebPrinter, tcp_port: int = 0) -> None:
        self.printer = printer
        self._tcp_port = tcp_port
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @property
    def settings(self) -> LineSettings:
        """How to reach the printer, with its key."""
        return LineSettings(
            "http", host=_LOOPBACK, tcp_port=self._tcp_port, credential=self.printer.key
        )

    def start(self) -> None:
        """Listen, and answer in a thread of its own."""
        self._server = _Server(self.printer, self._tcp_port)
        self._tcp_port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="virtual-web"
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, as if it were switched off, and end the thread."""
        if self._server is None:
            return
        self._server.shutdown()
        self._thread.join(_STOP_S)
        self._server.server_close()
        self._server = None
