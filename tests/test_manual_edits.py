from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, check_split, outline, write_images

import panoptic_nb as pn
from panoptic_nb.functions import registry
from panoptic_nb.history import STEPS
from panoptic_nb.tree import Node

SIZES = (12, 9, 6, 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_images(tmp_path / "images", sum(SIZES))
    return tmp_path / "images"


@pytest.fixture
def project(folder: Path) -> Iterator[pn.Project]:
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(SIZES))
        project.compute_clusters(4)
        yield project


@pytest.fixture
def overlapping(project: pn.Project) -> Iterator[pn.Project]:
    """x = images 0 to 3, y = images 2 to 5; the others are unassigned."""

    def two(images: pn.Images) -> list[pn.Group]:
        return [
            pn.Group(range(4), label="x", similarities=[0.9, 0.8, 0.7, 0.6], min_similarity=0.6),
            pn.Group(range(2, 6), label="y"),
        ]

    pn.clustering_function(two)
    project.run("two")
    yield project
    registry.remove("two")


def labels(node: Node) -> list[str]:
    return [child.label for child in node.children]


def score_by_numpy(project: pn.Project, node: Node) -> float:
    vectors = project.vectors()[node.rows].astype(np.float64)
    return float(100 * ((vectors - vectors.mean(0)) ** 2).sum(1).mean())


# ---------------------------------------------------------------------- merging


def test_merged_clusters_are_the_first_one(project: pn.Project) -> None:
    project.compute_clusters(2, node="Cluster 2")
    first, second = project.tree.node("Cluster 1"), project.tree.node("Cluster 2")
    union = sorted([*first.index, *second.index])
    node = project.merge(["Cluster 1", second], label="Cluster 2")
    assert (node.id, node.label, node.number) == (first.id, "Cluster 2", "1")
    assert node.is_leaf and sorted(node.index) == union
    assert node.score == pytest.approx(score_by_numpy(project, node), rel=1e-4)
    assert [(edit.kind, edit.images) for edit in node.edits] == [("merged", len(second.members))]
    check_split(project.tree.root)


def test_a_merge_across_levels_takes_away_what_it_empties(project: pn.Project) -> None:
    project.compute_clusters(2, node="Cluster 0")
    below = project.tree.node("Cluster 0").children
    node = project.merge(["Cluster 1", *below])
    assert labels(project.tree.root) == ["Cluster 1", "Cluster 2", "Cluster 3"]
    assert {child.id for child in below}.isdisjoint(project.tree.states)
    check_split(project.tree.root)
    assert project.undo() == "merge"
    assert [c.id for c in project.tree.node("Cluster 0").children] == [c.id for c in below]
    assert node.id in project.tree.states


def test_what_is_unassigned_can_be_merged_into_a_cluster(overlapping: pn.Project) -> None:
    cluster = overlapping.tree.node("x")
    node = overlapping.merge(["Unassigned", "x"])
    assert (node.id, node.kind, node.similarities) == (cluster.id, "group", None)
    assert sorted(labels(overlapping.tree.root)) == ["x", "y"]
    assert len(node.index) == 28


def test_images_of_several_merged_clusters_count_once(overlapping: pn.Project) -> None:
    assert overlapping.merge(["x", "y"]).members.tolist() == list(range(6))


# ---------------------------------------------------------------------- moving


def test_images_join_a_cluster_and_leave_where_they_stood(project: pn.Project) -> None:
    source, target = project.tree.node("Cluster 0"), project.tree.node("Cluster 1")
    some = source.index[:2]
    moved = project.move(some, target)
    left = project.tree.node("Cluster 0")
    assert set(moved.index) == {*target.index, *some} and set(left.index) == {*source.index[2:]}
    for node, kind in ((moved, "added"), (left, "removed")):
        assert node.score == pytest.approx(score_by_numpy(project, node), rel=1e-4)
        assert [(edit.kind, edit.images) for edit in node.edits] == [(kind, 2)]
    assert project.tree.node("Cluster 2").edits == ()
    project.move(source.index[2:3], target)
    assert [edit.images for edit in project.tree.node(target.id).edits] == [3]


def test_images_moved_to_a_split_node_become_unassigned_there(project: pn.Project) -> None:
    project.compute_clusters(2, node="Cluster 1")
    some = project.tree.node("Cluster 0").index[:3]
    for rows in (some[:1], some[1:]):  # makes "Unassigned", then joins it
        node = project.move(rows, "Cluster 1")
        assert labels(node)[-1] == "Unassigned"
    assert set(node.children[-1].index) == set(some)
    check_split(project.tree.root)
    check_split(node)


def test_the_last_image_takes_its_clusters_along(project: pn.Project) -> None:
    project.compute_clusters(2, node="Cluster 0")
    source = project.tree.node("Cluster 0")
    project.move(source.index, "Cluster 3")
    assert {source.id, *(child.id for child in source.children)}.isdisjoint(project.tree.states)
    node = project.move(project.df.index, None)
    assert labels(node) == ["Unassigned"] and len(node.index) == 30


def test_an_image_of_several_clusters_leaves_those_that_are_named(overlapping: pn.Project) -> None:
    both = overlapping.images.index(np.array([2, 3]))
    overlapping.move(both, "Unassigned", from_node="x")
    # It is still in y, so it is not unassigned.
    assert overlapping.tree.node("y").members.tolist() == [2, 3, 4, 5]
    assert overlapping.tree.node("x").members.tolist() == [0, 1]
    assert len(overlapping.tree.node("Unassigned").index) == 24
    similarities = overlapping.tree.node("x").similarities
    np.testing.assert_allclose(similarities, [0.9, 0.8], rtol=1e-6)
    assert overlapping.tree.node("x").min_similarity is None
    overlapping.undo()
    node = overlapping.move(both, "Unassigned")
    assert overlapping.tree.node("y").members.tolist() == [4, 5] and 2 in node.members
    node = overlapping.move(both, "x")
    np.testing.assert_allclose(node.similarities, [0.9, 0.8, np.nan, np.nan], rtol=1e-6)


def test_moving_to_where_it_is_changes_nothing(project: pn.Project) -> None:
    tree, steps = project.tree, len(project.history)
    node = tree.node("Cluster 0")
    project.move(node.index[:2], node)
    project.move(node, None)
    project.rename(node, "Cluster 0")
    project.unlock(node)
    project.sort_clusters(by="score")
    project.go_to(steps)
    assert project.tree is tree and len(project.history) == steps


def test_a_cluster_moves_with_its_id_and_what_is_below(project: pn.Project) -> None:
    project.compute_clusters(2, node="Cluster 0")
    largest = max(project.tree.node("Cluster 0").children, key=lambda c: len(c.index))
    deep = project.rename(largest, "Cluster 1")
    project.compute_clusters(2, node=deep)
    below = [child.id for child in project.tree.node(deep.id).children]
    project.move(deep, None)
    moved = project.tree.node(deep.id)
    assert (moved.path, moved.number) == ("Cluster 1 (2)", largest.number)
    assert [child.id for child in moved.children] == below
    node = project.move(moved.id, "Cluster 2")
    assert labels(node) == ["Cluster 1 (2)", "Unassigned"]
    assert node.score == pytest.approx(score_by_numpy(project, node), rel=1e-4)
    check_split(node)
    check_split(project.tree.root)


def test_a_new_cluster_by_hand(project: pn.Project) -> None:
    some = [*project.tree.node("Cluster 0").index[:2], *project.tree.node("Cluster 1").index[:2]]
    node = project.move_to_new(some)
    assert (node.path, node.kind, node.made_by) == ("Cluster 4", "group", None)
    assert set(node.index) == set(some)
    assert [(edit.kind, edit.images) for edit in node.edits] == [("made", 4)]
    assert node.score == pytest.approx(score_by_numpy(project, node), rel=1e-4)
    inside = project.move_to_new(some[:1], "Cluster 2", label="odd")
    assert labels(inside.parent) == ["odd", "Unassigned"]
    assert project.compute_clusters(2, node=inside.parent).number == "2"


def test_leaves_of_one_name_and_number_are_saved_apart(project: pn.Project) -> None:
    project.compute_clusters(2, node="Cluster 0")
    project.move("Cluster 0/Cluster 0.0", "Cluster 1")
    project.compute_clusters(2, node="Cluster 0")
    leaves = [leaf for leaf in project.tree.leaves() if leaf.kind == "group"]
    project.save_clustering(leaves_only=True)
    saved = project.df["Clustering"]
    assert all(saved[leaf.index].nunique() == 1 for leaf in leaves)
    assert saved.dropna().nunique() == len(leaves) + 1  # and Cluster 1, some of it unassigned


# ---------------------------------------------------------------------- locks


def test_a_locked_cluster_is_left_out_of_what_is_clustered_again(project: pn.Project) -> None:
    project.compute_clusters(2, node="Cluster 1")
    kept = [project.lock("Cluster 1/Cluster 1.1"), project.lock("Cluster 0")]
    node = project.compute_clusters(3)
    assert labels(node)[:2] == ["Cluster 0", "Cluster 1.1"] and len(node.children) == 5
    assert [child.number for child in node.children] == ["0", "1.1", "1", "2", "3"]
    for before in kept:
        assert outline(project.tree.node(before.id)) == outline(before)
    check_split(node)
    made = node.children[-1].made_by
    assert made.n_images == 30 - sum(len(k.members) for k in kept)
    counted = project.duplicate_thresholds()["images"].max()
    assert counted <= made.n_images


def test_closing_keeps_what_is_locked(project: pn.Project) -> None:
    project.compute_clusters(2, node="Cluster 1")
    locked = project.lock("Cluster 1/Cluster 1.1")
    node = project.close_clusters()
    assert [child.id for child in node.children][:1] == [locked.id]
    assert labels(node) == ["Cluster 1.1", "Unassigned"]
    check_split(node)
    steps = len(project.history)
    project.close_clusters()
    assert len(project.history) == steps
    project.unlock(locked)
    assert project.close_clusters().is_leaf


def test_a_lock_set_while_a_function_runs_is_honoured(project: pn.Project) -> None:
    def locks(images: pn.Images) -> list[int]:
        project.lock("Cluster 1")
        return [0] * len(images)

    pn.clustering_function(locks)
    try:
        with pytest.raises(pn.TreeError, match="changed while"):
            project.run("locks")
    finally:
        registry.remove("locks")
    assert len(project.tree.root.children) == 4


# ---------------------------------------------------------------------- order


def test_clusters_stand_in_the_order_asked_for(overlapping: pn.Project) -> None:
    project = overlapping
    for number in (10, 9):
        project.move_to_new(project.tree.node("Unassigned").index[:number], None, f"n{number}")
    tail = ["Unassigned"]
    assert labels(project.sort_clusters(by="name")) == ["n9", "n10", "x", "y", *tail]
    assert labels(project.sort_clusters(by="size", descending=True)) == [
        "n10",
        "n9",
        "x",  # as large as y, so they keep their order
        "y",
        *tail,
    ]
    by_score = [c.score for c in project.sort_clusters().children[:-1]]
    assert by_score == sorted(by_score)
    by_hand = ["y", "n10", "x", "n9"]
    assert labels(project.sort_clusters(by=by_hand)) == [*by_hand, *tail]
    project.undo()
    assert [c.score for c in project.tree.root.children[:-1]] == by_score


# ---------------------------------------------------------------------- keeping


def test_edits_come_back_after_reopening_and_stand_in_the_record(folder: Path) -> None:
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(SIZES))
        project.compute_clusters(4)
        project.move(project.tree.node("Cluster 0").index[:2], "Cluster 1")
        project.move_to_new(project.tree.node("Cluster 2").index[:1], label="odd")
        project.lock("odd")
        project.sort_clusters(by="name", descending=True)
        project.save_clustering()
        before = project.tree
    with pn.open_project(folder) as again:
        assert outline(again.tree.root) == outline(before.root)
        for node in before.walk():
            same = again.tree.node(node.id)
            assert (same.locked, same.edits) == (node.locked, node.edits)
        clusters = {c["path"]: c for c in again.record("Clustering")["clusters"]}
    assert clusters["odd"]["made_by"] is None
    assert [edit["kind"] for edit in clusters["odd"]["edits"]] == ["made"]
    assert clusters["Cluster 1"]["edits"][0]["images"] == 2
    assert clusters["Cluster 3"]["edits"] == []


# ---------------------------------------------------------------------- history


def test_the_history_names_its_steps_and_one_can_go_to_each(project: pn.Project) -> None:
    project.rename("Cluster 0", "birds")
    project.merge(["Cluster 1", "Cluster 2"])
    project.lock("birds")
    project.undo()
    steps = project.history.steps
    assert [(step.position, step.name, step.done) for step in steps] == [
        (1, "compute_clusters", True),
        (2, "rename", True),
        (3, "merge", True),
        (4, "lock", False),
    ]
    assert steps[1].values == {"labels": ["Cluster 0"], "label": "birds"}
    assert steps[2].values["labels"] == ["Cluster 1", "Cluster 2"]
    assert str(steps[1]) == "2. rename: Cluster 0 -> birds"
    told = []
    project.events.tree.connect(lambda: told.append(project.tree))
    for position, children in ((0, 0), (4, 3), (1, 4)):
        project.go_to(position)
        assert len(project.tree.root.children) == children
        assert sum(step.done for step in project.history.steps) == position
    assert len(told) == 3


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_step_has_words(language: str) -> None:
    path = Path(pn.__file__).parent / "locale" / f"{language}.json"
    words = json.loads(path.read_text(encoding="utf-8"))["steps"]
    assert words.keys() == set(STEPS)


# ---------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("key", "action"),
    [
        ("merge_few", lambda p: p.merge("Cluster 0")),
        ("merge_few", lambda p: p.merge(None)),
        ("merge_few", lambda p: p.merge([])),
        ("merge_few", lambda p: p.merge(["Cluster 0", "Cluster 0"])),
        ("merge_all", lambda p: p.merge(["", "Cluster 0"])),
        ("merge_nested", lambda p: p.merge(["Cluster 0", "Cluster 0/Cluster 0.1"])),
        ("no_node", lambda p: p.merge(["Cluster 1", 10**6])),
        ("label_taken", lambda p: p.merge(["Cluster 1", "Cluster 0"], label="Cluster 2")),
        ("label_slash", lambda p: p.merge(["Cluster 1", "Cluster 0"], label="a/b")),
        ("locked", lambda p: p.merge(["Cluster 1", "Cluster 3"])),
        ("no_selection", lambda p: p.move([], "Cluster 1")),
        (None, lambda p: p.move(["no label"], "Cluster 1")),
        (None, lambda p: p.move(None, "Cluster 1")),
        (None, lambda p: p.move(p.df["width"] > 0, "Cluster 1")),
        ("no_node", lambda p: p.move([0], 10**6)),
        ("no_node", lambda p: p.move(True, "Cluster 1")),
        ("not_in_cluster", lambda p: p.move(p.df.index, "Cluster 1", "Cluster 0")),
        ("locked", lambda p: p.move(p.tree.node("Cluster 1").index[:1], "Cluster 3")),
        ("locked", lambda p: p.move(p.tree.node("Cluster 3").index[:1], "Cluster 1")),
        ("locked", lambda p: p.move(p.tree.node("Cluster 3").index[:1], None)),
        ("locked", lambda p: p.move("Cluster 3", "Cluster 1")),
        ("locked", lambda p: p.move("Cluster 1", "Cluster 3")),
        ("move_inside", lambda p: p.move("Cluster 0", "Cluster 0/Cluster 0.1")),
        ("move_inside", lambda p: p.move("Cluster 0", "Cluster 0")),
        ("not_a_cluster", lambda p: p.move("", "Cluster 0")),
        ("no_selection", lambda p: p.move_to_new([])),
        ("label_taken", lambda p: p.move_to_new([0], label="Cluster 2")),
        ("label_empty", lambda p: p.move_to_new([0], label=" ")),
        ("locked", lambda p: p.move_to_new(p.tree.node("Cluster 3").index)),
        ("locked", lambda p: p.move_to_new([0], "Cluster 3")),
        ("locked", lambda p: p.compute_clusters(2, node="Cluster 3")),
        ("locked", lambda p: p.close_clusters("Cluster 3")),
        ("not_a_cluster", lambda p: p.lock("")),
        ("no_node", lambda p: p.unlock(10**6)),
        ("unknown_order", lambda p: p.sort_clusters(by="colour")),
        ("bad_order", lambda p: p.sort_clusters(by=3)),
        ("bad_order", lambda p: p.sort_clusters(by=["Cluster 0"])),
        ("bad_order", lambda p: p.sort_clusters(by=["Cluster 0"] * 4)),
        ("no_step", lambda p: p.go_to(-1)),
        ("no_step", lambda p: p.go_to(99)),
        ("no_step", lambda p: p.go_to("first")),
        ("no_step", lambda p: p.go_to(True)),
    ],
)
def test_what_cannot_be_done_is_one_clear_sentence_and_changes_nothing(
    project: pn.Project, key: str | None, action: Callable[[pn.Project], object]
) -> None:
    project.compute_clusters(2, node="Cluster 0")
    project.lock("Cluster 3")
    tree, steps = project.tree, project.history.steps
    told = []
    project.events.tree.connect(lambda: told.append(1))
    with pytest.raises(pn.PanopticError) as caught:
        action(project)
    assert caught.value.key == key
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
    assert project.tree is tree and project.history.steps == steps and not told


def test_a_cluster_made_of_what_is_left_over(overlapping: pn.Project) -> None:
    with pytest.raises(pn.TreeError) as caught:
        overlapping.move("x", "Unassigned")
    assert caught.value.key == "move_to_left_over"
    node = overlapping.move(overlapping.tree.node("x").index[:2], "Unassigned")
    assert len(node.index) == 26


def test_what_has_no_vector_is_not_moved_to(project: pn.Project) -> None:
    vectors = blobs(SIZES)
    vectors[[1, 2]] = np.nan
    project.add_vectors("holes", vectors)
    project.compute_clusters(2)
    with pytest.raises(pn.TreeError) as caught:
        project.move(project.tree.node("Cluster 0").index[:1], "Without vector")
    assert caught.value.key == "no_place"
    blind = project.tree.node("Without vector")
    node = project.move(blind.index[:1], "Cluster 0")
    assert len(project.tree.node(blind.id).index) == 1
    assert node.score == pytest.approx(project.tree.node("Cluster 0").score)
    check_split(project.tree.root)


def test_locked_duplicates_cannot_be_refused(project: pn.Project) -> None:
    project.find_duplicates(0.5)
    locked = project.lock(project.tree.root.children[0])
    with pytest.raises(pn.TreeError, match="locked"):
        project.not_duplicates(locked)
    assert len(project.decisions) == 0


# ---------------------------------------------------------------------- clusters and tags


def test_going_to_a_step_takes_the_tags_along_or_changes_nothing(
    project: pn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.stamp("Cluster 0", "kind", "bird")
    project.merge(["Cluster 0", "Cluster 1"])
    project.stamp("Cluster 0", "kind", "fish", mode="set")
    frame = project.df.copy()
    assert str(project.history.steps[-1]).startswith("4. stamp: kind")
    project.go_to(1)
    assert "kind" not in project.df and len(project.tree.root.children) == 4
    project.go_to(4)
    pd.testing.assert_frame_equal(project.df, frame)
    project.go_to(2)
    project.not_duplicates(project.df.index[:2])
    project.stamp("Cluster 2", "kind", "tree")

    def no_room(_decided: object) -> None:
        raise pn.ProjectError("No space left on device.")

    after, steps = project.df.copy(), project.history.steps
    monkeypatch.setattr(project._files, "write_decisions", no_room)
    with pytest.raises(pn.ProjectError, match="No space"):
        project.go_to(2)  # the stamp is taken back first, then the decision fails
    pd.testing.assert_frame_equal(project.df, after)
    assert project.history.steps == steps
