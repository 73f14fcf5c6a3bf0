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

    `late` are the local dates [start, end) of a closed period that a line bills afterwards (补计).
    `correction` is the certificate of the calibration by which a line makes good what was billed
    (计量差错退补); its amounts are differences, its details keep their prices.
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
    late: tuple[dt.date, dt.date] | None = None
    correction: str | None = None

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
class AccountSummary:
    """How a tenant's account stands with a statement, in fen: receivable before the period, what
    the statement adds, what was received and adjusted in the period, receivable after it all.

    Deposit and prepaid balance stand apart: they are netted only by an entry of their own
    (reference/billing 3.3).
    """

    opening_fen: int
    due_fen: int
    received_fen: int
    adjusted_fen: int
    closing_fen: int
    deposit_fen: int
    prepaid_fen: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a billed session in which a register was not read as it should be.

    `code`: `missing` (no value), `suspect`, `substitute` (a value from elsewhere), or of a meter
    without a valid calibration `calibration-overdue`, `-failed`, `-never`; local times.
    """

    session: str
    meter: str
    quantity: str
    code: str
    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the audit chain stood at issue: `hash` is 64 hex digits, printed and kept outside."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class StatementDocument:
    """Everything an export prints, frozen at issue; `number`, `issued_at`, `sha256`, `account` and
    `anchor` are None on a draft. A credit note `refers_to` the statement it credits.
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
    refers_to: str | None = None
    reason: str | None = None
    account: AccountSummary | None = None
    gaps: tuple[Gap, ...] = ()
    anchor: Anchor | None = None
    warnings: tuple[Cause, ...] = ()  # what a fresh pricing rests on without proof; not frozen
