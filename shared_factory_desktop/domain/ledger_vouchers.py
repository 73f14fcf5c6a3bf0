"""Innovation vouchers (科技创新券): what one may pay of a statement, and where it stands.

A voucher is a promise of whoever issued it. Only when that pays is it money (reference/billing 2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from shared_factory_desktop.domain.ledger import Booked, Event


class VoucherState(StrEnum):
    """Where a voucher stands."""

    REGISTERED = "registered"
    APPLIED = "applied"
    REDEEMED = "redeemed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Voucher:
    """A tenant's voucher; `share` (0 to 1) is the most of a statement's gross that it may pay,
    `expires` the first local day on which it can no longer be applied.
    """

    number: str
    tenant: str
    issuer: str
    face_fen: int
    share: Decimal
    expires: dt.date

    def cover_fen(self, gross_fen: int, open_fen: int) -> int:
        """Give how much it can pay of a statement, share rounded down so as never to exceed it."""
        of_gross = Fraction(self.share) * gross_fen
        return max(min(self.face_fen, of_gross.numerator // of_gross.denominator, open_fen), 0)


def voucher_state(number: str, refused: bool, standing: Iterable[Booked]) -> VoucherState:
    """Tell where a voucher stands by the transactions in force that refer to it."""
    events = {one.posting.event for one in standing if one.posting.refers == number}
    if Event.VOUCHER_REDEEMED in events:
        return VoucherState.REDEEMED
    if Event.VOUCHER_APPLIED in events:
        return VoucherState.APPLIED
    return VoucherState.REFUSED if refused else VoucherState.REGISTERED
