"""What platforms are told, built from our own records (platform contract, "Records"); decimals as
text.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from decimal import Decimal

from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.floor import Contract, Factory, Machine, Tenant
from shared_factory_desktop.domain.identifiers import of_object
from shared_factory_desktop.domain.money import yuan_text
from shared_factory_desktop.domain.records import Happening, RecordType
from shared_factory_desktop.domain.sessions import Session, SessionUse
from shared_factory_desktop.domain.statement import Statement
from shared_factory_desktop.domain.usage import clock_s, used

_PSEUDONYM_DIGITS = 16


def clocks(use: SessionUse, until: dt.datetime) -> dict[str, str]:
    """Give the three clocks of a use as the contracts write them, seconds as text."""
    end = use.end or until
    return {
        "occupied_s": plain(clock_s([(use.start, end)])),
        "powered_s": plain(clock_s(use.powered)),
        "working_s": plain(clock_s(use.working)),
    }


def measures(use: SessionUse) -> dict[str, str]:
    """Give what a use measured, by measure name, canonical units as text."""
    return {name: plain(used(series)) for name, series in use.readings.items()}


def pseudonym(factory: Factory, tenant: Tenant) -> str:
    """Give a name that is always the same for one tenant of one factory and tells nothing else."""
    digest = hashlib.sha256(f"{factory.id}\n{tenant.id}\n{tenant.uscc or ''}".encode())
    return f"tenant-{digest.hexdigest()[:_PSEUDONYM_DIGITS]}"


def session_closed(
    session: Session,
    use: SessionUse,
    machine: Machine,
    contract: Contract | None,
    tenant_name: str,
    correction_of: str | None = None,
) -> Happening:
    """Tell that a session ended; `tenant_name` is the credit code or the pseudonym, by setting.

    `correction_of` names the session it stands in for; of several, all with commas between.
    """
    end = session.end or session.start
    return Happening(
        RecordType.SESSION,
        end,
        session.id,
        {
            "session": session.id,
            "machine": machine.id,
            "kind": machine.kind,
            "tenant": tenant_name,
            "mode": contract.mode if contract else None,
            "clocks": clocks(use, end),
            "measures": measures(use),
            "quality": str(use.quality),
            "correction_of": correction_of,
        },
    )


def statement_issued(
    number: str,
    statement: Statement,
    sha256: str,
    tenant_name: str,
    at: dt.datetime,
    refers_to: str | None = None,
) -> Happening:
    """Tell that a statement was issued, or a credit note of `refers_to`, which is told by the
    amounts that it takes off (platform contract: Σ of statements less credit notes).
    """
    sign = -1 if refers_to else 1
    return Happening(
        RecordType.CREDIT_NOTE if refers_to else RecordType.STATEMENT,
        at,
        number,
        {
            "number": number,
            "tenant": tenant_name,
            "period": [str(statement.start), str(statement.end)],
            "totals": {
                "net": yuan_text(sign * statement.net_fen),
                "tax": yuan_text(sign * statement.tax_fen),
                "gross": yuan_text(sign * statement.gross_fen),
            },
            "sha256": sha256,
            "refers_to": refers_to,
        },
    )


def machine_registered(
    factory: Factory, machine: Machine, model: str | None, modes: tuple[str, ...], at: dt.datetime
) -> Happening:
    """Tell that a machine was created or changed."""
    return Happening(
        RecordType.MACHINE,
        at,
        machine.id,
        {
            "machine": machine.id,
            "kind": machine.kind,
            "model": model,
            "identifier": of_object(factory.identifier_prefix, machine.id),
            "rated_power_w": None,
            "modes": list(modes),
        },
    )


def checkpoint(sequence: int, head: str, at: dt.datetime) -> Happening:
    """Tell where the audit chain stands, so that its head is known outside this workstation."""
    return Happening(
        RecordType.CHECKPOINT, at, f"{sequence}", {"sequence": sequence, "chain_head": head}
    )


def interval_recorded(
    machine: Machine,
    span: tuple[dt.datetime, dt.datetime],
    seconds: Mapping[str, Decimal],
    used_by_measure: Mapping[str, Decimal],
    quality: str,
) -> Happening:
    """Tell a quarter of an hour of one machine: how long in each state, and what it used."""
    start, end = span
    names = ("off", "idle", "working")
    return Happening(
        RecordType.INTERVAL,
        end,
        machine.id,
        {
            "machine": machine.id,
            "kind": machine.kind,
            "start": start.isoformat(),
            "end": end.isoformat(),
            **{f"{name}_s": plain(seconds.get(name, Decimal(0))) for name in names},
            **{name: plain(value) for name, value in used_by_measure.items()},
            "quality": quality,
        },
    )
