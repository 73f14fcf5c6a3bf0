"""Restoring a backup with proof: it is checked against itself and against the anchors kept here,
and only then takes the database's place.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from shared_factory_desktop import paths
from shared_factory_desktop.domain.chain import GENESIS, Finding, Head
from shared_factory_desktop.domain.problems import Kind, refused
from shared_factory_desktop.services.anchor_log import NAME, AnchorLog, AnchorsRead
from shared_factory_desktop.services.anchoring import differing
from shared_factory_desktop.services.bus_leases import is_alive
from shared_factory_desktop.services.trail import Trail
from shared_factory_desktop.services.users import Permission, UserService, require
from shared_factory_desktop.services.verification import Progress, Verified, prove
from shared_factory_desktop.storage import anchors, leases
from shared_factory_desktop.storage.database import Database, Transaction
from shared_factory_desktop.storage.faults import StorageFault

_SILENT = dt.timedelta(seconds=30)
_BESIDE = ("", "-wal", "-shm")  # files of one SQLite database


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore found and did: `missing` are chains that stood further on when they were
    last anchored; `aside` is where the database that was there lies now (None: none was).
    `replaced` False: the backup does not hold, nothing was changed.
    """

    verified: Verified
    missing: tuple[Finding, ...]
    replaced: bool
    aside: Path | None = None


@dataclass(frozen=True, slots=True)
class RestoreParts:
    """What a restore needs: whose data folder, under what name it acts, and the clock."""

    data: Path
    workstation: str
    now: Callable[[], dt.datetime]


def restore(
    parts: RestoreParts, backup: Path, user: str, password: str, progress: Progress
) -> Restored:
    """Put a backup in the place of the database.

    The user signs in with the backup's own password: the database there may be damaged. Raises
    Refused where the backup cannot be read, the user may not, or an agent still meters,
    StorageFault (corrupt, too-new) for a file that is no backup of ours.
    """
    current = parts.data / paths.DATABASE_NAME
    _refuse_running(parts, current)
    copy = _copied(backup, current)
    try:
        with closing(Database.open(copy, parts.now)) as database:
            before = database.create_or_migrate()
            if before is not None:
                before.unlink()
            return _replace(parts, database, (backup, copy, current), (user, password), progress)
    finally:
        for suffix in _BESIDE:
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)


def _replace(
    parts: RestoreParts,
    database: Database,
    files: tuple[Path, Path, Path],
    signed: tuple[str, str],
    progress: Progress,
) -> Restored:
    """Prove the copy of a backup and, where it holds, let it take the place of the database."""
    backup, copy, current = files
    trail = Trail(parts.workstation)
    actor = UserService(database, trail, parts.now).sign_in(*signed)
    require(actor, Permission.SET_UP)
    log = AnchorLog(parts.data / NAME)
    kept = log.read()
    with database.read() as tx:
        verified = prove(tx, AnchorsRead(), (), progress)
        compared = [*differing(tx, kept.anchors)]
        heads = _heads(tx, kept)
    missing = tuple(each for each in compared if each.code == "anchor-missing")
    others = tuple(each for each in (*kept.findings, *compared) if each not in missing)
    verified = Verified(verified.checked, (*verified.problems, *others))
    if not verified.ok:
        return Restored(verified, missing, replaced=False)
    with database.write() as tx:
        after = {"file": backup.name, "missing": [str(each) for each in missing]}
        trail.note(tx, actor.name, "database.restore", current.name, after=after)
    database.close()
    aside = _aside(current, parts.now())
    copy.rename(current)
    log.restored(parts.now(), heads)
    return Restored(verified, missing, replaced=True, aside=aside)


def _heads(tx: Transaction, kept: AnchorsRead) -> tuple[Head, ...]:
    """Give where the chains of a backup stand, and 0 for those only anchors know of."""
    found = {head.chain: head for head in anchors.heads(tx)}
    known = {each.head.chain for each in kept.anchors}
    return (*found.values(), *(Head(name, 0, GENESIS) for name in sorted(known - found.keys())))


def _copied(backup: Path, current: Path) -> Path:
    copy = current.with_name(f"{current.name}.restoring")
    try:
        shutil.copyfile(backup, copy)
    except OSError as error:
        raise refused(
            Kind.UNREACHABLE, "backup-unreadable", path=backup, why=error.strerror
        ) from None
    return copy


def _aside(current: Path, now: dt.datetime) -> Path | None:
    """Move the database that is there away; nothing of it is lost."""
    if not current.exists():
        return None
    aside = current.with_name(f"{current.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
    for suffix in _BESIDE:
        file = current.with_name(current.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    return aside


def _refuse_running(parts: RestoreParts, current: Path) -> None:
    """Refuse while an agent of this workstation meters into the database that is to go."""
    if not current.exists():
        return
    try:
        with closing(Database.open(current, parts.now)) as database, database.read() as tx:
            beat = leases.heartbeat(tx, parts.workstation)
    except StorageFault:
        return  # what is damaged is why a backup is restored
    if beat is not None and parts.now() - beat.at < _SILENT and is_alive(beat.pid):
        raise refused(Kind.INPUT, "agent-running", pid=beat.pid)
