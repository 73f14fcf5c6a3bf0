"""A statement: priced lines of one tenant over one period, as values, and the document that is
sent.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared_factory_desktop.domain.allocation import allocate
from shared_factory_desktop.domain.problems import Cause


@dataclass(frozen=True, slots=True)
class Detail:
    """Part of a line in one band or tier; exact, `price` and `amount` in CNY."""

    band: str | None
    tier: int | None
    quantity: Fraction
    price: Fraction
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Line:
    """One session and charge (or a period charge or minimum, then `session` is None); amounts in
    fen.
    """

    session: str | None
    contract: str
    charge: str
    quantity: Fraction
    unit: str
    list_fen: int
    discount_fen: int
    net_fen: int
    tax_fen: int
    gross_fen: int
    tax_rate: Decimal
    details: tuple[Detail, ...] = ()

    @property
    def details_fen(self) -> tuple[int, ...]:
        """The details' amounts in fen, as they are printed: they add up to the list amount."""
        return allocate([detail.amount * 100 for detail in self.details], self.list_fen)


@dataclass(frozen=True, slots=True)
class Statement:
    """All lines of one tenant for [start, end) local dates; totals are sums of rounded lines."""

    tenant: str
    start: dt.date
    end: dt.date
    lines: tuple[Line, ...]
    currency: str = "CNY"

    @property
    def net_fen(self) -> int:
        """Sum of the lines without tax."""
        return sum(line.net_fen for line in self.lines)

    @property
    def tax_fen(self) -> int:
        """Sum of the lines' tax."""
        return sum(line.tax_fen for line in self.lines)

    @property
    def gross_fen(self) -> int:
        """Sum of the lines with tax."""
        return sum(line.gross_fen for line in self.lines)


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a statement as printed."""

    name: str
    uscc: str | None = None
    address: str | None = None
    phone: str | None = None
    bank: str | None = None
    bank_account: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A statement line with the names and times people read; `start`, `end` local, None on period
    lines.
    """

    line: Line
    charge_name: str
    tax_class: str | None
    machine_name: str | None = None
    job: str | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class StatementDocument:
    """Everything an export prints, frozen at issue; `number`, `issued_at`, `sha256` are None on a
    draft.
    """

    statement: Statement
    seller: Party
    buyer: Party
    lines: tuple[DocumentLine, ...]
    gross_uppercase: str
    timezone: str
    number: str | None = None
    issued_at: dt.datetime | None = None
    sha256: str | None = None
    warnings: tuple[Cause, ...] = ()  # what a fresh pricing rests on without proof; not frozen
