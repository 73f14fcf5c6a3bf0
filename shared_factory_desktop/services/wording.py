"""Turns problems and refusals into the sentences people read, in the language they chose."""

from __future__ import annotations

import os

from shared_factory_desktop.domain.chain import Finding
from shared_factory_desktop.domain.problems import Cause, InputRefused, Problem, Refused
from shared_factory_desktop.words import Words

_CATALOGUES = ("problems", "pricing_problems", "file_problems")


def explain(words: Words, error: Refused | InputRefused) -> tuple[str, ...]:
    """Give one line for each reason: `what: why: what to do`, or `file: place: what is wrong`."""
    if isinstance(error, InputRefused):
        return tuple(explain_problem(words, problem) for problem in error.problems)
    return tuple(explain_cause(words, cause) for cause in error.causes)


def explain_problem(words: Words, problem: Problem) -> str:
    """Say what is wrong with one field, after its file and place."""
    sentence = f"{problem.code}: {problem.seen} ({problem.expected})"
    for catalogue in _CATALOGUES:
        if words.knows(f"{catalogue}.{problem.code}"):
            sentence = words(
                f"{catalogue}.{problem.code}", seen=problem.seen, expected=problem.expected
            )
            break
    return ": ".join(part for part in (problem.file, problem.place, sentence) if part)


def explain_cause(words: Words, cause: Cause) -> str:
    """Say one reason of a refusal."""
    return words(f"refusals.{cause.code}", **dict(cause.values))


def explain_finding(words: Words, found: Finding) -> str:
    """Say what was changed, in which row of which table."""
    return words(
        f"proof.{found.code}",
        table=words(f"proof.table.{found.table}"),
        row=found.row,
        seen=found.seen,
        expected=found.expected,
    )


def language(setting: str, fallback: str) -> str:
    """Choose the language: the setting, else the locale's, else `fallback`.

    The locale is read as POSIX says: LC_ALL before LC_MESSAGES before LANG; one that is
    neither Chinese nor
    English leaves the choice to `fallback`.
    """
    if setting != "auto":
        return setting
    locale = next(
        (os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), ""
    )
    if locale.startswith("zh"):
        return "zh_CN"
    return "en" if locale.startswith("en") else fallback
