"""Issued statements as files: each written from what was frozen, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.exports import EXPORTS, statement_bundle
from shared_factory_desktop.exports.contract import Export, ExportFault, ExportOptions
from shared_factory_desktop.exports.evidence import Evidence
from shared_factory_desktop.services.billing import Progress
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.words import Words


class ExportService:
    """Writes the statements of one factory; `words` are those they are printed in,
    `evidence` collects what proves one of them.
    """

    def __init__(
        self,
        document: Callable[[Actor, str], StatementDocument],
        evidence: Callable[[str], Evidence | None],
        words: Words,
        options: ExportOptions,
    ) -> None:
        self._document = document
        self._evidence = evidence
        self._words = words
        self._options = options

    def export(
        self, actor: Actor, number: str, kinds: Sequence[str], folder: Path, progress: Progress
    ) -> tuple[Path, ...]:
        """Write an issued statement as files; raises Refused for an unknown kind before writing
        any.
        """
        require(actor, Permission.VIEW)
        known = {export.KEY: export for export in EXPORTS}
        unknown = [kind for kind in kinds if kind not in known]
        if unknown or not kinds:
            raise refused(
                Kind.INPUT, "unknown-export", seen=", ".join(unknown), known=", ".join(known)
            )
        document = self._document(actor, number)
        options = self._options
        if statement_bundle.KEY in kinds:
            options = replace(options, evidence=self._evidence(number))
        made = []
        for kind in kinds:
            target = folder / f"{number}{known[kind].SUFFIX}"
            self._write(known[kind], document, target, progress, options)
            made.append(target)
        return tuple(made)

    def _write(
        self,
        export: Export,
        document: StatementDocument,
        target: Path,
        progress: Progress,
        options: ExportOptions,
    ) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            export.write(document, target, self._words, progress, options)
        except ExportFault as fault:
            why = self._words(f"exports.fault.{fault.code}", **fault.values)
            raise refused(Kind.UNREACHABLE, "export", number=document.number, why=why) from None
        except OSError as error:
            raise refused(
                Kind.UNREACHABLE, "not-writable", path=target, why=error.strerror
            ) from None
