"""Lines that make good a metering error (计量差错退补), and what is frozen of calibrations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared_factory_desktop.domain.document_json import read_line
from shared_factory_desktop.domain.metering_correction import difference
from shared_factory_desktop.domain.sessions import AppliedGain, SessionUse
from shared_factory_desktop.domain.statement import Line
from shared_factory_desktop.storage.adjustments import (
    Adjustment,
    Due,
    adjustment_json,
    read_adjustment,
)
from shared_factory_desktop.storage.documents import write_gain


def line_of(item: Adjustment, certificate: str) -> Line:
    """Give the line that makes a difference good."""
    billed, corrected = read_line(item.billed), read_line(item.corrected)
    return difference(billed, corrected, item.period, certificate)


def frozen(due: Iterable[Due]) -> list[dict[str, Any]]:
    """Give what is frozen of lines with the statement they stand on: both lines they compare."""
    return [
        {
            "proposal": one.proposal,
            "position": one.position,
            "certificate": one.certificate,
            **adjustment_json(one.item),
        }
        for one in due
    ]


def frozen_lines(inputs: Mapping[str, Any]) -> Iterator[Line]:
    """Work the lines out again from what was frozen; a statement of an earlier version of the
    program has none.
    """
    for one in inputs.get("adjustments", ()):
        yield line_of(read_adjustment(one), one["certificate"])


def gains_json(uses: Iterable[SessionUse]) -> list[dict[str, Any]]:
    """Give the gains that uses were corrected by, each once with the sessions it counts for."""
    sessions: dict[AppliedGain, list[str]] = {}
    for use in uses:
        for gain in use.gains:
            sessions.setdefault(gain, []).append(use.id)
    return [{**write_gain(gain), "sessions": some} for gain, some in sessions.items()]
