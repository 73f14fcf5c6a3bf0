"""Reads a 3D printer through OctoPrint's web interface.

Source: OctoPrint 1.11 REST API, docs.octoprint.org/en/1.11.7/api: `GET /api/job` (job and
progress), `GET /api/printer` (state flags, temperatures; status 409 while no printer is
connected). The key of a user goes with each request as X-Api-Key.
"""

from __future__ import annotations

from drivers.profile import Block, Limits, Place
from drivers.profile_table import Table
from drivers.protocols import json_answer

KEY = "octoprint"
TRANSPORTS: tuple[str, ...] = ("http",)
ADDRESSING = "none"
CAREFUL = False

_QUESTIONS = ("/api/job", "/api/printer", "/api/version")

read = json_answer.read
words = json_answer.words
wire_bytes = json_answer.wire_bytes


def block(table: Table, limits: Limits) -> Block:  # noqa: ARG001 (a protocol's signature)
    """Read `question` of a profile's block: one of the paths above."""
    return json_answer.block(table, _QUESTIONS)


def place(table: Table, block: Block) -> Place:  # noqa: ARG001 (a protocol's signature)
    """Read `path` and `type` of a value: number, truth or text."""
    return json_answer.place(table)
