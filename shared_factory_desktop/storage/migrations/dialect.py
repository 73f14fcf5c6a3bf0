"""The few places where SQLite and PostgreSQL say the same schema in different words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection

_SQLITE_DECIMAL = r"""\1 NOT GLOB '*[^-0-9.]*' AND \1 GLOB '*[0-9]'
        AND \1 NOT GLOB '?*-*' AND \1 NOT GLOB '*.*.*'
        AND (\1 GLOB '[0-9]*' OR \1 GLOB '-[0-9]*')"""
_POSTGRESQL_DECIMAL = r"\1 ~ '^-?[0-9]+([.][0-9]+)?$'"
_DECIMAL = re.compile(r"\{decimal (\w+)\}")


def run(bind: Connection, script: str) -> None:
    """Run each statement of a script written for both databases (see v0001)."""
    sqlite = bind.dialect.name == "sqlite"
    decimal = _SQLITE_DECIMAL if sqlite else _POSTGRESQL_DECIMAL
    script = script.replace("{decimal}", "{decimal value}")
    for statement in script.split(";"):
        if statement.strip():
            sql = statement.replace("{strict}", " STRICT" if sqlite else "")
            sql = _DECIMAL.sub(decimal, sql)
            if sqlite:
                sql = sql.replace("BIGINT", "INTEGER").replace("BOOLEAN", "INTEGER")
            bind.exec_driver_sql(sql)


def append_only(bind: Connection, table: str, key: Sequence[str]) -> None:
    """Refuse every change of stored rows of a table, whatever tool tries it.

    On SQLite an INSERT OR REPLACE deletes without a trigger unless the connection asks for
    recursive ones, so an insert over a stored key is refused too.
    """
    for event in ("UPDATE", "DELETE"):
        name = f"{table}_no_{event.lower()}"
        refuse(bind, name, event, table, f"OLD.{key[0]} IS NOT NULL", f"append-only {table}")
    if bind.dialect.name == "sqlite":
        same = " AND ".join(f"{column} = NEW.{column}" for column in key)
        exists = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"
        refuse(bind, f"{table}_no_replace", "INSERT", table, exists, f"append-only {table}")
        return
    bind.exec_driver_sql(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_no_delete()"
    )


def refuse(bind: Connection, name: str, event: str, table: str, when: str, message: str) -> None:
    """Make a trigger that refuses an event where a condition on OLD and NEW holds."""
    if bind.dialect.name == "sqlite":
        bind.exec_driver_sql(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {when}"
            f" BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    kept = "OLD" if event == "DELETE" else "NEW"
    # TG_OP comes first and alone: a statement trigger (TRUNCATE) has no OLD to look at.
    bind.exec_driver_sql(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN"
        f" IF TG_OP = 'TRUNCATE' THEN RAISE EXCEPTION '{message}' USING ERRCODE = '23514'; END IF;"
        f" IF {when} THEN RAISE EXCEPTION '{message}' USING ERRCODE = '23514'; END IF;"
        f" RETURN {kept}; END $body$"
    )
    bind.exec_driver_sql(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )
