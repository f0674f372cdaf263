"""Images that are similar to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.clustering.candidates import SAME
from panoptic_nb.collection import Collection
from panoptic_nb.distances import centroid, cosines, largest
from panoptic_nb.error_text import short
from panoptic_nb.errors import NoVectorsError, ParameterError, VectorError

#: A mean that is shorter is what rounding leaves of vectors that cancel each other out.
NOTHING = 1e-6


@dataclass(frozen=True)
class Similar:
    """Images by similarity to a query, the most similar first; of equals the first by sha1.

    Attributes
    ----------
    positions : ndarray of int64 (k,)
        Of the images.
    similarity : ndarray of float32 (k,)
        Cosine to what was asked with, float32.
    percentile : ndarray of float32 (k,)
        How many of 100 images of the corpus are at most that similar.
    """

    positions: NDArray[np.int64]
    similarity: NDArray[np.float32]
    percentile: NDArray[np.float32]

    def frame(self, images: Collection) -> pd.DataFrame:
        """Return a row for each row that shows one of the images, under its index label."""
        counts = images.count_rows_each(self.positions)
        columns = {
            "similarity": np.repeat(self.similarity, counts),
            "percentile": np.repeat(self.percentile, counts),
        }
        return pd.DataFrame(columns, images.frame_index[images.rows_by_image(self.positions)])


def similar(
    vectors: NDArray[np.float32],
    towards: NDArray[np.floating],
    exclude: NDArray[np.int64] | None = None,
    count: int = 100,
    min_similarity: float = -1.0,
) -> Similar:
    """Return the images that are nearest to a direction.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
        Unit vectors of the images, NaN rows where one has none.
    towards : ndarray (d,)
        A unit vector; see `direction`.
    exclude : ndarray of int64, optional
        Positions of images that are not asked for and no part of the corpus, such as those that
        one asks with.
    count
        How many images at most.
    min_similarity
        The least cosine.

    Raises
    ------
    ParameterError
        `count` or `min_similarity` is out of bounds.
    """
    _check(count, min_similarity)
    similarity = cosines(vectors, towards).clip(-1, 1)
    if exclude is not None:
        similarity[exclude] = np.nan
    there = np.flatnonzero(~np.isnan(similarity))
    corpus = similarity[there]
    top = largest(corpus, count)
    top = top[corpus[top] >= min(min_similarity, SAME)]
    # As many of the corpus are more similar as stand before the first of the equals.
    more = np.searchsorted(-corpus[top], -corpus[top])
    percentile = 100 * (1 - more / max(len(corpus), 1))
    return Similar(there[top], corpus[top], percentile.astype(np.float32))


def direction(
    vectors: NDArray[np.float32], members: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """Return the unit vector in the direction of the mean of some vectors, float64 (d,).

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
        Unit vectors, NaN rows where there is none.
    members : ndarray of int64 (m,), optional
        Which of them, ascending, each once; all by default.

    Raises
    ------
    NoVectorsError
        There is no vector.
    VectorError
        They cancel each other out.
    """
    mean = centroid(vectors, members)
    asked = len(vectors) if members is None else len(members)
    norm = float(np.linalg.norm(mean))
    if np.isnan(norm):
        raise no_query_vector(asked)
    if norm < NOTHING:
        raise VectorError(
            f"The vectors of the {asked} images asked about cancel each other out, so that nothing "
            "is similar to all of them. Choose fewer images, or images that are more alike.",
            key="opposite_query",
            images=asked,
        )
    return mean / norm


def no_query_vector(images: int) -> NoVectorsError:
    """Return the error of a query without a vector."""
    return NoVectorsError(
        f"Similar images are found by vectors, and none of the {images} images asked about has "
        "one. Compute the vectors with project.embed() and try again.",
        key="query_without_vector",
        images=images,
    )


def _check(count: Any, min_similarity: Any) -> None:
    if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < 1:
        raise ParameterError.of(
            "count", f"count must be a whole number, 1 or more. Got {short(count)}."
        )
    number = isinstance(min_similarity, int | float | np.number) and not isinstance(
        min_similarity, bool
    )
    if not number or not -1 <= min_similarity <= 1:
        raise ParameterError.of(
            "min_similarity",
            f"min_similarity must be a number from -1 to 1. Got {short(min_similarity)}.",
        )
