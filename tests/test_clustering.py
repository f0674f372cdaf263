from __future__ import annotations

import numpy as np
import pytest
from fixtures import blobs, same_partition
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.cluster import KMeans

from panoptic_nb.clustering.automatic import automatic
from panoptic_nb.clustering.compute_clusters import compute_clusters
from panoptic_nb.clustering.kmeans import kmeans
from panoptic_nb.clustering.tags import cluster_by_tags
from panoptic_nb.errors import Cancelled, ParameterError
from panoptic_nb.inputs import Tags, TextEncoder
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


def test_automatic_leaves_equal_images_together() -> None:
    assert set(automatic(np.ones((12, 4), np.float32) / 2, seed=0).tolist()) == {0}


def test_automatic_needs_some_images() -> None:
    with pytest.raises(ParameterError, match="at least 10 images") as caught:
        automatic(np.eye(4, dtype=np.float32), seed=0)
    assert "nb_clusters" in caught.value.errors


TAGS = Tags("kind", [("animal",), ("animal", "bird"), ("animal", "fish"), ("plant",)])
AXES = {"animal": 0, "bird": 1, "fish": 2, "plant": 3}


def encode(texts: list[str]) -> np.ndarray:
    """A text side that knows four words, one axis each."""
    rows = np.zeros((len(texts), 4), np.float32)
    for row, text in enumerate(texts):
        for word in text.split():
            rows[row, AXES[word]] = 1
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def by_tags(vectors: np.ndarray, **params: object) -> dict[str, list[int]]:
    groups = cluster_by_tags(vectors, TextEncoder(encode), Progress(), tags=TAGS, **params)  # type: ignore[arg-type]
    return {str(g.label): np.asarray(g.members).tolist() for g in groups if len(g.members)}  # type: ignore[arg-type]


def test_each_image_goes_to_the_tag_of_its_nearest_text() -> None:
    images = np.eye(4, dtype=np.float32)
    assert by_tags(images) == {"animal": [0], "bird": [1], "fish": [2], "plant": [3]}
    assert by_tags(images, parent_tags="ignore") == {"bird": [1], "fish": [2], "plant": [3]}
    combined = by_tags(images, parent_tags="combine")
    assert set(combined) == {"bird", "fish", "plant"}


def test_multiple_puts_an_image_under_every_tag_that_is_similar_enough() -> None:
    both = np.array([[0, 1, 1, 0]], np.float32) / np.sqrt(2)
    images = np.vstack([both, np.eye(4, dtype=np.float32)])
    assert by_tags(images, multiple=True)["bird"] == [0, 2]
    assert by_tags(images, multiple=True)["fish"] == [0, 3]
    assert 0 not in by_tags(images)["fish"]


class CancelAtOnce(Progress):
    def report(self, done: float, total: float | None, text: str) -> None:
        self.cancel()


@pytest.mark.parametrize("run", [lambda v, p: kmeans(v, 3, 0, p), lambda v, p: automatic(v, 0, p)])
def test_algorithms_stop_when_asked(run: object) -> None:
    with pytest.raises(Cancelled):
        run(blobs([3000, 3000]), CancelAtOnce())  # type: ignore[operator]
