"""What a workstation shows a platform to be let in: its key, a token or a certificate."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from shared_factory_desktop.sync.keys import WorkstationKey


@dataclass(frozen=True, slots=True)
class Access:
    """Credentials of one platform; all optional.

    `certificate_file` is a PEM with the client's certificate and key, `ca_file` a PEM of the
    authorities trusted instead of the system's.
    """

    key: WorkstationKey | None = None
    token: str | None = field(default=None, repr=False)
    certificate_file: Path | None = None
    ca_file: Path | None = None
