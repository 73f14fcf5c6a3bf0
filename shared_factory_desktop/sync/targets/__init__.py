"""The kinds of platform that records can be sent to, one module each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from shared_factory_desktop.domain.floor import Platform
from shared_factory_desktop.domain.problems import Kind, Refused, cause
from shared_factory_desktop.sync.access import Access
from shared_factory_desktop.sync.target import Target
from shared_factory_desktop.sync.targets import http

TARGETS = ((http.KEY, http.HttpTarget),)


def open_target(platform: Platform, access: Access, now: Callable[[], dt.datetime]) -> Target:
    """Open the way to a platform; raises Refused (INPUT) for a kind nobody speaks or a bad URL."""
    for kind, target in TARGETS:
        if kind == platform.kind:
            return target(platform, access, now)
    known = ", ".join(kind for kind, _ in TARGETS)
    raise Refused(
        Kind.INPUT, cause("unknown-target", platform=platform.id, kind=platform.kind, known=known)
    )
