"""Brings a schema to the newest revision inside the caller's transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from shared_factory_desktop.storage.faults import FaultCode, StorageFault

FOLDER = Path(__file__).parent / "migrations"


def newest(folder: Path = FOLDER) -> str:
    """Give the revision that this version of the program works with."""
    revision = ScriptDirectory(str(folder)).get_current_head()
    assert revision is not None
    return revision


def revision(connection: Connection) -> str | None:
    """Give the revision a database is at; None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def refuse_newer(current: str | None, folder: Path = FOLDER) -> None:
    """Raise StorageFault too-new for a revision this version of the program does not know."""
    if current is None:
        return
    try:
        ScriptDirectory(str(folder)).get_revision(current)
    except CommandError as error:
        raise StorageFault(FaultCode.TOO_NEW, current) from error


def upgrade(connection: Connection, folder: Path = FOLDER) -> None:
    """Run what is missing; the open transaction is the caller's to commit.

    Alembic takes SQLite for a database without transactional DDL, which would leave half a schema
    behind a failure; with BEGIN IMMEDIATE it has it.
    """
    script = ScriptDirectory(str(folder))

    def missing(current: Any, _context: object) -> Any:
        return script._upgrade_revs("head", current)  # noqa: SLF001 - as alembic.command does

    environment = EnvironmentContext(Config(), script, fn=missing, destination_rev="head")
    with environment:
        environment.configure(connection=connection, transactional_ddl=True)
        with environment.begin_transaction():
            environment.run_migrations()
