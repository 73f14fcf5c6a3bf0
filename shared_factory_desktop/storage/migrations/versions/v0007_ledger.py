"""The tenants' ledger: double entry, and innovation vouchers."""

from __future__ import annotations

from alembic import op

from shared_factory_desktop.storage.migrations.dialect import append_only, refuse, run

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_APPEND_ONLY = {
    "ledger_transaction": ("seq",),
    "ledger_line": ("transaction_seq", "position"),
    "voucher": ("number",),
    "voucher_refusal": ("voucher",),
}

# Lines come first and wait for their transaction until the unit of work ends.
_LEDGER = """
CREATE TABLE ledger_transaction (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    tenant TEXT NOT NULL REFERENCES tenant (id),
    booked_on TEXT NOT NULL,
    refers TEXT,
    method TEXT CHECK (method IN ('bank', 'cash', 'e-cny')),
    reference TEXT CHECK (reference <> ''),
    reverses BIGINT UNIQUE REFERENCES ledger_transaction (seq),
    reason TEXT,
    booked_by TEXT NOT NULL,
    hash TEXT NOT NULL,
    CHECK ((method IS NULL) = (reference IS NULL)),
    CHECK ((event = 'reversal') = (reverses IS NOT NULL)),
    CHECK (reverses < seq)
){strict};
CREATE INDEX ledger_by_tenant ON ledger_transaction (tenant, seq);
CREATE INDEX ledger_by_slip ON ledger_transaction (method, reference);
CREATE TABLE ledger_line (
    transaction_seq BIGINT NOT NULL
        REFERENCES ledger_transaction (seq) DEFERRABLE INITIALLY DEFERRED,
    position BIGINT NOT NULL CHECK (position > 0),
    account TEXT NOT NULL CHECK (account IN ('receivable', 'revenue', 'output-vat', 'bank',
        'cash', 'e-cny', 'prepaid', 'deposit', 'voucher-receivable', 'rounding')),
    item TEXT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen <> 0),
    PRIMARY KEY (transaction_seq, position)
){strict};
CREATE INDEX ledger_line_by_item ON ledger_line (account, item);
CREATE TABLE voucher (
    number TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenant (id),
    issuer TEXT NOT NULL,
    face_fen BIGINT NOT NULL CHECK (face_fen > 0),
    share TEXT NOT NULL CHECK ({decimal share}),
    expires TEXT NOT NULL,
    at BIGINT NOT NULL,
    added_by TEXT NOT NULL
){strict};
CREATE TABLE voucher_refusal (
    voucher TEXT NOT NULL PRIMARY KEY REFERENCES voucher (number),
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    refused_by TEXT NOT NULL
){strict};
"""

_SEALED = "EXISTS (SELECT 1 FROM ledger_transaction WHERE seq = NEW.transaction_seq)"
_UNBALANCED = """COALESCE(
    (SELECT SUM(amount_fen) FROM ledger_line WHERE transaction_seq = NEW.seq), 1) <> 0"""
_GAP = "NEW.seq <> 1 + COALESCE((SELECT MAX(seq) FROM ledger_transaction), 0)"
_SLIP_BOOKED = """NEW.reference IS NOT NULL AND EXISTS
    (SELECT 1 FROM ledger_transaction t
        WHERE t.method = NEW.method AND t.reference = NEW.reference AND NOT EXISTS
            (SELECT 1 FROM ledger_transaction r WHERE r.reverses = t.seq))"""
# A debit balance of what is owed to the tenant: more went than ever came.
_OVERDRAWN = """EXISTS
    (SELECT 1 FROM ledger_line n
        WHERE n.transaction_seq = NEW.seq AND n.amount_fen > 0
            AND n.account IN ('prepaid', 'deposit') AND 0 <
            (SELECT SUM(l.amount_fen) FROM ledger_line l
                WHERE l.transaction_seq = NEW.seq AND l.account = n.account) + COALESCE(
            (SELECT SUM(l.amount_fen) FROM ledger_transaction t
                JOIN ledger_line l ON l.transaction_seq = t.seq
                WHERE t.tenant = NEW.tenant AND l.account = n.account), 0))"""
_OTHER_LINES = """NEW.reverses IS NOT NULL AND (EXISTS
    (SELECT 1 FROM ledger_transaction t WHERE t.seq = NEW.reverses
        AND (t.tenant <> NEW.tenant OR t.reverses IS NOT NULL))
    OR EXISTS
    (SELECT 1 FROM ledger_line l WHERE l.transaction_seq IN (NEW.seq, NEW.reverses)
        GROUP BY l.position HAVING SUM(l.amount_fen) <> 0 OR MIN(l.account) <> MAX(l.account)
            OR MIN(l.item) <> MAX(l.item)))"""


def upgrade() -> None:
    """Make the tables, then the triggers that guard them."""
    bind = op.get_bind()
    run(bind, _LEDGER)
    for table, key in _APPEND_ONLY.items():
        append_only(bind, table, key)
    refuse(bind, "ledger_line_sealed", "INSERT", "ledger_line", _SEALED, "ledger-sealed")
    for name, when in (
        ("unbalanced", _UNBALANCED),
        ("gap", _GAP),
        ("slip_booked", _SLIP_BOOKED),
        ("overdrawn", _OVERDRAWN),
        ("other_lines", _OTHER_LINES),
    ):
        message = f"ledger-{name.replace('_', '-')}"
        refuse(bind, f"ledger_{name}", "INSERT", "ledger_transaction", when, message)
