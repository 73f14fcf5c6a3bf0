"""Column types that keep values exact on SQLite and PostgreSQL: none rounds, none takes a float."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, Select, Text, column, select, table
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from shared_factory_desktop.domain.chain import canonical_json

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_LIMIT = 2**63


class ScaledInteger(TypeDecorator[Any]):
    """A number as an integer count of 10^-places in 64 bits; `places` 0 takes and gives int (fen,
    seconds, numbers), else Decimal.

    Binding raises TypeError for a float and ValueError for what would be rounded or overflow:
    SQLAlchemy's Numeric goes through float on SQLite.
    """

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int = 0) -> None:
        super().__init__()
        self.places = places

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give INTEGER on SQLite, whose STRICT tables know no BIGINT; it has 64 bits there."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def process_bind_param(self, value: Any, _dialect: Dialect) -> int | None:
        """Scale without rounding."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal if self.places else int):
            raise TypeError(f"{value!r} is a {type(value).__name__}, expected a whole number")
        return _scaled(value, self.places)

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        """Give the number back with its places."""
        return Decimal(value).scaleb(-self.places) if self.places and value is not None else value


class Instant(TypeDecorator[dt.datetime]):
    """An instant as integer microseconds of UTC; a datetime without zone is refused."""

    impl = ScaledInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, _dialect: Dialect) -> int | None:
        """Count microseconds since 1970, exactly."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> dt.datetime | None:
        """Give a datetime in UTC."""
        return None if value is None else instant(value)


class Flag(TypeDecorator[bool]):
    """A truth value: STRICT tables of SQLite know no BOOLEAN, there it is 0 or 1."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give INTEGER on SQLite."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> bool | None:
        """Give False or True."""
        return None if value is None else bool(value)


class Day(TypeDecorator[dt.date]):
    """A calendar date as ISO text, which sorts and compares as dates do."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dt.date | None, _dialect: Dialect) -> str | None:
        """Write `2026-01-31`."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> dt.date | None:
        """Read `2026-01-31`."""
        return None if value is None else dt.date.fromisoformat(value)


class DecimalText(TypeDecorator[Decimal]):
    """A decimal of any scale as plain text: the value of a reading, which no query adds up."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> str | None:
        """Write every digit, without exponent."""
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise TypeError(f"{value!r} is not a finite Decimal")
        return format(value, "f")

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> Decimal | None:
        """Read every digit."""
        return None if value is None else Decimal(value)


class Json(TypeDecorator[Any]):
    """Canonical JSON as text, the same bytes on both databases, so that it can be hashed."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any | None, _dialect: Dialect) -> str | None:
        """Write canonical JSON."""
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> Any:
        """Read JSON."""
        return None if value is None else json.loads(value)


def as_stored(name: str, columns: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Select columns of a table as they lie there, converted to nothing: what a proof reads."""
    return select(*(column(each) for each in columns)).select_from(table(name))


def microseconds(value: dt.datetime) -> int:
    """Count microseconds since 1970 UTC; raises ValueError without a zone."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone, expected an aware datetime")
    return (value - _EPOCH) // _MICROSECOND


def instant(count_us: int) -> dt.datetime:
    """Give the instant that many microseconds after 1970 UTC."""
    return _EPOCH + count_us * _MICROSECOND


def _scaled(value: int | Decimal, places: int) -> int:
    exact = Fraction(value) * int(10**places)
    if exact.denominator != 1:
        raise ValueError(f"{value!r} has more than {places} decimal places")
    if not -_LIMIT <= exact < _LIMIT:
        raise ValueError(f"{value!r} does not fit 64 bits")
    return exact.numerator
