"""Turns what a database cannot do into refusals, so that people read a sentence about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared_factory_desktop.domain.problems import Kind, Refused, refused
from shared_factory_desktop.storage.faults import FaultCode, StorageFault

_WRONG_INPUT = (
    FaultCode.EXISTS,
    FaultCode.MACHINE_BUSY,
    FaultCode.SESSION_CLOSED,
    FaultCode.OVERLAP,
    FaultCode.CONFLICT,
    FaultCode.RULE,
)


@contextmanager
def storage_refused() -> Iterator[None]:
    """Raise Refused for every StorageFault within: wrong input, or a database out of reach."""
    try:
        yield
    except StorageFault as fault:
        raise as_refused(fault) from fault


def as_refused(fault: StorageFault) -> Refused:
    """Give the refusal that tells of a storage fault."""
    kind = Kind.INPUT if fault.code in _WRONG_INPUT else Kind.UNREACHABLE
    return refused(kind, f"storage-{fault.code}", detail=fault.detail)
