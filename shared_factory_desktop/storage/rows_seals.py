"""The row of seals, one chain over what is only ever added to; private to storage, as rows.py."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared_factory_desktop.storage.rows import STRICT, Row


class SealRow(Row):
    """The hash of one row of another table, `subject`, under its key; append-only, chained."""

    __tablename__ = "seal"
    __table_args__ = (UniqueConstraint("subject", "key"), STRICT)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subject: Mapped[str]
    key: Mapped[str]
    sha256: Mapped[str]
    hash: Mapped[str]
