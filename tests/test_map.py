"""The map: the same places for the same images, kept with the project, in step as a widget."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, write_images

import panoptic_nb as pn
from panoptic_nb.errors import Cancelled, FunctionError, NoVectorsError, ParameterError, VectorError
from panoptic_nb.mapping.layout import arrange, checked
from panoptic_nb.progress import Progress

SIZES = (12, 9, 6)


@pytest.fixture
def corpus(tmp_path: Path) -> pd.DataFrame:
    """A table with a pile and an image without a vector."""
    paths = write_images(tmp_path / "images", sum(SIZES) + 1)
    frame = pd.DataFrame({"path": [*map(str, paths), str(paths[0])]})
    vectors = blobs(SIZES)
    none = np.full_like(vectors[:1], np.nan)
    frame["vector"] = list(np.concatenate([vectors, none, vectors[:1]]))
    frame.index = [f"row {n}" for n in range(len(frame))]
    return frame


def opened(frame: pd.DataFrame, folder: Path) -> pn.Project:
    project = pn.open_project(frame[["path"]], folder, path_column="path")
    project.add_vectors("made", dict(zip(frame.index, frame["vector"], strict=True)))
    return project


@pytest.fixture
def project(corpus: pd.DataFrame, tmp_path: Path) -> Iterator[pn.Project]:
    with opened(corpus, tmp_path / "project") as project:
        yield project


def neighbours_agree(places: np.ndarray, sizes: tuple[int, ...]) -> float:
    """Return how many points have their nearest one in their own group."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return float((group[distances.argmin(axis=1)] == group).mean())


# ---------------------------------------------------------------------- places


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_groups_stay_together_and_a_seed_gives_one_map(method: Any) -> None:
    vectors = blobs(SIZES)
    places = arrange(vectors, method, checked(method, {}), 3, Progress())
    assert (places.shape, places.dtype) == ((sum(SIZES), 2), np.float32)
    assert neighbours_agree(places, SIZES) == 1
    again = arrange(vectors, method, checked(method, {}), 3, Progress())
    np.testing.assert_array_equal(places, again)
    for few in (0, 1, 2, 4, 6):
        assert np.isfinite(arrange(vectors[:few], method, checked(method, {}), 0, Progress())).all()
    same = np.repeat(vectors[:1], 8, axis=0)
    assert np.isfinite(arrange(same, method, checked(method, {}), 0, Progress())).all()


def test_what_is_beyond_the_limit_is_put_beside_its_like(monkeypatch: pytest.MonkeyPatch) -> None:
    order = np.random.default_rng(0).permutation(sum(SIZES))
    vectors = blobs(SIZES)[order]
    monkeypatch.setitem(sys.modules["panoptic_nb.mapping.layout"].ARRANGED, "tsne", 18)
    places = arrange(vectors, "tsne", checked("tsne", {"perplexity": 3}), 0, Progress())
    in_order = np.empty_like(places)
    in_order[order] = places
    assert neighbours_agree(in_order, SIZES) == 1


def test_a_cancel_does_not_wait_for_the_method(monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()
    monkeypatch.setattr("sklearn.manifold.TSNE.fit_transform", lambda *_: end.wait(60))
    progress = Progress()
    threading.Timer(0.1, progress.cancel).start()
    with pytest.raises(Cancelled):
        arrange(blobs(SIZES), "tsne", checked("tsne", {}), 0, progress)
    assert not end.is_set()
    end.set()


def test_a_method_that_fails_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("sklearn.manifold.TSNE.fit_transform", fail)
    with pytest.raises(FunctionError, match="could not be made: ZeroDivisionError: by zero"):
        arrange(blobs(SIZES), "tsne", checked("tsne", {}), 0, Progress())


# ---------------------------------------------------------------------- kept with the project


def test_the_map_comes_back_whatever_the_order_of_the_rows(
    corpus: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(corpus, tmp_path / "project") as project:
        made = project.map(method="tsne", seed=5, perplexity=4)
    assert made.index.equals(corpus.index) and list(made.columns) == ["x", "y"]
    assert made.isna().all(axis=1).tolist() == [n == sum(SIZES) for n in range(len(made))]
    assert made.loc["row 0"].equals(made.loc[f"row {sum(SIZES) + 1}"].rename("row 0"))
    assert made.attrs["seed"] == 5 and made.attrs["params"] == {"perplexity": 4}
    shuffled = corpus.sample(frac=1, random_state=1)
    with opened(shuffled, tmp_path / "elsewhere") as other:
        again = other.map(method="tsne", seed=5, perplexity=4)
        pd.testing.assert_frame_equal(again.reindex(made.index), made)
    monkeypatch.setattr("panoptic_nb.project_map.arrange", None)  # nothing is computed any more
    with pn.open_project(corpus[["path"]], tmp_path / "project") as project:
        for asked in ({}, {"seed": 5}, {"perplexity": 4}):
            pd.testing.assert_frame_equal(project.map(method="tsne", **asked), made)
        part = project.subset(project.df.index.isin(["row 3", "row 1"]))
        pd.testing.assert_frame_equal(part.map(method="tsne"), made.loc[["row 1", "row 3"]])


def test_another_parameter_other_vectors_or_a_damaged_file_make_a_new_map(
    project: pn.Project,
) -> None:
    first = project.map(method="tsne")
    other = project.map(method="tsne", perplexity=4)
    assert not first.equals(other)
    pd.testing.assert_frame_equal(project.map(method="tsne"), other)  # the one that is kept
    [file] = project.folder.glob("map-tsne-*.parquet")
    file.write_bytes(b"no map")
    pd.testing.assert_frame_equal(project.map(method="tsne"), first)  # the usual one
    vectors = project.vectors()
    vectors[sum(SIZES)] = vectors[0]
    project.add_vectors("made", vectors)
    assert project.map(method="tsne").notna().all(axis=None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "pca"}, "'umap' or 'tsne'. Got 'pca'"),
        ({"method": "tsne", "n_neighbors": 5}, "'tsne' has no parameter 'n_neighbors'"),
        ({"n_neighbors": 1}, "n_neighbors must be a number, at least 2. Got 1"),
        ({"min_dist": float("nan")}, "min_dist must be a number"),
        ({"seed": -1}, "A seed is a whole number"),
        ({"seed": 1.5}, "A seed is a whole number"),
    ],
)
def test_what_is_out_of_bounds_is_one_sentence(
    project: pn.Project, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        project.map(**arguments)


def test_what_is_missing_is_one_sentence(
    project: pn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(VectorError, match="There is no vector set 'other'"):
        project.map("other")
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(FunctionError, match=r"pip install 'panoptic_nb\[map\]'.*method='tsne'"):
        project.map()
    monkeypatch.setitem(sys.modules, "jscatter", None)
    with pytest.raises(FunctionError, match=r"pip install 'panoptic_nb\[map\]'"):
        project.show_map(method="tsne")
    project.delete_vectors("made")
    with pytest.raises(NoVectorsError, match=r"project.embed\(\)"):
        project.map()


# ---------------------------------------------------------------------- the widget


@pytest.fixture
def shown(project: pn.Project) -> pn.ClusterMap:
    pytest.importorskip("jscatter")
    return project.show_map(method="tsne")


def test_selections_go_both_ways(project: pn.Project, shown: pn.ClusterMap) -> None:
    heard: list[list[str]] = []
    project.on("selection", heard.append)
    widget = project.explore()
    images = [0, 3]
    shown._plot.selection = shown._points[images].astype(np.uint32)
    expected = project.df.index[project.images.rows(np.array(images))].tolist()
    assert widget.selected == shown.selected == heard[-1] == expected
    widget.selected = ["row 2", f"row {sum(SIZES)}"]  # the second has no place
    [point] = shown._plot.selection
    assert project.df["sha1"]["row 2"] == project.images.sha1[shown._images[point]]
    assert shown.selected == widget.selected == ["row 2", f"row {sum(SIZES)}"]
    widget.selected = []
    assert not len(shown._plot.selection) and heard[-1] == []


def test_a_cell_that_runs_again_shows_the_same_widget(
    project: pn.Project, shown: pn.ClusterMap
) -> None:
    assert project.show_map(method="tsne") is shown
    assert project.show_map(method="tsne", perplexity=4) is not shown
    part = project.subset(project.df.index.isin(["row 1", "row 2"]))
    assert len(part.show_map(method="tsne")._images) == 2


def test_one_row_of_a_pile_stays_alone(project: pn.Project, shown: pn.ClusterMap) -> None:
    widget = project.explore()
    widget.selected = ["row 0"]
    assert len(shown._plot.selection) == 1
    assert widget.selected == ["row 0"]  # and not its copy, which is the same point
    shown._plot.selection = np.array([10**6, 4], np.uint32)  # one that is not there
    assert len(widget.selected) in (1, 2) and widget.selected != ["row 0"]


def test_colours_follow_the_tree(project: pn.Project, shown: pn.ClusterMap) -> None:
    def colour_of() -> dict[str, Any]:
        codes = shown._plot.points[:, 2].round().astype(int)
        found: dict[str, Any] = {}
        for leaf in project.tree.leaves():
            points = shown._points[leaf.members]
            used = {tuple(shown._plot.color[code]) for code in codes[points[points >= 0]]}
            found[leaf.path] = used
        return found

    project.compute_clusters(3)
    before = colour_of()
    groups = [node.path for node in project.tree.leaves() if node.kind == "group"]
    assert all(len(before[path]) == 1 for path in groups)
    assert len(set.union(*(before[path] for path in groups))) == 3
    project.rename("Cluster 1", "flags")
    project.compute_clusters(2, node="Cluster 0")
    after = colour_of()
    assert after["flags"] == before["Cluster 1"] and after["Cluster 2"] == before["Cluster 2"]
    project.close_clusters()
    assert len(shown._plot.color) == 1


def test_a_point_shows_its_image(project: pn.Project, shown: pn.ClusterMap) -> None:
    sent: list[Any] = []
    shown._plot.send = sent.append
    for index in (3, -1, 10**6, "x", None):
        shown._plot._handle_custom_msg({"type": "tooltip", "index": index}, [])
    [answer] = sent
    assert answer["index"] == 3 and answer["preview"].startswith("data:image/jpeg;base64,/9j/")
