"""A work order: what a tenant has made, which its sessions name as their job."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """What a tenant has made: declared value in CNY, pieces to make, None where nobody said."""

    id: str
    tenant: str
    name: str
    value: Decimal | None = None
    target_pieces: int | None = None
    closed_at: dt.datetime | None = None
