"""A meter exchanged for another bills nothing until a person accepts it, and nothing between."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.simulate.bus import VirtualBus
from drivers.simulate.slave import Misbehaviour
from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.domain.readings import Fault, Quality, Reading, State
from shared_factory_desktop.services.live import MachineCard
from shared_factory_desktop.storage import audit, identities
from tests.agent.conftest import BOSS, START, Press, Workshop
from tests.agent.test_metering import works

pytestmark = pytest.mark.slow

PROFILE = "schneider-iem3155"


def number(press: Press, serial: int) -> None:
    """Have a press's meter show a number of its own."""
    press.slave.image.set({"serial_number": Decimal(serial)})


@pytest.fixture
def numbered(tmp_path: Path) -> Iterator[Workshop]:
    """A workshop whose meters show their numbers, 1001 and 1002."""
    presses = [Press(1, PROFILE), Press(2, PROFILE)]
    for unit, press in enumerate(presses, 1):
        number(press, 1000 + unit)
    with VirtualBus([press.slave for press in presses], "tcp") as line:
        shop = Workshop(tmp_path / "data", line, presses, PROFILE)
        try:
            yield shop
        finally:
            shop.close()


def known(shop: Workshop) -> dict[str, tuple[str, str]]:
    """Give each meter's number with the reason it was accepted for."""
    database = shop.database()
    try:
        with database.read() as tx:
            found = identities.latest(tx, ["M-1", "M-2"])
    finally:
        database.close()
    return {meter: (last.identity, last.reason) for meter, last in found.items()}


def trail(shop: Workshop) -> tuple[audit.AuditEntry, ...]:
    """Give what people did last, newest first."""
    database = shop.database()
    try:
        with database.read() as tx:
            return audit.newest(tx, 10)
    finally:
        database.close()


def energy(shop: Workshop, after_s: int) -> list[Reading]:
    """Give M-1's energy readings from a second on."""
    found = shop.services.metering.readings(BOSS, "M-1", None, None)
    wanted = [reading for reading in found if reading.quantity == "energy_wh"]
    return [r for r in wanted if (r.at - START).total_seconds() >= after_s]


def card(shop: Workshop) -> MachineCard:
    return shop.services.live.cards(BOSS)[0]


def exchange(shop: Workshop, serial: int, energy_wh: int, at_s: int) -> None:
    """Take M-1 off the line for two seconds and put another meter in its place."""
    shop.run(at_s)
    shop.first.slave.misbehave(Misbehaviour.SILENT)
    shop.run(at_s + 2)
    number(shop.first, serial)
    shop.first.energy_wh = energy_wh
    shop.first.show()
    shop.first.slave.misbehave()


def test_the_number_a_meter_shows_first_is_kept(numbered: Workshop) -> None:
    numbered.run(4)
    expected = {"M-1": ("1001", "first-seen"), "M-2": ("1002", "first-seen")}
    assert known(numbered) == expected
    numbered.run(8)
    numbered.agent.close()
    numbered.start_again()
    numbered.run(12)

    assert known(numbered) == expected
    assert {reading.quality for reading in energy(numbered, 1)} == {Quality.GOOD}
    with pytest.raises(Refused) as refused:
        numbered.services.meters.accept(BOSS, "M-1", "why not")
    assert refused.value.causes[0].code == "nothing-to-accept"


@pytest.mark.parametrize(
    "count",
    [
        100_200,  # as if the first had counted on
        pytest.param(5, marks=pytest.mark.slow),
        pytest.param(99_000_000, marks=pytest.mark.slow),
    ],
)
def test_another_meter_is_not_billed_until_accepted(numbered: Workshop, count: int) -> None:
    numbered.run(2)
    numbered.agent.sessions.start(BOSS, "press-1", "anping")
    numbered.run(30, works(numbered.first, 4, 24))
    exchange(numbered, 2001, count, 30)
    numbered.run(64)

    unbilled = [reading for reading in energy(numbered, 34) if reading.value is not None]
    assert unbilled == []
    assert (card(numbered).state, card(numbered).fault) == (State.UNKNOWN, "swapped")
    assert card(numbered).power_w is None
    assert ("swapped", "M-1: 1001 → 2001") in numbered.services.diagnostics.rows(BOSS)

    assert numbered.services.meters.accept(BOSS, "M-1", "烧坏") == "2001"
    numbered.run(100, works(numbered.first, 70, 90))
    session = numbered.agent.sessions.stop(BOSS, "press-1")

    assert known(numbered)["M-1"] == ("2001", "烧坏")
    assert card(numbered).fault is None
    faults = [reading.fault for reading in energy(numbered, 64) if reading.value is not None]
    assert faults[0] is Fault.RESET
    assert set(faults[1:]) <= {None, Fault.RECOVERED}
    assert session.measures == (("energy_wh", Decimal(10 + 10)),)
    assert session.quality is Quality.SUSPECT
    with pytest.raises(Refused):  # once is enough
        numbered.services.meters.accept(BOSS, "M-1", "烧坏")
    entry = next(entry for entry in trail(numbered) if entry.action == "meter.accept")
    assert (entry.user, entry.object_id, entry.before) == ("boss", "M-1", {"identity": "1001"})
    assert entry.after == {"identity": "2001", "reason": "烧坏"}


def test_the_floor_file_goes_before_what_was_accepted(numbered: Workshop) -> None:
    exchange(numbered, 2001, 500, 4)
    numbered.run(10)
    floor = numbered.data / "floor.toml"
    text = floor.read_text(encoding="utf-8")
    floor.write_text(text.replace("unit = 1\n", 'unit = 1\nserial_number = "2001"\n'), "utf-8")
    numbered.services.floor.import_file(BOSS, floor)
    numbered.run(20)

    assert known(numbered)["M-1"] == ("2001", "floor-file")
    assert energy(numbered, 11)[-1].value is not None
    with pytest.raises(Refused) as refused:
        numbered.services.meters.accept(BOSS, "M-1", "burnt out")
    assert refused.value.causes[0].code == "identity-given"
