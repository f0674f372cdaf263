"""Words of the locale files where the kernel writes what the widget shows."""

from __future__ import annotations

from typing import Any

from panoptic_nb.widgets.packing import texts

#: Between a language's whole numbers and their fractions.
POINTS = {"fr": ","}


class Words:
    """The words of one language; called with a key of the locale files.

    Parameters
    ----------
    language
        "en" or "fr"; another one is read as English.
    """

    def __init__(self, language: str) -> None:
        self.language = language if language in texts() else "en"

    def __call__(self, key: str, **values: Any) -> str:
        """Return the words of a key, the key itself where there are none."""
        found = self.find(key, **values)
        return key if found is None else found

    def find(self, key: str, **values: Any) -> str | None:
        """Return the words of a key, filled in; `n` decides between one and several."""
        entry: Any = texts()[self.language]
        for part in key.split("."):
            entry = entry.get(part) if isinstance(entry, dict) else None
        if isinstance(entry, dict):
            n = values.get("n", 0)
            entry = entry.get("one" if n == 1 or (n == 0 and self.language == "fr") else "other")
        if not isinstance(entry, str):
            return None
        words = entry
        for name, value in values.items():
            words = words.replace(f"{{{name}}}", str(value))
        return words

    def number(self, value: float, digits: int = 2, zeros: bool = False) -> str:
        """Return a number as the language writes it; `zeros`: with those that say nothing."""
        text = f"{value:.{digits}f}"
        if "." in text and not zeros:
            text = text.rstrip("0").rstrip(".")
        return text.replace(".", POINTS.get(self.language, "."))
