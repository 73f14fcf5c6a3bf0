"""A technician's commands about lines: what is there, who answers, what is said, how it does."""

from __future__ import annotations

import os
import pty
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from drivers.profile_file import load_profile
from drivers.protocols.modbus import rtu_frame
from drivers.simulate.bus import VirtualBus
from drivers.simulate.dlt645_meter import Dlt645Image, Dlt645Meter
from drivers.simulate.image import RegisterImage
from drivers.simulate.slave import Slave
from shared_factory_desktop.bootstrap import Bootstrap
from tests.cli.conftest import FLOOR, Cli

pytestmark = pytest.mark.slow

QUESTION = rtu_frame(7, bytes.fromhex("0400480002"))
ANSWER = rtu_frame(7, bytes.fromhex("04044640E400"))
SERIAL_BUS = """
[[bus]]
id = "rs485-1"
transport = "serial"
{where}
timeout_ms = 100
retries = 0
"""


def adapter(device: str, vid: int, pid: int, serial: str | None, location: str) -> ListPortInfo:
    port = ListPortInfo(device)
    port.vid, port.pid, port.serial_number, port.location = vid, pid, serial, location
    return port


@pytest.fixture
def plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says of four ports: a pair of like adapters, one with a number, one plain."""
    ports = [
        adapter("/dev/ttyUSB0", 0x1A86, 0x7523, None, "1-1.1"),
        adapter("/dev/ttyUSB1", 0x1A86, 0x7523, None, "1-1.2"),
        adapter("/dev/ttyUSB2", 0x0403, 0x6001, "A50285BI", "1-1.3"),
        ListPortInfo("/dev/ttyS0"),
    ]
    monkeypatch.setattr(list_ports, "comports", lambda: ports)


def import_floor(cli: Cli, folder: Path, where: str) -> None:
    """Set up a factory with a serial line besides the others."""
    file = folder / "with-serial.toml"
    text = FLOOR.replace("{port}", "1") + SERIAL_BUS.format(where=where)
    file.write_text(text, encoding="utf-8")
    assert cli("import", file).status == 0


@contextmanager
def agent_running(data: Path) -> Iterator[None]:
    """An agent of this data folder, at work on its buses."""
    services, stop = Bootstrap().open_services(data), threading.Event()
    thread = threading.Thread(target=services.agent.run, args=(stop, None))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        services.close()


@pytest.mark.usefixtures("plugged_in")
def test_ports_are_listed_with_the_line_for_the_floor_file(cli: Cli, tmp_path: Path) -> None:
    import_floor(cli, tmp_path, 'usb = { vid = "0403", pid = "6001", serial = "A50285BI" }')

    listed = cli("bus", "list", "--json")

    by_device = {port["device"]: port for port in listed.json["ports"]}
    third = by_device["/dev/ttyUSB2"]
    assert third["adapter"] == "FTDI FT232R"
    assert third["usb"] == "0403:6001:A50285BI"
    assert third["paste"] == 'usb = { vid = "0403", pid = "6001", serial = "A50285BI" }'
    assert third["buses"] == ["rs485-1"]
    assert by_device["/dev/ttyS0"]["usb"] is None
    assert by_device["/dev/ttyS0"]["paste"] == 'port = "/dev/ttyS0"'


@pytest.mark.usefixtures("plugged_in")
def test_adapters_that_nothing_tells_apart_are_warned_of(cli: Cli) -> None:
    listed = cli("bus", "list")

    assert listed.status == 0
    assert len(listed.out.splitlines()) == 4
    first, second = listed.err.splitlines()
    assert "/dev/ttyUSB0: /dev/ttyUSB1" in first
    assert "/dev/ttyUSB1: /dev/ttyUSB0" in second
    assert "WCH CH340" in listed.out
    assert 'usb = { vid = "1A86"' not in listed.out  # it would fit both


def test_a_scan_finds_the_meter_that_is_there_and_says_which_it_is(metered: Cli) -> None:
    scanned = metered("bus", "scan", "lan-1", "--units", "6-8", "--json")

    assert (scanned.status, scanned.json["bus"], scanned.json["complete"]) == (0, "lan-1", True)
    [device] = scanned.json["found"]
    assert (device["protocol"], device["unit"], device["meter"]) == ("modbus", 7, "M-001")
    fits = {fit["profile"]: fit for fit in device["profiles"]}
    energy = {"quantity": "energy_wh", "value": "12345000", "unit": "Wh"}
    assert energy in fits["eastron-sdm120"]["values"]


def test_a_scan_of_a_serial_line_finds_both_protocols(cli: Cli, tmp_path: Path) -> None:
    image = RegisterImage(load_profile("eastron-sdm120"))
    meters: list[Slave | Dlt645Meter] = [
        Slave(3, image),
        Dlt645Meter("000000000161", Dlt645Image(load_profile("dlt645-2007-single-phase"))),
    ]
    with VirtualBus(meters, "serial") as bus:
        import_floor(cli, tmp_path, f'port = "{bus.settings.port}"')
        scanned = cli("bus", "scan", "rs485-1", "--units", "2-3")

    assert scanned.status == 0
    devices = [line for line in scanned.out.splitlines() if not line.startswith(" ")]
    assert [line.split()[:4] for line in devices] == [
        ["9600", "8N1", "dlt645-2007", "000000000161"],
        ["9600", "8N1", "modbus", "3"],
    ]
    assert all("not in the floor file" in line for line in devices)
    assert "about" in scanned.complaint  # how long it takes, told beforehand


def test_a_scan_where_nobody_answers_says_so(metered: Cli) -> None:
    scanned = metered("bus", "scan", "lan-1", "--units", "20-22", "--own")

    assert (scanned.status, scanned.out) == (0, "Nobody answers\n")


def test_a_scan_goes_through_the_agent_that_owns_the_bus(metered: Cli, data: Path) -> None:
    with agent_running(data):
        while not metered("bus", "status", "--json").json["buses"][0]["at"]:
            threading.Event().wait(0.05)
        scanned = metered("bus", "scan", "lan-1", "--units", "7", "--json")
        read = metered("meter", "read", "M-001", "--json")

    [device] = scanned.json["found"]
    assert (device["unit"], device["meter"]) == (7, "M-001")
    assert read.status == 0  # metering goes on


@pytest.mark.parametrize("units", ["0", "1-248", "9-7", "one", "", "1,,2", "-5"])
def test_units_that_are_none_are_refused_in_one_line(metered: Cli, units: str) -> None:
    refused = metered("bus", "scan", "lan-1", f"--units={units}")

    assert refused.status == 2
    assert "--units" in refused.complaint
    assert "1-247" in refused.complaint


@pytest.mark.parametrize("command", ["scan", "monitor"])
def test_a_bus_that_is_unknown_or_out_of_reach_is_told(
    factory: Cli, tmp_path: Path, command: str
) -> None:
    import_floor(factory, tmp_path, 'port = "/dev/no-such-port"')

    unknown = factory("bus", command, "lan-9")
    missing = factory("bus", command, "rs485-1")

    assert (unknown.status, missing.status) == (2, 4)
    assert "lan-9" in unknown.complaint
    assert "lan-1, rs485-1" in unknown.complaint
    assert "port-missing" in missing.complaint


def test_the_monitor_hears_others_without_a_word(cli: Cli, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    import_floor(cli, tmp_path, f'port = "{os.ttyname(theirs)}"')
    stop = threading.Event()

    def talk() -> None:
        while not stop.wait(0.15):
            os.write(ours, QUESTION)
            stop.wait(0.06)
            os.write(ours, ANSWER)

    talking = threading.Thread(target=talk)
    talking.start()
    try:
        heard = cli("bus", "monitor", "rs485-1", "--for", "1.5", "--json")
        shown = cli("bus", "monitor", "rs485-1", "--for", "0.8")
    finally:
        stop.set()
        talking.join()
        os.set_blocking(ours, False)
        with pytest.raises(BlockingIOError):
            os.read(ours, 1)  # nothing was sent
        os.close(ours)
        os.close(theirs)

    assert (heard.status, shown.status) == (0, 0)
    frames = {frame["hex"]: frame for frame in heard.json["frames"]}
    assert frames.keys() == {QUESTION.hex().upper(), ANSWER.hex().upper()}
    answer = frames[ANSWER.hex().upper()]
    assert (answer["means"], answer["values"]["data"]) == ("modbus-data", "4640 E400")
    assert Decimal(answer["latency_ms"]) >= 40
    assert "unit 7 is asked for 2 of input registers from 0x0048" in shown.out


def test_the_monitor_shows_the_agent_s_own_traffic(metered: Cli, data: Path) -> None:
    with agent_running(data):
        while not metered("bus", "status", "--json").json["buses"][0]["at"]:
            threading.Event().wait(0.05)
        seen = metered("bus", "monitor", "lan-1", "--for", "2.5", "--json")

    assert seen.status == 0
    means = {frame["means"] for frame in seen.json["frames"]}
    assert {"modbus-read", "modbus-data"} <= means
    assert {frame["direction"] for frame in seen.json["frames"]} == {"tx", "rx"}


def test_a_line_on_which_nobody_can_be_heard_is_refused(metered: Cli) -> None:
    refused = metered("bus", "monitor", "lan-1", "--for", "1")

    assert refused.status == 4
    assert "agent" in refused.complaint


def test_the_status_of_a_bus_tells_its_meters_apart(metered: Cli, data: Path) -> None:
    before = metered("bus", "status")
    with agent_running(data):
        while not _polled(metered):
            threading.Event().wait(0.05)
        shown = metered("bus", "status")
        status = metered("bus", "status", "--json").json["buses"][0]

    assert before.out == "lan-1  127.0.0.1:" + before.out.partition(":")[2]
    assert "not metered yet" in before.out
    assert (status["bus"], status["ok"]) == ("lan-1", True)
    good, silent = status["meters"]["M-001"], status["meters"]["M-SILENT"]
    assert good["polls"] > 0
    assert good["faults"] == {}
    assert 0 < good["p50_ms"] <= good["p99_ms"] <= good["max_ms"]
    assert silent["faults"]["timeout"] > 0
    assert silent["p50_ms"] is None
    rows = [line.split()[0] for line in shown.out.splitlines()]
    assert rows == ["lan-1", "meter", "M-001", "M-SILENT"]


def _polled(cli: Cli) -> bool:
    """Whether the agent has stored what it knows of both meters."""
    meters = cli("bus", "status", "--json").json["buses"][0]["meters"]
    return all(meters.get(name, {}).get("polls", 0) for name in ("M-001", "M-SILENT"))


def test_a_line_with_one_machine_at_its_end_is_not_scanned(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "floor.toml"
    web = '[[bus]]\nid = "printer-lan"\ntransport = "http"\nhost = "127.0.0.1"\n'
    file.write_text(FLOOR.replace("{port}", "1") + web, encoding="utf-8")
    assert cli("import", file).status == 0

    refused = cli("bus", "scan", "printer-lan")

    assert refused.status == 2
    assert "printer-lan" in refused.complaint


def test_an_operator_may_not_scan(
    metered: Cli, shell: Cli, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARED_FACTORY_NEW_PASSWORD", "li-ming-123")
    assert metered("user", "add", "li", "--role", "operator").status == 0
    monkeypatch.setenv("SHARED_FACTORY_PASSWORD", "li-ming-123")

    refused = shell("bus", "scan", "lan-1", "--data", data, "--as", "li")

    assert refused.status == 3
