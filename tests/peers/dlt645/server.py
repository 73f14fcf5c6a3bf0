"""A DL/T 645-2007 meter on a serial port, by the dlt645 package: `server.py PORT ADDRESS`."""

from __future__ import annotations

import sys
import threading

from dlt645 import MeterServerService  # type: ignore[import-not-found]  # in its own environment

VALUES = {0x00010000: 123456.78, 0x00020000: 0.0}  # kWh, forward and reverse
VARIABLES = {0x02010100: 230.1, 0x02020100: -5.386, 0x02030000: 1.2345}  # V, A, kW

meter = MeterServerService.new_rtu_server(sys.argv[1], 8, 1, 9600, "N", 5.0)
# The package keeps an address the way it goes over the wire, low byte first.
meter.set_address(bytes.fromhex(sys.argv[2])[::-1])
for identifier, value in VALUES.items():
    meter.set_00(identifier, value)
for identifier, value in VARIABLES.items():
    meter.set_02(identifier, value)
if not meter.server.start():
    sys.exit(f"{sys.argv[1]}: cannot be opened")
sys.stdout.write("ready\n")
sys.stdout.flush()
threading.Event().wait()
