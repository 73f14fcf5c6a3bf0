"""What every page is given: the services, who is signed in, the words, the colours, the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from shared_factory_desktop.services.application import Services
from shared_factory_desktop.services.users import Actor
from shared_factory_desktop.ui.tasks import Tasks
from shared_factory_desktop.ui.theme import Palette
from shared_factory_desktop.words import Words


@dataclass(frozen=True, slots=True)
class Context:
    """Surroundings of a page; a change of language, theme or user makes a new one.

    `now` gives the present as an aware datetime.
    """

    services: Services
    actor: Actor
    words: Words
    palette: Palette
    tasks: Tasks
    now: Callable[[], dt.datetime]
