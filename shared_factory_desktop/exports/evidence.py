"""What a bundle proves a statement with, beside the statement: collected once, as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Evidence:
    """The proof of one issued statement.

    `statement` is the contract's JSON with number, instant and hash; `context` what was frozen
    beside it; `usage` a usage file; `readings` rows with `previous` and `hash`; `calibrations` the
    frozen gains, each with its `certificate`; `chain` the audit entry of the issue (`entry`,
    `previous`, `hash`) and the `numbers` of the series so far.
    """

    statement: Mapping[str, Any]
    context: Mapping[str, Any]
    usage: Mapping[str, Any]
    readings: Sequence[Mapping[str, object]]
    calibrations: Sequence[Mapping[str, Any]]
    chain: Mapping[str, Any]
