"""Which session was billed for which days, and where readings that are not good are found."""

from __future__ import annotations

import json
from typing import Any

from alembic import op
from sqlalchemy import text

from shared_factory_desktop.storage.migrations.dialect import append_only, run
from shared_factory_desktop.storage.migrations.sealing import seal_rows

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BILLED = """
CREATE TABLE billed_session (
    statement TEXT NOT NULL REFERENCES statement (number),
    session TEXT NOT NULL REFERENCES session (id),
    start_on TEXT NOT NULL,
    settled BOOLEAN NOT NULL,
    PRIMARY KEY (statement, session, start_on)
){strict};
CREATE INDEX billed_session_by_session ON billed_session (session);
CREATE INDEX reading_not_good ON reading (meter, quantity, at) WHERE quality <> 'good';
"""


_FILL = text(
    "INSERT INTO billed_session SELECT :statement, id, :start_on, :settled"
    " FROM session WHERE id = :session"
)


def upgrade() -> None:
    """Make the table and fill it from the statements there are."""
    bind = op.get_bind()
    run(bind, _BILLED)
    found = bind.exec_driver_sql(
        "SELECT number, start_on, end_on, document, context FROM statement WHERE refers_to IS NULL"
    )
    for number, start_on, end_on, document, context in found.fetchall():
        for session, settled in _sessions(json.loads(document), json.loads(context), end_on):
            values = {
                "statement": number,
                "session": session,
                "start_on": start_on,
                "settled": settled,
            }
            bind.execute(_FILL, values)
    seal_rows(bind, {"billed_session": "statement, session, start_on"})
    append_only(bind, "billed_session", ("statement", "session", "start_on"))


def _sessions(
    document: dict[str, Any], context: dict[str, Any], end_on: str
) -> set[tuple[str, bool]]:
    """Give the sessions of a statement, and whether each had ended in its days, local time."""
    midnight = f"{end_on}T00:00:00"
    return {
        (line["session"], names["end"] is not None and names["end"][: len(midnight)] <= midnight)
        for line, names in zip(document.get("lines", ()), context.get("lines", ()), strict=True)
        if line["session"] is not None
    }
