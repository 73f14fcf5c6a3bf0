"""Whose number a meter shows: the first one is kept by itself, another one only by a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from shared_factory_desktop.acquisition.health import BusHealth
from shared_factory_desktop.storage import health, identities
from shared_factory_desktop.storage.database import Transaction

FIRST_SEEN = "first-seen"
FLOOR_FILE = "floor-file"  # the set-up says which number a meter has
SWAPPED = "swapped"
NEW = "new"


@dataclass(frozen=True, slots=True)
class SeenIdentity:
    """The number a meter showed last; `state` none, new, same or swapped."""

    state: str = "none"
    expected: str | None = None
    found: str | None = None


def known_identities(tx: Transaction, meters: Collection[str]) -> dict[str, str]:
    """Give the number each meter was accepted under last."""
    return {meter: last.identity for meter, last in identities.latest(tx, meters).items()}


def store_new(
    tx: Transaction, seen: Collection[BusHealth], known: Mapping[str, str], by: str
) -> dict[str, str]:
    """Keep and give the numbers of meters that showed one for the first time.

    A meter of which a number is `known`, or stored by others meanwhile, is not among them.
    """
    shown = {
        meter: found
        for bus in seen
        for meter, state in bus.meters.items()
        if state.identity.state == NEW and (found := state.identity.found) and meter not in known
    }
    stored = identities.latest(tx, shown) if shown else {}
    new = {
        meter: found
        for meter, found in shown.items()
        if meter not in stored and found.isprintable()  # no database takes what is not
    }
    for meter, found in new.items():
        identities.accept(tx, meter, found, by, FIRST_SEEN)
    return new


def store_given(tx: Transaction, given: Mapping[str, str], by: str) -> None:
    """Keep the numbers that a set-up gives its meters, where they are not those known."""
    known = known_identities(tx, given)
    for meter, identity in given.items():
        if known.get(meter) != identity:
            identities.accept(tx, meter, identity, by, FLOOR_FILE)


def seen_identity(tx: Transaction, bus: str, meter: str) -> SeenIdentity:
    """Give what the agent of a bus saw of a meter's number last."""
    body: Mapping[str, Any] = next((b.body for b in health.list_buses(tx) if b.bus == bus), {})
    seen = body.get("meters", {}).get(meter, {}).get("identity")
    return SeenIdentity(seen["state"], seen["expected"], seen["found"]) if seen else SeenIdentity()
