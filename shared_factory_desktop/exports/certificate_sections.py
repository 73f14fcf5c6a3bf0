"""What stands on a certificate, section by section, as ISO/IEC 17025:2017 7.8 asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from shared_factory_desktop.domain.calibration import IDENTITY, Point, Verdict
from shared_factory_desktop.domain.certificate import CertificateDocument
from shared_factory_desktop.domain.decimals import plain
from shared_factory_desktop.domain.floor import CUMULATIVE_QUANTITIES
from shared_factory_desktop.domain.statement import Party
from shared_factory_desktop.exports import certificate_words as say
from shared_factory_desktop.exports import phrases
from shared_factory_desktop.exports.certificate_blocks import Block, joined, together
from shared_factory_desktop.exports.certificate_setting import Column, Setting
from shared_factory_desktop.words import Words

POINT_COLUMNS = (
    Column("number", 28, "center"),
    Column("nominal", 76),
    Column("reference", 75, "right"),
    Column("indicated", 75, "right"),
    Column("readings", 32, "right"),
    Column("error", 52, "right"),
    Column("limit", 46, "right"),
    Column("expanded", 44, "right"),
    Column("decision", 71, "center"),
)
STANDARD_COLUMNS = (
    Column("standard", 120),
    Column("serial", 80),
    Column("traceability", 145),
    Column("uncertainty", 84),
    Column("due", 70),
)
_PARTY_FIELDS = ("name", "address", "phone", "uscc")


@dataclass(frozen=True, slots=True)
class Sections:
    """The sections of one certificate in a language."""

    document: CertificateDocument
    words: Words
    setting: Setting

    def all(self) -> tuple[Block, ...]:
        """Give every line from the parties to the end mark; raises ExportFault."""
        parts: tuple[Iterable[Block], ...] = (
            self._parties(),
            self._item(),
            self._performed(),
            self._standard(),
            self._results(),
            together(self._adjustment()),
            together(self._conformity()),
            together(self._declarations()),
            self._remarks(),
            self._signatures(),
        )
        return tuple(block for part in parts for block in part)

    def _parties(self) -> Iterator[Block]:
        yield from self.setting.heading("client")
        yield from self.setting.facts(self._party(self.document.client))

    def _party(self, party: Party) -> list[tuple[str, str]]:
        values = [(field, getattr(party, field)) for field in _PARTY_FIELDS]
        return [(field, value) for field, value in values if value]

    def _item(self) -> Iterator[Block]:
        document, item, words = self.document, self.document.instrument, self.words
        unit = say.unit(words, item.quantity)
        yield from self.setting.heading("item")
        yield from self.setting.facts(
            [
                ("quantity", phrases.known(words, "quantity", item.quantity)),
                ("meter", item.meter),
                ("maker", item.maker),
                ("model", item.model),
                ("serial", item.serial),
                ("range", item.measuring_range),
                ("resolution", f"{plain(item.resolution)} {unit}"),
                ("class", item.accuracy_class),
                ("limit", f"±{say.percent(item.limit)} %"),
                ("legal-use", words(f"certificate.legal-use.{item.legal_use}")),
                ("machine", document.machine),
                ("location", item.location),
                *([("identifier", document.identifier)] if document.identifier else []),
            ]
        )

    def _performed(self) -> Iterator[Block]:
        document, done, words = self.document, self.document.calibration, self.words
        yield from self.setting.heading("performed")
        received = say.day(words, document.received)
        yield from self.setting.facts(
            [
                ("received", received if document.received else words("certificate.in-place")),
                ("performed", say.instant(document, done.performed_at)),
                ("place", done.place),
                ("reason", words(f"certificate.reason.{done.reason}")),
                ("temperature", _measured(done.temperature_c, "°C")),
                ("humidity", _measured(done.humidity_percent, "%")),
                ("method", done.method),
            ]
        )

    def _standard(self) -> Iterator[Block]:
        standard = self.document.standard
        yield from self.setting.heading("standard")
        head = self.setting.table_head(STANDARD_COLUMNS)
        yield from head
        values = {
            "standard": f"{standard.name} ({standard.id})",
            "serial": standard.serial,
            "traceability": standard.traceability,
            "uncertainty": say.standard_uncertainty(self.document),
            "due": f"{standard.due:%Y-%m-%d}",
        }
        yield from self.setting.table_row(STANDARD_COLUMNS, values, head)
        yield from self.setting.note(self.words("certificate.traceability"))

    def _results(self) -> tuple[Block, ...]:
        """Give what was found and left, and what is meant by the uncertainty beside it."""
        done = self.document.calibration
        tables = (*self._points("as-found", done.as_found), *self._points("as-left", done.as_left))
        return (
            *tables[:-1],
            replace(tables[-1], joined=True),
            *self.setting.note(self.words("certificate.uncertainty")),
        )

    def _points(self, when: str, points: Sequence[Point]) -> Iterator[Block]:
        yield from self.setting.heading(when)
        if not points:
            yield from self.setting.note(self.words(f"certificate.none.{when}"))
            return
        unit = say.unit(self.words, self.document.instrument.quantity)
        head = self.setting.table_head(POINT_COLUMNS, unit=unit)
        yield from head
        for number, point in enumerate(points, 1):
            values = self._point(number, point)
            yield from self.setting.table_row(POINT_COLUMNS, values, head)

    def _point(self, number: int, point: Point) -> dict[str, str]:
        error, expanded = say.error(point)
        return {
            "number": str(number),
            "nominal": point.nominal,
            "reference": plain(point.reference),
            "indicated": say.indicated(point),
            "readings": str(len(point.indicated)),
            "error": error,
            "limit": f"±{say.percent(point.limit)}",
            "expanded": expanded,
            "decision": say.decision(self.words, point.decision),
        }

    def _adjustment(self) -> Iterator[Block]:
        document, done, words = self.document, self.document.calibration, self.words
        unit = say.unit(words, done.quantity)
        cumulative = done.quantity in CUMULATIVE_QUANTITIES
        yield from self.setting.heading("adjustment")
        yield from self.setting.wide(
            "adjusted", words("certificate.adjusted" if done.adjusted else "certificate.untouched")
        )
        if done.coefficients == IDENTITY:
            yield from self.setting.note(words("certificate.uncorrected"))
            return
        line = done.coefficients
        gain = f"b = {plain(line.gain)}    u(b) = {say.uncertain(line.gain_u)}"
        yield from self.setting.wide("gain", gain)
        if not cumulative:
            offset = f"a = {plain(line.offset)} {unit}    u(a) = {say.uncertain(line.offset_u)}"
            yield from self.setting.wide("offset", f"{offset} {unit}")
        yield from self.setting.wide("effective", say.instant(document, done.effective_at))
        kind = "register" if cumulative else "momentary"
        yield from self.setting.note(words(f"certificate.correction-{kind}"))

    def _conformity(self) -> Iterator[Block]:
        done, item, words = self.document.calibration, self.document.instrument, self.words
        yield from self.setting.heading("conformity")
        yield from self.setting.wide("rule", words(f"certificate.rule.{done.rule}"))
        specification = words(
            "certificate.specification", limit=say.percent(item.limit), grade=item.accuracy_class
        )
        yield from self.setting.wide("specification", specification)
        for when, points in (("as-found", done.as_found), ("as-left", done.as_left)):
            if points:
                yield from self.setting.wide(when, say.tally(words, points))
        yield from self.setting.wide("verdict", words(f"certificate.verdict.{done.verdict}"))

    def _declarations(self) -> Iterator[Block]:
        done, words = self.document.calibration, self.words
        yield from self.setting.heading("declarations")
        for code in ("item-only", "in-full", "interval"):
            yield from self.setting.note(words(f"certificate.declared.{code}"))
        if done.verdict is not Verdict.REJECT:
            due = say.day(words, done.valid_until)
            yield from self.setting.note(words("certificate.declared.due", due=due))
        for code in ("rounding", "standing"):
            yield from self.setting.note(words(f"certificate.declared.{code}"))

    def _remarks(self) -> Iterator[Block]:
        if self.document.calibration.remarks:
            yield from self.setting.heading("remarks")
            yield from self.setting.text("remarks", self.document.calibration.remarks)

    def _signatures(self) -> Iterator[Block]:
        """Leave room to sign; the end mark stands with it, never alone on a page."""
        document, done = self.document, self.document.calibration
        issued = say.local_day(self.words, document, document.issued_at)
        people = [
            ("operator", done.operator, self.words("certificate.signature")),
            ("reviewer", done.reviewer or say.NOTHING, self.words("certificate.signature")),
            ("issued", issued, self.words("certificate.seal")),
        ]
        yield from joined(self.setting.heading("authorised"))
        for who, name, sign in people:
            yield from joined(self.setting.signature(who, name, sign))
        yield self.setting.end_mark(self.words("certificate.end"))


def _measured(value: Decimal | None, unit: str) -> str:
    return say.NOTHING if value is None else f"{plain(value)} {unit}"
