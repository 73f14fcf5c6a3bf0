"""Statements as e-mails: a draft with its files attached, for the system's mail program to send."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from shared_factory_desktop.domain.money import grouped
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.services.billing import Progress
from shared_factory_desktop.services.exporting import ExportService
from shared_factory_desktop.services.floor import write_atomically
from shared_factory_desktop.services.users import Actor, Permission, require
from shared_factory_desktop.words import Words

FOLDER_NAME = "outgoing"
_BETWEEN = re.compile(r"[,;，；\s]+")
_ANY_FILE = ("application", "octet-stream")
_MEDIA_TYPES = {
    ".pdf": ("application", "pdf"),
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".csv": ("text", "csv"),
    ".zip": ("application", "zip"),
}


@dataclass(frozen=True, slots=True)
class MailDraft:
    """A mail nobody has sent: the message as a file, and what it says; `attachments` lie beside
    it.
    """

    file: Path
    recipients: tuple[str, ...]
    subject: str
    body: str
    attachments: tuple[Path, ...]


class MailService:
    """Writes the mails of one factory, in the language its statements are printed in.

    Each goes to a folder of its own in `folder`.
    """

    def __init__(
        self,
        exporting: ExportService,
        document: Callable[[Actor, str], StatementDocument],
        words: Words,
        folder: Path,
    ) -> None:
        self._exporting = exporting
        self._document = document
        self._words = words
        self._folder = folder

    def write(
        self,
        actor: Actor,
        number: str,
        recipients: str,
        kinds: Sequence[str],
        progress: Progress,
        folder: Path | None = None,
    ) -> MailDraft:
        """Write the draft of a mail with a statement's files, and the files, to a folder.

        `recipients`: addresses with commas between, none to leave them to the mail program. The
        message says `X-Unsent: 1`, which opens it for editing in Outlook and Apple Mail. Raises
        Refused for what is no address and for what `ExportService.export` refuses.
        """
        require(actor, Permission.BILL)
        addresses = _addresses(recipients)
        document = self._document(actor, number)
        target = folder or self._folder / number
        attachments = self._exporting.export(actor, number, kinds, target, progress)
        draft = MailDraft(
            target / f"{number}.eml",
            tuple(address.addr_spec for address in addresses),
            *self._text(document),
            attachments,
        )
        write_atomically(draft.file, _message(draft, addresses).as_bytes(policy=SMTP))
        return draft

    def _text(self, document: StatementDocument) -> tuple[str, str]:
        """Give subject and body."""
        words, statement = self._words, document.statement
        kind = "credit-note" if document.refers_to else "statement"
        last = statement.end - dt.timedelta(days=1)
        said = {
            "kind": words(f"mail.{kind}"),
            "number": document.number,
            "period": f"{statement.start:%Y-%m-%d} – {last:%Y-%m-%d}",
            "buyer": document.buyer.name,
            "seller": document.seller.name,
            "gross": grouped(statement.gross_fen),
            "sha256": document.sha256,
            "refers_to": document.refers_to,
        }
        return words("mail.subject", **said), words(f"mail.{kind}-body", **said)


def _message(draft: MailDraft, addresses: Sequence[Address]) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = draft.subject
    if addresses:
        message["To"] = addresses
    message["X-Unsent"] = "1"
    message.set_content(draft.body, charset="utf-8", cte="base64")
    for file in draft.attachments:
        maintype, subtype = _MEDIA_TYPES.get(file.suffix, _ANY_FILE)
        message.add_attachment(
            file.read_bytes(), maintype=maintype, subtype=subtype, filename=file.name
        )
    return message


def _addresses(text: str) -> tuple[Address, ...]:
    """Read addresses as RFC 5322, 3.4.1 writes them, in ASCII; raises Refused."""
    return tuple(_address(part) for part in _BETWEEN.split(text.strip()) if part)


def _address(text: str) -> Address:
    try:
        address = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError):
        address = Address()
    if not (text.isascii() and address.username and address.domain):
        raise refused(Kind.INPUT, "mail-address", seen=text)
    return address
