"""Reads a Prusa printer through its own web interface, PrusaLink.

Source: PrusaLink API v1 (github.com/prusa3d/Prusa-Link-Web, spec/openapi.yaml): `/api/v1/status`
(printer, and job while there is one), `/api/v1/job` (status 204 without a job), `/api/v1/info`
(serial). The key goes as X-Api-Key, or user and password by digest.
"""

from __future__ import annotations

from drivers.profile import Block, Limits, Place
from drivers.profile_table import Table
from drivers.protocols import json_answer

KEY = "prusalink"
TRANSPORTS: tuple[str, ...] = ("http",)
ADDRESSING = "none"
CAREFUL = False
STATES = (
    "IDLE", "BUSY", "PRINTING", "PAUSED", "FINISHED", "STOPPED", "ERROR", "ATTENTION", "READY",
)  # fmt: skip

_QUESTIONS = ("/api/v1/status", "/api/v1/job", "/api/v1/info", "/api/version")

read = json_answer.read
words = json_answer.words
wire_bytes = json_answer.wire_bytes


def block(table: Table, limits: Limits) -> Block:  # noqa: ARG001 (a protocol's signature)
    """Read `question` of a profile's block: one of the paths above."""
    return json_answer.block(table, _QUESTIONS)


def place(table: Table, block: Block) -> Place:  # noqa: ARG001 (a protocol's signature)
    """Read `path`, `type` and, for a state, `codes` of a value."""
    return json_answer.place(table, STATES)
