"""What a technician does with one meter: the jobs it tells of, its exchange, its credential."""

from __future__ import annotations

import datetime as dt

from shared_factory_desktop.domain.floor import Floor, Meter
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.identities import NEW, SWAPPED, seen_identity
from shared_factory_desktop.services.metering import MeteringParts
from shared_factory_desktop.services.profiles import Profiles
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import identities, jobs
from shared_factory_desktop.storage.database import Transaction
from shared_factory_desktop.storage.jobs import MachineJob as MachineJob  # what `jobs` gives

_WITH_KEY = "http"  # the transport of machines that want a key


class MeterService:
    """Meters of one factory, one by one."""

    def __init__(self, parts: MeteringParts, profiles: Profiles, trail: Trail) -> None:
        self._parts = parts
        self._profiles = profiles
        self._trail = trail

    def jobs(
        self, actor: Actor, meter_id: str, since: dt.datetime | None = None
    ) -> tuple[MachineJob, ...]:
        """Give the jobs that a machine told of, by end; instants UTC. Raises Refused."""
        require(actor, Permission.VIEW)
        with self._parts.database.read() as tx:
            _meter(stored_floor(tx), meter_id)
            return jobs.list_jobs(tx, meter_id, since)

    def accept(self, actor: Actor, meter_id: str, reason: str) -> str:
        """Accept the meter that answers now in the place of another; gives its number.

        Raises Refused where no other number was seen, it is accepted already, no reason is given,
        or the floor file says which meter has to be there.
        """
        require(actor, Permission.SET_UP)
        if not reason.strip():
            raise refused(Kind.INPUT, "reason-missing", meter=meter_id)
        with self._parts.database.write() as tx:
            meter = _meter(stored_floor(tx), meter_id)
            known = identities.latest(tx, [meter_id]).get(meter_id)
            found = self._found(tx, meter, known.identity if known else None)
            identities.accept(tx, meter_id, found, actor.name, reason.strip())
            self._trail.note(
                tx,
                actor.name,
                "meter.accept",
                meter_id,
                before={"identity": known.identity} if known else None,
                after={"identity": found, "reason": reason.strip()},
            )
        return found

    def log_in(self, actor: Actor, meter_id: str, credential: str) -> None:
        """Keep the key (or `user:password`) that a machine wants. Raises Refused."""
        require(actor, Permission.SET_UP)
        with self._parts.database.read() as tx:
            floor = stored_floor(tx)
        meter = _meter(floor, meter_id)
        bus = floor.bus(meter.bus)
        if bus is None or bus.transport != _WITH_KEY:
            seen = bus.transport if bus else "-"
            raise refused(Kind.INPUT, "no-credential", meter=meter_id, transport=seen)
        if not credential.strip() or not credential.isprintable():
            raise refused(Kind.INPUT, "credential-empty", meter=meter_id)
        self._parts.credentials.store(meter_id, credential.strip())
        with self._parts.database.write() as tx:
            self._trail.note(tx, actor.name, "meter.login", meter_id)

    def _found(self, tx: Transaction, meter: Meter, known: str | None) -> str:
        """Give the number to accept; raises Refused where there is none."""
        profile = self._profiles.get(meter.profile)
        if meter.serial_number and profile.identity is not None:
            number = meter.serial_number
            raise refused(Kind.INPUT, "identity-given", meter=meter.id, number=number)
        seen = seen_identity(tx, meter.bus, meter.id)
        if seen.state not in (NEW, SWAPPED) or seen.found is None or seen.found == known:
            raise refused(Kind.INPUT, "nothing-to-accept", meter=meter.id, found=seen.found or "-")
        return seen.found


def _meter(floor: Floor, meter_id: str) -> Meter:
    meter = floor.meter(meter_id)
    if meter is None:
        raise refused(Kind.INPUT, "unknown-meter", meter=meter_id)
    return meter
