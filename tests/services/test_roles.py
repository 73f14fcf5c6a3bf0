"""Which role may do what, tried on every method of the services."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused
from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.bus_scan import ScanWish
from shared_factory_desktop.services.users import Actor, Role
from shared_factory_desktop.storage.faults import StorageFault

O, T, M, A = Role.OPERATOR, Role.TECHNICIAN, Role.MANAGER, Role.ADMINISTRATOR  # noqa: E741 - a table
ALL, SET_UP, BILL, USERS = {O, T, M, A}, {T, M, A}, {M, A}, {A}
ALL_UNITS = ScanWish.of("1-247", everywhere=True)
NO_FILE = Path("no-such-file")
NOWHERE = Path(os.devnull) / "x"  # nothing can be written there

Call = Callable[[Services, Actor], object]
MAY: dict[str, tuple[set[Role], Call]] = {
    "users.list": (USERS, lambda s, a: s.users.list(a)),
    "users.add": (USERS, lambda s, a: s.users.add(a, "li", O, "long-enough")),
    "users.disable": (USERS, lambda s, a: s.users.disable(a, "nobody")),
    "users.set_password": (USERS, lambda s, a: s.users.set_password(a, "boss", "long-enough")),
    "floor.import_file": (SET_UP, lambda s, a: s.floor.import_file(a, NO_FILE)),
    "floor.export_file": (ALL, lambda s, a: s.floor.export_file(a, NOWHERE)),
    "live.cards": (ALL, lambda s, a: s.live.cards(a)),
    "sessions.start": (ALL, lambda s, a: s.sessions.start(a, "bench-1", "anping")),
    "sessions.stop": (ALL, lambda s, a: s.sessions.stop(a, "bench-1")),
    "sessions.list": (ALL, lambda s, a: s.sessions.list(a)),
    "sessions.import_usage": (ALL, lambda s, a: s.sessions.import_usage(a, NO_FILE)),
    "sessions.automate": (ALL, lambda s, a: s.sessions.automate(a, "bench-1", None, None)),
    "metering.read_meter": (ALL, lambda s, a: s.metering.read_meter(a, "M-9")),
    "metering.readings": (ALL, lambda s, a: s.metering.readings(a, None, None, None)),
    "commissioning.ports": (ALL, lambda s, a: s.commissioning.ports(a)),
    "commissioning.scan": (
        SET_UP,
        lambda s, a: s.commissioning.scan(a, "x", ALL_UNITS, print, bool),
    ),
    "commissioning.watch": (ALL, lambda s, a: s.commissioning.watch(a, "x", bool)),
    "commissioning.status": (ALL, lambda s, a: s.commissioning.status(a)),
    "meters.jobs": (ALL, lambda s, a: s.meters.jobs(a, "M-9")),
    "meters.accept": (SET_UP, lambda s, a: s.meters.accept(a, "M-9", "burnt out")),
    "meters.log_in": (SET_UP, lambda s, a: s.meters.log_in(a, "M-9", "secret")),
    "billing.draft": (BILL, lambda s, a: s.billing.draft(a, "anping", "2026-10")),
    "billing.issue": (BILL, lambda s, a: s.billing.issue(a, "anping", "2026-10")),
    "billing.list": (ALL, lambda s, a: s.billing.list(a)),
    "billing.document": (ALL, lambda s, a: s.billing.document(a, "DZ-1")),
    "billing.export": (ALL, lambda s, a: s.billing.export(a, "DZ-1", [], NO_FILE, print)),
    "sync.status": (ALL, lambda s, a: s.sync.status(a)),
    "sync.now": (BILL, lambda s, a: s.sync.now(a, lambda _done, _all: None)),
    "sync.public_key": (ALL, lambda s, a: s.sync.public_key(a)),
    "verification.verify": (ALL, lambda s, a: s.verification.verify(a)),
    "verification.backup": (SET_UP, lambda s, a: s.verification.backup(a, NOWHERE)),
    "verification.check": (ALL, lambda s, a: s.verification.check(a)),
    "diagnostics.rows": (ALL, lambda s, a: s.diagnostics.rows(a)),
}
FOLLOWED_BY_THE_AGENT = {"sessions.follow"}


def test_the_table_holds_every_method_that_names_who_acts(services: Services) -> None:
    found = {
        f"{field.name}.{name}"
        for field in fields(services)
        for name, method in inspect.getmembers(getattr(services, field.name), inspect.ismethod)
        if not name.startswith("_") and "actor" in inspect.signature(method).parameters
    }

    assert found == MAY.keys() | FOLLOWED_BY_THE_AGENT


@pytest.mark.parametrize("role", Role)
def test_a_role_does_what_it_may_and_nothing_else(unsynced: Services, role: Role) -> None:
    actor = Actor("li", role)
    allowed = {name for name, (_, call) in MAY.items() if _is_allowed(call, unsynced, actor)}

    assert allowed == {name for name, (roles, _) in MAY.items() if role in roles}


def test_everybody_may_change_the_own_password(services: Services) -> None:
    boss = Actor("boss", Role.ADMINISTRATOR)
    services.users.add(boss, "li", Role.OPERATOR, "long-enough")

    services.users.set_password(Actor("li", Role.OPERATOR), "li", "another-one")

    assert services.users.sign_in("li", "another-one").role is Role.OPERATOR


def _is_allowed(call: Call, services: Services, actor: Actor) -> bool:
    """Tell whether a call is let through to where its arguments matter."""
    try:
        call(services, actor)
    except (InputRefused, StorageFault, OSError):
        return True
    except Refused as error:
        return error.kind is not Kind.NOT_ALLOWED
    return True
