"""Seals rows that were stored before their table had seals (storage/seals.py)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

from shared_factory_desktop.domain.chain import GENESIS, link
from shared_factory_desktop.storage.seals import digest

_LAST = text("SELECT last_seq, head FROM counter WHERE name = 'seal'")
_SEAL = text("INSERT INTO seal VALUES (:seq, :subject, :key, :sha256, :hash)")
_FORGET = text("DELETE FROM counter WHERE name = 'seal'")
_KEEP = text("INSERT INTO counter VALUES ('seal', :seq, :hash)")


def seal_rows(bind: Connection, keys: Mapping[str, str]) -> None:
    """Seal all rows of tables; `keys` gives each one's key columns, `, ` between, by name."""
    last = bind.execute(_LAST).fetchone()
    before = seq = last[0] if last else 0
    head = last[1] if last else GENESIS
    for table, key in keys.items():
        for row in bind.exec_driver_sql(f"SELECT * FROM {table} ORDER BY {key}").mappings():
            seq += 1
            named = "/".join(str(row[column]) for column in key.split(", "))
            body = {"seq": seq, "subject": table, "key": named, "sha256": digest({**row})}
            head = link(head, body)
            bind.execute(_SEAL, {**body, "hash": head})
    if seq > before:
        bind.execute(_FORGET)
        bind.execute(_KEEP, {"seq": seq, "hash": head})
