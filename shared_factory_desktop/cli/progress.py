"""Tells on a terminal how far a long command has come."""

from __future__ import annotations

import sys

import click


def progress(done: int, total: int) -> None:
    """Write `done/total` on standard error where that is a terminal; the next writes over it."""
    if sys.stderr.isatty():
        click.echo(f"\r{done}/{total}\r", err=True, nl=False)
