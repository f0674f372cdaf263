from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import pytest
import torchvision_shim
from fixtures import blobs, check_split, outline, write_images
from pydantic import Field

import panoptic_nb as pn
from panoptic_nb.functions import registry

SIZES = (12, 9, 6, 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_images(tmp_path / "images", sum(SIZES))
    return tmp_path / "images"


@pytest.fixture
def project(folder: Path) -> Iterator[pn.Project]:
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(SIZES))
        yield project


def state(project: pn.Project) -> tuple[object, ...]:
    """Everything that a refused action must leave as it was."""
    project.flush()
    files = {
        path.name: path.read_bytes()
        for path in project.folder.iterdir()
        if not path.name.startswith("media.sqlite")
    }
    return outline(project.tree.root), project.df.copy().to_dict(), files, list(project.history)


# ---------------------------------------------------------------------- opening


def test_a_frame_keeps_its_index_columns_and_order(folder: Path, tmp_path: Path) -> None:
    paths = sorted(folder.iterdir())[:6]
    frame = pd.DataFrame(
        {"who": list("abcdef"), "file": [str(p) for p in paths], "width": range(6)},
        index=list("uvwxyz"),
    )
    before = frame.copy()
    with pn.open_project(frame, tmp_path / "project") as project:
        pd.testing.assert_frame_equal(frame, before)
        pd.testing.assert_frame_equal(project.df[["who", "file", "width"]], before)
        assert set(project.df.columns) - set(before.columns) == {"sha1", "height"}


def test_files_that_cannot_be_read_are_listed_under_the_users_index(
    folder: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    good = sorted(folder.iterdir())[0]
    frame = pd.DataFrame(
        {"file": [str(good), str(bad), None, str(tmp_path / "gone.png")]}, index=[10, 20, 30, 40]
    )
    with pytest.warns(UserWarning, match="3 of 4 images cannot be read"):
        project = pn.open_project(frame, tmp_path / "project", path_column="file")
    with project:
        assert project.df.index.tolist() == [10]
        assert project.skipped.index.tolist() == [20, 30, 40]
        assert project.skipped["reason"].str.len().gt(0).all()


def test_nothing_readable_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    with pytest.raises(pn.ProjectError):
        pn.open_project(tmp_path / "images")
    (tmp_path / "images" / "a.png").write_bytes(b"")
    with pytest.raises(pn.ProjectError, match="None of the 1 images can be read"):
        pn.open_project(tmp_path / "images")


def test_reopening_brings_back_tree_columns_vectors_and_choices(folder: Path) -> None:
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(SIZES))
        project.compute_clusters(4)
        project.compute_clusters(2, node="Cluster 1")
        project.rename("Cluster 0", "birds")
        project.save_clustering()
        project.df["mine"] = range(len(project.df))
        project.remember(function="find_duplicates")
        project.save()
        tree, frame, ids = outline(project.tree.root), project.df.copy(), project.tree.states
    with pn.open_project(folder) as again:
        assert outline(again.tree.root) == tree
        assert {n.id: n.path for n in again.tree.walk()}.keys() == ids.keys()
        pd.testing.assert_frame_equal(again.df, frame)
        assert again.settings["function"] == "find_duplicates"
        assert again.record("Clustering") == project.record("Clustering")
        node = again.compute_clusters(2, node="birds")
        assert not {child.id for child in node.children} & ids.keys()


def test_the_tree_of_before_fits_a_corpus_that_changed(folder: Path, tmp_path: Path) -> None:
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(SIZES))
        project.compute_clusters(4)
        project.save_clustering()
        sizes = {n.label: len(n.index) for n in project.tree.root.children}
        gone = project.df.loc[project.tree.node("Cluster 0").index[0], "path"]
    Path(gone).unlink()
    write_images(tmp_path / "more", 2, seed=9)
    for path in (tmp_path / "more").iterdir():
        path.rename(folder / f"new-{path.name}")
    with pn.open_project(folder) as again:
        now = {n.label: len(n.index) for n in again.tree.root.children}
        assert now == {**sizes, "Cluster 0": sizes["Cluster 0"] - 1, "Unassigned": 2}
        check_split(again.tree.root)
        assert again.df["Clustering"].isna().sum() == 2
        with pytest.warns(UserWarning, match="no longer has some rows"):
            again.save()
        assert list(again.folder.glob("project-before-*.parquet"))


@pytest.mark.filterwarnings("ignore:find_duplicates found no group")
def test_the_order_of_rows_changes_nothing(folder: Path, tmp_path: Path) -> None:
    frame = pd.DataFrame({"path": [str(p) for p in sorted(folder.iterdir())]})
    vectors = blobs(SIZES, spread=0.5)
    results = []
    for number, order in enumerate(
        [np.arange(len(frame)), np.random.default_rng(1).permutation(30)]
    ):
        with pn.open_project(frame.iloc[order], tmp_path / str(number)) as project:
            project.add_vectors("made", vectors[order])
            project.compute_clusters(5)
            project.find_duplicates(0.9, node="Cluster 1")
            results.append([(n.path, n.score, frozenset(n.index)) for n in project.tree.walk()])
    assert results[0] == results[1]


# ---------------------------------------------------------------------- vectors


def test_rows_of_one_image_share_a_vector_and_count_each(folder: Path, tmp_path: Path) -> None:
    paths = [str(p) for p in sorted(folder.iterdir())]
    frame = pd.DataFrame({"path": [*paths, paths[0], paths[0]]})
    with pn.open_project(frame, tmp_path / "project") as project:
        vectors = blobs(SIZES)
        project.add_vectors("made", np.vstack([vectors, vectors[[0, 0]]]))
        assert len(project.images) == 30 and len(project.df) == 32
        np.testing.assert_allclose(project.vectors()[[30, 31]], vectors[[0, 0]], atol=1e-6)
        node = project.compute_clusters(4)
        check_split(node)
        home = next(c for c in node.children if 0 in c.index)
        assert {30, 31} <= set(home.index)


class Counting:
    """An encoder that remembers how many images it saw, and may cancel the job."""

    name, dim, model_hash, has_text = "counting", 4, "made", False

    def __init__(self, project: pn.Project, cancel_at: int) -> None:
        self.project, self.cancel_at, self.seen = project, cancel_at, 0

    def encode_images(self, images: list[object]) -> np.ndarray:
        self.seen += len(images)
        if self.seen >= self.cancel_at and self.project.jobs.current:
            self.project.jobs.current.cancel()
        return np.random.default_rng(self.seen).normal(size=(len(images), 4)).astype(np.float32)

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        raise NotImplementedError


def test_a_cancelled_embedding_keeps_what_it_computed(project: pn.Project) -> None:
    with pytest.raises(pn.Cancelled, match="are kept"):
        project.embed(Counting(project, cancel_at=10), batch_size=2)
    missing = int(np.isnan(project.vectors("counting")[:, 0]).sum())
    assert 0 < missing < 30
    again = Counting(project, cancel_at=10**9)
    project.embed(again, batch_size=2)
    assert again.seen == missing
    assert not np.isnan(project.vectors()).any()


@pytest.mark.parametrize(
    "vectors",
    [
        np.ones((3, 4)),
        np.full((30, 4), np.inf),
        np.ones(30),
        "no column",
        {"no label": np.ones(4)},
        np.array([["a"] * 4] * 30),
    ],
)
def test_vectors_that_do_not_fit_are_refused(project: pn.Project, vectors: object) -> None:
    before = project.vectors("made")
    with pytest.raises(pn.VectorError):
        project.add_vectors("made", vectors)
    np.testing.assert_array_equal(project.vectors("made"), before)


def test_vectors_come_by_label_or_column_too(project: pn.Project) -> None:
    rows = blobs(SIZES, dim=3)
    project.add_vectors("mapping", dict(zip(project.df.index, rows, strict=True)))
    project.df["column"] = list(rows)
    project.add_vectors("column", "column")
    np.testing.assert_allclose(project.vectors("mapping"), rows, atol=1e-6)
    np.testing.assert_allclose(project.vectors("column"), rows, atol=1e-6)
    assert list(project.vector_sets) == ["made", "mapping", "column"]
    project.delete_vectors("mapping")
    with pytest.raises(pn.VectorError, match="'mapping'"):
        project.vectors("mapping")
    assert project.compute_clusters(2).children[0].made_by.vec_type == "column"
    assert project.compute_clusters(2, vec_type="made").children[0].made_by.vec_type == "made"


# ---------------------------------------------------------------------- splitting


def score_by_numpy(vectors: np.ndarray) -> float:
    vectors = vectors.astype(np.float64)
    return float(100 * ((vectors - vectors.mean(0)) ** 2).sum(1).mean())


@pytest.mark.parametrize(
    ("function", "params"),
    [
        ("compute_clusters", {"nb_clusters": 4}),
        ("compute_clusters", {"nb_clusters": -1}),
        ("compute_clusters", {"nb_clusters": 100}),
        ("find_duplicates", {"min_similarity": 0.95}),
        ("find_duplicates", {"min_similarity": 0.5}),
        ("find_duplicates", {"min_similarity": 1.0}),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_split_counts_all_and_scores_by_the_formula(
    project: pn.Project, function: str, params: dict[str, object]
) -> None:
    vectors = blobs(SIZES)
    vectors[[3, 17]] = np.nan
    project.add_vectors("holes", vectors)
    node = project.run(function, **params)
    check_split(node)
    without = next(c for c in node.children if c.kind == "without_vector")
    assert list(without.index) == [3, 17]
    groups = [c for c in node.children if c.kind == "group"]
    for child in groups:
        rows = project.vectors()[project.df.index.get_indexer_for(child.index)]
        assert child.score == pytest.approx(score_by_numpy(rows), rel=1e-4, abs=1e-4)
    if function == "compute_clusters":
        assert [c.score for c in groups] == sorted(c.score for c in groups)
    assert all(c.score is None for c in node.children if c.kind != "group")


def test_tags_of_a_real_model_of_texts_and_images(project: pn.Project) -> None:
    torchvision_shim.apply()
    name = project.embed(pn.OpenClip("ViT-B-32", pretrained=None))
    kinds = ["animal/bird", "animal/fish", "plant", None, None]
    project.df["kind"] = pd.Categorical((kinds * 6)[: len(project.df)])
    for params in ({}, {"multiple": True, "min_similarity": 0.3}, {"parent_tags": "combine"}):
        node = project.cluster_by_tags("kind", prefix="a photo of ", vec_type=name, **params)
        check_split(node) if not params.get("multiple") else None
        groups = [c for c in node.children if c.kind == "group"]
        labels = {c.label for c in groups}
        assert labels and labels <= {"animal", "bird", "fish", "plant"}
        assert [c.score for c in groups] == sorted(c.score for c in groups)
        for child in groups:
            rows = project.vectors(name)[project.df.index.get_indexer_for(child.index)]
            assert child.score == pytest.approx(score_by_numpy(rows), rel=1e-4, abs=1e-4)
            assert child.similarities is not None and len(child.similarities) == len(child.index)
        assert set().union(*(c.index for c in node.children)) == set(project.df.index)


def test_clusters_split_without_limit(project: pn.Project) -> None:
    node = project.tree.root
    depth = 0
    while len(node.index) > 1:
        project.compute_clusters(2, node=node)
        node = max(project.tree.node(node.id).children, key=lambda c: len(c.index))
        depth += 1
    assert depth >= 4 and node.path.count("/") == depth - 1
    assert sorted(row for leaf in project.tree.leaves() for row in leaf.index) == list(range(30))


def test_undo_and_redo_go_through_every_edit(project: pn.Project) -> None:
    edits = [
        lambda: project.compute_clusters(3),
        lambda: project.compute_clusters(2, node="Cluster 0"),
        lambda: project.rename("Cluster 1", "x"),
        lambda: project.close_clusters("Cluster 0"),
    ]
    outlines = [outline(project.tree.root)]
    for edit in edits:
        edit()
        outlines.append(outline(project.tree.root))
    for expected in reversed(outlines[:-1]):
        project.undo()
        assert outline(project.tree.root) == expected
    assert project.undo() is None
    for expected in outlines[1:]:
        project.redo()
        assert outline(project.tree.root) == expected
    assert project.redo() is None


def fails(vectors: pn.Vectors) -> list[int]:
    raise RuntimeError("broken inside\non two lines")


def wrong_shape(vectors: pn.Vectors) -> list[int]:
    return [0]


def by_width(
    images: pn.Images, *, share: Annotated[float, Field(gt=0, le=1)] = 0.5
) -> dict[str, list[int]]:
    half = int(len(images) * share)
    return {"first half": list(range(half)), "rest": list(range(half, len(images)))}


def slash(images: pn.Images) -> dict[str, list[int]]:
    return {"a/b": [0], "c": [1]}


def overlapping(images: pn.Images) -> list[pn.Group]:
    return [pn.Group([0, 1, 2], label="x"), pn.Group([2, 3], label="y")]


class Way(Enum):
    NEAR = "near"
    FAR = "far"


def by_way(images: pn.Images, *, way: Way = Way.NEAR) -> list[int]:
    assert isinstance(way, Way)
    return [0 if way is Way.NEAR else i % 2 for i in range(len(images))]


OWN = (by_way, fails, wrong_shape, by_width, slash, overlapping)


@pytest.fixture
def own_functions() -> Iterator[None]:
    for function in OWN:
        pn.clustering_function(function)
    yield
    for function in OWN:
        registry.remove(function.__name__)


@pytest.mark.parametrize(
    "action",
    [
        lambda p: p.compute_clusters(0),
        lambda p: p.compute_clusters(-7),
        lambda p: p.compute_clusters("ten"),
        lambda p: p.compute_clusters(3, node="nowhere"),
        lambda p: p.compute_clusters(3, vec_type="nothing"),
        lambda p: p.compute_clusters(-1, node=min(p.tree.leaves(), key=lambda n: len(n.index))),
        lambda p: p.find_duplicates(1.5),
        lambda p: p.find_duplicates(-0.1),
        lambda p: p.cluster_by_tags("width"),
        lambda p: p.cluster_by_tags("no such column"),
        lambda p: p.cluster_by_tags("tags"),
        lambda p: p.run("cluster_by_tags"),
        lambda p: p.run("no such function"),
        lambda p: p.run("fails"),
        lambda p: p.run("wrong_shape"),
        lambda p: p.run("slash"),
        lambda p: p.compute_clusters(3, seed=-1),
        lambda p: p.compute_clusters(3, node=[1]),
        lambda p: p.rename("Cluster 0", "a/b"),
        lambda p: p.save_clustering(node="Cluster 0"),
        lambda p: p.save_clustering("width", replace=True),
        lambda p: p.save_clustering("  "),
    ],
)
@pytest.mark.usefixtures("own_functions")
def test_bad_input_is_one_clear_sentence_and_changes_nothing(
    project: pn.Project, action: object
) -> None:
    project.compute_clusters(4)
    project.df["tags"] = pd.Categorical(["a"] * 15 + ["b/c"] * 15)
    before = state(project)
    with pytest.raises(pn.PanopticError) as caught:
        action(project)  # type: ignore[operator]
    assert str(caught.value).strip().endswith(".") and "\n" not in str(caught.value)
    assert state(project) == before


@pytest.mark.usefixtures("own_functions")
def test_a_function_of_the_user_works_without_vectors(project: pn.Project) -> None:
    node = project.run("by_width", share=0.4)
    check_split(node)
    assert {c.label: len(c.index) for c in node.children} == {"first half": 12, "rest": 18}
    assert node.children[0].made_by.parameters == {"share": 0.4}


def test_a_frame_whose_rows_were_changed_in_place_is_refused(project: pn.Project) -> None:
    project.compute_clusters(3)
    project.df.index = project.df.index[::-1]
    with pytest.raises(pn.ProjectError, match="The rows of"):
        project.save_clustering()


# ---------------------------------------------------------------------- saving


def test_saving_twice_gives_a_second_column_and_replacing_is_asked(project: pn.Project) -> None:
    project.compute_clusters(4)
    assert project.save_clustering() == "Clustering"
    first = project.df["Clustering"].copy()
    project.compute_clusters(2)
    assert project.save_clustering() == "Clustering 2"
    pd.testing.assert_series_equal(project.df["Clustering"], first)
    assert project.save_clustering("Clustering", replace=True) == "Clustering"
    assert project.df["Clustering"].nunique() == 2
    assert project.df["Clustering"].value_counts().sum() == 30


def test_the_record_says_how_each_cluster_was_made(project: pn.Project) -> None:
    project.compute_clusters(4)
    project.compute_clusters(2, node="Cluster 0", seed=7)
    project.save_clustering()
    clusters = {c["path"]: c["made_by"] for c in project.record("Clustering")["clusters"]}
    assert len(clusters) == 6
    assert clusters["Cluster 3"]["parameters"] == {"nb_clusters": 4}
    deep = clusters["Cluster 0/Cluster 0.1"]
    assert (deep["seed"], deep["parent"], deep["vec_type"]) == (7, "Cluster 0", "made")
    assert deep["image_set"] != clusters["Cluster 3"]["image_set"]


def test_columns_that_parquet_cannot_hold_lose_nothing(project: pn.Project) -> None:
    project.compute_clusters(2)
    project.df["odd"] = [object() for _ in range(30)]
    with pytest.warns(UserWarning, match="'odd'"):
        project.save_clustering()
    assert "odd" in project.df and "Clustering" in project.df


def test_a_full_disk_leaves_frame_and_file(
    project: pn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.compute_clusters(2)
    project.save_clustering()
    before = state(project)

    def no_room(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_room)
    with pytest.raises(pn.ProjectError, match="No space left"):
        project.save_clustering()
    assert state(project) == before


def test_the_cache_may_be_deleted_at_any_time(project: pn.Project) -> None:
    project.compute_clusters(3)
    for path in project.folder.glob("media.sqlite*"):
        path.unlink()
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.append(project.vector_sets))
    thread.start()
    thread.join()
    assert seen == [{}]  # another thread finds an empty cache, not a broken one
    assert len(project.tree.root.children) == 3


@pytest.mark.usefixtures("own_functions")
def test_a_choice_is_recorded_as_its_value(project: pn.Project) -> None:
    for way in ("far", Way.FAR):
        node = project.run("by_way", way=way)
        assert node.children[0].made_by.parameters == {"way": "far"}
    project.save_clustering()


@pytest.mark.usefixtures("own_functions")
def test_overlapping_clusters_come_back_as_lists(folder: Path) -> None:
    with pn.open_project(folder) as project:
        project.run("overlapping")
        project.save_clustering()
        frame = project.df.copy()
    with pn.open_project(folder) as again:
        pd.testing.assert_frame_equal(again.df, frame)
        assert list(again.df["Clustering"][again.tree.node("y").index[0]]) == ["x", "y"]


def saved_then(folder: Path, frame: pd.DataFrame, project_folder: Path) -> None:
    """Save a clustering and a column for a frame."""
    with pn.open_project(frame, project_folder) as project:
        project.add_vectors("made", blobs(SIZES))
        project.compute_clusters(4)
        project.df["note"] = range(30)
        project.save_clustering()


def test_what_was_saved_comes_back_whatever_the_paths_look_like(
    folder: Path, tmp_path: Path
) -> None:
    paths = sorted(folder.iterdir())
    tables = {
        "path objects": pd.DataFrame({"file": paths}),
        "text": pd.DataFrame({"file": [str(path) for path in paths]}),
    }
    for name, table in tables.items():
        saved_then(folder, table, tmp_path / name)
        renamed = table.rename(columns={"file": "image"}).iloc[::-1]
        with pn.open_project(renamed, tmp_path / name) as again:
            assert again.clusterings == ["Clustering"]
            assert again.df["note"].tolist() == list(range(30))[::-1]


def test_a_folder_that_moved_keeps_what_was_saved(folder: Path, tmp_path: Path) -> None:
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(SIZES))
        project.compute_clusters(4)
        project.save_clustering()
        expected = project.df["Clustering"]
    folder.rename(tmp_path / "elsewhere")
    with pn.open_project(tmp_path / "elsewhere") as again:
        pd.testing.assert_series_equal(again.df["Clustering"], expected)


def test_a_project_folder_of_other_images_is_refused(folder: Path, tmp_path: Path) -> None:
    write_images(tmp_path / "others", 5, seed=5)
    with pn.open_project(folder, tmp_path / "project") as project:
        project.add_vectors("made", blobs(SIZES))
        project.compute_clusters(2)
        before = state(project)
        with pytest.raises(pn.ProjectError, match="belongs to other images"):
            pn.open_project(tmp_path / "others", tmp_path / "project")
        assert not project.closed and state(project) == before


def test_a_failed_opening_leaves_no_folder(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"")
    with pytest.raises(pn.ProjectError):
        pn.open_project(tmp_path / "images")
    assert [p.name for p in (tmp_path / "images").iterdir()] == ["a.png"]


def test_scores_follow_the_images_that_are_left(folder: Path) -> None:
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(SIZES))
        project.compute_clusters(30)
        project.compute_clusters(4)
        loses = project.tree.root.children[-1]
        project.compute_clusters(len(loses.index), node=loses)
        gone = project.tree.node(loses.id).children[0]
        last_id = project.tree.ids.last
        path = Path(project.df.loc[gone.index[0], "path"])
    path.unlink()
    with pn.open_project(folder) as again:
        assert gone.id not in again.tree.states, "an empty cluster came back"
        node = again.tree.node(loses.id)
        rows = again.vectors()[again.df.index.get_indexer_for(node.index)]
        assert node.score == pytest.approx(score_by_numpy(rows), rel=1e-4)
        assert again.compute_clusters(2).children[0].id > last_id


def test_new_images_join_what_was_left_unassigned_however_deep(
    folder: Path, tmp_path: Path
) -> None:
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(SIZES, spread=0.5))
        project.find_duplicates(0.8)
        project.compute_clusters(2, node="Unassigned")
    write_images(tmp_path / "more", 2, seed=9)
    for path in (tmp_path / "more").iterdir():
        path.rename(folder / f"new-{path.name}")
    with pn.open_project(folder) as again:
        assert len(again.tree.node("Unassigned/Unassigned").index) == 2
        labels = [child.label for child in again.tree.root.children]
        assert labels.count("Unassigned") == 1


def test_a_closed_project_writes_nothing(folder: Path) -> None:
    with pn.open_project(folder) as first:
        first.add_vectors("made", blobs(SIZES))
        first.compute_clusters(3)
        with pn.open_project(folder / ".." / folder.name) as second:
            for action in (first.undo, first.close_clusters, lambda: first.remember(a=1)):
                with pytest.raises(pn.ProjectError, match="opened again"):
                    action()
            assert len(second.tree.root.children) == 3


def test_numbers_of_numpy_are_numbers(project: pn.Project) -> None:
    node = project.compute_clusters(np.int64(3), seed=np.int64(3))
    assert node.children[0].made_by.seed == 3
    project.save_clustering()


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_rows_sorted_in_place_are_noticed(project: pn.Project) -> None:
    project.compute_clusters(3)
    project.df.sort_values("path", ascending=False, inplace=True, ignore_index=True)
    with pytest.raises(pn.ProjectError, match="sorted"):
        project.save_clustering()


def test_a_function_that_runs_a_function_is_refused(project: pn.Project) -> None:
    @pn.clustering_function
    def inside(images: pn.Images) -> list[int]:
        project.compute_clusters(2)
        return [0] * len(images)

    try:
        with pytest.raises(pn.PanopticError, match="still running"):
            project.run("inside")
    finally:
        registry.remove("inside")
    assert project.tree.root.is_leaf


def test_opening_again_closes_the_project_of_before(folder: Path) -> None:
    first = pn.open_project(folder)
    with pn.open_project(folder) as second:
        assert first.closed and not second.closed
        with pytest.raises(pn.ProjectError, match="opened again"):
            first.compute_clusters(2)


def test_opening_says_nothing_when_all_is_well(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pn.open_project(folder).close()
