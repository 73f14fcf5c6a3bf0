"""Rows of what goes with tariffs: proposals, the decisions on them, years of public holidays."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shared_factory_desktop.storage.rows import Row


class TariffDraftRow(Row):
    """What an import would have changed of the prices, as the text of a floor file; append-only."""

    __tablename__ = "tariff_draft"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    file: Mapped[str]
    body: Mapped[str]
    sha256: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[dt.datetime]


class TariffDecisionRow(Row):
    """What another person said to a proposal; append-only, one a proposal."""

    __tablename__ = "tariff_decision"
    draft: Mapped[int] = mapped_column(ForeignKey("tariff_draft.number"), primary_key=True)
    approved: Mapped[bool]
    decided_by: Mapped[str]
    decided_at: Mapped[dt.datetime]
    reason: Mapped[str | None]


class HolidayYearRow(Row):
    """A year's public holidays as imported, in ISO dates; append-only, the last one counts."""

    __tablename__ = "holiday_year"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    year: Mapped[int]
    source: Mapped[str]
    rest_days: Mapped[Any]
    moved_workdays: Mapped[Any]
    imported_by: Mapped[str]
    imported_at: Mapped[dt.datetime]
