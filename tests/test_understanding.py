"""Comparing clusterings, refining clusters by a rule, and putting new images into them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, check_split, outline, write_images
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

import panoptic_nb as pn
from panoptic_nb.understanding.comparing import compare, crosstab, groups_of

SIZES = (9, 8, 7, 6)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[pn.Project]:
    paths = write_images(tmp_path / "images", sum(SIZES))
    frame = pd.DataFrame({"path": [str(path) for path in paths]})
    frame["year"] = [1900 + i % 3 if i % 5 else None for i in range(len(frame))]
    frame.index = [f"r{i}" for i in range(len(frame))]
    with pn.open_project(frame, tmp_path / "project", path_column="path") as project:
        project.add_vectors("made", blobs(SIZES, spread=0.3))
        project.compute_clusters(4)
        project.save_clustering()
        yield project


# ------------------------------------------------------------------ comparing

labels = st.lists(st.sampled_from([None, "a", "b", "c"]), min_size=6, max_size=6)


@given(first=labels, second=labels, overlap=st.booleans())
def test_a_comparison_counts_what_a_loop_counts(
    first: list[Any], second: list[Any], overlap: bool
) -> None:
    a, b = pd.Series(first, dtype=object), pd.Series(second, dtype=object)
    if overlap:
        b = pd.Series([None if x is None else [x, "d"] for x in second], dtype=object)
    index = pd.Index(list("uvwxyz"))
    found = compare(groups_of(a), groups_of(b), ("one", "two"), index)
    expected: dict[tuple[Any, Any], int] = {}
    for x, y in zip(a, b, strict=True):
        for label in y if isinstance(y, list) else [y]:
            key = x or "Unassigned", label
            expected[key] = expected.get(key, 0) + 1
    counted = {
        (x, None if y != y or y is None else y): found.table.loc[x].iloc[at]
        for x in found.table.index
        for at, y in enumerate(found.table.columns)
    }
    assert {key: n for key, n in counted.items() if n} == expected
    assert found.table.to_numpy().sum() == sum(expected.values())
    both = [(x, y) for x, y in zip(first, second, strict=True) if x and y]
    if overlap and any(second):
        assert np.isnan(found.ari)
    elif both and not overlap:
        assert found.ari == pytest.approx(adjusted_rand_score(*zip(*both, strict=True)))
        assert found.ami == pytest.approx(adjusted_mutual_info_score(*zip(*both, strict=True)))
    same = compare(groups_of(b), groups_of(b), ("one", "two"), index)
    assert same.changed.empty
    # A cluster with another name is no change; one image that moved is one.
    other = a.replace({"a": "z"})
    assert compare(groups_of(a), groups_of(other), ("one", "two"), index).changed.empty


def test_two_clusterings_beside_each_other(project: pn.Project) -> None:
    moved = project.tree.node("Cluster 0").index[0]
    project.rename("Cluster 1", "birds")
    project.move([moved], "Cluster 2")
    found = project.compare("Clustering", "working tree")
    assert found.changed.index.tolist() == [moved]
    assert found.changed.iloc[0].tolist() == ["Cluster 0", "Cluster 2"]
    assert found.matches["Cluster 1"] == "birds"
    assert 0.8 < found.ari < 1 and 0.8 < found.ami < 1
    assert found.table.loc["Cluster 0", "Cluster 2"] == 1
    assert (project.compare("Clustering", "Clustering").ari, len(found.table)) == (1, 4)
    with pytest.raises(pn.ProjectError, match="no column 'gone'"):
        project.compare("gone")
    with pytest.raises(pn.ProjectError, match="level is a whole number from 1"):
        project.compare(level=0)


def test_levels_are_compared_by_what_stands_above(project: pn.Project) -> None:
    project.compute_clusters(2, node="Cluster 0")
    assert project.compare(level=1).ari == 1
    assert project.compare().ari < 1


def test_a_crosstab_is_that_of_pandas(project: pn.Project) -> None:
    found = project.crosstab("Clustering", "year")
    column, year = project.df["Clustering"].astype(object), project.df["year"]
    expected = pd.crosstab(column, year)
    pd.testing.assert_frame_equal(
        found.iloc[:, :3], expected, check_names=False, check_column_type=False
    )
    assert found.columns.isna().tolist() == [False, False, False, True]
    assert found.to_numpy().sum() == len(project.df)
    assert crosstab(groups_of(column), groups_of(year), ("a", "b"), 30).shape == (4, 4)


# ------------------------------------------------------------------ refining


def test_every_cluster_above_a_limit_is_split_in_one_step(project: pn.Project) -> None:
    project.lock("Cluster 3")
    tree, steps = project.tree, len(project.history)
    sizes = {node.path: len(node.index) for node in tree.root.children}
    low, high = min(sizes.values()), max(sizes.values())
    seen = project.refine(max_score=None, max_size=low, preview=True, nb_clusters=2)
    expected = [path for path, n in sizes.items() if n > low and path != "Cluster 3"]
    assert seen.index.tolist() == expected and set(seen["reason"]) == {"size"}
    assert project.tree is tree
    done = project.refine(max_score=None, max_size=low, nb_clusters=2)
    assert done["clusters"].tolist() == [2] * len(expected)
    assert len(project.history) == steps + 1
    for path in sizes:
        assert len(project.tree.node(path).children) == (2 if path in expected else 0)
        check_split(project.tree.node(path)) if path in expected else None
    assert project.replay(None).same
    project.undo()
    assert project.tree is tree
    assert project.refine(max_score=None, max_size=high).empty and project.tree is tree
    scores = sorted(node.score for node in tree.root.children)
    by_score = project.refine(max_score=scores[1], max_size=None, preview=True)
    assert set(by_score["reason"]) <= {"score"} and len(by_score) in (1, 2)


def test_what_cannot_be_split_stays_and_is_told(project: pn.Project) -> None:
    tree = project.tree
    with pytest.warns(UserWarning, match=r"was not split: .*at least 10 images"):
        done = project.refine(max_score=None, max_size=1, nb_clusters=-1)
    assert done["clusters"].tolist() == [0] * 4
    assert outline(project.tree.root) == outline(tree.root)
    for bad in ({"max_size": "many"}, {"max_score": -1}, {"function": "gone"}, {"nb_clusters": 0}):
        with pytest.raises(pn.PanopticError):
            project.refine(**{"max_size": 1, "preview": True, **bad})


# ------------------------------------------------------------------ new images


@pytest.fixture
def grown(project: pn.Project, tmp_path: Path) -> Iterator[pn.Project]:
    """The project with four more images: two in a cluster, one far from all, one without vector."""
    project.move_to_new(["r2"], label="left")
    project.close_clusters("left")
    frame = project.df[["path"]].copy()
    vectors = blobs(SIZES, spread=0.3)
    new = write_images(tmp_path / "more", 4, seed=8)
    project.close()
    frame = pd.concat([frame, pd.DataFrame({"path": map(str, new)}, index=list("abcd"))])
    centres = [vectors[:9].mean(axis=0), vectors[-6:].mean(axis=0)]
    far = -vectors.mean(axis=0)
    with pn.open_project(frame, tmp_path / "project", path_column="path") as again:
        again.add_vectors("made", np.vstack([vectors, *centres, far, np.full(16, np.nan)]))
        yield again


def test_new_images_go_to_the_nearest_cluster_or_nowhere(grown: pn.Project) -> None:
    saved = grown.df["Clustering"].copy()
    before = grown.tree
    found = grown.assign()
    assert sorted(found.index) == list("abcd")
    assert found.loc["a", "cluster"] == saved["r0"] and found.loc["b", "cluster"] == saved["r29"]
    assert found["cluster"].isna()[["c", "d"]].all() and found["doubtful"][["c", "d"]].all()
    assert not found["doubtful"][["a", "b"]].any()
    assert (found["distance"] <= found["limit"])[["a", "b"]].all()
    assert pd.isna(found.loc["d", "nearest"]) and found.loc["c", "nearest"] in set(saved)
    assert "a" in grown.tree.node(saved["r0"]).index
    check_split(grown.tree.root)
    assert grown.history.steps[-1].name == "assign" and grown.opened_from == "Clustering"
    assert grown.save_clustering("Clustering", replace=True) == "Clustering"
    pd.testing.assert_series_equal(
        grown.df["Clustering"][:30].astype(object), saved[:30].astype(object)
    )
    assert grown.replay("Clustering").same, "made of the column that it replaced"
    assert grown.assign().empty
    grown.go_to(0)
    assert grown.tree is before


def test_images_can_be_named_and_locked_clusters_get_none(grown: pn.Project) -> None:
    saved = grown.df["Clustering"].copy()
    grown.open_clustering()
    grown.lock(saved["r0"])
    grown.save_clustering("Clustering", replace=True)
    found = grown.assign(images=["a", "r29"])
    assert pd.isna(found.loc["a", "cluster"]) and found.loc["a", "nearest"] == saved["r0"]
    assert found.loc["r29", "nearest"] == saved["r29"]
    with pytest.raises(pn.ProjectError, match="not in the index"):
        grown.assign(images=["zz"])
    grown.df["own"] = "x"
    with pytest.raises(pn.ProjectError, match="not known which images were there"):
        grown.assign("own")
