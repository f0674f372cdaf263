"""The colours of the map: one for each cluster, which it keeps whatever is edited elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.tree import Node, Tree

#: Of images in no cluster: visible on light and dark grounds, and behind the others.
GREY = "#9a9a9a"
#: Readable on light and dark grounds, and apart from each other, neighbours in the list most
#: (P. Green-Armytage 2010, "A colour alphabet", its middle tones).
PALETTE = (
    "#2f7ed8", "#f28c28", "#2ca25f", "#e0403a", "#8e63ce", "#a0693f", "#e06bb8", "#7a9a1c",
    "#17a5b8", "#c9a227", "#5566d6", "#d65f8c", "#3f9e8f", "#b5582b", "#9b7fe0", "#6b8e4e",
    "#cc4fcf", "#4aa3e0", "#d9764a", "#8a8f2a",
)  # fmt: skip


def cluster_of_images(tree: Tree) -> tuple[NDArray[np.int64], list[Node]]:
    """Return the number of the first cluster of each image, -1 for none, and the clusters.

    Clusters are the leaves that a function, a person or a tag made, in tree order.
    """
    leaves = [leaf for leaf in tree.leaves() if leaf.kind == "group"]
    codes = np.full(len(tree.images), -1)
    for number in reversed(range(len(leaves))):
        codes[leaves[number].members] = number
    return codes, leaves


def colour(leaf: Node | None) -> str:
    """Return the colour of a cluster: by its id, which it keeps; grey for none."""
    return GREY if leaf is None else PALETTE[leaf.id % len(PALETTE)]
