"""The cluster tree as a widget of its own."""

from __future__ import annotations

from panoptic_nb.widgets.base import ProjectWidget


class ClusterTree(ProjectWidget):
    """The clusters of a project, to be laid out beside other widgets.

    See `ProjectWidget` for its traits.
    """

    kind = "tree"
