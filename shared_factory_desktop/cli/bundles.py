"""The part of `verify` that checks a bundle: anywhere, without a data folder or a user."""

from __future__ import annotations

from pathlib import Path

from shared_factory_desktop.cli.context import Run, answer_json, note, say
from shared_factory_desktop.services import bundles


def verify_bundle(run: Run, file: Path, json_: bool) -> None:
    """Print what the verifier says of a bundle; exit status 1 where something differs."""
    found = bundles.check(file)
    if json_:
        answer_json(
            {"ok": found.ok, "checked": dict(found.checked), "problems": list(found.problems)}
        )
    else:
        for text in (*found.told, *found.paper):
            say(text)
        for problem in found.problems:
            note(problem)
        say(run.words("cli.bundle-agrees" if found.ok else "cli.bundle-differs", file=file))
    run.status = 0 if found.ok else 1
