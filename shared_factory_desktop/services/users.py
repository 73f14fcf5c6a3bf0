"""Who may do what: users, roles, permissions and signing in."""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.users import Role, User
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.storage import users as rows
from shared_factory_desktop.storage.database import Database, Transaction

__all__ = ["Actor", "Permission", "Role", "UserService", "allowed", "require"]

MIN_PASSWORD_LENGTH = 8
_FREE_FAILURES = 5  # then 30 s, doubling to 15 min (reference/reliability 4.3, check 3)
_FIRST_LOCK_S = 30
_LONGEST_LOCK_S = 900


class Permission(StrEnum):
    """What a role may be allowed to do."""

    VIEW = "view"
    RUN_SESSIONS = "run-sessions"
    SET_UP = "set-up"
    BILL = "bill"
    SYNC = "sync"
    MANAGE_USERS = "manage-users"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset({Permission.VIEW, Permission.RUN_SESSIONS}),
    Role.TECHNICIAN: frozenset({Permission.VIEW, Permission.RUN_SESSIONS, Permission.SET_UP}),
    Role.MANAGER: frozenset(set(Permission) - {Permission.MANAGE_USERS}),
    Role.ADMINISTRATOR: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in user; every service call names one."""

    name: str
    role: Role


AGENT = Actor("agent", Role.TECHNICIAN)  # the metering process, acting for itself


def allowed(actor: Actor, permission: Permission) -> bool:
    """Tell whether the actor's role has the permission."""
    return permission in PERMISSIONS[actor.role]


def require(actor: Actor, permission: Permission) -> None:
    """Raise Refused (not allowed) where the actor's role lacks the permission."""
    if not allowed(actor, permission):
        raise refused(
            Kind.NOT_ALLOWED, "role", user=actor.name, role=actor.role, permission=permission
        )


class UserService:
    """Users of one factory."""

    def __init__(self, database: Database, trail: Trail, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._trail = trail
        self._now = now
        self._hasher = PasswordHasher()

    def names(self) -> tuple[str, ...]:
        """Names of the users who may sign in."""
        with self._database.read() as tx:
            return tuple(user.name for user in rows.list_users(tx) if not user.disabled)

    def create_first(self, name: str, password: str) -> None:
        """Create the first administrator; raises Refused where there is a user already."""
        _check_password(password)
        hashed = self._hasher.hash(password)
        with self._database.write() as tx:
            if rows.list_users(tx):
                raise refused(Kind.INPUT, "already-created")
            rows.add(tx, User(name, Role.ADMINISTRATOR, hashed))
            self._trail.note(tx, name, "user.add", name, after={"role": "administrator"})

    def sign_in(self, name: str, password: str) -> Actor:
        """Give the actor for a name and password; raises Refused, the same for both being wrong.

        Failures are counted in the database, so that a restart does not shorten a lock.
        """
        with self._database.read() as tx:
            user = rows.get(tx, name)
        if user is None or user.disabled:
            raise refused(Kind.NOT_ALLOWED, "sign-in", user=name)
        now = self._now()
        if user.locked_until and user.locked_until > now:
            wait_s = int((user.locked_until - now).total_seconds()) + 1
            raise refused(Kind.NOT_ALLOWED, "locked", user=name, wait_s=wait_s)
        if not self._matches(user, password):
            self._fail(user)
            raise refused(Kind.NOT_ALLOWED, "sign-in", user=name)
        if user.failures:
            with self._database.write() as tx:
                rows.save(tx, replace(user, failures=0, locked_until=None))
        return Actor(user.name, user.role)

    def list(self, actor: Actor) -> builtins.list[User]:
        """List all users."""
        require(actor, Permission.MANAGE_USERS)
        with self._database.read() as tx:
            return [*rows.list_users(tx)]

    def add(self, actor: Actor, name: str, role: Role, password: str) -> None:
        """Add a user; raises Refused for a name that is taken or a password that is too short."""
        require(actor, Permission.MANAGE_USERS)
        _check_password(password)
        hashed = self._hasher.hash(password)
        with self._database.write() as tx:
            if rows.get(tx, name) is not None:
                raise refused(Kind.INPUT, "user-exists", user=name)
            rows.add(tx, User(name, role, hashed))
            self._trail.note(tx, actor.name, "user.add", name, after={"role": str(role)})

    def disable(self, actor: Actor, name: str) -> None:
        """Disable a user; the last administrator cannot be."""
        require(actor, Permission.MANAGE_USERS)
        with self._database.write() as tx:
            user = self._known(tx, name)
            others = [
                other
                for other in rows.list_users(tx)
                if other.role is Role.ADMINISTRATOR and not other.disabled and other.name != name
            ]
            if user.role is Role.ADMINISTRATOR and not others:
                raise refused(Kind.INPUT, "last-administrator", user=name)
            rows.save(tx, replace(user, disabled=True))
            self._trail.note(tx, actor.name, "user.disable", name)

    def set_password(self, actor: Actor, name: str, password: str) -> None:
        """Set a password: one's own, or anybody's as an administrator."""
        if actor.name != name:
            require(actor, Permission.MANAGE_USERS)
        _check_password(password)
        hashed = self._hasher.hash(password)
        with self._database.write() as tx:
            user = self._known(tx, name)
            rows.save(tx, replace(user, password_hash=hashed, failures=0, locked_until=None))
            self._trail.note(tx, actor.name, "user.password", name)

    def _matches(self, user: User, password: str) -> bool:
        try:
            return self._hasher.verify(user.password_hash, password)
        except VerificationError:
            return False

    def _fail(self, user: User) -> None:
        with self._database.write() as tx:
            fresh = self._known(tx, user.name)
            failures = fresh.failures + 1
            until = fresh.locked_until
            if failures >= _FREE_FAILURES:
                lock_s = min(_FIRST_LOCK_S << (failures - _FREE_FAILURES), _LONGEST_LOCK_S)
                until = self._now() + dt.timedelta(seconds=lock_s)
            rows.save(tx, replace(fresh, failures=failures, locked_until=until))
            self._trail.note(tx, user.name, "sign-in", user.name, result="refused")

    @staticmethod
    def _known(tx: Transaction, name: str) -> User:
        user = rows.get(tx, name)
        if user is None:
            raise refused(Kind.INPUT, "unknown-user", user=name)
        return user


def _check_password(password: str) -> None:
    if len(password) < MIN_PASSWORD_LENGTH:
        raise refused(Kind.INPUT, "short-password", length=len(password), least=MIN_PASSWORD_LENGTH)
