"""OctoPrint's virtual printer as a board on a pseudo-terminal: `board.py FOLDER [NAME=JSON]`.

Prints the terminal's name once it answers. Lines of its standard input are what somebody does at
the printer, as G-code; it ends with them. Settings are those of the plugin, as `sendBusy=true`.
Runs in its own environment.
"""

from __future__ import annotations

import importlib
import json
import os
import pty
import sys
import threading
import tty
from pathlib import Path
from typing import Any

import octoprint.plugin  # type: ignore[import-not-found]  # in its own environment

octoprint.plugin.plugin_manager(
    init=True, plugin_folders=[], plugin_bases=[], plugin_entry_points=[]
)

virtual_printer = importlib.import_module("octoprint.plugins.virtual_printer")
virtual = importlib.import_module("octoprint.plugins.virtual_printer.virtual")

FOLDER = Path(sys.argv[1])
READ_TIMEOUT_S = 0.2
CHUNK = 4096


class Settings:
    """The plugin's settings, as it asks for them."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def get(self, path: list[str], **_: object) -> Any:
        found: Any = self._values
        for key in path:
            found = found[key]
        return found

    def get_int(self, path: list[str]) -> int:
        return int(self.get(path) or 0)

    def get_float(self, path: list[str]) -> float:
        return float(self.get(path))

    def get_boolean(self, path: list[str]) -> bool:
        return bool(self.get(path))

    def global_get_basefolder(self, name: str) -> str:
        folder = FOLDER / name
        folder.mkdir(exist_ok=True)
        return str(folder)


def speak(printer: Any, terminal: int) -> None:
    """Hand on what the printer says."""
    while printer.outgoing is not None:
        line = printer.readline()
        if line.strip():
            os.write(terminal, line.rstrip(b"\r\n") + b"\n")


def listen(printer: Any, terminal: int) -> None:
    """Hand on what comes; the printer takes one line at a time."""
    rest = b""
    while True:
        *lines, rest = (rest + os.read(terminal, CHUNK)).split(b"\n")
        for line in lines:
            put(printer, line)


def put(printer: Any, line: bytes) -> None:
    """Hand on one line, of which the printer may take a part at a time."""
    data = line + b"\n"
    while data:
        data = data[printer.write(data) :]


def main() -> None:
    """Carry lines between the terminal and the printer until nobody wants them any more."""
    values = virtual_printer.VirtualPrinterPlugin().get_settings_defaults()
    for argument in sys.argv[2:]:
        name, _, value = argument.partition("=")
        values[name] = json.loads(value)
    printer = virtual.VirtualPrinter(
        Settings(values), None, data_folder=str(FOLDER), read_timeout=READ_TIMEOUT_S
    )
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    for work in (speak, listen):
        threading.Thread(target=work, args=(printer, ours), daemon=True).start()
    sys.stdout.write(f"{os.ttyname(theirs)}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        put(printer, line.strip().encode())
    printer.close()


main()
os._exit(0)  # the plugin's threads are not daemons, nor do they all end
