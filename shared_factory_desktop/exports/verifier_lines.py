"""Works out the lines of one tenant's statement again: contracts, tariffs, discount, tax, minimum.

Part of the verifier in every bundle: an independent second calculation from the written rules.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from shared_factory_desktop.exports.verifier_price import (
    ZERO,
    Charged,
    Detail,
    half_up,
    of_period,
    of_session,
)
from shared_factory_desktop.exports.verifier_use import (
    Calendar,
    Table,
    Use,
    counts_yet,
    part_until,
    runs_of,
    stepped,
    used,
)

MINIMUM = "minimum"
ONE = Fraction(1)
DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = "元拾佰仟万拾佰仟亿拾佰仟万拾佰仟"


class Bill(NamedTuple):
    """What one tenant's statement is worked out from; the period is [start, end) local dates."""

    floor: Table
    calendar: Calendar
    tenant: str
    start: dt.date
    end: dt.date

    def contracts(self) -> list[Table]:
        """Give the tenant's contracts in the order of the floor."""
        return [one for one in self.floor.get("contract", []) if one["tenant"] == self.tenant]

    def tariff(self, contract: Table, day: str) -> Table | None:
        """Find the version of a contract's tariff that is in force on a day."""
        versions = [
            one
            for one in self.floor.get("tariff", [])
            if one["id"] == contract["tariff"] and str(one["valid_from"]) <= day
        ]
        return max(versions, key=lambda one: str(one["valid_from"])) if versions else None

    def agreed(self, use: Use) -> tuple[Table, Table]:
        """Find contract and tariff of the local day a session starts; raises ValueError."""
        day = self.calendar.local(use.start).date().isoformat()
        in_force = [one for one in self.contracts() if _holds(one, day)]
        kinds = {one["id"]: one["kind"] for one in self.floor.get("machine", [])}
        by_machine = [one for one in in_force if use.machine in one.get("machines", [])]
        by_kind = [one for one in in_force if kinds.get(use.machine) in one.get("kinds", [])]
        for contract in [*by_machine, *by_kind][:1]:
            tariff = self.tariff(contract, day)
            if tariff is not None:
                return contract, tariff
        raise ValueError(f"session {use.id}: no contract or no tariff on {day}")

    def covered(self, contract: Table) -> tuple[Table, Fraction] | None:
        """Give the tariff of the first covered day and the covered share of the period."""
        first = max(self.start, dt.date.fromisoformat(str(contract["valid_from"])))
        until = contract.get("valid_to")
        last = min(self.end, dt.date.fromisoformat(str(until))) if until else self.end
        tariff = self.tariff(contract, first.isoformat())
        if first >= last or tariff is None:
            return None
        return tariff, Fraction((last - first).days, (self.end - self.start).days)


def billed_lines(bill: Bill, uses: Iterable[Use]) -> list[Table]:
    """Give a statement's lines: by session, then each contract's period charges and minimum."""
    lines: list[Table] = []
    totals: dict[tuple[str, str], Fraction] = {}
    for use in sorted(_in_period(bill, uses), key=lambda use: (use.start, use.id)):
        lines += _session_lines(bill, use, totals)
    for contract in bill.contracts():
        covered = bill.covered(contract)
        if covered is not None:
            lines += _period_lines(contract, *covered)
            lines += _minimum_lines(contract, *covered, lines)
    return lines


def late_lines(bill: Bill, uses: Iterable[Use], before: list[Table]) -> list[Table]:
    """Give the lines of sessions that came late for a closed period; `before` was billed for it."""
    done = {line["session"] for line in before}
    lines: list[Table] = [] if before else billed_lines(bill, uses)
    totals: dict[tuple[str, str], Fraction] = {}
    inside = _in_period(bill, uses) if before else []
    for use in sorted(inside, key=lambda use: (use.id not in done, use.start, use.id)):
        found = list(_session_lines(bill, use, totals))
        lines += [] if use.id in done else found
    for contract in bill.contracts() if before else []:
        covered = bill.covered(contract)
        if covered is not None:
            lines += _minimum_taken_back(contract, *covered, [*before, *lines])
    period = [bill.start.isoformat(), bill.end.isoformat()]
    return [{**line, "late": period} for line in lines]


def half_up_fen(yuan: Fraction) -> int:
    """Round an amount to whole fen."""
    return half_up(yuan * 100)


def fen_of(text: str) -> int:
    """Read an amount with two places."""
    return int(Fraction(text) * 100)


def money(fen: int) -> str:
    """Write an amount with two places."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def decimal_text(value: Fraction) -> str:
    """Write a number without trailing zeros; what never ends to 12 places, half up."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    places = 12 if rest != 1 else value.denominator.bit_length()
    scaled = half_up(value * 10**places)
    digits = f"{abs(scaled):0{places + 1}d}"
    text = f"{digits[: len(digits) - places]}.{digits[len(digits) - places :]}"
    return f"{'-' if scaled < 0 else ''}{text.rstrip('0').rstrip('.')}"


def capitals(fen: int) -> str:
    """Write an amount in Chinese capitals."""
    yuan, jiao, rest = abs(fen) // 100, abs(fen) // 10 % 10, abs(fen) % 10
    digits = str(yuan)
    words = "".join(
        DIGITS[int(digit)] + PLACES[len(digits) - 1 - index] for index, digit in enumerate(digits)
    )
    for pattern, word in (("零[拾佰仟]", "零"), ("零+", "零"), ("零([万亿元])", r"\1")):
        words = re.sub(pattern, word, words)
    words = words.replace("亿万", "亿")
    if not yuan:
        words = "" if jiao or rest else "零元"
    if not jiao and not rest:
        words += "整"
    elif yuan and (not jiao or yuan % 10 == 0):
        words += "零"
    words += f"{DIGITS[jiao]}角" if jiao else ""
    words += f"{DIGITS[rest]}分" if rest else ""
    return f"人民币{'负' if fen < 0 else ''}{words}"


def _holds(contract: Table, day: str) -> bool:
    until = contract.get("valid_to")
    return str(contract["valid_from"]) <= day and (until is None or day < str(until))


def _in_period(bill: Bill, uses: Iterable[Use]) -> list[Use]:
    """Give the tenant's sessions of the period: those that run in it or start in it."""
    start, end = bill.calendar.midnight(bill.start), bill.calendar.midnight(bill.end)
    return [
        use
        for use in uses
        if use.tenant == bill.tenant and use.start < end and (use.end > start or use.start >= start)
    ]


def _session_lines(
    bill: Bill, use: Use, totals: dict[tuple[str, str], Fraction]
) -> Iterator[Table]:
    """Give a session's lines; `totals` are the units so far by contract and charge."""
    contract, tariff = bill.agreed(use)
    before = part_until(use, bill.calendar.midnight(bill.start))
    after = part_until(use, bill.calendar.midnight(bill.end))
    for charge in tariff["charge"]:
        if after is None or charge["basis"] == "period" or not counts_yet(charge, after):
            continue
        begun = before if counts_yet(charge, before) else None
        key = (contract["id"], charge["id"])
        accumulates = charge.get("scope") == "period" and charge["model"] != "flat"
        runs = runs_of(charge, tariff, after, bill.calendar)
        now = stepped(charge, used(charge, after, runs))
        then = None if begun is None else stepped(charge, used(charge, begun, runs))
        if accumulates:
            charged = of_period(charge, runs, then, now, totals.get(key))
            totals[key] = totals.get(key, ZERO) + charged.units
        else:
            charged = of_session(charge, runs, then, now)
        unit = charge.get("unit") or charge["basis"]
        discount = Fraction(contract.get("discount", 0))
        yield _line(use.id, contract, charge, unit, charged, tariff["tax_mode"], discount)


def _period_lines(contract: Table, tariff: Table, share: Fraction) -> Iterator[Table]:
    for charge in tariff["charge"]:
        if charge["basis"] == "period":
            price = Fraction(charge["price"])
            detail = Detail(None, None, share, price, price * share)
            charged = Charged(share, half_up_fen(price * share), [detail])
            discount = Fraction(contract.get("discount", 0))
            yield _line(None, contract, charge, "period", charged, tariff["tax_mode"], discount)


def _minimum_lines(
    contract: Table, tariff: Table, share: Fraction, lines: list[Table]
) -> list[Table]:
    """Give the line that lifts a contract's lines to its minimum, if they are below it."""
    missing = _missing_fen(contract, tariff, share, lines)
    return [_lifted(contract, tariff, missing)] if missing > 0 else []


def _minimum_taken_back(
    contract: Table, tariff: Table, share: Fraction, lines: list[Table]
) -> list[Table]:
    """Give back a minimum that was billed, as far as late use has used it up."""
    mine = [line for line in lines if line["contract"] == contract["id"]]
    lifted = [line for line in mine if line["session"] is None and line["charge"] == MINIMUM]
    rest = [line for line in mine if line not in lifted]
    missing = max(_missing_fen(contract, tariff, share, rest), 0)
    back = sum(fen_of(line["list"]) for line in lifted) - missing
    return [_lifted(contract, tariff, -back)] if back > 0 else []


def _missing_fen(contract: Table, tariff: Table, share: Fraction, lines: list[Table]) -> int:
    least = Fraction(contract.get("minimum_per_period", 0))
    if not least:
        return 0
    name = "gross" if tariff["tax_mode"] == "inclusive" else "net"
    reached = sum(fen_of(one[name]) for one in lines if one["contract"] == contract["id"])
    return half_up_fen(least * share) - reached


def _lifted(contract: Table, tariff: Table, fen: int) -> Table:
    rates = [charge["tax_rate"] for charge in tariff["charge"]]
    charge = {"id": MINIMUM, "tax_rate": rates[0] if rates else "0"}
    yuan = Fraction(fen, 100)
    charged = Charged(ONE, fen, [Detail(None, None, ONE, yuan, yuan)])
    return _line(None, contract, charge, "period", charged, tariff["tax_mode"], ZERO)


def _line(
    session: str | None,
    contract: Table,
    charge: Table,
    unit: str,
    charged: Charged,
    tax_mode: str,
    discount: Fraction,
) -> Table:
    """Take the discount off, work out the tax, write the line as a statement file does."""
    off = half_up(charged.list_fen * discount)
    left, rate = charged.list_fen - off, Fraction(charge["tax_rate"])
    net = half_up(left / (1 + rate)) if tax_mode == "inclusive" else left
    gross = left if tax_mode == "inclusive" else left + half_up(left * rate)
    return {
        "session": session,
        "contract": contract["id"],
        "charge": charge["id"],
        "quantity": decimal_text(charged.units),
        "unit": unit,
        "list": money(charged.list_fen),
        "discount": money(off),
        "net": money(net),
        "tax": money(gross - net),
        "gross": money(gross),
        "tax_rate": decimal_text(rate),
        "details": [
            {
                "band": one.band,
                "tier": one.tier,
                "quantity": decimal_text(one.quantity),
                "price": decimal_text(one.price),
                "amount": decimal_text(one.amount),
            }
            for one in charged.details
        ],
    }
