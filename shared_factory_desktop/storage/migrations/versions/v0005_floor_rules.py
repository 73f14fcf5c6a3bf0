"""Who may run what, when and for how much: qualifications, reservations, work orders, budgets."""

from __future__ import annotations

from alembic import op

from shared_factory_desktop.storage.migrations.dialect import append_only, refuse, run

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_APPEND_ONLY = {
    "qualification": ("id",),
    "qualification_revocation": ("qualification",),
    "qualification_rule": ("seq",),
    "reservation": ("id",),
    "reservation_cancellation": ("reservation",),
    "reservation_grace": ("seq",),
    "work_order": ("id",),
    "work_order_closing": ("work_order",),
    "budget": ("seq",),
}

_QUALIFICATIONS = """
CREATE TABLE qualification (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenant (id),
    person TEXT,
    scope TEXT NOT NULL CHECK (scope IN ('machine', 'kind')),
    subject TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    certificate TEXT NOT NULL,
    at BIGINT NOT NULL,
    added_by TEXT NOT NULL,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
){strict};
CREATE INDEX qualification_by_tenant ON qualification (tenant, id);
CREATE TABLE qualification_revocation (
    qualification TEXT NOT NULL PRIMARY KEY REFERENCES qualification (id),
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    revoked_by TEXT NOT NULL
){strict};
CREATE TABLE qualification_rule (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    scope TEXT NOT NULL CHECK (scope IN ('machine', 'kind')),
    subject TEXT NOT NULL,
    required BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    ruled_by TEXT NOT NULL
){strict};
"""

_RESERVATIONS = """
CREATE TABLE reservation (
    id TEXT NOT NULL PRIMARY KEY,
    machine TEXT NOT NULL REFERENCES machine (id),
    tenant TEXT NOT NULL REFERENCES tenant (id),
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    job TEXT,
    grace_s BIGINT NOT NULL CHECK (grace_s > 0),
    at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    CHECK (start_at < end_at)
){strict};
CREATE INDEX reservation_by_machine ON reservation (machine, start_at);
CREATE TABLE reservation_cancellation (
    reservation TEXT NOT NULL PRIMARY KEY REFERENCES reservation (id),
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    cancelled_by TEXT NOT NULL
){strict};
CREATE TABLE reservation_grace (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    machine TEXT NOT NULL REFERENCES machine (id),
    grace_s BIGINT NOT NULL CHECK (grace_s > 0),
    at BIGINT NOT NULL,
    ruled_by TEXT NOT NULL
){strict};
"""

_MONEY = """
CREATE TABLE work_order (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenant (id),
    name TEXT NOT NULL,
    value TEXT CHECK ({decimal value}),
    target_pieces BIGINT CHECK (target_pieces > 0),
    at BIGINT NOT NULL,
    opened_by TEXT NOT NULL
){strict};
CREATE TABLE work_order_closing (
    work_order TEXT NOT NULL PRIMARY KEY REFERENCES work_order (id),
    at BIGINT NOT NULL,
    closed_by TEXT NOT NULL
){strict};
CREATE TABLE budget (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    contract TEXT NOT NULL,
    amount_fen BIGINT CHECK (amount_fen > 0),
    period TEXT NOT NULL CHECK (period IN ('month', 'total')),
    warn TEXT NOT NULL CHECK ({decimal warn}),
    at BIGINT NOT NULL,
    set_by TEXT NOT NULL
){strict};
CREATE INDEX budget_by_contract ON budget (contract, seq);
"""

# A reservation that nobody began in time holds nothing any more: domain/reservations.py says the
# same in Python. Writers follow one another (storage/engine.py), so that none looks past another.
_TAKEN = """EXISTS
    (SELECT 1 FROM reservation r WHERE r.machine = NEW.machine
        AND r.start_at < NEW.end_at AND r.end_at > NEW.start_at
        AND NOT EXISTS
            (SELECT 1 FROM reservation_cancellation c WHERE c.reservation = r.id)
        AND (r.start_at + r.grace_s * 1000000 > NEW.at OR EXISTS
            (SELECT 1 FROM session s WHERE s.machine = r.machine AND s.tenant = r.tenant
                AND s.state <> 'corrected'
                AND s.start_at < r.start_at + r.grace_s * 1000000 AND s.start_at < r.end_at
                AND (s.end_at IS NULL OR s.end_at > r.start_at
                    OR s.start_at >= r.start_at))))"""


def upgrade() -> None:
    """Make the tables, then the triggers that guard them."""
    bind = op.get_bind()
    for script in (_QUALIFICATIONS, _RESERVATIONS, _MONEY):
        run(bind, script)
    for table, key in _APPEND_ONLY.items():
        append_only(bind, table, key)
    refuse(bind, "reservation_taken", "INSERT", "reservation", _TAKEN, "reservation-taken")
