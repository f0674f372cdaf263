"""Whether clusters come back when a part of the images is clustered again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.progress import Progress
from panoptic_nb.tree import Members, Node

#: Makes groups of some images with a seed.
Again = Callable[[Members, int], Sequence[Members]]


def stability(
    clusters: Sequence[Node],
    members: Members,
    again: Again,
    runs: int,
    share: float,
    seed: int,
    progress: Progress,
) -> pd.DataFrame:
    """Return how well each cluster is found again; see `Project.stability`.

    C. Hennig 2007, "Cluster-wise assessment of cluster stability": the Jaccard similarity of each
    cluster, as far as it is in the part, to the most similar of the new groups.
    """
    random = np.random.default_rng(seed)
    size = max(2, round(share * len(members)))
    found = np.full((runs, len(clusters)), np.nan)
    held = [cluster.members for cluster in clusters]
    for run in range(runs):
        progress(run, runs, "groups")
        part = np.sort(random.choice(members, min(size, len(members)), replace=False))
        groups = again(part, seed + run)
        found[run] = [_best(np.intersect1d(own, part, True), groups) for own in held]
    there = ~np.isnan(found)
    counts = np.maximum(there.sum(axis=0), 1)
    return pd.DataFrame(
        {
            "stability": np.where(there.any(axis=0), np.nansum(found, axis=0) / counts, np.nan),
            "lowest": [column[~np.isnan(column)].min(initial=1) for column in found.T],
            "runs": there.sum(axis=0),
        },
        index=pd.Index([cluster.path for cluster in clusters], name="cluster", dtype=object),
    )


def _best(own: Members, groups: Sequence[Members]) -> float:
    """Return the highest Jaccard similarity of a cluster to a group; NaN without an image."""
    if not len(own):
        return np.nan
    shared = [len(np.intersect1d(own, group, True)) for group in groups]
    sizes = [len(group) for group in groups]
    similarities: list[float] = [
        common / (len(own) + size - common) for common, size in zip(shared, sizes, strict=True)
    ]
    return max(similarities, default=0.0)


def random_scores(
    vectors: NDArray[np.float32], sizes: Sequence[int], draws: int, seed: int, progress: Progress
) -> NDArray[np.float64]:
    """Return the scores of random groups, float64 (draws, sizes).

    Each draw is one random order of the images; the groups are its beginnings. The score is
    100 x (1 - squared norm of the mean), which is `panoptic_nb.scores.score` for unit vectors.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
        Unit vectors.
    sizes
        From 1 to n.
    """
    random = np.random.default_rng(seed)
    scores = np.empty((draws, len(sizes)))
    stops, which = np.unique(np.asarray(sizes), return_inverse=True)
    for draw in range(draws):
        progress(draw, draws, "groups")
        order = random.choice(len(vectors), stops[-1], replace=False)
        parts = np.split(vectors[order], stops[:-1])
        sums = np.cumsum([part.sum(axis=0, dtype=np.float64) for part in parts], axis=0)
        means = sums / stops[:, None]
        scores[draw] = (100 * (1 - np.einsum("nd,nd->n", means, means)))[which]
    return scores
