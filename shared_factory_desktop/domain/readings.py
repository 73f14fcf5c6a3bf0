"""A reading: what a bill may cite, with its quality, its raw words and why it was taken."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Quality(StrEnum):
    """How far a value may be trusted."""

    GOOD = "good"
    SUSPECT = "suspect"
    SUBSTITUTE = "substitute"
    MISSING = "missing"


class Reason(StrEnum):
    """Why a reading was taken."""

    INTERVAL = "interval"
    START = "start"
    STOP = "stop"
    STATE = "state"
    BAND = "band"
    CALIBRATION = "calibration"
    ALARM = "alarm"
    MANUAL = "manual"


class Fault(StrEnum):
    """Why a value is not simply good."""

    STALE = "stale"
    COMM_ERROR = "comm_error"
    EXCEPTION = "exception"
    SENSOR_ERROR = "sensor_error"
    IMPLAUSIBLE = "implausible"
    RESET = "reset"
    ROLLOVER = "rollover"
    RECOVERED = "recovered"
    DERIVED = "derived"
    MANUAL = "manual"


class ClockState(StrEnum):
    """What is known of the workstation's clock when a reading was stamped."""

    STEADY = "steady"  # wall clock and monotonic clock agree
    JUMPED = "jumped"  # they drifted apart by more than 2 s since the last reading


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one quantity of one meter.

    `at` is UTC, the arrival of the answer's last byte (for a missing one the end of the last
    try); `value` is the
    canonical quantity's unit with transformer ratios applied, None when missing; `raw` upper-
    case hex of the data
    bytes in wire order; `seq` the gap-free number of the workstation, 0 until stored;
    `calibration` the version of
    the coefficients in force, 0 for none; `epoch` the bus lease under which it was read.
    """

    meter: str
    quantity: str
    value: Decimal | None
    raw: str | None
    at: dt.datetime
    quality: Quality
    reason: Reason
    fault: Fault | None = None
    monotonic_ns: int = 0
    clock: ClockState = ClockState.STEADY
    profile: str = ""
    calibration: int = 0
    epoch: int = 0
    seq: int = 0


class State(StrEnum):
    """What a machine is doing."""

    OFF = "off"
    IDLE = "idle"
    WORKING = "working"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StateChange:
    """From `at` (UTC) on the machine is in `state`; `quality` is that of its reading."""

    machine: str
    at: dt.datetime
    state: State
    quality: Quality = Quality.GOOD
