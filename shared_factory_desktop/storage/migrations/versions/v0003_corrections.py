"""What people changed about sessions afterwards: every change kept beside what it was."""

from __future__ import annotations

from alembic import op

from shared_factory_desktop.storage.migrations.dialect import append_only, refuse, run

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE session_correction (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    session TEXT NOT NULL REFERENCES session (id),
    kind TEXT NOT NULL,
    successors TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (length(reason) > 0),
    corrected_by TEXT NOT NULL,
    at BIGINT NOT NULL,
    UNIQUE (session)
){strict};
CREATE TABLE session_dispute (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    session TEXT NOT NULL REFERENCES session (id),
    step TEXT NOT NULL CHECK (step IN ('raised', 'resolved')),
    reason TEXT NOT NULL CHECK (length(reason) > 0),
    noted_by TEXT NOT NULL,
    at BIGINT NOT NULL
){strict};
CREATE INDEX session_dispute_by_session ON session_dispute (session, seq);
CREATE TABLE machine_rule (
    machine TEXT NOT NULL PRIMARY KEY REFERENCES machine (id),
    idle_end_s BIGINT CHECK (idle_end_s > 0)
){strict};
"""

_AGAIN = "EXISTS (SELECT 1 FROM session_correction WHERE session = NEW.session)"


def upgrade() -> None:
    """Make the tables, then the triggers that guard them."""
    bind = op.get_bind()
    run(bind, _TABLES)
    for table in ("session_correction", "session_dispute"):
        append_only(bind, table, ("seq",))
    refuse(
        bind, "session_correction_once", "INSERT", "session_correction", _AGAIN, "session-closed"
    )
