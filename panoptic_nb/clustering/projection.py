"""Fewer dimensions that keep most of what tells vectors apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Passes over the vectors that turn random directions into the principal ones.
PASSES = 2


def principal_directions(
    vectors: NDArray[np.float32], count: int, random: np.random.Generator
) -> NDArray[np.float32]:
    """Return about the `count` directions in which vectors spread most.

    Randomised subspace iteration (N. Halko, P.-G. Martinsson and J. Tropp 2011), about the origin.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
    count : int
        At most d.

    Returns
    -------
    ndarray of float32 (d, count)
        Orthonormal columns; ``vectors @ directions`` are the shortened vectors.
    """
    directions = random.standard_normal((vectors.shape[1], count), dtype=np.float32)
    for _ in range(PASSES):
        directions, _ = np.linalg.qr(vectors.T @ (vectors @ directions))
    return directions
