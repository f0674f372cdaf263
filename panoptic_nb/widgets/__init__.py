"""The widgets: traits and one message handler, no logic."""

from __future__ import annotations

from panoptic_nb.widgets.explorer import Explorer

__all__ = ["Explorer"]
