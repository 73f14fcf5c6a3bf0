"""Writes the small database of the newest schema as SQL text, once per released schema.

Run from the top folder: `python -m tests.databases.dump` makes tests/databases/<revision>.sql.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from shared_factory_desktop.storage import migrate
from shared_factory_desktop.storage.database import Database
from tests.storage.filled import START, fill


def main() -> None:
    """Write the file; an existing one is left alone, as a released schema never changes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "factory.db"
        database = Database.open(path, lambda: START)
        database.create_or_migrate()
        fill(database)
        database.close()
        with closing(sqlite3.connect(str(path))) as connection:
            text = "\n".join(connection.iterdump()) + "\n"
    with (Path(__file__).parent / f"{migrate.newest()}.sql").open("x", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
