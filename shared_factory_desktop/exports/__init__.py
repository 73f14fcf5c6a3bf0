"""Statements as files people send: one module per output."""

from shared_factory_desktop.exports import statement_csv, statement_pdf, statement_xlsx
from shared_factory_desktop.exports.contract import Export

EXPORTS: tuple[Export, ...] = (statement_pdf, statement_xlsx, statement_csv)
