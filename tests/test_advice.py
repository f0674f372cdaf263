"""What helps to decide about clusters agrees with what was put into the images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, write_images

import panoptic_nb as pn
from panoptic_nb.progress import Progress
from panoptic_nb.scores import score
from panoptic_nb.understanding.stability import random_scores

SIZES = (30, 25, 20)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pn.Project]:
    folder = tmp_path_factory.mktemp("advice")
    paths = write_images(folder / "images", sum(SIZES))
    frame = pd.DataFrame({"path": [str(path) for path in paths]})
    frame["kind"] = np.repeat(["Animals/birds", "plants", None], SIZES)
    frame["odd"] = [f"text {i}" for i in range(len(frame))]
    with pn.open_project(frame, folder / "project", path_column="path") as project:
        vectors = blobs(SIZES, spread=0.3)
        vectors[-1] = np.nan
        project.add_vectors("made", vectors)
        yield project


def test_the_score_falls_most_where_the_number_is_right(project: pn.Project) -> None:
    tree = project.tree
    found = project.scores_by_k(numbers=[1, 2, 3, 4, 6, 500])
    assert found.index.tolist() == [1, 2, 3, 4, 6]
    assert found["score"].is_monotonic_decreasing
    assert found["gain"].idxmax() == 3
    assert project.tree is tree
    known = project.vectors()[:-1]
    assert found.loc[1, "score"] == pytest.approx(score(known), abs=1e-3)


def test_what_is_there_is_found_again_and_what_is_not_is_not(project: pn.Project) -> None:
    project.compute_clusters(3)
    tree = project.tree
    found = project.stability(runs=5)
    assert (found["stability"] > 0.95).all() and (found["runs"] == 5).all()
    project.compute_clusters(12)
    assert project.stability(runs=5)["stability"].mean() < 0.9
    pd.testing.assert_frame_equal(project.stability(runs=3), project.stability(runs=3))
    project.undo()
    assert project.tree is tree
    with pytest.raises(pn.ParameterError, match="share is above 0"):
        project.stability(share=0)
    with pytest.raises(pn.TreeError, match="nothing can be run again"):
        project.stability("Cluster 0")


def test_a_score_is_seen_among_random_groups(project: pn.Project) -> None:
    project.compute_clusters(3)
    found = project.calibrated_scores(draws=50)
    assert found.index.tolist() == [node.path for node in project.tree.root.children[:3]]
    assert (found["percentile"] == 0).all() and (found["random"] > found["score"]).all()
    rows = project.df.index[::2]
    project.move_to_new(rows, label="by chance")
    assert 5 < project.calibrated_scores(draws=50).loc["by chance", "percentile"] <= 100
    project.undo()
    vectors = blobs(SIZES)
    drawn = random_scores(vectors, [75, 1, 10], 4, 0, Progress())
    assert drawn[:, 0] == pytest.approx(np.full(4, score(vectors)), abs=1e-3)
    assert drawn[:, 1] == pytest.approx(np.zeros(4), abs=1e-3)


def test_names_are_what_the_images_of_a_cluster_share(project: pn.Project) -> None:
    project.compute_clusters(3)
    found = project.propose_names()
    names = dict(zip(found["proposal"], found["source"], strict=True))
    assert names == {"birds": "kind", "plants": "kind", "images": "folder"}
    assert (found["share"] == 1).all()
    part = project.subset(project.df["kind"].notna())
    part.compute_clusters(2)
    assert set(part.propose_names()["proposal"]) == {"birds", "plants"}
