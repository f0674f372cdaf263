"""What others do, called as they call it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


def sha1_of(position: int) -> str:
    """Return a made-up sha1 that sorts as the position does."""
    return f"{position:040x}"


def panoptic_vectors(vectors: Vectors) -> list[Any]:
    """Return vectors as PanopticML gets them from Panoptic."""
    from panoptic.core.databases.media.models import Vector

    return [Vector(1, sha1_of(i), row) for i, row in enumerate(vectors)]


def panoptic_clusters(given: list[Any], nb_clusters: int) -> Any:
    """PanopticML's k-means, from its vectors to sorted clusters of sha1."""
    from panopticml.compute.clustering import make_clusters

    return make_clusters(given, nb_clusters=nb_clusters)


def panoptic_duplicates(given: list[Any], min_similarity: float) -> Any:
    """PanopticML's search of duplicates, its index made beforehand."""
    import faiss
    from panopticml.compute.faiss_tree import FaissTree
    from panopticml.panoptic_ml import PanopticML

    index = faiss.IndexFlatIP(len(given[0].data))
    index.add(np.stack([vector.data for vector in given]))
    tree = FaissTree(index, [vector.sha1 for vector in given])
    return PanopticML._compute_duplicate_groups(tree, given, min_similarity)


def hdbscan(vectors: Vectors) -> NDArray[np.int64]:
    """What PanopticML calls for the automatic number."""
    from fast_hdbscan import HDBSCAN

    return np.asarray(HDBSCAN(min_cluster_size=5).fit_predict(vectors))


def evoc(vectors: Vectors) -> NDArray[np.int64]:
    """EVoC, made for embedding vectors."""
    from evoc import EVoC

    return np.asarray(EVoC().fit_predict(vectors))


def blocked_product(vectors: Vectors, rows: int = 1024) -> int:
    """Compare all with all by blocks of one matrix product; return how many reach 0.95."""
    return sum(
        int((vectors[start : start + rows] @ vectors.T >= 0.95).sum())
        for start in range(0, len(vectors), rows)
    )
