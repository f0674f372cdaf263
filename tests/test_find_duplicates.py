"""find_duplicates: complete linkage, every threshold at once, and what the user refused."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from fixtures import blobs, images
from hypothesis import given, settings
from hypothesis import strategies as st

from panoptic_nb.clustering import linkage, thresholds
from panoptic_nb.clustering.duplicates import find_duplicates
from panoptic_nb.clustering.linkage import complete_linkage
from panoptic_nb.clustering.thresholds import duplicate_thresholds
from panoptic_nb.errors import Cancelled, ParameterError, VectorError
from panoptic_nb.inputs import Decisions
from panoptic_nb.progress import Progress

#: From here on vectors count as equal.
EQUAL = 1 - 1e-6

Graph = dict[tuple[int, int], float]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, Graph]:
    """Pairs of a few images, with many ties, some of them missing."""
    n = draw(st.integers(0, 12))
    every = list(itertools.combinations(range(n), 2))
    pairs = draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    return n, {pair: draw(st.integers(1, 5)) / 5 for pair in pairs}


@st.composite
def corpora(draw: st.DrawFn) -> tuple[np.ndarray, list[int], Decisions]:
    """Vectors, equal ones among them, rows of each image, and refused pairs."""
    n = draw(st.integers(0, 25))
    distinct = blobs([max(n // 2, 1)] * 2, dim=3, spread=0.4, seed=draw(st.integers(0, 1000)))
    vectors = distinct[draw(st.lists(st.integers(0, len(distinct) - 1), min_size=n, max_size=n))]
    rows = draw(st.lists(st.sampled_from([1, 1, 1, 2, 3]), min_size=n, max_size=n))
    every = list(itertools.combinations(range(n), 2))
    refused = sorted(draw(st.sets(st.sampled_from(every), max_size=8))) if every else []
    first, second = np.array(refused, np.int64).reshape(-1, 2).T
    return vectors.reshape(n, 3), rows, Decisions(first, second)


def cosines(vectors: np.ndarray) -> np.ndarray:
    exact = vectors.astype(np.float64)
    return np.einsum("id,jd->ijd", exact, exact).sum(axis=2)


def link(n: int, graph: Graph) -> linkage.Merges:
    pairs = np.array(sorted(graph), np.int64).reshape(-1, 2)
    values = np.array([graph[pair] for pair in sorted(graph)], np.float64)
    return complete_linkage(n, pairs[:, 0], pairs[:, 1], values)


def partition(merges: linkage.Merges) -> list[list[int]]:
    return sorted(members.tolist() for members, _ in merges.groups())


def by_hand(n: int, graph: Graph) -> list[list[int]]:
    """Merge the two nearest groups, again and again, by the definition of complete linkage."""
    order = sorted(graph, key=lambda pair: (-graph[pair], pair))
    place = {pair: at for at, pair in enumerate(order)}
    groups = [[i] for i in range(n)]

    def farthest(a: Sequence[int], b: Sequence[int]) -> float:
        return max(place.get((min(i, j), max(i, j)), np.inf) for i in a for j in b)

    while len(groups) > 1:
        nearest = min(itertools.combinations(groups, 2), key=lambda two: farthest(*two))
        if farthest(*nearest) == np.inf:
            break
        groups = [g for g in groups if g not in nearest] + [sorted(nearest[0] + nearest[1])]
    return sorted(group for group in groups if len(group) > 1)


@pytest.mark.parametrize("hardly_any_less", [0.0, 0.98])
@settings(max_examples=150)
@given(graph=graphs())
def test_linkage_is_complete_linkage_in_rounds_and_one_by_one(
    hardly_any_less: float, graph: tuple[int, Graph]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linkage, "HARDLY_ANY_LESS", hardly_any_less)
        merges = link(*graph)
    assert partition(merges) == by_hand(*graph)
    for members, lowest in merges.groups():
        pairs = itertools.combinations(members.tolist(), 2)
        assert lowest == min(graph[1][pair] for pair in pairs)


@given(graphs(), st.integers(1, 5))
def test_what_stands_above_a_threshold_is_what_its_pairs_give(
    graph: tuple[int, Graph], fifth: int
) -> None:
    n, pairs = graph
    merges = link(n, pairs)
    kept = merges.similarities >= fifth / 5
    above = linkage.Merges(
        n,
        merges.first[kept],
        merges.second[kept],
        merges.first_size[kept],
        merges.second_size[kept],
        merges.similarities[kept],
    )
    assert partition(above) == by_hand(n, {p: s for p, s in pairs.items() if s >= fifth / 5})


def test_a_long_chain_takes_no_round_for_each_link() -> None:
    rounds = []
    count = 20_000
    first = np.arange(count)
    falling = np.linspace(1, 0.9, count)
    with pytest.MonkeyPatch.context() as patch:
        real = linkage._mutual
        patch.setattr(linkage, "_mutual", lambda *a: rounds.append(0) or real(*a))
        merges = complete_linkage(count + 1, first, first + 1, falling)
    assert partition(merges)[:2] == [[0, 1], [2, 3]]
    assert len(rounds) < 10


def test_linkage_stops_when_cancelled() -> None:
    class Impatient(Progress):
        def check(self) -> None:
            self.cancel()
            super().check()

    first = np.arange(10)
    with pytest.raises(Cancelled):
        complete_linkage(11, first, first + 1, np.ones(10), Impatient())


@settings(max_examples=60)
@given(corpora(), st.floats(0.3, 1))
def test_every_pair_of_a_group_reaches_the_threshold_and_none_was_refused(
    corpus: tuple[np.ndarray, list[int], Decisions], threshold: float
) -> None:
    vectors, rows, refused = corpus
    groups = find_duplicates(
        vectors, images(vectors, rows), Progress(), refused, min_similarity=threshold
    )
    taken = [int(m) for group in groups for m in np.asarray(group.members)]
    assert len(taken) == len(set(taken)), "an image stands in two groups"
    similarities = cosines(vectors)
    similarities[refused.first, refused.second] = similarities[refused.second, refused.first] = -2
    lowest = min(threshold, EQUAL)
    for group in groups:
        pairs = [similarities[pair] for pair in itertools.combinations(sorted(group.members), 2)]
        assert not pairs or min(pairs) == group.min_similarity >= lowest
        assert pairs or rows[group.members[0]] > 1
    # Complete linkage stops only when no two groups could still be one.
    rest = [[i] for i in range(len(vectors)) if i not in set(taken)]
    cliques = [np.asarray(group.members).tolist() for group in groups] + rest
    for i, a in enumerate(cliques):
        for b in cliques[:i]:
            assert similarities[np.ix_(a, b)].min() < lowest


@settings(max_examples=40)
@given(corpora())
def test_the_explorer_says_what_a_run_at_each_threshold_finds(
    corpus: tuple[np.ndarray, list[int], Decisions],
) -> None:
    vectors, rows, refused = corpus
    given_images = images(vectors, rows)
    table = duplicate_thresholds(vectors, given_images, Progress(), refused).frame()
    assert table["min_similarity"].iloc[[0, -1]].tolist() == [0.5, 1.0]
    assert np.allclose(np.diff(table["min_similarity"]), 0.005)
    similarities = cosines(vectors)
    refusals = list(zip(refused.first.tolist(), refused.second.tolist(), strict=True))
    for threshold, pairs, groups, rows_in_groups in table.itertuples(index=False):
        found = find_duplicates(
            vectors, given_images, Progress(), refused, min_similarity=threshold
        )
        assert groups == len(found)
        assert rows_in_groups == sum(given_images.rows[g.members].sum() for g in found)
        first, second = np.nonzero(np.triu(similarities >= min(threshold, EQUAL), 1))
        every = zip(first.tolist(), second.tolist(), strict=True)
        assert pairs == sum(pair not in refusals for pair in every)


def test_the_floor_rises_until_the_pairs_are_few_enough() -> None:
    vectors = blobs([60, 40, 30], spread=0.5)
    vectors[:20] = vectors[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thresholds, "ENOUGH_PAIRS", 100)
        patch.setattr(thresholds, "SAMPLE", 100)
        counted = duplicate_thresholds(vectors, images(vectors), Progress())
        assert 0.5 < counted.min_similarity[0] < 1
        assert counted.pairs[0] <= 200
        assert counted.pairs[-1] == 190, "the equal ones"
        patch.setattr(thresholds, "ENOUGH_PAIRS", 50)
        with pytest.raises(VectorError, match="smaller cluster"):
            duplicate_thresholds(vectors, images(vectors), Progress())


def test_groups_are_sorted_by_rows_then_by_their_least_similar_pair() -> None:
    pairs = [np.array([[1, 0, 0], [c, np.sqrt(1 - c * c), 0]]) for c in (0.96, 0.99)]
    vectors = np.zeros((5, 9), np.float32)
    vectors[0:2, 0:3], vectors[2:4, 3:6], vectors[4, 6] = *pairs, 1
    found = find_duplicates(vectors, images(vectors, [1, 1, 1, 1, 3]), Progress())
    assert [np.asarray(group.members).tolist() for group in found] == [[4], [2, 3], [0, 1]]
    assert [round(float(group.min_similarity or 0), 2) for group in found] == [1, 0.99, 0.96]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_images_are_no_special_case(n: int) -> None:
    vectors = np.ones((n, 1), np.float32)
    found = find_duplicates(vectors, images(vectors), Progress())
    assert [np.asarray(group.members).tolist() for group in found] == ([[0, 1]] if n == 2 else [])
    counted = duplicate_thresholds(vectors, images(vectors), Progress())
    assert set(counted.groups.tolist()) == {int(n == 2)}


def test_equal_vectors_and_copies_of_a_file_are_duplicates_at_any_threshold() -> None:
    vectors = np.repeat(blobs([1, 1, 1, 1], dim=300), [3, 3, 1, 1], axis=0)
    given = images(vectors, [1, 1, 1, 1, 1, 1, 2, 1])
    groups = find_duplicates(vectors, given, Progress(), min_similarity=1.0)
    members = [sorted(np.asarray(group.members).tolist()) for group in groups]
    assert sorted(members) == [[0, 1, 2], [3, 4, 5], [6]]


def test_a_chain_of_look_alikes_is_not_one_group() -> None:
    angles = np.radians(np.arange(0, 60, 10))
    chain = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    groups = find_duplicates(
        chain, images(chain), Progress(), min_similarity=float(np.cos(np.radians(11)))
    )
    assert all(len(np.asarray(group.members)) == 2 for group in groups)


def test_a_threshold_that_groups_everything_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("panoptic_nb.clustering.duplicates.MAX_PAIRS", 10)
    with pytest.raises(ParameterError, match="raise min_similarity"):
        vectors = blobs([20], spread=0.01)
        find_duplicates(vectors, images(vectors), Progress(), min_similarity=0.1)
