"""Catalogues of words: looks a code up in resources/translations and fills in the values; holds no
sentence itself.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from typing import Any

from shared_factory_desktop import paths

LANGUAGES = ("zh_CN", "en")


class Words:
    """All catalogues of one language; a code is `<file>.<key>`, for example `refusals.unknown-
    machine`.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"language {language!r}: expected one of {', '.join(LANGUAGES)}")
        self.language = language
        self._catalogue = catalogue(language)

    def __call__(self, code: str, **values: object) -> str:
        """Give the sentence for `code` with `{name}` filled from values; raises KeyError for an
        unknown code.
        """
        return self._catalogue[code].format_map({key: str(value) for key, value in values.items()})

    def knows(self, code: str) -> bool:
        """Tell whether the catalogue has `code`."""
        return code in self._catalogue


@functools.cache
def catalogue(language: str) -> Mapping[str, str]:
    """Read every file of a language into one flat mapping of `<file>.<key>` to text."""
    folder = paths.resources() / "translations" / language
    entries: dict[str, str] = {}
    for file in sorted(folder.glob("*.toml")):
        entries.update(_flat(file.stem, tomllib.loads(file.read_text(encoding="utf-8"))))
    return entries


def _flat(prefix: str, table: Mapping[str, Any]) -> dict[str, str]:
    entries: dict[str, str] = {}
    for key, value in table.items():
        code = f"{prefix}.{key}"
        entries.update(_flat(code, value) if isinstance(value, dict) else {code: str(value)})
    return entries
