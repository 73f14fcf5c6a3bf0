"""Metering corrections: what is proposed to be given back or billed after a calibration, what was
decided, and on which statement each line stands.
"""

from __future__ import annotations

from alembic import op

from shared_factory_desktop.storage.migrations.dialect import append_only, refuse, run

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_APPEND_ONLY = {
    "adjustment_proposal": ("id",),
    "adjustment_decision": ("proposal",),
    "adjustment_line": ("proposal", "position", "statement"),
}

_TABLES = """
CREATE TABLE adjustment_proposal (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id > 0),
    certificate TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    items TEXT NOT NULL,
    at BIGINT NOT NULL,
    proposed_by TEXT NOT NULL,
    FOREIGN KEY (certificate, version) REFERENCES calibration (number, version)
){strict};
CREATE INDEX adjustment_proposal_by_certificate ON adjustment_proposal (certificate, id);
CREATE TABLE adjustment_decision (
    proposal BIGINT NOT NULL PRIMARY KEY REFERENCES adjustment_proposal (id),
    reason TEXT,
    at BIGINT NOT NULL,
    decided_by TEXT NOT NULL
){strict};
CREATE TABLE adjustment_line (
    proposal BIGINT NOT NULL REFERENCES adjustment_proposal (id),
    position BIGINT NOT NULL CHECK (position > 0),
    statement TEXT NOT NULL REFERENCES statement (number),
    PRIMARY KEY (proposal, position, statement)
){strict};
CREATE INDEX adjustment_line_by_statement ON adjustment_line (statement);
"""

# It is billed again only where the statement it stood on was taken back whole.
_BILLED_TWICE = """EXISTS
    (SELECT 1 FROM adjustment_line a
        WHERE a.proposal = NEW.proposal AND a.position = NEW.position
        AND NOT EXISTS (SELECT 1 FROM statement s WHERE s.refers_to = a.statement AND s.whole))"""
_NOT_APPROVED = """NOT EXISTS
    (SELECT 1 FROM adjustment_decision d WHERE d.proposal = NEW.proposal AND d.reason IS NULL)"""
_BY_ITSELF = """NEW.reason IS NULL AND EXISTS
    (SELECT 1 FROM adjustment_proposal p
        WHERE p.id = NEW.proposal AND p.proposed_by = NEW.decided_by)"""


def upgrade() -> None:
    """Make the tables, then the triggers that guard them."""
    bind = op.get_bind()
    run(bind, _TABLES)
    for table, key in _APPEND_ONLY.items():
        append_only(bind, table, key)
    refuse(
        bind, "adjustment_line_twice", "INSERT", "adjustment_line", _BILLED_TWICE, "adjusted-twice"
    )
    refuse(bind, "adjustment_line_open", "INSERT", "adjustment_line", _NOT_APPROVED, "not-approved")
    refuse(
        bind, "adjustment_decision_own", "INSERT", "adjustment_decision", _BY_ITSELF, "own-approval"
    )
