from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest
from fixtures import blobs
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from panoptic_nb.clustering import leiden, pairs
from panoptic_nb.clustering.automatic import automatic, neighbour_graph
from panoptic_nb.clustering.cells import make_cells
from panoptic_nb.clustering.kmeans import kmeans
from panoptic_nb.clustering.leiden import communities
from panoptic_nb.clustering.neighbours import EXACT, _largest, nearest_neighbours
from panoptic_nb.clustering.pairs import FEW, pairs_above
from panoptic_nb.errors import Cancelled, FunctionError, VectorError
from panoptic_nb.progress import Progress


def with_copies(n: int, dim: int, spread: float, seed: int = 0) -> np.ndarray:
    """Blobs in which one vector of twenty is nearly a copy of another, more or less."""
    random = np.random.default_rng(seed)
    vectors = blobs([n // 4, n // 2, n - n // 4 - n // 2], dim, spread, seed)
    copies, sources = random.permutation(n)[: n // 20], random.integers(0, n, n // 20)
    noise = random.normal(size=(len(copies), dim)) * random.uniform(0, 1, (len(copies), 1))
    rows = vectors[sources] + noise / np.sqrt(dim)
    vectors[copies] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return vectors


def brute_force(vectors: np.ndarray, threshold: float) -> set[tuple[int, int]]:
    similar = np.triu(vectors.astype(np.float64) @ vectors.T.astype(np.float64) >= threshold, 1)
    return set(zip(*(axis.tolist() for axis in np.nonzero(similar)), strict=True))


@pytest.mark.parametrize("threshold", [0.99, 0.95, 0.8, 0.6])
@pytest.mark.parametrize(("dim", "spread"), [(300, 5.0), (300, 1.0), (24, 2.0)])
def test_pairs_are_those_of_brute_force(threshold: float, dim: int, spread: float) -> None:
    vectors = with_copies(FEW + 1500, dim, spread)
    wanted = brute_force(vectors, threshold)
    found = pairs_above(vectors, threshold, Progress(), 10**8)
    assert found is not None and wanted
    assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == sorted(wanted)
    exact = np.einsum("pd,pd->p", vectors[found.first], vectors[found.second], dtype=np.float64)
    assert np.allclose(found.similarities, exact, rtol=0, atol=1e-7)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 60), st.floats(-1, 1))
def test_pairs_of_few_vectors(seed: int, n: int, threshold: float) -> None:
    vectors = blobs([n, 1], dim=3, spread=0.5, seed=seed)
    found = pairs_above(vectors, threshold, Progress(), 10**8)
    assert found is not None
    pair_set = set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert pair_set == brute_force(vectors, threshold)


def test_too_many_pairs_are_none() -> None:
    assert pairs_above(blobs([40], spread=0.01), 0.5, Progress(), 100) is None


def test_a_bound_is_used_where_it_pays() -> None:
    tight = pairs._bounds(with_copies(FEW + 1, 256, 3.0), 0.95, Progress())
    assert tight.shape[1] < 100


def test_neighbours_are_exact_up_to_a_size_and_nearly_all_found_beyond() -> None:
    few = blobs([300, 200], dim=32, spread=1.0)
    vectors = blobs([EXACT // 20] * 21, dim=32, spread=1.0)
    assert len(vectors) > EXACT
    for rows, share in ((few, 1.0), (vectors, 0.97)):
        neighbours, similarities = nearest_neighbours(rows, 8, 0, Progress())
        looked_at = np.arange(0, len(rows), 50)
        everything = rows[looked_at] @ rows.T
        everything[np.arange(len(looked_at)), looked_at] = -2
        best = np.sort(everything, axis=1)[:, -8:]
        found = np.sort(similarities[looked_at], axis=1)
        assert (found >= best - 1e-6).mean() >= share
        assert (neighbours != np.arange(len(rows))[:, None]).all()


def test_similarities_are_those_of_all_dimensions_though_neighbours_are_looked_for_in_few() -> None:
    vectors = blobs([EXACT // 4] * 5, dim=200, spread=0.6)
    neighbours, similarities = nearest_neighbours(vectors, 3, 0, Progress())
    exact = np.einsum("nd,ncd->nc", vectors, vectors[neighbours])
    assert np.allclose(similarities, exact, rtol=0, atol=1e-5)
    assert (neighbours != np.arange(len(vectors))[:, None]).all()


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 300), st.integers(0, 12))
def test_the_largest_of_each_row(seed: int, rows: int, columns: int, count: int) -> None:
    values = np.random.default_rng(seed).integers(0, 50, (rows, columns)).astype(np.float32)
    count = min(count, columns)
    found = _largest(values, count)
    assert all(len(set(row)) == count for row in found.tolist())
    largest = np.sort(values, axis=1)[:, columns - count :]
    assert (np.sort(np.take_along_axis(values, found, axis=1), axis=1) == largest).all()


@given(st.integers(1, 400), st.integers(1, 30), st.integers(1, 5))
def test_cells_hold_every_vector_once(n: int, size: int, probes: int) -> None:
    cells = make_cells(blobs([n], dim=4, spread=1.0), size, probes, 0, Progress())
    members = [cells.members(cell) for cell in range(len(cells))]
    assert sorted(np.concatenate(members).tolist()) == list(range(n))
    assert all(0 < len(part) <= 3 * size for part in members)
    assert (cells.near[:, 0] == np.arange(len(cells))).all()


def test_equal_vectors_are_cut_into_cells_too() -> None:
    cells = make_cells(np.ones((1000, 4), np.float32) / 2, 50, 4, 0, Progress())
    assert max(len(cells.members(cell)) for cell in range(len(cells))) <= 150


def test_communities_are_the_same_in_a_process_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors = blobs([60] * 8, spread=0.5)
    graph = neighbour_graph(*nearest_neighbours(vectors, 6, 0, Progress()), Progress())
    here = communities(graph, 2.0, 3, Progress())
    monkeypatch.setattr(leiden, "MANY_EDGES", 0)
    assert communities(graph, 2.0, 3, Progress()).tolist() == here.tolist()
    cancelled = Progress()
    cancelled.cancel()
    with pytest.raises(Cancelled):
        communities(graph, 2.0, 3, cancelled)


def test_automatic_is_the_same_each_time_and_with_any_number_of_threads() -> None:
    vectors = blobs([EXACT // 8] * 9, dim=24, spread=0.6)
    with threadpool_limits(1):
        alone = automatic(vectors, seed=0)
    with threadpool_limits(2):
        assert automatic(vectors, seed=0).tolist() == alone.tolist()


def test_automatic_leaves_only_images_without_a_close_neighbour_unassigned() -> None:
    random = np.random.default_rng(1)
    strange = random.normal(size=(5, 64))
    strange /= np.linalg.norm(strange, axis=1, keepdims=True)
    vectors = np.vstack([blobs([200, 150, 250], dim=64, spread=0.3), strange.astype(np.float32)])
    labels = automatic(vectors, seed=0)
    assert np.flatnonzero(labels < 0).tolist() == list(range(600, 605))
    assert (automatic(vectors[:600], seed=0) >= 0).all()


@pytest.mark.parametrize("n", [12, 300, EXACT + 100])
@pytest.mark.parametrize("kinds", [1, 2])
def test_automatic_keeps_equal_images_together(n: int, kinds: int) -> None:
    vectors = blobs([1] * kinds, dim=64)[np.arange(n) % kinds]
    assert automatic(vectors, seed=0).tolist() == (np.arange(n) % kinds).tolist()


def test_copies_of_a_strange_image_are_not_alone() -> None:
    varied = blobs([500, 400], dim=64, spread=0.3)
    strange = np.random.default_rng(1).normal(size=64)
    copies = np.tile(strange / np.linalg.norm(strange), (300, 1)).astype(np.float32)
    labels = automatic(np.vstack([copies, varied]), seed=0)
    assert len(set(labels[:300].tolist())) == 1 and labels[0] >= 0


def test_images_that_are_less_alike_than_copies_are_not_unassigned() -> None:
    pictures = blobs([250, 250], dim=64, spread=0.3)
    noise = np.random.default_rng(0).normal(size=pictures.shape) * 1e-4
    nearly = pictures + noise
    nearly = (nearly / np.linalg.norm(nearly, axis=1, keepdims=True)).astype(np.float32)
    single = blobs([250, 250, 7], dim=64, spread=0.3, seed=0)[:7]
    assert (automatic(np.vstack([pictures, nearly, single]), seed=0) >= 0).all()


@pytest.mark.parametrize("function", [lambda v: automatic(v, 0), lambda v: kmeans(v, 3, 0)])
def test_vectors_that_are_not_finite_are_refused(function: Callable[..., object]) -> None:
    vectors = blobs([40], dim=8)
    vectors[3] = np.nan
    with pytest.raises(VectorError, match="finite"):
        function(vectors)


def test_far_too_many_pairs_are_refused_before_they_are_compared() -> None:
    class Watched(Progress):
        def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
            raise AssertionError("pairs were compared")

    assert pairs_above(blobs([FEW + 1], spread=0.01), 0.5, Watched(), 10_000) is None


def test_a_process_that_dies_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = neighbour_graph(*nearest_neighbours(blobs([40]), 4, 0, Progress()), Progress())
    monkeypatch.setattr(leiden, "MANY_EDGES", 0)
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(FunctionError, match=r"ended early .*give a number of clusters"):
        communities(graph, 1.0, 0, Progress())
