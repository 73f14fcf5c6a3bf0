"""Statements and reports as files people send: one module per output."""

from shared_factory_desktop.exports import (
    einvoice,
    report_csv,
    report_pdf,
    report_xlsx,
    statement_bundle,
    statement_csv,
    statement_pdf,
    statement_xlsx,
)
from shared_factory_desktop.exports.calibration_contract import CalibrationExport
from shared_factory_desktop.exports.certificate_json import CertificateJson
from shared_factory_desktop.exports.certificate_pdf import CertificatePdf
from shared_factory_desktop.exports.contract import Export
from shared_factory_desktop.exports.label_pdf import LabelPdf
from shared_factory_desktop.exports.report_contract import ReportExport

EXPORTS: tuple[Export, ...] = (
    statement_pdf,
    statement_xlsx,
    statement_csv,
    einvoice,
    statement_bundle,
)
REPORT_EXPORTS: tuple[ReportExport, ...] = (report_xlsx, report_pdf, report_csv)
CALIBRATION_EXPORTS: tuple[CalibrationExport, ...] = (
    CertificatePdf(),
    CertificateJson(),
    LabelPdf(),
)
