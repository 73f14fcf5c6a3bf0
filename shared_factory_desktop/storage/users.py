"""Users of the program as stored."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update

from shared_factory_desktop.domain.users import Role, User
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.faults import FaultCode, StorageFault
from shared_factory_desktop.storage.rows import AccountRow


def add(tx: Transaction, user: User) -> None:
    """Store a new user; raises StorageFault (rule) for a name that is taken."""
    tx.add(AccountRow, {"name": user.name, **_values(user)})


def get(tx: Transaction, name: str) -> User | None:
    """Find a user by name."""
    row = tx.first(select(AccountRow).where(AccountRow.name == name))
    return _user(row) if row else None


def list_users(tx: Transaction) -> tuple[User, ...]:
    """Give all users by name."""
    return tuple(_user(row) for row in tx.all(select(AccountRow).order_by(AccountRow.name)))


def save(tx: Transaction, user: User) -> None:
    """Store a known user as it is now; raises StorageFault (conflict) for an unknown one."""
    change = update(AccountRow).where(AccountRow.name == user.name).values(**_values(user))
    if tx.run(change) == 0:
        raise StorageFault(FaultCode.CONFLICT, user.name)


def disable(tx: Transaction, name: str) -> None:
    """Keep a user from signing in; the name stays, as the audit trail refers to it."""
    tx.run(update(AccountRow).where(AccountRow.name == name).values(disabled=True))


def set_password(tx: Transaction, name: str, password_hash: str) -> None:
    """Store a new password hash and lift a lock."""
    values = {"password_hash": password_hash, "failures": 0, "locked_until": None}
    tx.run(update(AccountRow).where(AccountRow.name == name).values(**values))


def note_failure(tx: Transaction, name: str, locked_until: dt.datetime | None) -> None:
    """Count one more failed sign-in and lock the user until an instant, if given."""
    values = {"failures": AccountRow.failures + 1, "locked_until": locked_until}
    tx.run(update(AccountRow).where(AccountRow.name == name).values(**values))


def _values(user: User) -> dict[str, object]:
    return {
        "role": str(user.role),
        "password_hash": user.password_hash,
        "disabled": user.disabled,
        "failures": user.failures,
        "locked_until": user.locked_until,
    }


def _user(row: AccountRow) -> User:
    return User(
        row.name, Role(row.role), row.password_hash, row.disabled, row.failures, row.locked_until
    )
