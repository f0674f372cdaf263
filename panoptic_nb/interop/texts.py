"""The words of what is exported, from the locale files."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError

LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES = ("en", "fr")
_NARROW_SPACE = "\u202f"


class Texts:
    """The words of one language.

    Parameters
    ----------
    language
        "en" or "fr".

    Raises
    ------
    ProjectError
        There are no words in that language.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ProjectError(f"lang is one of {', '.join(LANGUAGES)}. Got {short(language)}.")
        self.language = language
        self._texts = _read(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return the words for a key such as "html.close", with values filled in."""
        entry = self._entry(key)
        return str(entry).format(**values)

    def count(self, key: str, n: int, **values: object) -> str:
        """Return the words for a number of things: "1,903 images"."""
        # French says "0 image".
        one = n == 1 or (n == 0 and self.language == "fr")
        form = str(self._entry(key)["one" if one else "other"])
        return form.format(n=self.number(n), **values)

    def number(self, value: int) -> str:
        """Return a number with the separators of the language."""
        text = f"{value:,}"
        return text.replace(",", _NARROW_SPACE) if self.language == "fr" else text

    def _entry(self, key: str) -> Any:
        entry: Any = self._texts
        for part in key.split("."):
            entry = entry[part]
        return entry


@cache
def _read(language: str) -> dict[str, Any]:
    text = (LOCALE / f"{language}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
