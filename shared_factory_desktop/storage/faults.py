"""What the database refuses or cannot do, as codes; the words live above."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError


class FaultCode(StrEnum):
    """Why a unit of work did not happen; nothing of it was stored."""

    TOO_NEW = "too-new"  # made by a newer version of the program
    OLD_SQLITE = "old-sqlite"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    CORRUPT = "corrupt"
    FULL = "full"  # no room left on the disk
    EXISTS = "exists"  # a backup never overwrites
    NOT_CREATED = "not-created"
    APPEND_ONLY = "append-only"
    FENCED = "fenced"  # another workstation took the bus over
    MACHINE_BUSY = "machine-busy"
    SESSION_CLOSED = "session-closed"
    OVERLAP = "overlap"  # the tenant has an issued statement over some of these days
    CONFLICT = "conflict"  # the same id was stored before with other contents
    RULE = "rule"  # any other constraint


class StorageFault(Exception):
    """A unit of work failed and was rolled back; `detail` says what the database said."""

    def __init__(self, code: FaultCode, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")


class MachineBusy(StorageFault):
    """The machine has an open session already."""

    def __init__(self, machine: str) -> None:
        self.machine = machine
        super().__init__(FaultCode.MACHINE_BUSY, machine)


# What our triggers and indexes, SQLite, and PostgreSQL (by SQLSTATE: its sentences may be in any
# language) say, in the order it is looked for.
_MARKS = (
    ("append-only", FaultCode.APPEND_ONLY),
    ("fenced", FaultCode.FENCED),
    ("session-closed", FaultCode.SESSION_CLOSED),
    ("statement-overlap", FaultCode.OVERLAP),
    ("session_one_open", FaultCode.MACHINE_BUSY),
    ("UNIQUE constraint failed: session.machine", FaultCode.MACHINE_BUSY),
    ("database is locked", FaultCode.BUSY),
    ("SQLSTATE 55P03", FaultCode.BUSY),  # lock_timeout
    ("SQLSTATE 40P01", FaultCode.BUSY),  # deadlock
    ("SQLSTATE 25P03", FaultCode.BUSY),  # idle_in_transaction_session_timeout
    ("malformed", FaultCode.CORRUPT),
    ("not a database", FaultCode.CORRUPT),
    ("SQLSTATE XX00", FaultCode.CORRUPT),
    ("disk is full", FaultCode.FULL),
    ("SQLSTATE 53100", FaultCode.FULL),
    ("no such table", FaultCode.NOT_CREATED),
    ("SQLSTATE 42P01", FaultCode.NOT_CREATED),
)


@contextmanager
def translated() -> Iterator[None]:
    """Raise StorageFault for every error of a database driver."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).strip().partition("\n")[0]
        state = getattr(error.orig, "sqlstate", None)
        marked = f"{said} SQLSTATE {state}"
        code = next((code for mark, code in _MARKS if mark in marked), _by_class(error))
        if code is None:
            raise  # a mistake of ours in SQL, not a state of the world
        raise StorageFault(code, said) from error


def _by_class(error: DBAPIError) -> FaultCode | None:
    if isinstance(error, IntegrityError | DataError):
        return FaultCode.RULE
    return FaultCode.UNREACHABLE if isinstance(error, OperationalError) else None
