"""How much a tenant may still use before paying: prepaid and credit against what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a tenant has and owes, in fen; `limit_fen` None: not limited.

    `unbilled_fen` is what was used since the last statement and would be billed now, None where
    that cannot be priced; `held_fen` what the running sessions are expected to cost on top.
    """

    limit_fen: int | None
    prepaid_fen: int
    receivable_fen: int
    unbilled_fen: int | None
    held_fen: int

    @property
    def available_fen(self) -> int | None:
        """What may still be used; None for a tenant without a limit."""
        if self.limit_fen is None:
            return None
        owed_fen = self.receivable_fen + (self.unbilled_fen or 0) + self.held_fen
        return self.limit_fen + self.prepaid_fen - owed_fen

    def allows(self, expected_fen: int) -> bool:
        """Tell whether a use of about that much may begin; nobody begins with nothing left."""
        available_fen = self.available_fen
        return available_fen is None or available_fen >= max(expected_fen, 1)


def usual_fen(costs_fen: Sequence[int]) -> int:
    """Give the middle of earlier costs, the higher of two; 0 where there are none."""
    return sorted(costs_fen)[len(costs_fen) // 2] if costs_fen else 0


def hold_fen(usual_cost_fen: int, so_far_fen: int) -> int:
    """Give what a running session will probably cost on top of what it cost so far."""
    return max(usual_cost_fen - so_far_fen, 0)
