"""What helps to decide about clusters agrees with what was put into the images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, write_images
from PIL import Image, ImageColor

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
    assert names == {"birds": "kind", "plants": "kind", None: None}
    assert (found["share"].dropna() == 1).all()
    part = project.subset(project.df["kind"].notna())
    part.compute_clusters(2)
    assert set(part.propose_names()["proposal"]) == {"birds", "plants"}


class Colours:
    """A model of images and texts: the mean colour of an image, and colours by their names."""

    name, dim, has_text, spec, model_hash = "colours", 3, True, "", "0123456789abcdef"

    def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        return np.array([np.asarray(image, np.float32).mean(axis=(0, 1)) + 1 for image in images])

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([ImageColor.getrgb(text) for text in texts], np.float32) + 1


def test_clusters_without_a_name_are_called_by_the_nearest_of_some_words(tmp_path: Path) -> None:
    for number in range(24):
        colour = ["darkred", "seagreen", "navy"][number // 8]
        Image.new("RGB", (20 + number, 20), colour).save(tmp_path / f"{number:02}.png")
    frame = pd.DataFrame({"path": sorted(map(str, tmp_path.glob("*.png")))})
    frame["kind"] = np.repeat(["roses", None], [8, 16])
    with pn.open_project(frame, tmp_path / "project") as project:
        project.embed(Colours())
        project.compute_clusters(3)
        found = project.propose_names(words=["red", "green", "blue"])
        named = found.set_index("proposal")["source"].to_dict()
        assert named == {"roses": "kind", "green": "words", "blue": "words"}
        assert found["proposal"].isna().sum() == 0 and found["share"].notna().sum() == 1
        assert project.propose_names()["proposal"].dropna().tolist() == ["roses"]
        pairs = zip(found.index, found["proposal"], strict=True)
        shown = {
            name: project.df["path"].loc[project.tree.node(path).index] for path, name in pairs
        }
        assert {int(Path(path).stem) // 8 for path in shown["green"]} == {1}
        project.add_vectors("made", blobs((8, 8, 8)))
        with pytest.raises(pn.EncoderError, match="cannot be compared with texts"):
            project.propose_names(words=["red"])
