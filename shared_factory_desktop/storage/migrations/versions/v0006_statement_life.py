"""Statements' lives: their states, attachments, credit notes line by line, closed periods."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Connection

from shared_factory_desktop.storage.migrations.dialect import append_only, refuse, run

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_APPEND_ONLY = {
    "statement_event": ("seq",),
    "attachment": ("id",),
    "credit_proposal": ("id",),
    "credit_decision": ("proposal",),
    "credited_line": ("statement", "line"),
    "period_lock": ("seq",),
}

_STATEMENT = """
CREATE TABLE statement (
    number TEXT NOT NULL PRIMARY KEY,
    series TEXT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq > 0),
    tenant TEXT NOT NULL REFERENCES tenant (id),
    start_on TEXT NOT NULL,
    end_on TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    refers_to TEXT REFERENCES statement (number),
    document TEXT NOT NULL,
    context TEXT NOT NULL,
    whole BOOLEAN NOT NULL,
    UNIQUE (series, seq),
    CHECK (start_on < end_on),
    CHECK (refers_to IS NOT NULL OR NOT whole)
){strict};
CREATE INDEX statement_by_tenant ON statement (tenant, start_on);
"""

# SQLite cannot take a UNIQUE away. Rows that refer to statements wait for their like to come back:
# a new table of another name, renamed, would never settle them.
_ASIDE = """
PRAGMA defer_foreign_keys = ON;
CREATE TABLE statement_aside AS SELECT * FROM statement;
DROP TABLE statement;
"""
_BACK = """
INSERT INTO statement SELECT number, series, seq, tenant, start_on, end_on, issued_at, sha256,
    refers_to, document, context, refers_to IS NOT NULL FROM statement_aside ORDER BY rowid;
DROP TABLE statement_aside;
"""
_ALTERED = """
DROP TRIGGER statement_overlap ON statement;
DROP FUNCTION statement_overlap();
ALTER TABLE statement DROP CONSTRAINT statement_refers_to_key;
ALTER TABLE statement ADD COLUMN whole BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE statement DISABLE TRIGGER USER;
UPDATE statement SET whole = refers_to IS NOT NULL;
ALTER TABLE statement ENABLE TRIGGER USER;
ALTER TABLE statement ALTER COLUMN whole DROP DEFAULT;
ALTER TABLE statement ADD CHECK (refers_to IS NOT NULL OR NOT whole);
"""
_ONCE = "CREATE UNIQUE INDEX statement_cancelled_once ON statement (refers_to) WHERE whole"

_TABLES = """
CREATE TABLE statement_event (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    statement TEXT NOT NULL REFERENCES statement (number),
    step TEXT NOT NULL
        CHECK (step IN ('sent', 'confirmed', 'invoiced', 'disputed', 'resolved', 'cancelled')),
    body TEXT NOT NULL,
    reason TEXT,
    at BIGINT NOT NULL,
    noted_by TEXT NOT NULL
){strict};
CREATE INDEX statement_event_by_statement ON statement_event (statement, seq);
CREATE TABLE attachment (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id > 0),
    statement TEXT NOT NULL REFERENCES statement (number),
    name TEXT NOT NULL CHECK (length(name) > 0),
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 20971520),
    at BIGINT NOT NULL,
    attached_by TEXT NOT NULL
){strict};
CREATE INDEX attachment_by_statement ON attachment (statement, id);
CREATE TABLE credit_proposal (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id > 0),
    statement TEXT NOT NULL REFERENCES statement (number),
    lines TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (length(reason) > 0),
    at BIGINT NOT NULL,
    proposed_by TEXT NOT NULL
){strict};
CREATE TABLE credit_decision (
    proposal BIGINT NOT NULL PRIMARY KEY REFERENCES credit_proposal (id),
    credit TEXT REFERENCES statement (number),
    reason TEXT,
    at BIGINT NOT NULL,
    decided_by TEXT NOT NULL,
    CHECK ((credit IS NULL) = (reason IS NOT NULL))
){strict};
CREATE TABLE credited_line (
    statement TEXT NOT NULL REFERENCES statement (number),
    line BIGINT NOT NULL CHECK (line > 0),
    session TEXT,
    credit TEXT NOT NULL REFERENCES statement (number),
    PRIMARY KEY (statement, line)
){strict};
CREATE INDEX credited_line_by_session ON credited_line (session);
CREATE TABLE period_lock (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    start_on TEXT NOT NULL,
    end_on TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('soft', 'hard', 'open')),
    reason TEXT NOT NULL CHECK (length(reason) > 0),
    at BIGINT NOT NULL,
    noted_by TEXT NOT NULL,
    CHECK (start_on < end_on)
){strict};
"""

# Only a credit note of all that was left frees the days to be billed again.
_OVERLAP = """NEW.refers_to IS NULL AND EXISTS
    (SELECT 1 FROM statement s WHERE s.tenant = NEW.tenant AND s.refers_to IS NULL
        AND s.start_on < NEW.end_on AND s.end_on > NEW.start_on
        AND NOT EXISTS (SELECT 1 FROM statement c WHERE c.refers_to = s.number AND c.whole))"""
_ON_CANCELLED = """NEW.refers_to IS NOT NULL AND EXISTS
    (SELECT 1 FROM statement c WHERE c.refers_to = NEW.refers_to AND c.whole)"""
_STRANGE_LINE = """NOT EXISTS
    (SELECT 1 FROM statement c WHERE c.number = NEW.credit AND c.refers_to = NEW.statement)"""


def upgrade() -> None:
    """Let a statement have several credit notes; make the tables, then the triggers."""
    bind = op.get_bind()
    sqlite = bind.dialect.name == "sqlite"
    if sqlite:
        _rebuild_statement(bind)
    else:
        run(bind, _ALTERED)
    bind.exec_driver_sql(_ONCE)
    run(bind, _TABLES if sqlite else _TABLES.replace("BLOB", "BYTEA"))
    for table, key in _APPEND_ONLY.items():
        append_only(bind, table, key)
    refuse(bind, "statement_overlap", "INSERT", "statement", _OVERLAP, "statement-overlap")
    refuse(bind, "credit_of_cancelled", "INSERT", "statement", _ON_CANCELLED, "credit-of-cancelled")
    refuse(bind, "credited_line_strange", "INSERT", "credited_line", _STRANGE_LINE, "credit-line")


def _rebuild_statement(bind: Connection) -> None:
    run(bind, _ASIDE)
    run(bind, _STATEMENT)
    run(bind, _BACK)
    append_only(bind, "statement", ("number",))
