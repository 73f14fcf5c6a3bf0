"""Calibration: instruments, reference standards, calibrations, their reviews and attachments."""

from __future__ import annotations

from alembic import op

from shared_factory_desktop.storage.migrations.dialect import append_only, refuse, run

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_APPEND_ONLY = {
    "instrument": ("meter", "quantity", "version"),
    "reference_standard": ("id", "version"),
    "calibration": ("number", "version"),
    "calibration_review": ("number", "version", "reviewed_by"),
    "calibration_attachment": ("id",),
}

_TABLES = """
CREATE TABLE instrument (
    meter TEXT NOT NULL,
    quantity TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0),
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    PRIMARY KEY (meter, quantity, version)
){strict};
CREATE TABLE reference_standard (
    id TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0),
    due TEXT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    PRIMARY KEY (id, version)
){strict};
CREATE TABLE calibration (
    number TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0),
    series TEXT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq > 0),
    meter TEXT NOT NULL,
    quantity TEXT NOT NULL,
    instrument_version BIGINT NOT NULL,
    standard TEXT NOT NULL,
    standard_version BIGINT NOT NULL,
    effective_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (number, version),
    UNIQUE (series, seq, version),
    FOREIGN KEY (meter, quantity, instrument_version)
        REFERENCES instrument (meter, quantity, version),
    FOREIGN KEY (standard, standard_version) REFERENCES reference_standard (id, version)
){strict};
CREATE INDEX calibration_by_register ON calibration (meter, quantity, effective_at);
CREATE TABLE calibration_review (
    number TEXT NOT NULL,
    version BIGINT NOT NULL,
    reviewed_by TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (number, version, reviewed_by),
    FOREIGN KEY (number, version) REFERENCES calibration (number, version)
){strict};
CREATE TABLE calibration_attachment (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id > 0),
    number TEXT NOT NULL,
    version BIGINT NOT NULL,
    name TEXT NOT NULL CHECK (length(name) > 0),
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 20971520),
    at BIGINT NOT NULL,
    attached_by TEXT NOT NULL,
    FOREIGN KEY (number, version) REFERENCES calibration (number, version)
){strict};
CREATE INDEX calibration_attachment_by_number ON calibration_attachment (number, id);
"""

_NUMBER_GAP = """NEW.version = 1 AND NEW.seq <> 1 + COALESCE(
    (SELECT MAX(seq) FROM calibration WHERE series = NEW.series), 0)"""
# A later version is of the same register, and none is left out.
_STRANGE_VERSION = """NEW.version > 1 AND NOT EXISTS
    (SELECT 1 FROM calibration c WHERE c.number = NEW.number AND c.version = NEW.version - 1
        AND c.series = NEW.series AND c.seq = NEW.seq
        AND c.meter = NEW.meter AND c.quantity = NEW.quantity)"""


def upgrade() -> None:
    """Make the tables, then the triggers that guard them."""
    bind = op.get_bind()
    sqlite = bind.dialect.name == "sqlite"
    run(bind, _TABLES if sqlite else _TABLES.replace("BLOB", "BYTEA"))
    for table, key in _APPEND_ONLY.items():
        append_only(bind, table, key)
    refuse(bind, "calibration_gap", "INSERT", "calibration", _NUMBER_GAP, "calibration-gap")
    refuse(
        bind, "calibration_version", "INSERT", "calibration", _STRANGE_VERSION, "calibration-gap"
    )
