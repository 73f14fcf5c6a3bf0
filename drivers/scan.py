"""Finds out who answers on a line: at which settings, in which protocol, under which address."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from drivers.faults import EXCEPTION, DeviceFault, LineFault
from drivers.fitting import Proposal, fitting, through_noise
from drivers.meter_search import search
from drivers.profile import Block, Profile
from drivers.protocols import dlt645, dlt645_2007, modbus
from drivers.transports.line import Line, LineSettings, Timing
from drivers.transports.stream import SILENCE_S

BAUDRATES = (9600, 2400, 19200, 4800, 1200, 115200)
PARITIES = ("N", "E")
UNITS = modbus.UNITS

OpenLine = Callable[[LineSettings], Line]

_ANY_REGISTER = Block("holding", 0, 1, ())
_NOBODY_BEHIND_GATEWAY = ("0A", "0B")
_ASK_BYTES = 15  # a Modbus question for one register and its answer
_ASK_645_BYTES = 38  # a DL/T 645 question for the address and its answer, each with four FE
_PATIENCE_645_S = 0.6  # DL/T 645-2007 lets a meter think for 500 ms


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered.

    `address`: a Modbus unit, or the 12 digits of a DL/T 645 meter. `exception`: the two hex digits
    it refused the question with, which tells as well as an answer that it is there. `proposals`:
    profiles that fit, the likeliest first.
    """

    settings: LineSettings
    protocol: str
    address: int | str
    latency_s: float | None = None
    exception: str | None = None
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True)
class Garbled:
    """Something answered twice without sense: two devices of one address, or a disturbed line.

    `address` None where everybody was asked at once. `code`: crc, mismatch or short, or noisy when
    the line was never silent, so that the rest was not asked at these settings.
    """

    settings: LineSettings
    protocol: str
    address: int | None
    code: str


@dataclass(frozen=True, slots=True)
class Step:
    """How far a scan is: `done` of `total` questions, at `settings`."""

    settings: LineSettings
    done: int
    total: int


Event = Found | Garbled | Step


def candidates(own: LineSettings, *, everywhere: bool = True) -> tuple[LineSettings, ...]:
    """Give the settings worth trying, a line's own first; only those where there is no choice."""
    if own.transport != "serial" or not everywhere:
        return (own,)
    bauds = sorted(BAUDRATES, key=lambda baud: baud != own.baudrate)
    if own.baudrate not in BAUDRATES:
        bauds.insert(0, own.baudrate)
    tried = [(own.baudrate, own.parity)]
    tried += [(baud, parity) for baud in bauds for parity in PARITIES]
    others = list(dict.fromkeys(tried))[1:]
    return (own, *(replace(own, baudrate=b, parity=p, stopbits=1) for b, p in others))


def silent_s(settings: Iterable[LineSettings], units: Sequence[int]) -> float:
    """Seconds that a scan takes when nobody answers."""
    return sum(
        line.opening_quiet_s + len(units) * _unanswered_s(line) + _unanswered_645_s(line)
        for line in settings
    )


def scan(
    open_line: OpenLine,
    settings: Sequence[LineSettings],
    units: Sequence[int],
    profiles: Sequence[Profile] = (),
) -> Generator[Event, None, None]:
    """Ask every Modbus unit and any DL/T 645 meter at all `settings`, one after the other.

    Closing the generator closes the line.

    A line that refuses parity is a pseudo-terminal, where speed and parity mean nothing: it is
    asked at the first settings alone. Raises LineFault when the line cannot be used.
    """
    sweep = _Sweep(units, profiles, total=len(settings) * len(units))
    for number, tried in enumerate(settings):
        with open_line(tried) as line:
            parity_refused = "parity-refused" in line.notes
            if number and parity_refused:
                return
            try:
                yield from sweep.run(line, tried)
            except LineFault as fault:
                if fault.code != "noisy":
                    raise
                yield Garbled(tried, modbus.KEY, None, fault.code)
            if parity_refused:
                return


class _Sweep:
    """Asks everybody at one setting after another; remembers whom it has found."""

    def __init__(self, units: Sequence[int], profiles: Sequence[Profile], total: int) -> None:
        self._units = units
        self._profiles = profiles
        self._total = total
        self._done = 0
        # A device may be heard at the wrong parity too, but never at the wrong speed.
        self._found: set[tuple[int, str, int | str]] = set()

    def run(self, line: Line, settings: LineSettings) -> Iterator[Event]:
        if settings.transport in dlt645.TRANSPORTS:
            yield from self._ask_645(line, settings)
        timing = Timing(settings.timeout_s, retries=0)
        for unit in self._units:
            if self._is_new(settings, modbus.KEY, unit):
                yield from self._ask_unit(line, settings, unit, timing)
            self._done += 1
            yield Step(settings, self._done, self._total)

    def _ask_unit(
        self, line: Line, settings: LineSettings, unit: int, timing: Timing
    ) -> Iterator[Found | Garbled]:
        latency_s, exception = None, None
        try:
            answer = through_noise(lambda: modbus.read(line, unit, _ANY_REGISTER, timing))
            latency_s = answer.latency_s
        except DeviceFault as fault:
            if fault.code != EXCEPTION:
                if fault.code != "timeout":
                    yield Garbled(settings, modbus.KEY, unit, fault.code)
                return
            if fault.detail in _NOBODY_BEHIND_GATEWAY:
                return
            exception = fault.detail
        self._found.add((settings.baudrate, modbus.KEY, unit))
        proposals = fitting(line, modbus.KEY, unit, self._profiles, timing)
        yield Found(settings, modbus.KEY, unit, latency_s, exception, proposals)

    def _ask_645(self, line: Line, settings: LineSettings) -> Iterator[Event]:
        timing = _timing_645(settings)
        found = spoiled = False
        for heard in search(line, timing):
            spoiled = spoiled or heard.spoiled
            for address in heard.addresses:
                found = True
                yield from self._fit_645(line, settings, address, timing)
            yield Step(settings, self._done, self._total)
        if spoiled and not found:
            yield Garbled(settings, dlt645_2007.KEY, None, "mismatch")

    def _fit_645(
        self, line: Line, settings: LineSettings, address: str, timing: Timing
    ) -> Iterator[Found]:
        if not self._is_new(settings, dlt645_2007.KEY, address):
            return
        self._found.add((settings.baudrate, dlt645_2007.KEY, address))
        proposals = fitting(line, dlt645_2007.KEY, address, self._profiles, timing)
        yield Found(settings, dlt645_2007.KEY, address, proposals=proposals)

    def _is_new(self, settings: LineSettings, key: str, address: int | str) -> bool:
        return (settings.baudrate, key, address) not in self._found


def _timing_645(settings: LineSettings) -> Timing:
    return Timing(max(settings.timeout_s, _PATIENCE_645_S), retries=0)


def _unanswered_s(line: LineSettings) -> float:
    wire_s = _ASK_BYTES * line.character_s
    return wire_s + line.timeout_s + max(SILENCE_S, line.gap_s)


def _unanswered_645_s(line: LineSettings) -> float:
    if line.transport not in dlt645.TRANSPORTS:
        return 0.0
    wire_s = _ASK_645_BYTES * line.character_s
    return wire_s + _timing_645(line).timeout_s + max(SILENCE_S, line.gap_s)
