"""The number of clusters that was asked for, against what is possible; the user is told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.progress import Progress


def cap_number(asked: int, n_images: int, progress: Progress) -> int:
    """Return how many clusters can be made of so many images, at most one for each."""
    if asked <= n_images:
        return asked
    progress.notice(
        f"{asked} clusters were asked for {n_images} images with vectors: made {n_images}.",
        key="capped",
        asked=asked,
        images=n_images,
    )
    return n_images


def tell_if_fewer(labels: NDArray[np.int64], asked: int, progress: Progress) -> None:
    """Say that there are fewer clusters than were asked for, because many vectors are equal."""
    made = int(labels.max(initial=-1)) + 1
    if made < asked:
        progress.notice(
            f"Only {made} of the {asked} clusters hold images: the others would be copies, "
            "since many images have the same vector.",
            key="fewer_clusters",
            asked=asked,
            made=made,
        )
