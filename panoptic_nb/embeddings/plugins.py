"""Encoders that other packages bring, by the entry-point group ``panoptic_nb.encoders``.

An entry point names what ``project.embed`` takes (an encoder, a function of images, a transformer),
or a class or a function without arguments that makes one. Nothing of a package is imported before
its encoder is asked for.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from inspect import signature
from typing import Any

from panoptic_nb.error_text import named
from panoptic_nb.errors import EncoderError, PanopticError

GROUP = "panoptic_nb.encoders"


def plugin_names() -> dict[str, str]:
    """Return the package of every encoder that packages bring, by its name."""
    return {point.name: _package(point) for point in entry_points(group=GROUP)}


def load_plugin(name: str) -> Any:
    """Return the encoder that a package brings under a name, None when no package does.

    Raises
    ------
    EncoderError
        When it cannot be imported or made.
    """
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        return None
    try:
        loaded = found.load()
        return loaded() if _makes_one(loaded) else loaded
    except PanopticError:
        raise
    except Exception as error:  # a plugin may fail in any way
        raise EncoderError(
            f"The encoder {name!r} of the package {_package(found)!r} could not be loaded:"
            f" {named(error)}. Update or remove that package.",
            key="broken_encoder",
            name=name,
            package=_package(found),
            error=named(error),
        ) from error


def _makes_one(loaded: Any) -> bool:
    """Tell a class or a function without arguments from an encoder, which takes images."""
    if isinstance(loaded, type):
        return True
    if hasattr(loaded, "encode_images") or hasattr(loaded, "transform") or not callable(loaded):
        return False
    return not signature(loaded).parameters


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.module.partition(".")[0]
