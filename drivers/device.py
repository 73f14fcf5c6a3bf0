"""Reads one meter block by block, with retries, and says when to ask a silent one again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.answer import BlockRead
from drivers.decode import Sample, decode
from drivers.faults import COMM_ERROR, EXCEPTION, DeviceFault
from drivers.profile import Block, Profile
from drivers.protocols import MeterProtocol, protocol
from drivers.transports.line import Line, Timing

# 05 acknowledge, 06 busy, 0A and 0B a gateway without answer: worth another try at once.
_PASSING_EXCEPTIONS = ("05", "06", "0A", "0B")
_SIGNS_OF_LIFE = (EXCEPTION, "busy", "resend")
_SILENT_BLOCKS = 2
_BACKOFF_STEP_S = 0.5
_BACKOFF_MAX_S = 10.0


@dataclass(frozen=True, slots=True)
class BlockFault:
    """Why a block could not be read after `tries` tries: `code` and `detail` of the last fault."""

    block: Block
    code: str
    detail: str
    tries: int


@dataclass(frozen=True, slots=True)
class MeterRead:
    """All samples asked for, in the order of the blocks; faulty ones carry no value.

    `latencies_s`: of each good answer, from the request's last byte to the answer's; the instant
    is the end of the last exchange.
    """

    samples: tuple[Sample, ...]
    faults: tuple[BlockFault, ...]
    latencies_s: tuple[float, ...]
    at_monotonic_ns: int

    @property
    def answered(self) -> bool:
        """Whether the meter said anything at all, be it a refusal."""
        refused = any(fault.code in _SIGNS_OF_LIFE for fault in self.faults)
        return refused or any(sample.raw is not None for sample in self.samples)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a meter that does not answer is left alone: 0.5 s more each time, up to 10 s."""

    failures: int = 0

    @property
    def wait_s(self) -> float:
        """Seconds until it should be asked again; 0 for a healthy one."""
        return min(self.failures * _BACKOFF_STEP_S, _BACKOFF_MAX_S)

    def after(self, read: MeterRead) -> Backoff:
        """Tell the back-off that follows from a read."""
        return Backoff() if read.answered else Backoff(self.failures + 1)


def timing_of(profile: Profile, timeout_s: float, retries: int) -> Timing:
    """Join a bus's patience with what the profile knows of the meter."""
    limits = profile.limits
    return Timing(timeout_s, limits.worst_latency_ms / 1000, limits.gap_ms / 1000, retries)


def read_meter(
    line: Line,
    profile: Profile,
    address: int | str,
    blocks: Sequence[Block] | None = None,
    timing: Timing | None = None,
    *,
    probing: bool = False,
) -> MeterRead:
    """Read `blocks` (all by default) of one meter; its faults are in the result. Raises LineFault.

    A block that fails leaves the others readable, but a meter silent in two blocks on end is not
    asked for the rest, so that a dead one costs little of a shared line. `probing`, for a meter
    that was silent before: one try of the first block decides whether the rest is asked for.
    """
    timing = timing or timing_of(profile, line.settings.timeout_s, Timing().retries)
    speech = protocol(profile.protocol)
    samples: list[Sample] = []
    faults: list[BlockFault] = []
    latencies_s: list[float] = []
    silent = int(probing)
    for block in profile.blocks if blocks is None else blocks:
        if silent == _SILENT_BLOCKS:
            outcome: BlockRead | BlockFault = BlockFault(block, "timeout", "not asked", 0)
        else:
            outcome = _try_block(speech, line, address, block, timing, patient=not silent)
        if isinstance(outcome, BlockRead):
            silent = 0
            latencies_s.append(outcome.latency_s)
            words = speech.words(block, outcome.data)
            samples += decode(block, words, outcome.at_monotonic_ns)
        else:
            if silent < _SILENT_BLOCKS:
                silent = silent + 1 if outcome.code == "timeout" else 0
            faults.append(outcome)
            samples += _missing(block, outcome.code)
    last_ns = max((sample.at_monotonic_ns for sample in samples), default=time.monotonic_ns())
    return MeterRead(tuple(samples), tuple(faults), tuple(latencies_s), last_ns)


def read_identity(line: Line, profile: Profile, address: int | str, timing: Timing) -> str | None:
    """Read the meter's own number, None when it has none. Raises DeviceFault, LineFault."""
    if profile.identity is None:
        return None
    speech = protocol(profile.protocol)
    outcome = _try_block(speech, line, address, profile.identity, timing, patient=True)
    if isinstance(outcome, BlockFault):
        raise DeviceFault(outcome.code, outcome.detail)
    return speech.words(profile.identity, outcome.data)[0].text


def _try_block(
    speech: MeterProtocol,
    line: Line,
    address: int | str,
    block: Block,
    timing: Timing,
    *,
    patient: bool,
) -> BlockRead | BlockFault:
    tries = 1 + (timing.retries if patient else 0)
    tried = 0
    while True:
        tried += 1
        try:
            return speech.read(line, address, block, timing)
        except DeviceFault as fault:
            final = fault.code == EXCEPTION and fault.detail not in _PASSING_EXCEPTIONS
            if final or tried == tries:
                return BlockFault(block, fault.code, fault.detail, tried)


def _missing(block: Block, code: str) -> tuple[Sample, ...]:
    fault = EXCEPTION if code == EXCEPTION else COMM_ERROR
    at_ns = time.monotonic_ns()
    return tuple(Sample(point.quantity, None, None, fault, at_ns) for point in block.points)
