from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, write_images
from hypothesis import given
from hypothesis import strategies as st

import panoptic_nb as pn
from panoptic_nb.errors import NoVectorsError, ParameterError, VectorError
from panoptic_nb.representatives import Representatives, representatives
from panoptic_nb.similar import direction, similar

SIZES = (8, 5, 3)


@st.composite
def some_vectors(draw: st.DrawFn) -> np.ndarray:
    """Unit vectors on a circle, many of them equal, some missing."""
    angles = draw(st.lists(st.none() | st.integers(0, 6), min_size=1, max_size=30))
    turns = np.array([np.nan if a is None else a * 0.37 for a in angles])
    return np.stack([np.cos(turns), np.sin(turns)], 1).astype(np.float32)


@st.composite
def parts(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    vectors = draw(some_vectors())
    chosen = draw(st.sets(st.integers(0, len(vectors) - 1), min_size=1))
    return vectors, np.array(sorted(chosen))


# ---------------------------------------------------------------------- representatives


@given(parts())
def test_the_medoid_is_nearest_to_all_and_the_others_are_farthest(
    part: tuple[np.ndarray, np.ndarray],
) -> None:
    vectors, members = part
    known = [m for m in members if not np.isnan(vectors[m, 0])]
    strip = representatives(vectors, members)
    if not known:
        assert strip is None
        return
    assert strip is not None
    rows = vectors[known].astype(np.float64)
    to_all = {m: np.square(rows - vectors[m]).sum() for m in known}
    assert to_all[strip.medoid] == pytest.approx(min(to_all.values()), abs=1e-4)
    shown = [strip.medoid, *strip.farthest]
    assert len(set(shown)) == len(shown) == min(4, len(known))
    assert set(shown) <= set(known)
    left_out = [to_all[m] for m in known if m not in shown]
    distances = [to_all[m] for m in strip.farthest]
    assert min(distances, default=np.inf) >= max(left_out, default=0) - 1e-4
    assert distances == pytest.approx(sorted(distances, reverse=True), abs=1e-4)


def test_of_equal_images_the_first_stand_for_the_cluster() -> None:
    vectors = np.tile(np.float32([0.6, 0.8]), (5000, 1))
    strip = representatives(vectors, np.arange(3, 5000))
    assert strip is not None
    assert (strip.medoid, strip.farthest) == (3, (4, 5, 6))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[pn.Project]:
    paths = write_images(tmp_path / "images", sum(SIZES))
    frame = pd.DataFrame({"path": [*map(str, paths), str(paths[0])]})
    frame.index = [f"row {n}" for n in range(len(frame))]
    with pn.open_project(frame, tmp_path / "project") as project:
        project.add_vectors("made", np.concatenate([vectors := blobs(SIZES), vectors[:1]]))
        yield project


def test_strips_are_computed_again_only_when_images_or_vectors_change(
    project: pn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(vectors: np.ndarray, members: np.ndarray) -> object:
        asked.append(len(members))
        return representatives(vectors, members)

    monkeypatch.setattr("panoptic_nb.representatives.representatives", counted)
    project.compute_clusters(3)
    strips = Representatives(project)
    first = {node.id: strips.of(node) for node in project.tree.walk()}
    assert len(asked) == len(first) == 4
    project.rename("Cluster 0", "birds")
    project.compute_clusters(2, node="Cluster 1")
    again = {node.id: strips.of(node) for node in project.tree.walk()}
    assert first.items() <= again.items()
    assert len(asked) == 4 + 2 + 2  # the new clusters, and the two nodes above them
    other = blobs(SIZES, seed=5)
    project.add_vectors("made", np.concatenate([other, other[:1]]))
    assert strips.of(project.tree.root) != again[0]


def test_without_vectors_there_is_no_strip(project: pn.Project) -> None:
    project.delete_vectors("made")
    assert Representatives(project).of(project.tree.root) is None


# ---------------------------------------------------------------------- similar images


@given(parts(), st.integers(1, 40), st.sampled_from([-1.0, 0.0, 0.5, 1.0]))
def test_similar_images_are_those_with_the_largest_cosine(
    part: tuple[np.ndarray, np.ndarray], count: int, least: float
) -> None:
    vectors, query = part
    try:
        towards = direction(vectors, query)
    except VectorError:
        assert np.linalg.norm(np.nansum(vectors[query], axis=0)) < 1e-5
        return
    found = similar(vectors, towards, query, count, least)
    corpus = [m for m in range(len(vectors)) if m not in set(query) and not np.isnan(vectors[m, 0])]
    cosine = {m: float(vectors[m] @ towards) for m in corpus}
    expected = sorted((cosine[m] for m in corpus if cosine[m] >= least - 1e-6), reverse=True)
    assert len(set(found.positions)) == len(found.positions)
    assert [cosine[m] for m in found.positions] == pytest.approx(expected[:count], abs=1e-6)
    for one, next_one in itertools.pairwise(found.positions):
        assert one < next_one or not np.array_equal(vectors[one], vectors[next_one])
    for m, similarity, percentile in zip(
        found.positions, found.similarity, found.percentile, strict=True
    ):
        assert similarity == pytest.approx(cosine[m], abs=1e-6)
        at_most = sum(cosine[other] <= cosine[m] + 1e-7 for other in corpus)
        assert percentile == pytest.approx(100 * at_most / len(corpus), abs=1e-3)


def test_similar_to_a_cluster_by_path_node_or_labels_is_the_same(project: pn.Project) -> None:
    node = project.compute_clusters(3).children[0]
    found = project.similar(node, count=5)
    pd.testing.assert_frame_equal(found, project.similar(node.path, count=5))
    pd.testing.assert_frame_equal(found, project.similar(list(node.index), count=5))
    assert list(found.columns) == ["similarity", "percentile"]
    assert found["similarity"].is_monotonic_decreasing
    assert found["percentile"].iloc[0] == 100
    assert not set(found.index) & set(node.index)


def test_every_row_of_a_similar_image_is_listed(project: pn.Project) -> None:
    found = project.similar(["row 1"], count=sum(SIZES))
    assert set(found.index) == set(project.df.index) - {"row 1"}
    assert found.loc["row 0"].equals(found.loc["row 16"].rename("row 0"))
    # Nothing is similar to everything.
    assert project.similar(project.tree.root).empty


def test_the_least_similarity_holds(project: pn.Project) -> None:
    everything = project.similar(["row 0"])
    least = float(everything["similarity"].iloc[3])
    some = project.similar(["row 0"], min_similarity=least)
    pd.testing.assert_frame_equal(some, everything[everything["similarity"] >= least])


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0},
        {"count": True},
        {"count": 2.5},
        {"min_similarity": 1.1},
        {"min_similarity": float("nan")},
        {"min_similarity": "high"},
    ],
)
def test_what_is_out_of_bounds_is_one_sentence(
    project: pn.Project, wrong: dict[str, object]
) -> None:
    with pytest.raises(ParameterError, match=f"{next(iter(wrong))} must be .* Got "):
        project.similar(["row 0"], **wrong)  # type: ignore[arg-type]


def test_a_question_without_a_vector_says_what_to_do(project: pn.Project) -> None:
    vectors = project.vectors()
    vectors[3] = np.nan
    project.add_vectors("some", vectors)
    with pytest.raises(NoVectorsError, match=r"none of the 1 images .* project.embed\(\)"):
        project.similar(["row 3"])
    assert "row 3" not in project.similar(["row 0"]).index
    with pytest.raises(VectorError, match="There is no vector set 'other'"):
        project.similar(["row 0"], vec_type="other")
    project.delete_vectors("some")
    project.delete_vectors("made")
    with pytest.raises(NoVectorsError, match="none of the 1 images"):
        project.similar(["row 0"])


def test_opposite_images_have_no_similar_ones(project: pn.Project) -> None:
    vectors = project.vectors()
    vectors[5] = -vectors[4]
    project.add_vectors("opposite", vectors)
    with pytest.raises(VectorError, match="cancel each other out"):
        project.similar(["row 4", "row 5"])
