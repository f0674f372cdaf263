"""The widgets: traits and one message handler, no logic."""

from __future__ import annotations

from panoptic_nb.widgets.cluster_map import ClusterMap
from panoptic_nb.widgets.cluster_tree import ClusterTree
from panoptic_nb.widgets.explorer import Explorer
from panoptic_nb.widgets.image_grid import ImageGrid

__all__ = ["ClusterMap", "ClusterTree", "Explorer", "ImageGrid"]
