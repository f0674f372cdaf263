from __future__ import annotations

import numpy as np
import pytest
from fixtures import blobs, same_partition
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import AgglomerativeClustering

from panoptic_nb.clustering import agglomerative as module
from panoptic_nb.clustering.agglomerative import agglomerative, average_linkage
from panoptic_nb.errors import Cancelled
from panoptic_nb.progress import Progress


def run(vectors: np.ndarray, nb_clusters: int) -> tuple[np.ndarray, list[str | None]]:
    progress = Progress()
    labels = agglomerative(vectors, progress, 0, nb_clusters=nb_clusters)
    return labels, [notice.key for notice in progress.notices]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    spread=st.sampled_from([0.1, 0.5, 2.0]),
    share=st.floats(0, 1),
)
def test_it_is_the_hierarchy_that_scikit_learn_makes(
    seed: int, sizes: list[int], spread: float, share: float
) -> None:
    vectors = blobs([2, *sizes], dim=12, spread=spread, seed=seed)
    nb_clusters = 1 + round(share * (len(vectors) - 1))
    theirs = AgglomerativeClustering(nb_clusters, metric="cosine", linkage="average")
    expected = theirs.fit_predict(vectors.astype(np.float64))
    assert same_partition(run(vectors, nb_clusters)[0], expected)


def test_groups_count_with_their_sizes_as_if_their_images_were_there() -> None:
    # Tight groups, which average linkage forms first, replaced by their means.
    centres = blobs([1] * 30, dim=6, spread=1.0)
    sizes = np.random.default_rng(0).integers(1, 40, 30)
    images = np.repeat(centres, sizes, axis=0)
    ones = np.ones(len(images))
    for nb_clusters in (2, 5, 10):
        whole = average_linkage(images, ones, nb_clusters)
        grouped = average_linkage(centres, sizes.astype(float), nb_clusters)
        assert same_partition(whole, np.repeat(grouped, sizes).tolist())


def test_above_the_limit_it_merges_small_groups_of_k_means(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SINGLE_IMAGES", 300)
    monkeypatch.setattr(module, "SMALL_GROUPS", 100)
    sizes = [4, 400, 90, 6, 250]
    vectors = blobs(sizes, spread=0.1)
    truth = np.repeat(range(5), sizes).tolist()
    assert same_partition(run(vectors, 5)[0], truth)
    assert len(np.unique(run(vectors, 200)[0])) == 200
    labels, notices = run(vectors, 500)  # more than the small groups that are merged
    assert len(np.unique(labels)) == 500 and notices == []
    assert run(np.repeat(blobs([1, 1]), 200, axis=0), 9)[1] == ["fewer_clusters"]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_few_images_are_capped_and_it_is_said(n: int) -> None:
    labels, notices = run(np.eye(3, dtype=np.float32)[:n], 10)
    assert labels.tolist() == list(range(n)) and notices == ["capped"]


def test_equal_images_stay_together_and_it_is_said() -> None:
    one = blobs([1], dim=500)
    assert run(np.repeat(one, 9, axis=0), 3)[0].tolist() == [0] * 9
    two = np.repeat(blobs([1, 1], dim=500), [7, 5], axis=0)
    labels, notices = run(two, 10)
    assert same_partition(labels, [0] * 7 + [1] * 5) and notices == ["fewer_clusters"]


@given(st.permutations(range(25)))
def test_the_order_of_the_images_does_not_matter(order: list[int]) -> None:
    vectors = blobs([10, 9, 6], spread=0.8)
    labels = run(vectors, 4)[0]
    assert same_partition(run(vectors[order], 4)[0], labels[order].tolist())


class CancelAt(Progress):
    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
        if text == self._text:
            self.cancel()
        super().__call__(done, total, text)


@pytest.mark.parametrize("phase", ["distances", "merging"])
def test_it_stops_when_asked(phase: str) -> None:
    with pytest.raises(Cancelled):
        agglomerative(blobs([1500, 1500]), CancelAt(phase), 0)
