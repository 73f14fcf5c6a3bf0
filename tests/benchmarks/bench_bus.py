"""How the bus layer does next to pymodbus, minimalmodbus, libmodbus, and next to the wire itself.

Sections, all of them or those named as arguments: `late` answers, `wire` time, `processor` time,
a `workshop` of 40 meters, a `dead` meter among ten. Slaves run in processes of their own. Ends
with 1 only if our own client gave a wrong value; a goal missed on a busy machine is only said.
"""

from __future__ import annotations

import datetime as dt
import queue
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median

from drivers.profile_file import load_profile
from shared_factory_desktop.acquisition.bus import BusThread
from shared_factory_desktop.acquisition.plan import plan_meter
from shared_factory_desktop.acquisition.poller import Poller
from shared_factory_desktop.acquisition.recorder import Poll
from shared_factory_desktop.domain.floor import Bus, Factory, Floor, Meter
from tests.benchmarks.bus_clients import (
    Client,
    Minimalmodbus,
    Ours,
    Pymodbus,
    early_polls,
    expected,
    slave,
)
from tests.peers.wire import HEADER, built_on_libmodbus

Open = Callable[[str, int, float], Client]

TURNAROUND_S = 0.010
PATIENT_S = 2.0
CLIENTS: dict[str, Open] = {
    "ours": lambda port, baud, timeout_s: Ours(port, baud, timeout_s, timeout_s),
    "pymodbus": Pymodbus,
    "minimalmodbus": Minimalmodbus,
}


class Findings:
    """What the benchmark says: lines as it goes, verdicts on the goals in the end."""

    def __init__(self) -> None:
        self.wrong = 0
        self._verdicts: list[str] = []

    def say(self, line: str) -> None:
        """Print a line at once."""
        print(line, flush=True)  # noqa: T201 (a benchmark's answer is what it prints)

    def goal(self, what: str, met: bool, figure: str) -> None:
        """Keep a verdict for the end."""
        self._verdicts.append(f"{'met' if met else 'NOT MET':8}{what}: {figure}")

    def close(self) -> int:
        """Print the verdicts; give the exit status."""
        self.say("\n" + "\n".join(self._verdicts))
        return 1 if self.wrong else 0


# --- late answers ---------------------------------------------------------------------------------

READS = 300
LATE_S, TIMEOUT_S, WORST_S = 0.1, 0.05, 0.14
LATE_CLIENTS: dict[str, Open] = {
    "ours": lambda port, baud, timeout_s: Ours(port, baud, timeout_s, WORST_S),
    "pymodbus": Pymodbus,
    "pymodbus, 3 retries": lambda port, baud, timeout_s: Pymodbus(port, baud, timeout_s, 3),
    "minimalmodbus": Minimalmodbus,
}


def late_reads(open_client: Open) -> Counter[str]:
    """Read two blocks in turn from a slave whose answers take up to twice the time-out."""
    seen: Counter[str] = Counter()
    with slave("--late", str(LATE_S)) as port:
        client = open_client(port, 115_200, TIMEOUT_S)
        for number in range(READS):
            address = (0x10, 0x2300)[number % 2]
            values = client.read(address, 2)
            right = values == expected(address, 2)
            seen["errors" if values is None else "right" if right else "wrong"] += 1
        client.close()
    return seen


def late(findings: Findings) -> None:
    """300 reads with random latency: what each client takes for good."""
    findings.say(f"late: {READS} reads, latency 0 to {LATE_S * 1000:.0f} ms, time-out 50 ms")
    with ThreadPoolExecutor(len(LATE_CLIENTS)) as threads:
        counts = list(threads.map(late_reads, LATE_CLIENTS.values()))
    for name, seen in zip(LATE_CLIENTS, counts, strict=True):
        figures = (f"{seen[what]:4} {what}" for what in ("wrong", "errors", "right"))
        findings.say(f"  {name:20}" + "  ".join(figures))
    findings.wrong += counts[0]["wrong"]
    findings.goal("late: no wrong value", not counts[0]["wrong"], f"{counts[0]['wrong']} wrong")


# --- wire time ------------------------------------------------------------------------------------

BAUDS, COUNTS = (2400, 9600, 19_200, 115_200), (2, 30, 125)
WIRE_S, LEAST_POLLS = 2.0, 4
WIRE_GOAL = 0.97


def wire_s(baud: int, count: int) -> float:
    """Time of one read at 8N1: request, answer, turnaround, silence (reference, wire time)."""
    silence_s = 0.001_75 if baud > 19_200 else 3.5 * 11 / baud
    return (8 + 5 + 2 * count) * 10 / baud + TURNAROUND_S + silence_s


def poll_s(open_client: Open, baud: int, count: int) -> tuple[float, int]:
    """Read again and again; give the median time of a poll, and polls that came too early."""
    polls = max(int(WIRE_S / wire_s(baud, count)), LEAST_POLLS)
    options = ("--baud", str(baud), "--turnaround", str(TURNAROUND_S))
    with slave(*options) as port:
        client = open_client(port, baud, PATIENT_S)
        instants = []
        for _ in range(polls + 1):
            if client.read(0, count) != expected(0, count):
                raise ValueError(f"{baud} baud, {count} registers: a read failed")
            instants.append(time.monotonic())
        client.close()
        periods = [later - earlier for earlier, later in pairwise(instants)]
        return median(periods), early_polls(port, baud)


def wire(findings: Findings) -> None:
    """Polls per second on a wire of a baud rate, as a share of what the formula allows."""
    findings.say("\nwire: polls/s, and the share of the formula's; ! where silences were cut short")
    findings.say(
        f"  {'baud':>6} {'count':>5} {'formula':>8}" + "".join(f"{n:>18}" for n in CLIENTS)
    )
    shares = []
    for baud in BAUDS:
        for count in COUNTS:
            allowed_s = wire_s(baud, count)
            row = f"  {baud:6} {count:5} {1 / allowed_s:8.2f}"
            for name, open_client in CLIENTS.items():
                took_s, early = poll_s(open_client, baud, count)
                share = allowed_s / took_s
                shares += [share] if name == "ours" else []
                row += f"{1 / took_s:10.2f} {share:6.1%}{'!' if early else ' '}"
            findings.say(row)
    figure = f"least {min(shares):.1%} of the formula"
    findings.goal(f"wire: at least {WIRE_GOAL:.0%}", min(shares) >= WIRE_GOAL, figure)


# --- processor time -------------------------------------------------------------------------------

REGISTERS, SAMPLES = 10, 400
PACED_BAUD, PACED_SAMPLES = 9600, 40


def processor_s(open_client: Open, baud: int, samples: int, *options: str) -> float:
    """Processor seconds of this process per read."""
    with slave(*options) as port:
        client = open_client(port, baud, PATIENT_S)
        client.read(0, REGISTERS)
        before_s = time.process_time()
        good = [client.read(0, REGISTERS) == expected(0, REGISTERS) for _ in range(samples)]
        used_s = time.process_time() - before_s
        client.close()
    if not all(good):
        raise ValueError(f"{baud} baud: {good.count(False)} reads of {samples} failed")
    return used_s / samples


def libmodbus_s(program: Path, baud: int, samples: int, *options: str) -> float:
    """The same of a client in C."""
    with slave(*options) as port:
        command = [str(program), port, str(baud), str(REGISTERS), str(samples)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    good, used_s, _ = told.split()
    if int(good) != samples:
        raise ValueError(f"libmodbus: {good} reads of {samples} succeeded")
    return float(used_s) / samples


def processor(findings: Findings) -> None:
    """Processor time per poll, the slave answering at once, and at the pace of a wire."""
    paced = ("--baud", str(PACED_BAUD), "--turnaround", str(TURNAROUND_S))
    kinds = {
        "answer at once": (115_200, SAMPLES, ()),
        f"paced at {PACED_BAUD}": (PACED_BAUD, PACED_SAMPLES, paced),
    }
    with tempfile.TemporaryDirectory(prefix="bench-bus-") as folder:
        program = built_on_libmodbus("client", Path(folder)) if HEADER.exists() else None
        for kind, (baud, samples, options) in kinds.items():
            used = {n: processor_s(c, baud, samples, *options) for n, c in CLIENTS.items()}
            if program is not None:
                used["libmodbus in C"] = libmodbus_s(program, baud, samples, *options)
            findings.say(f"\nprocessor: {REGISTERS} registers, {kind}; ms a poll, ratio to ours")
            for name, seconds in used.items():
                ratio = seconds / used["ours"]
                findings.say(f"  {name:16}{seconds * 1000:8.3f}{ratio:8.2f}")


# --- whole buses ----------------------------------------------------------------------------------

BUSES, METERS = 4, 10
BUS_BAUD = 19_200
WARM_UP_S, WORKSHOP_S = 3.0, 20.0
PROCESSOR_GOAL = 0.15
DEAD_UNIT = 5
DEAD_GOAL = 0.90
# How fast, and the windows measured from the start; the last one counts. A meter that has just
# died costs a full line more, until its back-off has grown.
DEAD_PACES = (("each second", 1000, (30.0,)), ("as fast as it goes", 50, (45.0, 30.0)))


def stamp(monotonic_ns: int) -> dt.datetime:
    """Turn an instant into some UTC time."""
    return dt.datetime.fromtimestamp(monotonic_ns / 1e9, dt.UTC)


@contextmanager
def metered(name: str, poll_ms: int, *options: str) -> Iterator[queue.Queue[Poll]]:
    """Run a bus of ten meters, its slaves in a process of their own; gives what it brings."""
    meters = tuple(
        Meter(f"{name}-{unit}", name, "eastron-sdm120", unit, poll_ms=poll_ms)
        for unit in range(1, METERS + 1)
    )
    floor = Floor(Factory("f", "F"), meters=meters)
    profile = load_profile("eastron-sdm120")
    plans = [plan_meter(floor, meter, profile) for meter in meters]
    paced = ("--baud", str(BUS_BAUD), "--turnaround", str(TURNAROUND_S), "--floats")
    polls: queue.Queue[Poll] = queue.Queue()
    with slave(*paced, *options) as port:
        bus = Bus(name, "serial", port=port, baudrate=BUS_BAUD)
        thread = BusThread(Poller(bus, plans, stamp, 1), polls, lambda _: None)
        thread.start()
        try:
            yield polls
        finally:
            thread.stop()


def drained(polls: queue.Queue[Poll]) -> Counter[str]:
    """Count what has come, by meter, where every value is there; the rest as missing."""
    seen: Counter[str] = Counter()
    while not polls.empty():
        poll = polls.get()
        whole = all(sample.value is not None for sample in poll.samples)
        seen[poll.meter if whole else "missing"] += 1
    return seen


def workshop(findings: Findings) -> None:
    """40 meters on 4 buses, each read once a second: what that costs the acquiring process."""
    with ExitStack() as running:
        buses = [running.enter_context(metered(f"bus{n}", 1000)) for n in range(BUSES)]
        time.sleep(WARM_UP_S)
        for polls in buses:
            drained(polls)
        before_s, began_s = time.process_time(), time.monotonic()
        time.sleep(WORKSHOP_S)
        took_s = time.monotonic() - began_s
        share = (time.process_time() - before_s) / took_s
        seen = sum((drained(polls) for polls in buses), Counter())
    good = seen.total() - seen["missing"]
    findings.say(
        f"\nworkshop: {BUSES * METERS} meters at 1 Hz, {BUS_BAUD} baud, {took_s:.0f} s:"
        f" {good / took_s:.1f} good polls/s, {seen['missing']} missing,"
        f" {share:.1%} of one core, {share * took_s / max(good, 1) * 1000:.2f} ms a poll"
    )
    findings.goal(
        f"workshop: under {PROCESSOR_GOAL:.0%} of a core", share < PROCESSOR_GOAL, f"{share:.1%}"
    )


def others_rates(poll_ms: int, windows_s: Sequence[float], *options: str) -> list[float]:
    """Good polls a second of the meters besides the one that may be dead, window after window."""
    rates = []
    with metered("bus", poll_ms, *options) as polls:
        for window_s in windows_s:
            began_s = time.monotonic()
            time.sleep(window_s)
            seen = drained(polls)
            for uncounted in ("missing", f"bus-{DEAD_UNIT}"):
                seen.pop(uncounted, None)
            rates.append(seen.total() / (time.monotonic() - began_s))
    return rates


def dead(findings: Findings) -> None:
    """One dead meter of ten: what the other nine keep, read each second and as fast as it goes."""
    for pace, poll_ms, windows_s in DEAD_PACES:
        others = partial(others_rates, poll_ms, windows_s)
        with ThreadPoolExecutor(2) as threads:
            whole = threads.submit(others)
            lacking = threads.submit(others, "--dead", str(DEAD_UNIT))
        findings.say(f"\ndead: 1 of {METERS}, {pace}: polls/s of the other nine")
        since_s, share = 0.0, 0.0
        for window_s, alive, left in zip(windows_s, whole.result(), lacking.result(), strict=True):
            share = left / alive
            span = f"{since_s:.0f} to {since_s + window_s:.0f} s"
            findings.say(f"  {span:12}{left:7.2f} instead of {alive:.2f}, {share:.1%}")
            since_s += window_s
        findings.goal(f"dead: at least {DEAD_GOAL:.0%}, {pace}", share >= DEAD_GOAL, f"{share:.1%}")


SECTIONS: dict[str, Callable[[Findings], None]] = {
    "late": late,
    "wire": wire,
    "processor": processor,
    "workshop": workshop,
    "dead": dead,
}


def main(arguments: list[str]) -> int:
    """Run the sections named, all by default."""
    unknown = [name for name in arguments if name not in SECTIONS]
    findings = Findings()
    if unknown:
        findings.say(f"{unknown[0]}: expected one of {', '.join(SECTIONS)}")
        return 2
    for name in arguments or SECTIONS:
        SECTIONS[name](findings)
    return findings.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
