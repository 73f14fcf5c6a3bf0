"""Seals: one chain over the rows of all tables that are only ever added to, old rows included."""

from __future__ import annotations

from alembic import op

from shared_factory_desktop.storage.migrations.dialect import append_only, run
from shared_factory_desktop.storage.migrations.sealing import seal_rows

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE seal (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    subject TEXT NOT NULL,
    key TEXT NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    hash TEXT NOT NULL CHECK (length(hash) = 64),
    UNIQUE (subject, key)
){strict};
"""

_OLD = {
    "state_change": "workstation, seq",
    "session_use": "session",
    "session_correction": "seq",
    "session_dispute": "seq",
    "statement": "number",
    "statement_tariff": "statement, tariff, valid_from",
    "record": "source, seq",
    "receipt": "id",
    "meter_identity": "seq",
    "machine_job": "seq",
    "tariff_draft": "number",
    "tariff_decision": "draft",
    "holiday_year": "seq",
    "qualification": "id",
    "qualification_revocation": "qualification",
    "qualification_rule": "seq",
    "reservation": "id",
    "reservation_cancellation": "reservation",
    "reservation_grace": "seq",
    "work_order": "id",
    "work_order_closing": "work_order",
    "budget": "seq",
}


def upgrade() -> None:
    """Make the table and seal what there is."""
    bind = op.get_bind()
    run(bind, _TABLES)
    seal_rows(bind, _OLD)
    append_only(bind, "seal", ("seq",))
