"""A calibration certificate: all that stands on it (ISO/IEC 17025:2017 7.8), as values, as JSON and
as the hash by which paper, file and label are told to be the same.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from shared_factory_desktop.domain.calibration import Calibration, Instrument, Standard
from shared_factory_desktop.domain.calibration_json import (
    calibration_json,
    instrument_json,
    standard_json,
)
from shared_factory_desktop.domain.statement import Party
from shared_factory_desktop.domain.statement_json import sha256_of

FORMAT = 1


@dataclass(frozen=True, slots=True)
class CertificateDocument:
    """A calibration with the names people read; a draft until somebody reviewed it.

    `laboratory` made it, `client` asked for it; `machine` is the name of the machine that the meter
    measures, `identifier` the meter's industrial-internet one.  `received` is the local day on
    which the meter was handed over (None: calibrated where it stands), `issued_at` the instant of
    the review; times are printed in `timezone` (IANA).
    """

    calibration: Calibration
    instrument: Instrument
    standard: Standard
    laboratory: Party
    client: Party
    machine: str
    timezone: str
    received: dt.date | None = None
    issued_at: dt.datetime | None = None
    identifier: str | None = None

    @property
    def draft(self) -> bool:
        """Whether nobody has answered for it yet."""
        return self.calibration.reviewer is None

    @property
    def number(self) -> str:
        """The number no other certificate has: `JZ-2026-000001`, `JZ-2026-000001-V2` (7.8.8)."""
        return _numbered(self.calibration.number, self.calibration.version)

    @property
    def replaces(self) -> str | None:
        """The number of the certificate that this one takes the place of."""
        before = self.calibration.version - 1
        return _numbered(self.calibration.number, before) if before else None


def certificate_json(document: CertificateDocument) -> dict[str, Any]:
    """Give a certificate as JSON values: measured values as text, errors and uncertainties shares.

    The three records read back with `calibration_json.read_…`.
    """
    issued_at = document.issued_at
    return {
        "format": FORMAT,
        "number": document.number,
        "replaces": document.replaces,
        "draft": document.draft,
        "laboratory": _party_json(document.laboratory),
        "client": _party_json(document.client),
        "machine": document.machine,
        "identifier": document.identifier,
        "timezone": document.timezone,
        "received": document.received.isoformat() if document.received else None,
        "issued_at": issued_at.astimezone(dt.UTC).isoformat() if issued_at else None,
        "instrument": instrument_json(document.instrument),
        "standard": standard_json(document.standard),
        "calibration": calibration_json(document.calibration),
    }


def certificate_sha256(document: CertificateDocument) -> str:
    """Give the SHA-256 of the certificate's canonical JSON, in hex."""
    return sha256_of(certificate_json(document))


def _numbered(number: str, version: int) -> str:
    return number if version == 1 else f"{number}-V{version}"


def _party_json(party: Party) -> dict[str, str | None]:
    return {name: getattr(party, name) for name in ("name", "uscc", "address", "phone")}
