"""The Explorer: the cluster tree and the image grid of a project, side by side."""

from __future__ import annotations

from panoptic_nb.widgets.base import ProjectWidget


class Explorer(ProjectWidget):
    """The cluster tree and the image grid of a project; ``project.explore()`` returns it.

    See `ProjectWidget` for its traits.
    """

    kind = "explorer"
