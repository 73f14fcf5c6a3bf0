"""Reads the parties of a floor file: the factory, its tenants, their contracts, the platforms."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from decimal import Decimal
from urllib.parse import urlsplit

from shared_factory_desktop.domain import identifiers, uscc
from shared_factory_desktop.domain.floor import (
    CONTRACT_MODES,
    MACHINE_KINDS,
    PLATFORM_KINDS,
    TENANT_KINDS,
    Contract,
    Factory,
    Platform,
    Tenant,
)
from shared_factory_desktop.domain.tables import Table

UNREAD_DATE = dt.date.min  # stands for a date that could not be read; the floor is then refused

_ZERO = Decimal(0)
_ONE = Decimal(1)
_URL_SCHEMES = {"http": ("http", "https"), "mqtt": ("mqtt", "mqtts")}


def read_factory(table: Table) -> Factory:
    """Read `[factory]`."""
    return Factory(
        id=table.identifier("id", ""),
        name=table.text("name", "", required=True),
        uscc=_uscc(table),
        timezone=_timezone(table),
        address=table.text("address"),
        phone=table.text("phone"),
        bank=table.text("bank"),
        bank_account=table.text("bank_account"),
        identifier_prefix=_identifier_prefix(table),
    )


def read_tenant(table: Table, tenant_id: str) -> Tenant:
    """Read one `[[tenant]]`."""
    return Tenant(
        id=tenant_id,
        name=table.text("name", "", required=True),
        uscc=_uscc(table),
        kind=table.choice("kind", TENANT_KINDS, "enterprise"),
        class_=table.text("class"),
        credit_limit=table.decimal("credit_limit", low=_ZERO),
        address=table.text("address"),
        phone=table.text("phone"),
        bank=table.text("bank"),
        bank_account=table.text("bank_account"),
    )


def read_contract(table: Table, contract_id: str) -> Contract:
    """Read one `[[contract]]`."""
    if not table.data.get("machines") and not table.data.get("kinds"):
        table.problem("machines", "machines-or-kinds")
    contract = Contract(
        id=contract_id,
        tenant=table.identifier("tenant", ""),
        tariff=table.identifier("tariff", ""),
        valid_from=table.date("valid_from", UNREAD_DATE, required=True),
        machines=_once(table, "machines"),
        kinds=_once(table, "kinds"),
        mode=table.choice("mode", CONTRACT_MODES, "on-demand"),
        valid_to=table.date("valid_to"),
        discount=table.decimal("discount", _ZERO, _ZERO, _ONE),
        minimum_per_period=table.decimal("minimum_per_period", _ZERO, low=_ZERO),
        deposit=table.decimal("deposit", _ZERO, low=_ZERO),
    )
    for index, kind in enumerate(contract.kinds):
        if kind not in MACHINE_KINDS:
            table.problem(f"kinds[{index}]", "choice", kind, ", ".join(MACHINE_KINDS))
    if contract.valid_to is not None and contract.valid_to <= contract.valid_from:
        table.problem("valid_to", "range", contract.valid_to, f"> {contract.valid_from}")
    return contract


def read_platform(table: Table, platform_id: str) -> Platform:
    """Read one `[[platform]]`; keys that its kind does not use are unknown."""
    kind = table.choice("kind", PLATFORM_KINDS, "", required=True)
    if not kind:
        table.accept_rest()
    mqtt = kind == "mqtt"
    return Platform(
        id=platform_id,
        kind=kind,
        url=_url(table, kind) if kind in _URL_SCHEMES else None,
        topic=table.text("topic") if mqtt else None,
        timeout_s=table.integer("timeout_s", 60, 1, 86_400) if mqtt else 60,
    )


def _uscc(table: Table) -> str | None:
    code = table.text("uscc")
    wrong = uscc.problem(code) if code is not None else None
    if wrong is not None:
        table.problem("uscc", wrong[0], code, wrong[1])
    return code


def _timezone(table: Table) -> str:
    name = table.text("timezone", "Asia/Shanghai")
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        table.problem("timezone", "timezone", name, "Asia/Shanghai")
    return name


def _identifier_prefix(table: Table) -> str | None:
    prefix = table.text("identifier_prefix")
    if prefix is not None and not identifiers.is_prefix(prefix):
        table.problem("identifier_prefix", "identifier-prefix", prefix, identifiers.EXAMPLE)
    return prefix


def _once(table: Table, key: str) -> tuple[str, ...]:
    """Read a list of words, each of which may stand in it once."""
    words = table.texts(key)
    for index, word in enumerate(words):
        if word in words[:index]:
            table.problem(f"{key}[{index}]", "duplicate", word)
    return words


def _url(table: Table, kind: str) -> str | None:
    text = table.text("url", required=True)
    if text is not None and not _is_url(text, _URL_SCHEMES[kind]):
        table.problem("url", "url", text, _URL_SCHEMES[kind][0] + "://")
    return text


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    """Tell whether it names a server; a user or password in it would be a secret in a file."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in schemes
            and bool(parts.hostname)
            and parts.port != 0
            and "@" not in parts.netloc
        )
    except ValueError:
        return False
