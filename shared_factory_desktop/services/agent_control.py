"""Starts the metering agent, tells whether it runs, and runs it set-up after set-up."""

from __future__ import annotations

import datetime as dt
import logging
import os
import subprocess
import sys
import threading
import time

from shared_factory_desktop.domain.problems import InputRefused, Kind, Refused, refused
from shared_factory_desktop.services.agent import PASSING, Agent, AgentParts
from shared_factory_desktop.services.bus_leases import is_alive
from shared_factory_desktop.services.versions import VERSION
from shared_factory_desktop.storage import floor as floor_rows
from shared_factory_desktop.storage import leases
from shared_factory_desktop.storage.faults import StorageFault
from shared_factory_desktop.sync.loop import SyncLoop

_SILENT = dt.timedelta(seconds=10)
_STARTING_S = 10.0
_LOOK_S = 0.1
_RETRY_S = 1.0

log = logging.getLogger(__name__)


class AgentControl:
    """Starts the agent, and tells whether it runs."""

    def __init__(self, parts: AgentParts) -> None:
        self._parts = parts

    def running(self) -> bool:
        """Tell whether an agent of this workstation lives and has shown a sign of it lately."""
        return self._living() is not None

    def ensure_running(self) -> None:
        """Start an agent process of its own where none runs; it outlives the window."""
        if self.running():
            return
        command = [sys.executable, "-m", "shared_factory_desktop"]
        if getattr(sys, "frozen", False):
            command = [sys.executable]
        subprocess.Popen(
            [*command, "agent", "--data", str(self._parts.metering.data)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + _STARTING_S
        while not self.running() and time.monotonic() < deadline:
            threading.Event().wait(_LOOK_S)

    def stepped(self) -> Agent:
        """Make an agent that meters when it is told the time, not by the clock."""
        return Agent(self._parts, paced=False)

    def run(self, stop: threading.Event, for_s: float | None) -> None:
        """Meter until told to stop, waiting where no factory has been set up yet.

        Raises Refused where another agent of this workstation runs.
        """
        living = self._living()
        if living is not None and living.pid != os.getpid():
            raise refused(Kind.INPUT, "agent-running", pid=living.pid)
        deadline = None if for_s is None else time.monotonic() + for_s
        while not stop.is_set() and (deadline is None or time.monotonic() < deadline):
            try:
                if self._is_set_up():
                    self._run_once(stop, deadline)
                else:
                    stop.wait(_RETRY_S)
            except StorageFault as fault:
                if fault.code not in PASSING:
                    raise
                log.info("metering waits for the database: %s", fault)
                stop.wait(_RETRY_S)

    def _run_once(self, stop: threading.Event, deadline: float | None) -> None:
        """Meter and send under one set-up of the factory."""
        agent = Agent(self._parts)
        agent.open()
        try:
            sync = self._start_sync()
            try:
                agent.serve(stop, deadline)
            finally:
                if sync is not None:
                    sync.stop()
        finally:
            agent.close()

    def _is_set_up(self) -> bool:
        parts = self._parts.metering
        with parts.database.write() as tx:
            leases.beat(tx, parts.workstation, os.getpid(), VERSION)
            return floor_rows.load_floor(tx) is not None

    def _living(self) -> leases.Heartbeat | None:
        parts = self._parts.metering
        with parts.database.read() as tx:
            beat = leases.heartbeat(tx, parts.workstation)
        fresh = beat is not None and parts.now() - beat.at < _SILENT
        return beat if beat is not None and fresh and is_alive(beat.pid) else None

    def _start_sync(self) -> SyncLoop | None:
        try:
            workers = self._parts.workers()
        except (Refused, InputRefused) as error:
            log.info("no record is sent: %s", error)
            return None
        loop = SyncLoop(workers, time.monotonic, self._parts.troubles, _report_sync)
        loop.start()
        return loop


def _report_sync(platform: str, trouble: Exception) -> None:
    log.info("platform %s: %s", platform, trouble)
