"""A calibration certificate for machines: the certificate as canonical JSON, with its SHA-256."""

from __future__ import annotations

from pathlib import Path

from shared_factory_desktop.domain.certificate import (
    CertificateDocument,
    certificate_json,
    certificate_sha256,
)
from shared_factory_desktop.domain.chain import canonical_json
from shared_factory_desktop.exports.contract import ExportOptions, Progress
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.words import Words


class CertificateJson:
    """The certificate's values; `sha256` is of the same canonical JSON without that key."""

    KEY = "certificate-json"
    SUFFIX = ".json"

    def write(
        self,
        certificate: CertificateDocument,
        target: Path,
        words: Words,  # noqa: ARG002 - every export is called alike; machines read codes
        progress: Progress,
        options: ExportOptions,  # noqa: ARG002 - every export is called alike; JSON has no choices
    ) -> None:
        """Write it in UTF-8; raises ExportFault."""
        progress(0, 1)
        sealed = certificate_json(certificate) | {"sha256": certificate_sha256(certificate)}
        write_whole(target, canonical_json(sealed).encode())
        progress(1, 1)
