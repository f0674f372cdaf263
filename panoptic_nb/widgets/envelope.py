"""What a message of the browser holds, if it holds anything: nothing is taken for granted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


def data_of(message: Any) -> Mapping[str, Any]:
    """Return what ipywidgets sends in a message, {} where it is none."""
    content = message.get("content") if isinstance(message, Mapping) else None
    data = content.get("data") if isinstance(content, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def written(data: Mapping[str, Any], buffers: Any, names: Collection[str]) -> dict[str, Any]:
    """Return the traits that an update writes; bytes come beside it, each with its place.

    Parameters
    ----------
    data, buffers
        Of the message.
    names
        Traits that may hold bytes; other places are left alone.
    """
    state, paths = data.get("state"), data.get("buffer_paths")
    new = dict(state) if isinstance(state, Mapping) else {}
    if isinstance(paths, list) and isinstance(buffers, list):
        for path, buffer in zip(paths, buffers, strict=False):
            if isinstance(path, list) and len(path) == 1 and path[0] in names:
                new[path[0]] = buffer
    return new
