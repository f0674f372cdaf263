"""The image grid as a widget of its own."""

from __future__ import annotations

from panoptic_nb.widgets.base import ProjectWidget


class ImageGrid(ProjectWidget):
    """The images of the node that is looked at, to be laid out beside other widgets.

    See `ProjectWidget` for its traits.
    """

    kind = "grid"
