"""A user of the program and the role that says what they may do."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody does in the workshop."""

    OPERATOR = "operator"
    TECHNICIAN = "technician"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class User:
    """A user; `password_hash` is an argon2id string, `failures` counts sign-ins since the last
    good one.
    """

    name: str
    role: Role
    password_hash: str
    disabled: bool = False
    failures: int = 0
    locked_until: dt.datetime | None = None
