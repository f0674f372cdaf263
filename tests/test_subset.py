"""A part of a project: what it shares with the whole, and what is its own."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, check_split, outline, write_images

import panoptic_nb as pn
from panoptic_nb.functions import registry
from panoptic_nb.store import MediaStore
from panoptic_nb.subset import Subset

SIZES = (12, 9, 6, 3)
N = sum(SIZES)


@pytest.fixture(autouse=True)
def no_function_stays() -> Iterator[None]:
    before = {function.name for function in registry}
    yield
    for function in list(registry):
        if function.name not in before:
            registry.remove(function.name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_images(tmp_path / "images", N)
    return tmp_path / "images"


@pytest.fixture
def project(folder: Path) -> Iterator[pn.Project]:
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(SIZES))
        yield project


@pytest.fixture
def mask(project: pn.Project) -> pd.Series[bool]:
    return pd.Series(np.arange(N) % 3 != 1, project.df.index)


@pytest.fixture
def part(project: pn.Project, mask: pd.Series[bool]) -> Subset:
    return project.subset(mask)


def found(project: pn.Project) -> list[object]:
    """Return the clusters by what the images show, whichever rows they stand in."""
    clusters = []
    for node in project.tree.walk():
        score = None if node.score is None else round(node.score, 4)
        images = sorted(project.df.loc[node.index, "sha1"])
        clusters.append((node.path, node.kind, score, images))
    return clusters


# ---------------------------------------------------------------------- its own


@pytest.mark.parametrize(
    ("function", "params"),
    [
        ("compute_clusters", {"nb_clusters": 3}),
        ("compute_clusters", {"nb_clusters": -1}),
        ("agglomerative", {"nb_clusters": 3}),
        ("find_duplicates", {"min_similarity": 0.7}),
    ],
)
def test_clusters_are_those_of_a_folder_of_these_images_alone(
    project: pn.Project, mask: pd.Series[bool], tmp_path: Path, function: str, params: Any
) -> None:
    part = project.subset(mask)
    part.run(function, **params)
    check_split(part.tree.root)
    paths = [project.paths[row] for row in part.rows]
    (tmp_path / "alone").mkdir()
    for path in paths:
        shutil.copy(path, tmp_path / "alone")
    with pn.open_project(tmp_path / "alone") as alone:
        alone.add_vectors("made", blobs(SIZES)[mask.to_numpy()])
        alone.run(function, **params)
        assert found(part) == found(alone)


def test_a_part_has_the_rows_of_the_mask(
    project: pn.Project, part: Subset, mask: pd.Series[bool]
) -> None:
    pd.testing.assert_frame_equal(part.df, project.df[mask])
    assert part.tree.root.index.tolist() == project.df.index[mask].tolist()
    assert part.paths == [path for path, yes in zip(project.paths, mask, strict=True) if yes]
    np.testing.assert_array_equal(part.vectors(), project.vectors()[mask])
    np.testing.assert_array_equal(
        part.average_hash[part.images.image_of_row],
        [project.average_hash[image] for image in project.images.image_of_row[part.rows]],
    )
    assert len(part.skipped) == 0
    assert repr(part) == "<Subset of project 'images': 20 of 30 images>"


def test_tree_history_and_selection_are_its_own(project: pn.Project, part: Subset) -> None:
    project.compute_clusters(4)
    before = outline(project.tree.root)
    part.compute_clusters(2)
    part.rename("Cluster 0", "birds")
    part.explore().selected = part.df.index[:2].tolist()
    assert project.explore().selected == []
    assert outline(project.tree.root) == before
    assert list(project.history) == ["compute_clusters"]
    assert part.undo() == "rename"
    assert part.undo() == "compute_clusters"
    assert part.undo() is None
    assert outline(project.tree.root) == before
    project.undo()
    assert part.redo() == "compute_clusters"
    assert project.tree.root.is_leaf and not part.tree.root.is_leaf
    with pytest.raises(pn.TreeError, match="another project"):
        project.compute_clusters(2, node=part.tree.node("Cluster 0"))


def test_the_same_rows_are_the_same_part_while_it_is_open(
    project: pn.Project, part: Subset, mask: pd.Series[bool]
) -> None:
    assert project.subset(mask.to_numpy()) is part
    assert project.subset(mask[::-1]) is part
    assert project.explore(mask) is part.explore()
    assert project.subset(~mask) is not part
    everything = project.subset([True] * N)
    assert everything is not project and len(everything.df) == N
    part.close()
    again = project.subset(mask)
    assert again is not part and not again.closed


def test_a_part_of_a_part_is_a_part_of_the_project(
    project: pn.Project, part: Subset, mask: pd.Series[bool]
) -> None:
    inner = part.subset(np.arange(len(part.df)) < 5)
    assert inner.df.index.tolist() == part.df.index[:5].tolist()
    assert inner.whole is project
    assert part.subset(part.df.index < part.df.index[5]) is inner
    assert part.subset(project.df.index.to_series() < part.df.index[5]) is inner
    assert project.subset(inner.df["width"].gt(0)) is inner  # what is not in the mask is out
    inner.compute_clusters(2)
    assert inner.save_clustering() == "Clustering"
    assert project.df["Clustering"].notna().sum() == 5
    assert part.df["Clustering"].notna().sum() == 5


def test_other_rows_of_the_same_image_do_not_show(folder: Path, tmp_path: Path) -> None:
    paths = sorted(folder.iterdir())[:4]
    frame = pd.DataFrame({"path": [str(p) for p in [*paths, *paths]], "who": list("aaaabbbb")})
    with pn.open_project(frame, tmp_path / "project") as project:
        project.add_vectors("made", np.tile(np.eye(4), (2, 1)))
        part = project.subset(project.df["who"] == "b")
        other = project.subset(project.df["who"] == "a")
        assert part.tree.root.index.tolist() == [4, 5, 6, 7]
        assert other.tree.root.index.tolist() == [0, 1, 2, 3]
        part.compute_clusters(2)
        assert other.tree.root.is_leaf
        part.save_clustering()
        assert project.df["Clustering"].notna().tolist() == [False] * 4 + [True] * 4


def test_its_tree_comes_back_in_the_next_session(folder: Path, tmp_path: Path) -> None:
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(SIZES))
        part = project.subset(project.df.index >= 10)
        part.compute_clusters(3)
        tree = outline(part.tree.root)
        wanted = part.df["path"].tolist()
        project.subset(project.df.index < 10)  # only looked at, leaves nothing behind
    write_images(folder / "more", 2, seed=9)
    with pn.open_project(folder) as again:
        assert again.tree.root.is_leaf
        assert len(list(again.folder.glob("draft-*.parquet"))) == 1
        part = again.subset(again.df["path"].isin(wanted))
        assert outline(part.tree.root) == tree


# ---------------------------------------------------------------------- the table


def test_a_clustering_saved_in_a_part_is_a_column_of_the_project(
    project: pn.Project, part: Subset, mask: pd.Series[bool], folder: Path
) -> None:
    part.compute_clusters(3)
    part.compute_clusters(2, node="Cluster 0")
    heard: list[tuple[str, str]] = []
    project.on("saved", lambda name: heard.append(("project", name)))
    part.on("saved", lambda name: heard.append(("part", name)))
    whole, own = project.explore(), part.explore()
    name = part.save_clustering()
    assert sorted(heard) == [("part", name), ("project", name)]
    column = project.df[name]
    assert isinstance(column.dtype, pd.CategoricalDtype)
    assert column[~mask].isna().all()
    assert column[mask].tolist() == part.df[name].tolist()
    for leaf in part.tree.leaves():
        assert project.df.index[column == leaf.path].tolist() == leaf.index.tolist()
    assert whole._info["columns"] == own._info["columns"] == [name]
    record = project.record(name)
    assert (record["rows"], record["part_of"]) == (20, 30)
    assert part.record(name) == record
    pd.testing.assert_frame_equal(part.levels(name), project.levels(name)[mask])
    project.close()
    with pn.open_project(folder) as again:
        pd.testing.assert_series_equal(again.df[name], column)


def test_overlapping_clusters_are_missing_outside_too(
    project: pn.Project, part: Subset, mask: pd.Series[bool]
) -> None:
    @pn.clustering_function
    def twice(images: pn.Images) -> list[pn.Group]:
        return [pn.Group(range(len(images)), "a"), pn.Group([0], "b")]

    part.run("twice")
    part.save_clustering("tags")
    assert project.df["tags"].notna().tolist() == mask.tolist()
    assert isinstance(project.df["tags"].dtype, pd.ArrowDtype)


def test_replacing_loses_nothing_outside_of_the_part(
    project: pn.Project, part: Subset, mask: pd.Series[bool]
) -> None:
    project.compute_clusters(3)
    project.save_clustering()
    part.compute_clusters(2)
    before = project.df.copy()
    with pytest.raises(pn.ProjectError, match="'Clustering' also holds 10 rows"):
        part.save_clustering(replace=True)
    pd.testing.assert_frame_equal(project.df, before)
    assert part.save_clustering() == "Clustering 2"
    part.compute_clusters(4)
    assert part.save_clustering("Clustering 2", replace=True) == "Clustering 2"
    assert project.df["Clustering 2"].nunique() == 4


def test_columns_of_the_project_are_seen(project: pn.Project, part: Subset) -> None:
    project.df["kind"] = pd.Categorical(["cat", "dog", "bird"] * 10)
    assert part.df["kind"].tolist() == project.df["kind"].iloc[part.rows].tolist()
    part.explore().session._after_cell()
    (by_tags,) = [f for f in part.explore()._functions if f["name"] == "cluster_by_tags"]
    (tags,) = [f for f in by_tags["fields"] if f["type"] == "column"]
    assert [option["value"] for option in tags["options"]] == ["kind"]


def test_rows_changed_in_place_are_refused(project: pn.Project, part: Subset) -> None:
    part.compute_clusters(2)
    project.df.loc["new"] = project.df.iloc[0]
    for action in (part.save_clustering, part.save, lambda: project.subset([True] * (N - 1))):
        with pytest.raises(pn.ProjectError, match="not those that were opened"):
            action()


def test_a_stamp_in_a_part_is_in_the_table_and_undone_in_the_part(
    project: pn.Project, part: Subset, mask: pd.Series[bool], folder: Path
) -> None:
    part.compute_clusters(3)
    node = part.tree.root.children[0]
    told: list[bool] = []
    project.events.columns.connect(lambda: told.append(True))
    assert part.stamp(node, "kind", "Animals/birds") == len(node.index)
    stamped = project.df.index[project.df["kind"].notna()]
    assert stamped.tolist() == node.index.tolist()
    assert told == [True]
    assert part.tagged("kind", "Animals").sum() == len(node.index)
    assert part.tagged("kind", "birds").index.equals(part.df.index)
    project.stamp([project.df.index[1]], "kind", "cats")  # outside
    first = np.arange(20) == 0
    for images in (first, pd.Series(first, part.df.index), part.df.index[:1].tolist()):
        part.stamp(images, "kind", "dogs", mode="set")
        assert project.df["kind"].iloc[0] == part.df["kind"].iloc[0] == ["dogs"]
        part.undo()
    assert part.properties == project.properties
    part.undo()
    assert project.df.index[project.df["kind"].notna()].tolist() == [project.df.index[1]]
    part.redo()
    column = project.df["kind"].copy()
    project.close()
    with pn.open_project(folder) as again:
        pd.testing.assert_series_equal(again.df["kind"], column)


def test_tags_of_the_whole_column_can_be_given_to_a_part_that_has_none(
    project: pn.Project, mask: pd.Series[bool]
) -> None:
    project.stamp(mask, "kind", ["cats", "dogs"])
    rest = project.subset(project.df["kind"].isna())
    assert rest.tags("kind").paths == project.tags("kind").paths
    rest.prepare("cluster_by_tags", None, None, None, {"tags": "kind"})


def test_order_and_similar_images_are_those_of_the_part(
    project: pn.Project, part: Subset, mask: pd.Series[bool]
) -> None:
    project.df["number"] = np.random.default_rng(0).permutation(N)
    session = part.explore().session
    part.explore().sort = {"by": "column", "column": "number"}
    rows = session.first_rows(20)
    assert part.df["number"].iloc[rows].is_monotonic_increasing
    found = part.similar([part.df.index[0]])
    assert sorted(found.index) == part.df.index[1:].tolist()


# ---------------------------------------------------------------------- vectors


def test_vectors_in_memory_are_not_read_twice(
    project: pn.Project, part: Subset, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.vectors()
    monkeypatch.setattr(MediaStore, "vectors", None)
    part.compute_clusters(2)


def test_new_vectors_reach_every_part(
    project: pn.Project, part: Subset, mask: pd.Series[bool]
) -> None:
    other = project.subset(~mask)
    for one in (project, part, other):
        one.vectors()
    turned = blobs(SIZES, seed=5)
    project.add_vectors("made", turned)
    for one, rows in ((project, slice(None)), (part, mask), (other, ~mask)):
        np.testing.assert_allclose(one.vectors(), turned[rows], atol=1e-6)


def test_vectors_brought_to_a_part_are_missing_elsewhere(
    project: pn.Project, part: Subset, mask: pd.Series[bool]
) -> None:
    shown = project.explore()
    given = blobs((20,), dim=4)
    part.add_vectors("mine", given)
    assert shown._info["vec_type"] == "mine"
    assert project.vec_type == part.vec_type == "mine"
    assert np.isnan(project.vectors()[~mask]).all()
    np.testing.assert_allclose(project.vectors()[mask], given, atol=1e-6)
    assert (part.count_without_vector(), project.count_without_vector()) == (0, 10)
    part.add_vectors("mine", given[::-1])  # nothing is lost
    np.testing.assert_allclose(project.vectors()[mask], given[::-1], atol=1e-6)
    with pytest.raises(pn.VectorError, match="'made' also has vectors of 10 images"):
        part.add_vectors("made", given)
    assert not np.isnan(project.vectors("made")).any()


def test_embedding_a_part_computes_its_images_alone(
    project: pn.Project, part: Subset, mask: pd.Series[bool]
) -> None:
    def colours(pictures: list[Any]) -> Any:
        return np.stack([np.asarray(p.convert("RGB")).mean((0, 1)) for p in pictures])

    name = part.embed(colours)
    assert np.isnan(project.vectors(name)[:, 0]).tolist() == (~mask).tolist()
    project.embed(colours)
    assert not np.isnan(project.vectors(name)).any()


# ---------------------------------------------------------------------- decisions, choices, jobs


def test_decisions_hold_in_the_project_and_in_every_part(
    project: pn.Project, part: Subset, folder: Path
) -> None:
    everything = project.subset([True] * N)
    a, b, c = part.df.index[:3]
    (outside,) = project.df.index.difference(part.df.index)[:1]
    part.not_duplicates([a, b])
    assert len(project.decisions) == len(part.decisions) == len(everything.decisions) == 1
    project.not_duplicates([c, outside])
    assert (len(project.decisions), len(part.decisions)) == (2, 1)
    part.undo()  # leaves what was said elsewhere
    assert (len(project.decisions), len(part.decisions)) == (1, 0)
    part.redo()
    project.undo()
    assert (len(project.decisions), len(part.decisions)) == (1, 1)
    project.redo()
    part.forget_decisions()
    assert (len(project.decisions), len(part.decisions)) == (1, 0)
    part.undo()
    project.forget_decisions()
    assert len(everything.decisions) == len(part.decisions) == 0
    project.undo()
    assert (len(project.decisions), len(part.decisions)) == (2, 1)
    shown = project.decisions
    project.close()
    with pn.open_project(folder) as again:
        pd.testing.assert_frame_equal(again.decisions, shown)


def test_decisions_of_another_part_are_honoured_and_end_a_preview(
    project: pn.Project, part: Subset
) -> None:
    part.duplicate_thresholds()
    assert part.preview is not None
    first, second = part.df.index[:2]
    project.compute_clusters(2)
    assert part.preview is not None
    project.not_duplicates([first, second])
    assert part.preview is None
    part.find_duplicates(0.5)
    assert not any({first, second} <= set(leaf.index) for leaf in part.tree.root.children)


def test_choices_are_shared(project: pn.Project, part: Subset, folder: Path) -> None:
    whole, own = project.explore(), part.explore()
    part.remember(function="find_duplicates")
    assert whole._defaults["function"] == own._defaults["function"] == "find_duplicates"
    project.remember(function="agglomerative")
    assert part.settings == project.settings
    assert own._defaults["function"] == "agglomerative"


def test_one_job_at_a_time(project: pn.Project, part: Subset) -> None:
    go = threading.Event()

    @pn.clustering_function
    def waits(images: pn.Images) -> Any:
        assert go.wait(20)
        return np.zeros(len(images), int)

    job = part.start(part.prepare("waits", None, None, None, {}))
    assert project.explore().status["state"] == "running"
    with pytest.raises(pn.PanopticError, match="'waits' is still running"):
        project.start(project.prepare("compute_clusters", None, None, None, {}))
    go.set()
    assert job.thread is not None
    job.thread.join(20)
    assert list(part.history) == ["waits"] and not list(project.history)


# ---------------------------------------------------------------------- closing


def test_closing_the_project_closes_its_parts(project: pn.Project, part: Subset) -> None:
    widget = part.explore()
    inner = part.subset([True] * 3 + [False] * 17)
    project.close()
    assert part.closed and inner.closed and not project.subsets
    assert widget.status["state"] == "closed"
    for action in (part.compute_clusters, part.undo, lambda: part.subset([True] * 20)):
        with pytest.raises(pn.ProjectError, match="is closed"):
            action()


def test_closing_a_part_leaves_the_project_open(
    project: pn.Project, part: Subset, mask: pd.Series[bool]
) -> None:
    with part:
        part.compute_clusters(3)
        tree = outline(part.tree.root)
    assert part.closed and not project.closed
    project.compute_clusters(2)
    assert outline(project.subset(mask).tree.root) == tree


# ---------------------------------------------------------------------- widgets


@pytest.mark.parametrize("widget", [pn.Explorer, pn.ImageGrid, pn.ClusterTree])
def test_a_widget_shows_the_part_and_says_so(
    project: pn.Project, mask: pd.Series[bool], widget: Any
) -> None:
    shown = widget(project, mask=mask)
    assert shown.project is project.subset(mask)
    assert (shown._info["rows"], shown._info["part_of"]) == (20, 30)
    assert shown.get_state()["_tree"]["nodes"][0]["rows"] == 20
    assert project.explore()._info["part_of"] is None
    shown.selected = [project.df.index[0]]
    with pytest.raises(Exception, match="not in the index"):
        shown.selected = [project.df.index[1]]
    assert widget(project.subset(mask), mask=[True] + [False] * 19)._info["rows"] == 1
    with pytest.raises(pn.ProjectError, match="A mask is"):
        widget(project, mask="all")
