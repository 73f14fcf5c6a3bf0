"""What meters call themselves, and the jobs that machines remember: both kept for ever."""

from __future__ import annotations

from alembic import op

from shared_factory_desktop.storage.migrations.dialect import append_only, run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE meter_identity (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    meter TEXT NOT NULL,
    identity TEXT NOT NULL CHECK (length(identity) > 0),
    at BIGINT NOT NULL,
    accepted_by TEXT NOT NULL,
    reason TEXT NOT NULL
){strict};
CREATE INDEX meter_identity_by_meter ON meter_identity (meter, seq);
CREATE TABLE machine_job (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    meter TEXT NOT NULL,
    job TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    start_at BIGINT,
    end_at BIGINT,
    run_time_s TEXT CHECK ({decimal run_time_s}),
    filament_mm TEXT CHECK ({decimal filament_mm}),
    estimated BOOLEAN NOT NULL,
    stored_at BIGINT NOT NULL
){strict};
CREATE INDEX machine_job_by_id ON machine_job (meter, job);
"""


def upgrade() -> None:
    """Make the tables, then the triggers that guard them."""
    bind = op.get_bind()
    run(bind, _TABLES)
    for table in ("meter_identity", "machine_job"):
        append_only(bind, table, ("seq",))
