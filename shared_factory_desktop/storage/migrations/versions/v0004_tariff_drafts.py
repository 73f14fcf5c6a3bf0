"""Tariffs on their way, proposed by one person and decided by another; years of public holidays."""

from __future__ import annotations

from alembic import op

from shared_factory_desktop.storage.migrations.dialect import append_only, run

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE tariff_draft (
    number BIGINT NOT NULL PRIMARY KEY CHECK (number > 0),
    file TEXT NOT NULL,
    body TEXT NOT NULL CHECK (length(body) > 0),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    proposed_by TEXT NOT NULL,
    proposed_at BIGINT NOT NULL
){strict};
CREATE TABLE tariff_decision (
    draft BIGINT NOT NULL PRIMARY KEY REFERENCES tariff_draft (number),
    approved BOOLEAN NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    reason TEXT
){strict};
CREATE TABLE holiday_year (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    year BIGINT NOT NULL,
    source TEXT NOT NULL CHECK (length(source) > 0),
    rest_days TEXT NOT NULL,
    moved_workdays TEXT NOT NULL,
    imported_by TEXT NOT NULL,
    imported_at BIGINT NOT NULL
){strict};
"""
_KEYS = {"tariff_draft": "number", "tariff_decision": "draft", "holiday_year": "seq"}


def upgrade() -> None:
    """Make the tables, then the triggers that guard them."""
    bind = op.get_bind()
    run(bind, _TABLES)
    for table, key in _KEYS.items():
        append_only(bind, table, (key,))
