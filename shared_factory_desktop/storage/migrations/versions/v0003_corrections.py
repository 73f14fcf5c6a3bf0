"""What people changed about sessions afterwards: every change kept beside what it was."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, then the triggers that guard them."""
