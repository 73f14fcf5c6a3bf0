"""Holds a bus that no agent meters, for as long as a person works on its line."""

from __future__ import annotations

import datetime as dt
import time
from typing import Self

from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.services.bus_leases import free_dead, reader_holder
from shared_factory_desktop.services.metering import MeteringParts
from shared_factory_desktop.storage import leases

_LEASE = dt.timedelta(seconds=120)  # one device's profiles may take a minute to try
_RENEW_S = 20.0


class BorrowedBus:
    """A bus's lease as a context; `keep` is to be called every few seconds while it lasts."""

    def __init__(self, parts: MeteringParts, bus: str) -> None:
        self._parts = parts
        self._bus = bus

    def __enter__(self) -> Self:
        """Take the lease; raises Refused where somebody else has it."""
        parts = self._parts
        with parts.database.write() as tx:
            free_dead(tx, parts.workstation, self._bus)
            lease = leases.acquire(tx, self._bus, reader_holder(parts.workstation), _LEASE)
            holder = leases.get(tx, self._bus)
        if lease is None:
            name = holder.holder if holder else ""
            raise refused(Kind.UNREACHABLE, "lease-held", bus=self._bus, holder=name)
        self._lease = lease
        self._renew_s = time.monotonic() + _RENEW_S
        return self

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        with self._parts.database.write() as tx:
            leases.release(tx, self._lease)

    def keep(self) -> None:
        """Prolong the lease when it is time to."""
        if time.monotonic() >= self._renew_s:
            self._renew_s = time.monotonic() + _RENEW_S
            with self._parts.database.write() as tx:
                leases.renew(tx, self._lease, _LEASE)
