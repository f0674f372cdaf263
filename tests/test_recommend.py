"""Groups are completed by what is nearest outside, and what was refused does not come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, write_images
from hypothesis import given
from hypothesis import strategies as st

import panoptic_nb as pn
from panoptic_nb.decisions import Decided, Decision
from panoptic_nb.refusals import SAME_GROUP, SKETCH, Refusal, refused, shared, sketch

SIZES = (8, 5, 3)
PICTURES = sum(SIZES)


def opened(folder: Path) -> pn.Project:
    paths = sorted(map(str, (folder / "images").iterdir()))
    index = [f"row {number}" for number in range(PICTURES + 1)]
    frame = pd.DataFrame({"file": [*paths, paths[0]]}, index)
    return pn.open_project(frame, folder / "project", "file")


@pytest.fixture(name="folder")
def fixture_folder(tmp_path: Path) -> Path:
    write_images(tmp_path / "images", PICTURES)
    with opened(tmp_path) as project:
        vectors = blobs(SIZES)
        project.add_vectors("made", np.vstack([vectors, vectors[:1]]))
    return tmp_path


@pytest.fixture(name="project")
def fixture_project(folder: Path) -> Iterator[pn.Project]:
    with opened(folder) as project:
        yield project


def split(project: pn.Project) -> pn.Node:
    """Leave three images of the first blob outside of its cluster; return that."""
    outside = [f"row {number}" for number in (5, 6, 7)]
    inside = [f"row {number}" for number in range(5)]
    project.close_clusters()
    project.move_to_new(outside, label="others")
    return project.move_to_new(inside, label="group")


# ------------------------------------------------------------------ what is recommended


def test_the_nearest_images_outside_a_cluster_are_recommended(project: pn.Project) -> None:
    group = split(project)
    found = project.recommend(group, count=5)
    assert set(found.index[:3]) == {"row 5", "row 6", "row 7"}
    assert set(found["cluster"][:3]) == {"others"} and set(found["cluster"][3:]) == {"Unassigned"}
    assert found["similarity"].is_monotonic_decreasing
    assert len(project.recommend(group, min_similarity=float(found["similarity"].iloc[2]))) == 3
    assert not set(project.recommend(group, count=100).index) & set(group.index)


def test_what_was_taken_over_or_refused_is_not_recommended_again(project: pn.Project) -> None:
    group = split(project)
    project.move(["row 5"], group)
    project.refuse(["row 6"], "group")
    found = project.recommend("group", count=100)
    assert not {"row 5", "row 6"} & set(found.index)
    assert found.index[0] == "row 7"
    assert project.refused("group").tolist() == ["row 6"]
    assert project.undo() == "refuse"
    assert set(project.recommend("group").index[:2]) == {"row 6", "row 7"}
    project.redo()
    project.forget_refusals("group")
    assert project.refused("group").empty
    assert project.undo() == "forget_refusals"
    project.forget_refusals()
    assert project.refused("group").empty and project.undo() == "forget_refusals"
    assert project.refused("group").tolist() == ["row 6"]


def test_a_refusal_holds_for_about_the_same_images_in_any_later_run(folder: Path) -> None:
    with opened(folder) as project:
        project.refuse(["row 8"], split(project))
        project.find_duplicates(0.9)
        project.not_duplicates(["row 8", "row 9"])
    with opened(folder) as project:
        assert len(project.decisions) == 1
        node = project.compute_clusters(3).children
        same = next(child for child in node if "row 0" in child.index)
        other = next(child for child in node if "row 13" in child.index)
        assert "row 8" not in project.recommend(same, count=100).index
        assert "row 8" in project.recommend(other, count=100).index
        assert project.refused(list(same.index)).tolist() == ["row 8"]


def test_a_tag_is_completed_and_refused_like_a_cluster(project: pn.Project) -> None:
    project.stamp(["row 0", "row 1", "row 2"], "mine", "birds/ducks")
    birds = project.tagged("mine", "birds")
    found = project.recommend(birds, count=5)
    assert set(found.index) == {f"row {number}" for number in range(3, 8)}
    project.refuse(found.index[:2], birds)
    project.stamp(found.index[2:], "mine", "birds")
    again = project.recommend(project.tagged("mine", "birds"), count=2)
    assert not set(again.index) & set(found.index)


def test_copies_go_with_their_image(project: pn.Project) -> None:
    group = project.move_to_new([f"row {number}" for number in range(1, 8)], label="group")
    assert set(project.recommend(group, count=1).index) == {"row 0", f"row {PICTURES}"}
    project.refuse(["row 0"], group)
    assert project.refused(group).tolist() == ["row 0", f"row {PICTURES}"]


def test_what_a_locked_cluster_holds_is_not_recommended_to_another(project: pn.Project) -> None:
    group = split(project)
    project.lock("others")
    found = project.recommend(group, count=100)
    assert not {"row 5", "row 6", "row 7"} & set(found.index)
    assert {"row 5", "row 6", "row 7"} <= set(project.recommend(list(group.index)).index)


def test_a_part_recommends_its_own_images(project: pn.Project) -> None:
    part = project.subset(np.arange(PICTURES + 1) < 8)
    group = part.move_to_new(["row 1", "row 2"], label="group")
    assert set(part.recommend(group).index) == {f"row {number}" for number in (0, 3, 4, 5, 6, 7)}
    part.refuse(["row 3"], group)
    assert project.refused(["row 1", "row 2"]).tolist() == ["row 3"]
    part.undo()
    assert project.refused(["row 1", "row 2"]).empty


def test_what_cannot_be_asked_is_said(project: pn.Project) -> None:
    group = split(project)
    steps = len(project.history)
    with pytest.raises(pn.TreeError, match="1 of these images are part of the group"):
        project.refuse(["row 1", "row 9"], group)
    with pytest.raises(pn.TreeError, match="A group needs images"):
        project.recommend([])
    with pytest.raises(pn.ProjectError, match="row 99"):
        project.refuse(["row 99"], group)
    with pytest.raises(pn.ParameterError, match="count"):
        project.recommend(group, count=0)
    assert len(project.history) == steps


# ------------------------------------------------------------------ which groups are the same


images = st.sets(st.integers(0, 2000).map(lambda number: f"{number * 7919 % 2003:040x}"))


@given(images, images)
def test_groups_up_to_the_size_of_a_sketch_are_compared_exactly(a: set[str], b: set[str]) -> None:
    a, b = set(sketch(a)[: SKETCH // 2]), set(sketch(b)[: SKETCH // 2])
    assert shared(sketch(a), sketch(b)) == pytest.approx(len(a & b) / max(len(a | b), 1))


@pytest.mark.parametrize("overlap", [0, 2000, 5000, 8000, 10_000])
def test_large_groups_are_compared_by_a_sample(overlap: int) -> None:
    random = np.random.default_rng(0)
    sha1 = [random.bytes(20).hex() for _ in range(20_000 - overlap)]
    a, b = sha1[:10_000], sha1[10_000 - overlap :]
    assert shared(sketch(a), sketch(b)) == pytest.approx(overlap / len(sha1), abs=0.09)


def test_a_group_that_grows_threefold_or_shrinks_to_a_third_keeps_its_refusals() -> None:
    group = [f"{number:040x}" for number in range(90)]
    said = [Refusal.of(group[:30], ["x"])]
    assert refused(said, group[:90]) == refused(said, group[:10]) == {"x"}
    assert SAME_GROUP == 30 / 90
    assert refused(said, group[:9]) == refused(said, group[30:]) == set()


refusals = st.builds(
    Refusal,
    st.sets(st.sampled_from("abcdef"), min_size=1).map(lambda s: tuple(sorted(s))),
    st.sets(st.sampled_from("ghi")).map(lambda s: tuple(sorted(s))),
    st.sampled_from(["2026-01-01", "2026-01-02"]),
)
decisions = st.builds(
    Decision,
    st.sets(st.sampled_from("abcdef"), min_size=2).map(lambda s: tuple(sorted(s))),
    st.just("2026-01-01"),
    st.booleans(),
)


@given(st.lists(decisions, max_size=4), st.lists(refusals, max_size=4))
def test_the_file_gives_back_what_was_written(said: list[Decision], not_of: list[Refusal]) -> None:
    decided = Decided(tuple(said), tuple(not_of))
    assert Decided.from_table(decided.to_table()) == decided
