"""Which contract covers a session and which version of its tariff prices it."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter

from shared_factory_desktop.domain.floor import Contract, Floor
from shared_factory_desktop.domain.periods import Period
from shared_factory_desktop.domain.tariff import Tariff

_BY_START = attrgetter("valid_from")


class Agreements:
    """The contracts and tariff versions of a floor, found by day (pricing contract, fine print 8
    and 9).
    """

    def __init__(self, floor: Floor) -> None:
        self._kinds = {machine.id: machine.kind for machine in floor.machines}
        self._contracts: dict[str, list[Contract]] = {}
        for contract in floor.contracts:
            self._contracts.setdefault(contract.tenant, []).append(contract)
        self._versions: dict[str, list[Tariff]] = {}
        for tariff in sorted(floor.tariffs, key=_BY_START):
            self._versions.setdefault(tariff.id, []).append(tariff)

    def contracts(self, tenant: str) -> Sequence[Contract]:
        """Give a tenant's contracts in file order."""
        return self._contracts.get(tenant, ())

    def contract(self, tenant: str, machine: str, day: dt.date) -> Contract | None:
        """Find the contract in force on a day; one that names the machine wins over its kind."""
        in_force = [c for c in self.contracts(tenant) if _holds(c, day)]
        for contract in in_force:
            if machine in contract.machines:
                return contract
        kind = self._kinds.get(machine)
        return next((c for c in in_force if kind in c.kinds), None)

    def tariff(self, contract: Contract, day: dt.date) -> Tariff | None:
        """Find the version of the contract's tariff in force on a day."""
        versions = self._versions.get(contract.tariff, [])
        newer = bisect_right(versions, day, key=_BY_START)
        return versions[newer - 1] if newer else None


def covered(contract: Contract, period: Period) -> Period | None:
    """Give the part of the period in which the contract is in force."""
    start = max(period.start, contract.valid_from)
    end = min(period.end, contract.valid_to or period.end)
    return Period(start, end) if start < end else None


def _holds(contract: Contract, day: dt.date) -> bool:
    return contract.valid_from <= day and (contract.valid_to is None or day < contract.valid_to)
