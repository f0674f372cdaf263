"""A column is the working tree again, whoever wrote it; and followed while it is edited."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, check_split, outline, write_images
from hypothesis import given, settings
from hypothesis import strategies as st

import panoptic_nb as pn
from panoptic_nb.collection import Collection
from panoptic_nb.columns import to_column
from panoptic_nb.records import label_paths
from panoptic_nb.records.reopened import Reopening
from panoptic_nb.records.saved import clustering_record
from panoptic_nb.tag_cells import is_missing
from panoptic_nb.tree import Node, ScoredGroup, Tree

SIZES = (8, 6, 5, 3)
DEPTH = 12


class NoVectors:
    def all(self) -> dict[str, Any]:
        return {}


def collection(n: int, copies: int = 0) -> Collection:
    sha1 = [hashlib.sha1(str(i).encode()).hexdigest() for i in range(n)]
    return Collection([*sha1, *sha1[:copies]], pd.RangeIndex(n + copies))


def reopened(column: pd.Series[Any], tree: Tree, record: dict[str, Any]) -> tuple[Tree, bool]:
    images: Any = tree.images
    written = {one["written"]: one["path"] for one in record.get("clusters", ()) if one["written"]}
    paths = label_paths.read(column, images, written)
    reopening = Reopening(paths, images, NoVectors(), tree.ids, record)  # type: ignore[arg-type]
    again = reopening.tree()
    return again, reopening.fits


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Trees of up to twelve levels, images left over, some in several clusters."""
    n = draw(st.integers(1, 30))
    overlap = draw(st.booleans())
    tree = Tree.of(collection(n, draw(st.integers(0, min(n, 3)))))
    for _ in range(draw(st.integers(1, 14))):
        deep = draw(st.booleans())
        leaves = [leaf for leaf in tree.leaves() if leaf.kind != "without_vector"]
        leaf = leaves[0] if deep else leaves[draw(st.integers(0, len(leaves) - 1))]
        if leaf.path.count("/") >= DEPTH - 1 or leaf.kind == "unassigned":
            continue
        of = [draw(st.integers(-1, 2)) for _ in leaf.members]
        second = [draw(st.integers(-1, 2)) if overlap else -1 for _ in leaf.members]
        groups = [
            ScoredGroup(members, draw(st.sampled_from([None, "é ☃", "x", "10", "9"])), score=1.5)
            for label in range(3)
            if len(members := leaf.members[(np.array(of) == label) | (np.array(second) == label)])
        ]
        if groups:
            tree = tree.with_groups(leaf, groups)
    return tree


def shape(node: Node) -> list[Any]:
    return [
        node.label,
        node.kind,
        node.number,
        node.score,
        node.members.tolist(),
        [shape(child) for child in node.children],
    ]


@settings(max_examples=80)
@given(tree=trees(), leaves_only=st.booleans())
def test_tree_column_tree_column(tree: Tree, leaves_only: bool) -> None:
    if tree.root.is_leaf:
        return
    images: Any = tree.images
    column = to_column(tree, tree.root, images, leaves_only)
    record = clustering_record(tree.root, leaves_only, images)
    written = [one["written"] for one in record["clusters"] if one["written"]]
    if len(set(written)) == len(written):
        again, fits = reopened(column, tree, record)
        assert fits
        assert shape(again.root) == shape(tree.root)
        assert not (again.states.keys() - {0}) & tree.states.keys(), "an id was used again"
        second = to_column(again, again.root, images, leaves_only)
        pd.testing.assert_series_equal(second, column)
    if not leaves_only:
        bare, fits = reopened(column, tree, {})
        assert not fits and all(node.made_by is None for node in bare.walk())
        for node in bare.walk():
            check_split(node) if node.children else None
        second = to_column(bare, bare.root, images, leaves_only=False)
        assert [_cell(value) for value in second] == [_cell(value) for value in column]


def _cell(value: Any) -> Any:
    return None if is_missing(value) else sorted(label_paths.cells(pd.Series([value]))[2])


JUNK = st.one_of(
    st.none(),
    st.text(alphabet="ab/ \t\u200b", max_size=6),
    st.sampled_from(["a", "a/b", "a/b/c", "Unassigned", "a/Unassigned", "Without vector/b", "//"]),
    st.integers(),
    st.floats(),
    st.lists(st.sampled_from(["a", "a/b", None, "", 3]), max_size=3),
    st.binary(max_size=2),
    st.just({}),
)


@settings(max_examples=200)
@given(values=st.lists(JUNK, min_size=3, max_size=3))
def test_whatever_stands_in_a_column_makes_a_tree_or_one_sentence(values: list[Any]) -> None:
    tree = Tree.of(collection(3))
    column = pd.Series(values, dtype=object)
    try:
        again, _ = reopened(column, tree, {})
    except pn.ProjectError as error:
        assert "\n" not in str(error) and str(error).endswith(".")
        return
    for node in again.walk():
        check_split(node) if node.children else None


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("/a", r"'/a' is no label path: a label before.*is empty"),
        ("a//b", r"'a//b' is no label path"),
        ("a/", r"'a/' is no label path"),
        (7, r"holds 7, which is no text.*astype"),
        (2.5, r"holds 2.5"),
        ("Unassigned/x", r"cannot be a cluster"),
        ("/".join("x" * 101), r"more than 100 levels"),
    ],
)
def test_what_is_no_path_is_one_sentence(cell: Any, says: str) -> None:
    column = pd.Series(["a", cell, None], dtype=object)
    with pytest.raises(pn.ProjectError, match=says):
        reopened(column, Tree.of(collection(3)), {})


def test_a_path_that_is_leaf_and_parent_keeps_its_own_images_unassigned() -> None:
    tree, _ = reopened(pd.Series(["a", "a/b", " a / b ", ""]), Tree.of(collection(4)), {})
    assert [(node.path, len(node.members)) for node in tree.walk()] == [
        ("", 4),
        ("a", 3),
        ("a/b", 2),
        ("a/Unassigned", 1),
        ("Unassigned", 1),
    ]


def test_fifty_thousand_clusters_open_and_more_than_a_limit_do_not() -> None:
    n = 60_000
    images = collection(n)
    column = pd.Series([f"{i // 100}/{i}" if i < 50_000 else None for i in range(n)])
    tree, _ = reopened(column, Tree.of(images), {})
    assert len(tree.leaves()) == 50_001
    with pytest.raises(pn.ProjectError, match=r"50,000 different values, more than.*\(1,000\)"):
        label_paths.MAX_CLUSTERS, before = 1000, label_paths.MAX_CLUSTERS
        try:
            reopened(column, Tree.of(images), {})
        finally:
            label_paths.MAX_CLUSTERS = before


# ------------------------------------------------------------------ in a project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[pn.Project]:
    paths = write_images(tmp_path / "images", sum(SIZES))
    frame = pd.DataFrame({"path": [str(path) for path in (*paths, paths[0])]})
    frame.index = [f"r{i}" for i in range(len(frame))]
    with pn.open_project(frame, tmp_path / "project", path_column="path") as project:
        vectors = blobs(SIZES, spread=0.3)
        vectors[4] = np.nan
        project.add_vectors("made", np.vstack([vectors, vectors[:1]]))
        project.compute_clusters(4)
        project.compute_clusters(2, node="Cluster 0", seed=3)
        project.rename("Cluster 1", "birds")
        project.move(project.tree.node("Cluster 2").index[:1], "birds")
        project.lock("birds")
        yield project


def records(tree: Tree) -> list[Any]:
    return [
        (node.path, node.made_by, node.edits, node.locked, node.number, node.min_similarity)
        for node in tree.walk()
    ]


def test_a_saved_clustering_opens_with_all_it_had_and_is_one_step(project: pn.Project) -> None:
    before = project.tree
    name = project.save_clustering()
    project.compute_clusters(3)
    other = project.tree
    root = project.open_clustering(name)
    assert outline(root) == outline(before.root)
    assert records(project.tree) == records(before)
    assert project.opened_from == name
    assert [step.name for step in project.history.steps][-1] == "open_clustering"
    assert project.save_clustering() == "Clustering 2"
    assert project.save_clustering(project.opened_from, replace=True) == name
    for step in ("save", "save", "open_clustering"):
        assert project.undo() == step
    assert project.tree is other and project.opened_from is None
    project.redo()
    project.compute_clusters(2, node="Cluster 2")
    assert project.opened_from == name
    project.unlock("birds")
    project.compute_clusters(2)
    assert project.opened_from is None, "nothing is left of it"


def test_it_comes_back_with_the_project(project: pn.Project, tmp_path: Path) -> None:
    project.save_clustering()
    project.open_clustering()
    frame, tree = project.df[["path"]], project.tree
    project.close()
    with pn.open_project(frame, tmp_path / "project", path_column="path") as again:
        assert again.opened_from == "Clustering"
        assert len(again.tree.log) == len(tree.log) == 5
        assert outline(again.open_clustering()) == outline(tree.root)


def test_clusters_that_were_edited_in_the_column_lose_their_record_alone(
    project: pn.Project,
) -> None:
    project.save_clustering()
    moved = project.tree.node("Cluster 2").index[0]
    project.df["Clustering"] = project.df["Clustering"].cat.add_categories(["new/deep"])
    project.df.loc[moved, "Clustering"] = "new/deep"
    root = project.open_clustering()
    check_split(root)
    made = {node.path: node.made_by is not None for node in project.tree.walk()}
    assert made["Cluster 0/Cluster 0.1"] and made["birds"] and made["Cluster 3"]
    assert not made["Cluster 2"] and not made["new"] and not made["new/deep"]
    assert project.tree.node("Cluster 2").score is not None, "scores are computed"
    assert [e.kind for e in project.tree.node("Cluster 2").edits] == ["column"]


def test_a_column_of_ones_own_opens(project: pn.Project) -> None:
    size = len(project.df)
    project.df["mine"] = [["x/y", "z"], ["z"], None] * (size // 3) + [None] * (size % 3)
    root = project.open_clustering("mine")
    check_split(root)
    assert [node.path for node in project.tree.walk()] == ["", "x", "x/y", "z", "Unassigned"]
    assert all(node.made_by is None for node in project.tree.walk())
    # The last row is a copy of the first image, which is in clusters: so is its copy.
    assert "r22" in project.tree.node("x/y").index
    assert project.tree.node("z").score is not None
    steps, tree = len(project.history), project.tree
    for column, says in (("sha1x", "no column 'sha1x'"), ("width", "holds 32, which is no text")):
        with pytest.raises(pn.ProjectError, match=says):
            project.open_clustering(column)
    assert len(project.history) == steps and project.tree is tree


def test_a_part_of_the_images_and_a_node_open_too(project: pn.Project) -> None:
    part = project.subset(np.arange(len(project.df)) < 12)
    part.compute_clusters(2)
    name = part.save_clustering("part")
    saved = outline(part.tree.root)
    part.compute_clusters(3)
    assert outline(part.open_clustering(name)) == saved
    root = project.open_clustering(name)
    check_split(root)
    assert {c.label: c.score for c in root.children if c.kind == "group"} == {
        c.label: c.score for c in part.tree.root.children if c.kind == "group"
    }
    project.undo()
    deep = project.save_clustering("deep", node="Cluster 0")
    labels = [child.label for child in project.tree.node("Cluster 0").children]
    assert [c.label for c in project.open_clustering(deep).children if c.kind == "group"] == labels


# ------------------------------------------------------------------ two ways


def test_the_tree_follows_the_column_it_was_opened_from(project: pn.Project) -> None:
    name = project.save_clustering()
    project.open_clustering(name)
    heard: list[str] = []
    project.events.columns.connect(lambda: heard.append("columns"))
    assert project.refresh() == [] and not heard
    before = outline(project.tree.root)
    moved = project.tree.node("Cluster 2").index
    project.df.loc[moved, name] = "Cluster 3"
    assert project.refresh() == [name] and heard == ["columns"]
    assert not {"Cluster 2"} & {node.path for node in project.tree.walk()}
    assert set(moved) <= set(project.tree.node("Cluster 3").index)
    assert project.history.steps[-1].name == "column_edited"
    assert project.refresh() == []
    project.undo()
    assert outline(project.tree.root) == before
    # Another column, and one in another form with the same values, change no tree.
    project.redo()
    tree = project.tree
    project.df[name] = project.df[name].astype(object)
    project.df["other"] = 1
    assert project.refresh() == [] and project.tree is tree


def test_edits_of_the_tree_are_not_lost_to_an_edited_column(project: pn.Project) -> None:
    name = project.save_clustering()
    project.open_clustering(name)
    project.rename("Cluster 2", "mine")
    tree = project.tree
    project.df.loc["r3", name] = None
    with pytest.warns(UserWarning, match=r"was edited, and so were the clusters.*open_clustering"):
        assert project.refresh() == [name]
    assert project.tree is tree
    project.df.loc["r3", name] = "Cluster 3"
    project.save_clustering(name, replace=True)
    project.df.loc["r3", name] = None
    assert project.refresh() == [name]
    assert project.tree is not tree and "mine" in {n.path for n in project.tree.walk()}


def test_nonsense_in_the_column_leaves_the_tree(project: pn.Project) -> None:
    name = project.save_clustering()
    project.open_clustering(name)
    tree, told = project.tree, []
    project.events.message.connect(told.append)
    project.df[name] = 3
    assert project.refresh() == [name]
    assert project.tree is tree and "no text" in str(told[0])
    project.df[name] = [[["deep"]]] * len(project.df)
    assert project.refresh() == [name] and project.tree is tree
    project.df[name] = "all in one"
    assert project.refresh() == [name], "a column that is put right is followed"
    assert [node.path for node in project.tree.walk()] == ["", "all in one"]
    del project.df[name]
    assert project.refresh() == []


def test_rows_that_came_or_went_and_names_used_twice_stop_no_cell(project: pn.Project) -> None:
    name = project.save_clustering()
    project.open_clustering(name)
    tree = project.tree
    project.df.insert(0, name, "x", allow_duplicates=True)
    assert project.refresh() == []
    part = project.subset(np.arange(len(project.df)) < 9)
    del project.df[name]
    project._table.frame = project.df.iloc[1:]
    assert project.refresh() == part.refresh() == []
    assert project.tree is tree
