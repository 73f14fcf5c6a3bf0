"""Who may run what, when and for how much: qualifications, reservations, work orders, budgets."""

from __future__ import annotations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, then the triggers that guard them."""
