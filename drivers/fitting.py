"""Proposes the profiles that fit an unknown meter, each proven by the values it reads there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from drivers.answer import BlockRead
from drivers.decode import Sample, decode
from drivers.faults import EXCEPTION, DeviceFault
from drivers.profile import COUNTERS, Block, Profile
from drivers.protocols import MeterProtocol, protocol
from drivers.transports.line import Line, Timing

# What no workshop exceeds, by the last part of a quantity's name: a float read from registers that
# hold something else is nearly always far beyond, or nearer to 0 than any meter's step.
_MOST = {
    "v": Decimal(10_000),
    "a": Decimal(100_000),
    "w": Decimal(100_000_000),
    "wh": Decimal(10) ** 13,
    "ah": Decimal(10) ** 10,
    "c": Decimal(3_000),
    "pct": Decimal(100),
    "s": Decimal(10) ** 10,
}
_LEAST = Decimal("0.000001")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A profile whose every block the meter answers with believable values, and those values.

    `identity`: the meter's own number, None where the profile knows of none or it is not told.
    """

    profile: Profile
    samples: tuple[Sample, ...]
    identity: str | None = None

    @property
    def weight(self) -> tuple[int, int]:
        """How much speaks for it: values that are not 0, then values at all."""
        known = [sample.value for sample in self.samples if sample.value is not None]
        return sum(1 for value in known if value), len(known)


class Asked:
    """Reads blocks of one meter, each once, whichever profile asks for it."""

    def __init__(
        self, line: Line, speech: MeterProtocol, address: int | str, timing: Timing
    ) -> None:
        self._line = line
        self._speech = speech
        self._address = address
        self._timing = timing
        self._known: dict[tuple[str, int, int, str], BlockRead | None] = {}

    def read(self, block: Block) -> BlockRead | None:
        """Give the answer, None when the meter refuses or is silent. Raises LineFault."""
        key = (block.table, block.address, block.count, block.question)
        if key not in self._known:
            self._known[key] = self._try(block)
        return self._known[key]

    def _try(self, block: Block) -> BlockRead | None:
        try:
            return through_noise(
                lambda: self._speech.read(self._line, self._address, block, self._timing)
            )
        except DeviceFault:
            return None


def through_noise(ask: Callable[[], _Answer]) -> _Answer:
    """Ask, and once more where the answer was garbled. Raises what `ask` does, as DeviceFault."""
    try:
        return ask()
    except DeviceFault as fault:
        if fault.code in ("timeout", EXCEPTION):
            raise
    return ask()


def fitting(
    line: Line, key: str, address: int | str, profiles: Iterable[Profile], timing: Timing
) -> tuple[Proposal, ...]:
    """Try the profiles of a protocol on the meter at `address`; the likeliest first.

    Raises LineFault.
    """
    speech = protocol(key)
    asked = Asked(line, speech, address, timing)
    found = []
    for profile in profiles:
        samples = _prove(asked, speech, profile) if profile.protocol == key else None
        if samples is not None:
            found.append(Proposal(profile, samples, _identity(asked, speech, profile)))
    return tuple(sorted(found, key=lambda fit: fit.weight, reverse=True))


def _prove(asked: Asked, speech: MeterProtocol, profile: Profile) -> tuple[Sample, ...] | None:
    """Read all of a profile; None from the first block that is refused or beyond belief."""
    samples: list[Sample] = []
    # Counters first: they tell models apart that share their other registers.
    for block in sorted(profile.blocks, key=lambda block: not _counts(block)):
        answer = asked.read(block)
        if answer is None:
            return None
        told = decode(block, speech.words(block, answer.data), answer.at_monotonic_ns)
        if not all(map(_is_believable, told)):
            return None
        samples += told
    return tuple(samples) if any(sample.value is not None for sample in samples) else None


def _identity(asked: Asked, speech: MeterProtocol, profile: Profile) -> str | None:
    answer = None if profile.identity is None else asked.read(profile.identity)
    if profile.identity is None or answer is None:
        return None
    return speech.words(profile.identity, answer.data)[0].text or None


def _counts(block: Block) -> bool:
    return any(point.quantity in COUNTERS for point in block.points)


def _is_believable(sample: Sample) -> bool:
    if not sample.value:
        return True
    if sample.quantity in COUNTERS and sample.value < 0:
        return False
    most = _MOST.get(sample.quantity.rpartition("_")[2])
    return most is None or _LEAST <= abs(sample.value) <= most
