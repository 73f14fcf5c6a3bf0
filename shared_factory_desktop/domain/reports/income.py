"""Income as it was billed: issued statements less credit notes, by tenant, machine or mode.

Drafts are no income and are left out, so that a total is the sum of what was sent, to the fen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from shared_factory_desktop.domain.floor import CONTRACT_MODES
from shared_factory_desktop.domain.reports.report import (
    Billed,
    Chart,
    Code,
    Column,
    Definition,
    Kind,
    Report,
    Row,
    Sources,
    Value,
)
from shared_factory_desktop.domain.statement import Line

WHOLE_PERIOD = Code("whole-period")  # lines for no machine: period charges and minimums
UNKNOWN = "unknown"  # the mode of a contract that is no longer on the floor

_AMOUNTS = tuple(Column(key, Kind.MONEY) for key in ("net", "tax", "gross"))
_Key = Callable[[Billed, Line, str | None], str | None]


@dataclass(slots=True)
class _Sum:
    net_fen: int = 0
    tax_fen: int = 0
    gross_fen: int = 0

    def add(self, line: Line | _Sum) -> None:
        self.net_fen += line.net_fen
        self.tax_fen += line.tax_fen
        self.gross_fen += line.gross_fen

    def row(self, label: Value) -> Row:
        return (label, self.net_fen, self.tax_fen, self.gross_fen)


def by_tenant(name: str, sources: Sources) -> Report:
    """Give the income of each tenant who was billed, in the floor's order."""
    names = {tenant.id: tenant.name for tenant in sources.floor.tenants}
    sums = _sums(sources, lambda billed, _line, _machine: billed.tenant)
    order = [*(one for one in names if one in sums), *(one for one in sums if one not in names)]
    rows = [(names.get(one or "", one), sums[one]) for one in order]
    return _report(name, sources, "tenant", rows)


def by_machine(name: str, sources: Sources) -> Report:
    """Give the income of each machine, then of those that have left the floor, under their ids;
    what is billed for no machine stands last.
    """
    sums = _sums(sources, lambda _billed, _line, machine: machine)
    period = sums.pop(None, None)
    names = {one: one for one in sums if one} | dict(sources.machines)
    order = dict.fromkeys([*(one for one, _ in sources.machines), *names])
    rows: list[tuple[Value, _Sum]] = [(names[one], sums.get(one, _Sum())) for one in order]
    rows += [(WHOLE_PERIOD, period)] if period else []
    return _report(name, sources, "machine", rows)


def by_mode(name: str, sources: Sources) -> Report:
    """Give the income of each contract mode, by the contracts as they are on the floor now."""
    modes = {contract.id: contract.mode for contract in sources.floor.contracts}
    sums = _sums(sources, lambda _billed, line, _machine: modes.get(line.contract, UNKNOWN))
    listed = (*CONTRACT_MODES, UNKNOWN) if UNKNOWN in sums else CONTRACT_MODES
    rows = [(Code(mode), sums.get(mode, _Sum())) for mode in listed]
    return _report(name, sources, "mode", rows)


def gross_fen(billed: Iterable[Billed]) -> int:
    """Add up statements with tax."""
    return sum(line.gross_fen for one in billed for line, _ in one.lines)


def _sums(sources: Sources, key: _Key) -> dict[str | None, _Sum]:
    sums: dict[str | None, _Sum] = {}
    for billed in sources.billed():
        for line, machine in billed.lines:
            sums.setdefault(key(billed, line, machine), _Sum()).add(line)
    return sums


def _report(name: str, sources: Sources, label: str, rows: Sequence[tuple[Value, _Sum]]) -> Report:
    whole = _Sum()
    for _, one in rows:
        whole.add(one)
    return sources.report(
        name,
        (Column(label, Kind.NAME), *_AMOUNTS),
        (one.row(value) for value, one in rows),
        whole.row(None),
        Chart(("net", "tax"), stacked=True),
    )


def _definition(name: str, build: Callable[[str, Sources], Report]) -> Definition:
    return Definition(name, partial(build, name), money=True)


BY_TENANT = _definition("income", by_tenant)
BY_MACHINE = _definition("income-by-machine", by_machine)
BY_MODE = _definition("income-by-mode", by_mode)
