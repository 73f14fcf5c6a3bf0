"""A statement with all that proves it, in one zip that anybody can check without this program."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared_factory_desktop import paths
from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.exports import statement_pdf, verifier_source
from shared_factory_desktop.exports.contract import ExportFault, ExportOptions, Progress
from shared_factory_desktop.exports.evidence import Evidence
from shared_factory_desktop.exports.target import write_whole
from shared_factory_desktop.exports.verifier_proof import SEAL_LENGTH, SUMS
from shared_factory_desktop.words import Words

KEY = "bundle"
SUFFIX = ".zip"
README = "README.txt"
READING_COLUMNS = (
    "workstation",
    "seq",
    "meter",
    "quantity",
    "at",
    "value",
    "raw",
    "quality",
    "reason",
    "fault",
    "clock",
    "monotonic_ns",
    "profile",
    "calibration",
    "bus",
    "epoch",
    "previous",
    "hash",
)
_STARTED = (1980, 1, 1, 0, 0, 0)  # a zip's earliest time: the same statement gives the same bytes
_READABLE = 0o100644 << 16
_UNIX = 3


def write(
    document: StatementDocument,
    target: Path,
    words: Words,
    progress: Progress,
    options: ExportOptions,
) -> None:
    """Write the bundle; `options.evidence` must be there. Raises ExportFault."""
    evidence = options.evidence
    if evidence is None or "terms" not in evidence.context:
        raise ExportFault("no-evidence")
    files = _proof(evidence)
    files["statement.pdf"] = _pdf(document, words, progress, options)
    files[verifier_source.NAME] = verifier_source.source().encode()
    files[README] = _readme(evidence, files[verifier_source.NAME])
    sums = "".join(f"{_sha256(files[name])}  {name}\n" for name in sorted(files))
    files[SUMS] = sums.encode()
    write_whole(target, sealed(files))


def sealed(files: Mapping[str, bytes]) -> bytes:
    """Give the zip of `files`, sorted; its comment is the SHA-256 of all bytes before it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _STARTED)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr, info.create_system = _READABLE, _UNIX
            archive.writestr(info, files[name])
        archive.comment = b"0" * SEAL_LENGTH
    body = buffer.getvalue()[:-SEAL_LENGTH]
    return body + _sha256(body).encode()


def _proof(evidence: Evidence) -> dict[str, bytes]:
    context = evidence.context
    documents: Mapping[str, object] = {
        "statement": evidence.statement,
        "context": context,
        "floor": context["terms"]["floor"],
        "holidays": context["terms"]["holidays"],
        "usage": evidence.usage,
        "late": context["inputs"]["late"],
        "calibration": {"format": 1, "calibrations": list(evidence.calibrations)},
        "chain": {"format": 1, "anchor": context.get("anchor"), **evidence.chain},
    }
    files = {f"{name}.json": _json(document) for name, document in documents.items()}
    files["readings.csv"] = _table(evidence.readings)
    return files


def _json(document: object) -> bytes:
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()


def _table(readings: Sequence[Mapping[str, object]]) -> bytes:
    """Write readings with the columns their hashes cover; an empty cell is no value."""
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, READING_COLUMNS, lineterminator="\r\n")
    rows.writeheader()
    rows.writerows(readings)
    return text.getvalue().encode()


def _pdf(
    document: StatementDocument, words: Words, progress: Progress, options: ExportOptions
) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "statement.pdf"
        statement_pdf.write(document, file, words, progress, options)
        return file.read_bytes()


def _readme(evidence: Evidence, verifier: bytes) -> bytes:
    """Say in both languages what is in the bundle, how to check it, what to compare on paper."""
    template = (paths.resources() / "templates" / "bundle-readme.txt").read_text(encoding="utf-8")
    anchor = evidence.context.get("anchor") or {"seq": "-", "hash": "-"}
    text = template.format(
        number=evidence.statement["number"],
        sha256=evidence.statement["sha256"],
        anchor_seq=anchor["seq"],
        anchor_hash=anchor["hash"],
        verifier=_sha256(verifier),
    )
    return text.encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
