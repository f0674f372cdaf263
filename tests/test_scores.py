from __future__ import annotations

import numpy as np
import pytest
from fixtures import blobs

from panoptic_nb.scores import score


def by_definition(vectors: np.ndarray) -> float:
    rows = vectors.astype(np.float64)
    return float(100 * ((rows - rows.mean(axis=0)) ** 2).sum(axis=1).mean())


@pytest.mark.parametrize("n", [1, 2, 2048, 2049, 9000])
@pytest.mark.parametrize("spread", [1e-7, 1e-4, 0.01, 0.3, 2.0])
def test_score_is_the_mean_squared_distance_to_the_centroid(n: int, spread: float) -> None:
    vectors = blobs([n], dim=48, spread=spread)
    assert score(vectors) == pytest.approx(by_definition(vectors), rel=1e-4, abs=1e-12)


def test_score_of_some_rows_is_that_of_their_vectors() -> None:
    vectors = blobs([50, 80], dim=8)
    rows = np.array([3, 70, 4, 129])
    assert score(vectors, rows) == score(vectors[rows])
