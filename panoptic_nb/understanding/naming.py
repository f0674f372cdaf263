"""What clusters could be called: by the tags, texts and folders that their images share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.scores import has_vector
from panoptic_nb.tree import SEPARATOR, Node
from panoptic_nb.understanding.comparing import Groups

#: A name is true of at least this share of a cluster.
LEAST_SHARE = 0.5


def proposals(clusters: Sequence[Node], sources: Mapping[str, Groups], n_rows: int) -> pd.DataFrame:
    """Return the best name of each cluster; see `Project.propose_names`.

    The best value has the highest harmonic mean of its share in the cluster and of the share of its
    rows that are in the cluster: it is true of most, and of few others.
    """
    paths = pd.Index([cluster.path for cluster in clusters], name="cluster", dtype=object)
    best = pd.DataFrame(
        {"proposal": None, "source": None, "share": np.nan, "coverage": np.nan},
        index=paths,
        dtype=object,
    )
    scores = np.zeros(len(clusters))
    for source, groups in sources.items():
        totals = np.bincount(groups.values, minlength=len(groups.names))
        for at, cluster in enumerate(clusters):
            inside = np.zeros(n_rows, bool)
            inside[cluster.rows] = True
            counts = np.bincount(groups.values[inside[groups.rows]], minlength=len(groups.names))
            share, coverage = counts / inside.sum(), counts / np.maximum(totals, 1)
            mean = np.where(
                share >= LEAST_SHARE, 2 * share * coverage / np.maximum(share + coverage, 1e-9), 0
            )
            value = int(mean.argmax()) if len(mean) else 0
            if len(mean) and mean[value] > scores[at]:
                scores[at] = mean[value]
                name = str(groups.names[value]).split(SEPARATOR)[-1].strip()
                best.iloc[at] = [name, source, share[value], coverage[value]]
    return best.astype({"share": float, "coverage": float})


def nearest_words(
    clusters: Sequence[Node],
    words: Sequence[str],
    texts: NDArray[np.float32],
    vectors: NDArray[np.float32],
) -> list[str | None]:
    """Return for each cluster the word that it is nearer to than other images are.

    Texts are as near to images as the model has it, some of them to all images: what counts is the
    similarity to the mean of the cluster beyond that to the mean of the other images.

    Parameters
    ----------
    texts : ndarray of float32 (words, d)
        Unit vectors of the words.
    vectors : ndarray of float32 (images, d)
        Unit vectors of all images, NaN where one has none.

    Returns
    -------
    list of str or None
        None for a cluster without a vector, or that no word is nearer to than other images are.
    """
    known = has_vector(vectors, np.arange(len(vectors)))
    total, count = vectors[known].sum(axis=0, dtype=np.float64), int(known.sum())
    found: list[str | None] = []
    for cluster in clusters:
        members = cluster.members[known[cluster.members]]
        inside = vectors[members].sum(axis=0, dtype=np.float64)
        others = max(count - len(members), 1)
        beyond = texts @ (inside / max(len(members), 1) - (total - inside) / others)
        best = int(beyond.argmax())
        found.append(words[best] if len(members) and beyond[best] > 0 else None)
    return found
