"""DL/T 645 exchanges that others published, with the values that they state."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from drivers.profile import Block, Point
from drivers.protocols import dlt645, dlt645_1997, dlt645_2007
from drivers.protocols.dlt645_frame import Frame, address_field, build_frame
from drivers.transports.line import Timing
from drivers.transports.replay import ReplayLine

WAKING = b"\xfe" * 4
METER_161 = "000000000161"


@dataclass(frozen=True)
class Row:
    """A published exchange; `value` in the unit of `quantity`, None when no answer was published.

    `request` is None where only the answer was published; `…` stands for meter 161's head.
    """

    number: str
    address: str
    identifier: str
    request: str | None
    answer: str | None
    kind: str
    scale: str
    value: str | None
    edition: dlt645.Edition = dlt645_2007.EDITION

    @property
    def block(self) -> Block:
        count = dlt645.NUMBERS[self.kind]
        point = Point("value", 0, self.kind, scale=Decimal(self.scale))
        return Block("identifier", int(self.identifier, 16), count, (point,))

    @property
    def asked(self) -> Frame:
        return dlt645.read_request(self.edition, address_field(self.address), self.block)

    def read(self, *answers: str) -> bytes:
        """Read as the driver does, these answers coming to the request, one a time."""
        transcript = [(WAKING + build_frame(self.asked), hexed(answer)) for answer in answers]
        line = ReplayLine(transcript)
        return dlt645.read(self.edition, line, self.address, self.block, Timing()).data


def hexed(text: str) -> bytes:
    return bytes.fromhex(text.replace("…", "68 61 01 00 00 00 00 68"))


# Energy in Wh and varh, from registers of 0.01 kWh and kvarh.
ROWS = (
    Row("1", METER_161, "00010000", "… 11 04 33 33 34 33 14 16",
        "… 91 08 33 33 34 33 59 33 33 33 8A 16", "bcd4", "10", "260"),
    Row("2", METER_161, "00020000", "… 11 04 33 33 35 33 15 16",
        "… 91 08 33 33 35 33 59 34 33 33 8C 16", "bcd4", "10", "1260"),
    Row("3", METER_161, "00030000", "… 11 04 33 33 36 33 16 16",
        "… 91 08 33 33 36 33 59 33 34 33 8D 16", "sbcd4", "10", "100260"),
    Row("4", METER_161, "00040000", "… 11 04 33 33 37 33 17 16",
        "… 91 08 33 33 37 33 56 33 34 33 8B 16", "sbcd4", "10", "100230"),
    Row("5", METER_161, "02010100", "… 11 04 33 34 34 35 17 16",
        "… 91 06 33 34 34 35 34 43 10 16", "bcd2", "0.1", "100.1"),
    Row("6", METER_161, "02020100", "… 11 04 33 34 35 35 18 16", None, "sbcd3", "0.001", None),
    Row("9", "001234567890", "00000000", "68 90 78 56 34 12 00 68 11 04 33 33 33 33 55 16", None,
        "sbcd4", "10", None),
    Row("10", "000000000001", "00010000", None,
        "68 01 00 00 00 00 00 68 91 08 33 33 34 33 59 B3 55 44 DC 16", "bcd4", "10", "112280260"),
    Row("11", "002241020208", "04000402", "68 08 02 02 41 22 00 68 11 04 35 37 33 37 2A 16",
        "68 08 02 02 41 22 00 68 91 0A 35 37 33 37 3B 35 35 74 55 33 51 16", "bcd6", "1",
        "2241020208"),
    Row("12a", "000102030425", "00010000", "68 25 04 03 02 01 00 68 11 04 33 33 34 33 E1 16",
        "68 25 04 03 02 01 00 68 91 08 33 33 34 33 75 39 45 33 8B 16", "bcd4", "10", "1206420"),
    Row("12b", "123456789012", "00010000", None,
        "FE FE 68 12 90 78 56 34 12 68 91 08 33 33 34 33 89 67 45 33 54 16", "bcd4", "10",
        "1234560"),
    Row("13", "000000000003", "B611", "68 03 00 00 00 00 00 68 01 02 44 E9 03 16",
        "68 03 00 00 00 00 00 68 81 04 44 E9 33 34 EC 16", "bcd2", "1", "100",
        dlt645_1997.EDITION),
    Row("14", "138000130754", "9010", "68 54 07 13 00 80 13 68 01 02 43 C3 DA 16",
        "68 54 07 13 00 80 13 68 81 06 43 C3 34 33 33 33 2B 16", "bcd4", "10", "10",
        dlt645_1997.EDITION),
)  # fmt: skip
ANSWERED = [row for row in ROWS if row.answer]
ENERGY = ANSWERED[0]
