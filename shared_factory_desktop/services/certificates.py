"""Certificates of calibrations as files: what was frozen with them, under the names people read."""

from __future__ import annotations

from pathlib import Path

from shared_factory_desktop.domain.certificate import CertificateDocument
from shared_factory_desktop.domain.floor import Factory, Floor
from shared_factory_desktop.domain.identifiers import of_object
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.statement import Party
from shared_factory_desktop.exports import CALIBRATION_EXPORTS
from shared_factory_desktop.exports.contract import ExportFault, ExportOptions
from shared_factory_desktop.storage.calibration import Recorded
from shared_factory_desktop.words import Words


def certificate(floor: Floor, recorded: Recorded) -> CertificateDocument:
    """Give the certificate of a version of a calibration: the factory made it for itself; one that
    nobody reviewed is a draft.
    """
    calibration = recorded.calibration
    machines = [one.name for one in floor.machines if calibration.meter in one.meters]
    own = _party(floor.factory)
    reviewed = (one.at for one in recorded.reviews if one.by == calibration.reviewer)
    return CertificateDocument(
        calibration=calibration,
        instrument=recorded.instrument,
        standard=recorded.standard,
        laboratory=own,
        client=own,
        machine="、".join(machines),
        timezone=floor.factory.timezone,
        issued_at=next(reviewed, None),
        identifier=of_object(floor.factory.identifier_prefix, calibration.meter),
    )


def write_certificate(
    document: CertificateDocument, folder: Path, name: str, words: Words, options: ExportOptions
) -> tuple[Path, ...]:
    """Write a certificate, its data and its label side by side as `name` with each one's suffix;
    raises Refused.
    """
    made = []
    for export in CALIBRATION_EXPORTS:
        target = folder / f"{name}{export.SUFFIX}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            export.write(document, target, words, _no_progress, options)
        except ExportFault as fault:
            why = words(f"exports.fault.{fault.code}", **fault.values)
            raise refused(
                Kind.UNREACHABLE, "certificate", number=document.number, why=why
            ) from None
        except OSError as error:
            raise refused(
                Kind.UNREACHABLE, "not-writable", path=target, why=error.strerror
            ) from None
        made.append(target)
    return tuple(made)


def _party(factory: Factory) -> Party:
    return Party(factory.name, factory.uscc, factory.address, factory.phone)


def _no_progress(_done: int, _total: int) -> None:
    """Certificates are short: nobody waits for them."""
