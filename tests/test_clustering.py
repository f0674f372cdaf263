from __future__ import annotations

import numpy as np
import pytest
from fixtures import blobs, same_partition
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from panoptic_nb.clustering.automatic import automatic
from panoptic_nb.clustering.compute_clusters import compute_clusters
from panoptic_nb.clustering.kmeans import kmeans
from panoptic_nb.errors import Cancelled, ParameterError
from panoptic_nb.functions import registry
from panoptic_nb.progress import Progress


def inertia(vectors: np.ndarray, labels: np.ndarray) -> float:
    total = 0.0
    for label in np.unique(labels):
        members = vectors[labels == label].astype(np.float64)
        total += float(((members - members.mean(0)) ** 2).sum())
    return total


def test_kmeans_finds_well_separated_blobs() -> None:
    sizes = [5, 80, 200, 30]
    truth = np.repeat(range(4), sizes).tolist()
    assert same_partition(kmeans(blobs(sizes, spread=0.05), 4, seed=0), truth)


def test_kmeans_is_as_good_as_scikit_learn() -> None:
    vectors = blobs([300, 100, 50, 200, 10, 90], dim=32, spread=0.6)
    ours = inertia(vectors, kmeans(vectors, 12, seed=0))
    theirs = KMeans(12, n_init=1, random_state=0, tol=0, max_iter=1000).fit(vectors).inertia_
    assert ours <= 1.05 * theirs


def test_kmeans_is_not_behind_scikit_learn_when_it_learns_on_a_sample() -> None:
    sizes = (np.random.default_rng(0).lognormal(0, 1, 40) * 500).astype(int)
    vectors = blobs(sizes.tolist(), dim=96, spread=0.8)
    assert len(vectors) > 20_000
    ours = inertia(vectors, kmeans(vectors, 20, seed=0))
    theirs = KMeans(20, n_init=1, random_state=0, tol=0, max_iter=1000).fit(vectors).inertia_
    assert ours <= 1.005 * theirs


def test_kmeans_gives_all_clusters_though_a_sample_shows_few_distinct_vectors() -> None:
    vectors = np.repeat(blobs([300], dim=8, spread=1.0), [19_701] + [1] * 299, axis=0)
    assert kmeans(vectors, 250, seed=0).max() + 1 == 250


@pytest.mark.parametrize("k", [3, 40])
def test_kmeans_is_the_same_with_one_thread_and_with_two(k: int) -> None:
    vectors = blobs([4000, 3000, 5000], dim=80, spread=1.0)
    with threadpool_limits(1):
        alone = kmeans(vectors, k, seed=1)
    with threadpool_limits(2):
        assert kmeans(vectors, k, seed=1).tolist() == alone.tolist()


@given(
    arrays(
        np.float32, st.tuples(st.integers(1, 30), st.integers(2, 4)), elements=st.integers(-2, 2)
    ),
    st.integers(1, 12),
)
def test_kmeans_clusters_are_never_empty(vectors: np.ndarray, k: int) -> None:
    k = min(k, len(vectors))
    labels = kmeans(vectors, k, seed=0)
    assert labels.shape == (len(vectors),)
    assert set(labels.tolist()) == set(range(labels.max() + 1))
    assert labels.max() < min(k, len(np.unique(vectors, axis=0)))


def test_asking_for_more_clusters_than_images_is_capped_and_said() -> None:
    progress = Progress()
    labels = compute_clusters(np.eye(3, dtype=np.float32), progress, 0, nb_clusters=10)
    assert sorted(labels.tolist()) == [0, 1, 2]
    assert [notice.key for notice in progress.notices] == ["capped"]


def test_identical_images_make_one_cluster_and_it_is_said() -> None:
    progress = Progress()
    labels = compute_clusters(np.ones((6, 4), np.float32) / 2, progress, 0, nb_clusters=3)
    assert set(labels.tolist()) == {0}
    assert [notice.key for notice in progress.notices] == ["fewer_clusters"]


def test_automatic_finds_blobs_of_uneven_size_without_being_told_how_many() -> None:
    sizes = [20, 60, 35, 25, 45]
    labels = automatic(blobs(sizes, spread=0.05), seed=0)
    truth = np.repeat(range(5), sizes)
    # Blobs may be cut further, but none is ever mixed with another.
    for label in np.unique(labels):
        assert len(np.unique(truth[labels == label])) == 1


@pytest.mark.parametrize("sizes", [[20], [30], [50], [15, 15], [12, 12, 12]])
def test_automatic_does_not_shatter_a_small_node(sizes: list[int]) -> None:
    labels = automatic(blobs(sizes, dim=64, spread=0.1), seed=0)
    counts = np.bincount(labels)
    assert len(counts) <= max(2 * len(sizes), sum(sizes) / 4)
    assert counts.min() >= 2


def test_granularity_makes_the_automatic_clusters_finer_or_coarser() -> None:
    vectors = blobs([60] * 8, dim=32, spread=1.5)
    made = [
        len(np.unique(compute_clusters(vectors, Progress(), 0, nb_clusters=-1, granularity=g)))
        for g in (0.2, 1.0, 5.0)
    ]
    assert made[0] < made[1] < made[2]
    usual = compute_clusters(vectors, Progress(), 0, nb_clusters=-1)
    assert len(np.unique(usual)) == made[1]


def test_granularity_is_shown_for_the_automatic_number_only() -> None:
    fields = registry.get("compute_clusters").form.fields
    granularity = next(field for field in fields if field["name"] == "granularity")
    assert granularity["when"] == {"nb_clusters": [-1]}
    assert granularity["default"] == 1.0
    assert (granularity["exclusive_minimum"], granularity["maximum"]) == (0, 10)


def test_automatic_leaves_equal_images_together() -> None:
    assert set(automatic(np.ones((12, 4), np.float32) / 2, seed=0).tolist()) == {0}


def test_automatic_needs_some_images() -> None:
    with pytest.raises(ParameterError, match="at least 10 images") as caught:
        automatic(np.eye(4, dtype=np.float32), seed=0)
    assert "nb_clusters" in caught.value.errors


class CancelAtOnce(Progress):
    def report(self, done: float, total: float | None, text: str) -> None:
        self.cancel()


@pytest.mark.parametrize("run", [lambda v, p: kmeans(v, 3, 0, p), lambda v, p: automatic(v, 0, p)])
def test_algorithms_stop_when_asked(run: object) -> None:
    with pytest.raises(Cancelled):
        run(blobs([3000, 3000]), CancelAtOnce())  # type: ignore[operator]
