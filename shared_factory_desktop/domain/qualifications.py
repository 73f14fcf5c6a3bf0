"""Who is qualified to run a machine: certificates by tenant, from a day until a day, revocable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared_factory_desktop.domain.floor import Machine

EXPIRES_SOON = dt.timedelta(days=30)


class Scope(StrEnum):
    """What a qualification, or the rule that asks for one, is about."""

    MACHINE = "machine"
    KIND = "kind"


class Standing(StrEnum):
    """What a qualification is worth on a day."""

    VALID = "valid"
    EXPIRING = "expiring"  # valid, for 30 days at most
    EARLY = "early"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Qualification:
    """A tenant's right to run the machine or kind `subject`, local days [valid_from, valid_to).

    `person` is the one who holds the certificate, None where the tenant answers for its people;
    `revoked` says why it ended before its time.
    """

    id: str
    tenant: str
    scope: Scope
    subject: str
    valid_from: dt.date
    valid_to: dt.date | None
    certificate: str
    person: str | None = None
    revoked: str | None = None

    def covers(self, machine: Machine) -> bool:
        """Tell whether it is about this machine, by its id or its kind."""
        return self.subject == (machine.id if self.scope is Scope.MACHINE else machine.kind)

    def standing(self, day: dt.date) -> Standing:
        """Say what it is worth on a local day."""
        if self.revoked is not None:
            return Standing.REVOKED
        if day < self.valid_from:
            return Standing.EARLY
        if self.valid_to is None or day + EXPIRES_SOON < self.valid_to:
            return Standing.VALID
        return Standing.EXPIRING if day < self.valid_to else Standing.EXPIRED


def asks(rules: Mapping[tuple[Scope, str], bool], machine: Machine) -> bool:
    """Tell whether a machine asks for a qualification; its own rule goes before its kind's."""
    by_kind = rules.get((Scope.KIND, machine.kind), False)
    return rules.get((Scope.MACHINE, machine.id), by_kind)


def best(held: Iterable[Qualification], day: dt.date) -> Qualification | None:
    """Give the qualification of most worth on a day, the newest of several alike."""
    worth = tuple(Standing)
    ordered = sorted(reversed(list(held)), key=lambda one: worth.index(one.standing(day)))
    return ordered[0] if ordered else None
