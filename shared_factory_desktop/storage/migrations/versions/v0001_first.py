"""The first schema: everything the program keeps, with the rules the database itself upholds.

A released migration never changes. The text is SQL both databases read, but for a few marks:
`BIGINT` and `BOOLEAN` are INTEGER on SQLite, `{strict}` makes its tables typed, `{decimal}` is a
check whose pattern language differs.
"""

from __future__ import annotations

from alembic import op

from shared_factory_desktop.storage.migrations.dialect import (
    append_only,
    refuse,
    run,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = {
    "reading": ("workstation", "seq"),
    "state_change": ("workstation", "seq"),
    "session_use": ("session",),
    "statement": ("number",),
    "statement_tariff": ("statement", "tariff", "valid_from"),
    "record": ("source", "seq"),
    "receipt": ("id",),
    "audit": ("seq",),
}

_SET_UP = """
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    last_seq BIGINT NOT NULL CHECK (last_seq > 0),
    head TEXT
){strict};
CREATE TABLE floor_item (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    position BIGINT NOT NULL,
    retired BOOLEAN NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id, valid_from)
){strict};
CREATE TABLE machine (id TEXT NOT NULL PRIMARY KEY){strict};
CREATE TABLE tenant (id TEXT NOT NULL PRIMARY KEY){strict};
CREATE TABLE platform (
    id TEXT NOT NULL PRIMARY KEY,
    retired BOOLEAN NOT NULL
){strict};
CREATE TABLE account (
    name TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('operator', 'technician', 'manager', 'administrator')),
    password_hash TEXT NOT NULL,
    disabled BOOLEAN NOT NULL,
    failures BIGINT NOT NULL CHECK (failures >= 0),
    locked_until BIGINT
){strict};
"""

_METERING = """
CREATE TABLE bus_lease (
    bus TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    epoch BIGINT NOT NULL CHECK (epoch > 0),
    until BIGINT NOT NULL
){strict};
CREATE TABLE agent (
    workstation TEXT NOT NULL PRIMARY KEY,
    pid BIGINT NOT NULL,
    at BIGINT NOT NULL,
    version TEXT NOT NULL
){strict};
CREATE TABLE reading (
    workstation TEXT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq > 0),
    meter TEXT NOT NULL,
    quantity TEXT NOT NULL,
    value TEXT CHECK ({decimal}),
    raw TEXT,
    at BIGINT NOT NULL,
    quality TEXT NOT NULL CHECK (quality IN ('good', 'suspect', 'substitute', 'missing')),
    reason TEXT NOT NULL,
    fault TEXT,
    monotonic_ns BIGINT NOT NULL,
    clock TEXT NOT NULL,
    profile TEXT NOT NULL,
    calibration BIGINT NOT NULL,
    bus TEXT,
    epoch BIGINT NOT NULL,
    hash TEXT NOT NULL CHECK (length(hash) = 64),
    PRIMARY KEY (workstation, seq),
    CHECK ((value IS NULL) = (quality = 'missing'))
){strict};
CREATE INDEX reading_by_meter ON reading (meter, quantity, at, seq);
CREATE TABLE state_change (
    workstation TEXT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq > 0),
    machine TEXT NOT NULL,
    at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('off', 'idle', 'working', 'unknown')),
    quality TEXT NOT NULL CHECK (quality IN ('good', 'suspect', 'substitute', 'missing')),
    PRIMARY KEY (workstation, seq)
){strict};
CREATE INDEX state_change_by_machine ON state_change (machine, at, seq);
CREATE TABLE request (
    id BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    bus TEXT NOT NULL,
    subject TEXT NOT NULL,
    count BIGINT NOT NULL CHECK (count > 0),
    reason TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    taken_by TEXT,
    taken_at BIGINT,
    answered_at BIGINT,
    answer TEXT
){strict};
CREATE INDEX request_waiting ON request (bus, id) WHERE taken_at IS NULL;
CREATE TABLE bus_health (
    bus TEXT NOT NULL PRIMARY KEY,
    workstation TEXT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL
){strict};
"""

_SESSIONS = """
CREATE TABLE session (
    id TEXT NOT NULL PRIMARY KEY,
    machine TEXT NOT NULL REFERENCES machine (id),
    tenant TEXT NOT NULL REFERENCES tenant (id),
    start_at BIGINT NOT NULL,
    job TEXT,
    end_at BIGINT,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'problem', 'corrected')),
    quality TEXT NOT NULL CHECK (quality IN ('good', 'suspect')),
    started_by TEXT NOT NULL,
    ended_by TEXT,
    CHECK ((state = 'open') = (end_at IS NULL)),
    CHECK (end_at IS NULL OR end_at >= start_at)
){strict};
CREATE UNIQUE INDEX session_one_open ON session (machine) WHERE state = 'open';
CREATE INDEX session_by_start ON session (start_at, id);
CREATE INDEX session_by_tenant ON session (tenant, start_at);
CREATE TABLE session_use (
    session TEXT NOT NULL PRIMARY KEY REFERENCES session (id),
    body TEXT NOT NULL
){strict};
CREATE TABLE automation (
    machine TEXT NOT NULL PRIMARY KEY REFERENCES machine (id),
    tenant TEXT NOT NULL REFERENCES tenant (id),
    job TEXT,
    enabled BOOLEAN NOT NULL
){strict};
"""

_BILLING = """
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
    UNIQUE (series, seq),
    UNIQUE (refers_to),
    CHECK (start_on < end_on)
){strict};
CREATE INDEX statement_by_tenant ON statement (tenant, start_on);
CREATE TABLE statement_tariff (
    statement TEXT NOT NULL REFERENCES statement (number),
    tariff TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    PRIMARY KEY (statement, tariff, valid_from)
){strict};
CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    workstation TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    before TEXT,
    after TEXT,
    result TEXT NOT NULL,
    hash TEXT NOT NULL CHECK (length(hash) = 64)
){strict};
"""

_SYNC = """
CREATE TABLE record (
    source TEXT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq > 0),
    type TEXT NOT NULL,
    at BIGINT NOT NULL,
    subject TEXT NOT NULL,
    data TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (source, seq)
){strict};
CREATE TABLE delivery (
    platform TEXT NOT NULL REFERENCES platform (id),
    source TEXT NOT NULL,
    seq BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'quarantined')),
    PRIMARY KEY (platform, source, seq),
    FOREIGN KEY (source, seq) REFERENCES record (source, seq)
){strict};
CREATE INDEX delivery_pending ON delivery (platform, source, seq) WHERE state = 'pending';
CREATE TABLE receipt (
    id BIGINT NOT NULL PRIMARY KEY,
    platform TEXT NOT NULL REFERENCES platform (id),
    source TEXT NOT NULL,
    seq BIGINT NOT NULL,
    answer TEXT NOT NULL CHECK (answer IN ('accepted', 'duplicate', 'rejected')),
    at BIGINT NOT NULL,
    receipt TEXT,
    code TEXT,
    message TEXT,
    FOREIGN KEY (source, seq) REFERENCES record (source, seq)
){strict};
CREATE INDEX receipt_by_record ON receipt (platform, source, seq, id);
CREATE TABLE platform_state (
    platform TEXT NOT NULL REFERENCES platform (id),
    source TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (platform, source)
){strict};
"""

_FENCED = """NEW.bus IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM bus_lease WHERE bus = NEW.bus AND epoch = NEW.epoch)"""

_CLOSED = """NOT ((OLD.state = 'open' AND NEW.state IN ('closed', 'problem')
        OR OLD.state IN ('closed', 'problem') AND NEW.state = 'corrected'
            AND NEW.end_at = OLD.end_at AND NEW.quality = OLD.quality
            AND COALESCE(NEW.ended_by, '') = COALESCE(OLD.ended_by, ''))
    AND NEW.id = OLD.id AND NEW.machine = OLD.machine AND NEW.tenant = OLD.tenant
    AND NEW.start_at = OLD.start_at AND COALESCE(NEW.job, '') = COALESCE(OLD.job, '')
    AND NEW.started_by = OLD.started_by)"""

# A credit note reverses its statement as a whole, so that the days are free to be billed again.
_OVERLAP = """NEW.refers_to IS NULL AND EXISTS
    (SELECT 1 FROM statement s WHERE s.tenant = NEW.tenant AND s.refers_to IS NULL
        AND s.start_on < NEW.end_on AND s.end_on > NEW.start_on
        AND NOT EXISTS (SELECT 1 FROM statement c WHERE c.refers_to = s.number))"""


def upgrade() -> None:
    """Make the tables, then the triggers that guard them."""
    bind = op.get_bind()
    for script in (_SET_UP, _METERING, _SESSIONS, _BILLING, _SYNC):
        run(bind, script)
    for table, key in _APPEND_ONLY.items():
        append_only(bind, table, key)
    refuse(bind, "reading_fenced", "INSERT", "reading", _FENCED, "fenced")
    refuse(bind, "session_closed", "UPDATE", "session", _CLOSED, "session-closed")
    refuse(bind, "session_kept", "DELETE", "session", "OLD.id IS NOT NULL", "append-only")
    refuse(bind, "statement_overlap", "INSERT", "statement", _OVERLAP, "statement-overlap")
