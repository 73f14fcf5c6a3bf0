"""Setting lines up: the ports there are, who answers on a bus, what is said there, how it does."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.ports import Port, UsbAddress, by_socket, fits, list_ports, look_alikes
from drivers.protocols import protocol
from drivers.transports.line import LineSettings
from shared_factory_desktop.acquisition.poller import line_settings
from shared_factory_desktop.domain.floor import Bus, Floor
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.services.borrowed_bus import BorrowedBus
from shared_factory_desktop.services.bus_leases import agent_owns
from shared_factory_desktop.services.bus_scan import (
    SCAN,
    ScanProgress,
    ScanWish,
    scan_bus,
)
from shared_factory_desktop.services.bus_watch import (
    WatchedFrame,
    WatchParts,
    watch_agent,
    watch_line,
)
from shared_factory_desktop.services.floor import stored_floor
from shared_factory_desktop.services.metering import MeteringParts
from shared_factory_desktop.services.profiles import Profiles
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.storage import floor as floor_rows
from shared_factory_desktop.storage import health, requests
from shared_factory_desktop.storage.frames import Frames

_LOOK_S = 0.2
_TAKEN_S = 10.0
_SLACK_S = 10.0

Report = Callable[[ScanProgress], None]
Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PortSeen:
    """A serial port as a person sets it up: `paste` names it in a floor file.

    `buses`: those of the floor that use it. `alike`: devices of other ports that its USB address
    does not tell from it, so that `paste` names the socket instead.
    """

    port: Port
    buses: tuple[str, ...]
    alike: tuple[str, ...]
    paste: str


@dataclass(frozen=True, slots=True)
class BusStatus:
    """How a bus of the floor does: `body` as its agent stored it at `at`, None where none has."""

    bus: str
    place: str
    workstation: str | None = None
    at: dt.datetime | None = None
    body: Answer | None = None


class CommissioningService:
    """What a technician does with the lines of one factory; `unit` writes a quantity's unit."""

    def __init__(
        self,
        parts: MeteringParts,
        profiles: Profiles,
        frames: Frames,
        unit: Callable[[str], str],
    ) -> None:
        self._parts = parts
        self._profiles = profiles
        self._watching = WatchParts(parts, frames)
        self._unit = unit

    def ports(self, actor: Actor) -> tuple[PortSeen, ...]:
        """List the serial ports present."""
        require(actor, Permission.VIEW)
        with self._parts.database.read() as tx:
            floor = floor_rows.load_floor(tx)
        ports = list_ports()
        return tuple(_seen(port, ports, floor.buses if floor else ()) for port in ports)

    def scan(
        self,
        actor: Actor,
        bus_id: str,
        wish: ScanWish,
        report: Report,
        is_enough: Callable[[], bool],
    ) -> dict[str, object]:
        """Find who answers on a bus, straight or through its agent; gives JSON values.

        `is_enough` ends it early. Raises Refused: an unknown bus, one that cannot be scanned, a
        line out of reach.
        """
        require(actor, Permission.SET_UP)
        floor, bus = self._bus(bus_id)
        self._refuse_unscannable(floor, bus)
        settings = line_settings(bus)
        if self._is_owned(bus_id):
            answer = self._scan_by_agent(bus_id, settings, wish, report, is_enough)
        else:
            answer = self._scan_straight(bus_id, settings, wish, report, is_enough)
        if answer.get("fault"):
            raise refused(Kind.UNREACHABLE, "bus-unusable", bus=bus_id, why=answer["fault"])
        found = [self._told(floor, bus_id, device) for device in answer["found"]]
        return {
            "bus": bus_id,
            "complete": answer["complete"],
            "found": found,
            "garbled": answer["garbled"],
        }

    def watch(
        self, actor: Actor, bus_id: str, is_over: Callable[[], bool]
    ) -> Iterator[WatchedFrame]:
        """Show what is said on a bus until `is_over`; nothing is sent by it. Raises Refused.

        Without an agent the line is listened to, where others can be heard on it at all.
        """
        require(actor, Permission.VIEW)
        _, bus = self._bus(bus_id)
        settings = line_settings(bus)
        if self._is_owned(bus_id):
            return watch_agent(self._watching, bus_id, settings, is_over)
        if bus.transport in ("tcp", "http"):
            raise refused(Kind.UNREACHABLE, "nothing-to-hear", bus=bus_id, transport=bus.transport)
        return watch_line(self._watching, bus_id, settings, is_over)

    def status(self, actor: Actor) -> tuple[BusStatus, ...]:
        """Give how every bus of the floor does, by its last stored snapshot."""
        require(actor, Permission.VIEW)
        with self._parts.database.read() as tx:
            floor = stored_floor(tx)
            seen = {snapshot.bus: snapshot for snapshot in health.list_buses(tx)}
        found = []
        for bus in floor.buses:
            place, last = line_settings(bus).place, seen.get(bus.id)
            if last is None:
                found.append(BusStatus(bus.id, place))
            else:
                found.append(BusStatus(bus.id, place, last.workstation, last.at, last.body))
        return tuple(found)

    def _bus(self, bus_id: str) -> tuple[Floor, Bus]:
        with self._parts.database.read() as tx:
            floor = stored_floor(tx)
        bus = floor.bus(bus_id)
        if bus is None:
            names = ", ".join(bus.id for bus in floor.buses) or "-"
            raise refused(Kind.INPUT, "unknown-bus", bus=bus_id, known=names)
        return floor, bus

    def _is_owned(self, bus_id: str) -> bool:
        with self._parts.database.write() as tx:
            return agent_owns(tx, self._parts.workstation, bus_id)

    def _refuse_unscannable(self, floor: Floor, bus: Bus) -> None:
        """Refuse a line with one machine at its end: it has no addresses, and opening disturbs."""
        alone = bus.transport == "http" or any(
            protocol(self._profiles.get(meter.profile).protocol).ADDRESSING == "none"
            for meter in floor.meters
            if meter.bus == bus.id
        )
        if alone:
            raise refused(Kind.INPUT, "bus-not-shared", bus=bus.id)

    def _scan_straight(
        self,
        bus_id: str,
        settings: LineSettings,
        wish: ScanWish,
        report: Report,
        is_enough: Callable[[], bool],
    ) -> Answer:
        with BorrowedBus(self._parts, bus_id) as borrowed:

            def go_on(progress: ScanProgress) -> None:
                borrowed.keep()
                report(progress)

            return scan_bus(settings, wish, self._profiles.all(), go_on, is_enough)

    def _scan_by_agent(
        self,
        bus_id: str,
        settings: LineSettings,
        wish: ScanWish,
        report: Report,
        is_enough: Callable[[], bool],
    ) -> Answer:
        """Have the agent scan, which meters late meanwhile; it goes on when nobody waits."""
        parts = self._parts
        with parts.database.write() as tx:
            number = requests.ask(tx, SCAN, bus_id, str(wish), 1, "", parts.workstation)
        began_s = time.monotonic()
        patience_s, waiting = _TAKEN_S, threading.Event()
        while time.monotonic() - began_s < patience_s:
            with parts.database.read() as tx:
                request = requests.get(tx, number)
            if request is not None and request.answer is not None:
                return request.answer
            if request is not None and request.taken_by is not None:
                patience_s = wish.longest_s(settings) + _SLACK_S
            if is_enough():
                return {"complete": False, "found": [], "garbled": []}
            report(ScanProgress(None, len(wish.units), None, wish.silent_s(settings)))
            waiting.wait(_LOOK_S)
        raise refused(Kind.UNREACHABLE, "bus-agent-silent", bus=bus_id)

    def _told(self, floor: Floor, bus_id: str, device: Answer) -> dict[str, object]:
        """Add which meter of the floor a device is, and the units of what it measures."""
        meter = next(
            (
                meter.id
                for meter in floor.meters
                if meter.bus == bus_id
                and (meter.unit, meter.address) == (device.get("unit"), device.get("address"))
            ),
            None,
        )
        profiles = [
            {**fit, "values": [{**v, "unit": self._unit(v["quantity"])} for v in fit["values"]]}
            for fit in device["profiles"]
        ]
        return {**device, "meter": meter, "profiles": profiles}


def latency_ms(histogram: Mapping[str, int], max_ms: int, percent: int) -> int | None:
    """Give within how many ms `percent` of the answers came, by the histogram's classes.

    `histogram`: answers by the upper end of their class, `inf` beyond the last, whose end is
    `max_ms`. None without answers.
    """
    ends = sorted((max_ms if end == "inf" else int(end), n) for end, n in histogram.items())
    wanted = sum(histogram.values()) * percent
    answers = 0
    for end, count in ends:
        answers += count
        if count and answers * 100 >= wanted:
            return min(end, max_ms) if max_ms else end
    return None


def _seen(port: Port, ports: Sequence[Port], buses: Sequence[Bus]) -> PortSeen:
    alike = tuple(other.device for other in look_alikes(port, ports))
    users = tuple(bus.id for bus in buses if _uses(bus, port))
    if port.usb is None or alike:
        paste = f"port = {json.dumps(by_socket(port) or port.device)}"
    else:
        fields = {"vid": port.usb.vid, "pid": port.usb.pid, "serial": port.usb.serial}
        given = (f"{key} = {json.dumps(text)}" for key, text in fields.items() if text)
        paste = f"usb = {{ {', '.join(given)} }}"
    return PortSeen(port, users, alike, paste)


def _uses(bus: Bus, port: Port) -> bool:
    if bus.usb is not None:
        return fits(port, UsbAddress(bus.usb.vid, bus.usb.pid, bus.usb.serial))
    return bus.port is not None and Path(bus.port).resolve() == Path(port.device).resolve()
