"""Tariffs on their way: proposed by one person, approved by another."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, then the triggers that guard them."""
