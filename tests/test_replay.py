"""What a record says is enough to make the same clusters again, elsewhere and later."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, outline, write_images
from PIL import Image

import panoptic_nb as pn
from panoptic_nb.operations import Operation
from panoptic_nb.record import Record

SIZES = (12, 9, 8, 6, 5)


class Words:
    """A cheap model of images and texts: six words, and the mean colours of an image."""

    name, dim, has_text, spec, model_hash = "words", 6, True, "", "0123456789abcdef"

    def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        small = [np.asarray(image.resize((2, 1)), np.float32).reshape(-1) for image in images]
        return np.array(small) + 1

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        seeds = [zlib.crc32(text.encode()) for text in texts]
        return np.array([np.random.default_rng(seed).random(6) for seed in seeds])


def table(folder: Path) -> pd.DataFrame:
    paths = write_images(folder / "images", sum(SIZES))
    kinds = ["warm", "cold/blue", "cold/green", None, "grey"]
    frame = pd.DataFrame({"path": [str(path) for path in (*paths, *paths[:3])]})
    frame["kind"] = [kinds[i % 5] for i in range(len(frame))]
    frame.index = [f"r{i}" for i in range(len(frame))]
    return frame


@pytest.fixture
def frame(tmp_path: Path) -> pd.DataFrame:
    return table(tmp_path)


@pytest.fixture
def project(frame: pd.DataFrame, tmp_path: Path) -> Iterator[pn.Project]:
    with pn.open_project(frame, tmp_path / "project", path_column="path") as project:
        project.embed(Words())
        vectors = blobs(SIZES, spread=0.3)
        vectors[[0, 1]] = vectors[2]
        vectors[7] = np.nan
        project.add_vectors("made", np.vstack([vectors, vectors[:3]]))
        yield project


def explore(project: pn.Project) -> None:
    """Six runs of all functions, one in another, with work by hand in between."""
    project.compute_clusters(4, seed=5)
    project.rename("Cluster 1", "birds é")
    project.agglomerative(3, node="Cluster 0")
    project.find_duplicates(0.8, node="Cluster 2")
    project.cluster_by_tags("kind", node="birds é", vec_type="words", min_similarity=0.1)
    project.compute_clusters(-1, node="Cluster 3")
    project.move(project.tree.node("Cluster 0/Cluster 0.1").index[:2], "Cluster 3")
    project.merge(["Cluster 0/Cluster 0.0", "Cluster 0/Cluster 0.2"], label="joined")
    project.move_to_new(project.tree.node("birds é").index[:3], label="by hand")
    project.move(project.tree.node("by hand"), "Cluster 3")
    project.move(project.tree.node("Cluster 3/by hand"), None)
    project.lock("by hand")
    project.compute_clusters(2, node="Cluster 0/joined", seed=1)
    project.sort_clusters(by="size", descending=True)


def by_content(project: pn.Project, node: Any) -> list[Any]:
    """Return the outline of a tree by sha1: rows may stand elsewhere."""
    sha1 = sorted(set(project.df.loc[node.index, "sha1"]))
    score = None if node.score is None else round(node.score, 4)
    below = [by_content(project, child) for child in node.children]
    return [node.label, node.kind, score, sha1, below]


FRESH = """
import json, sys
import pandas as pd
import panoptic_nb as pn
sys.path.insert(0, sys.argv[2])
from test_replay import by_content
frame = pd.read_parquet(sys.argv[1] + "/shuffled.parquet")
project = pn.open_project(frame, sys.argv[1] + "/copy", path_column="path")
before = project.tree
replay = project.replay("Clustering")
assert project.tree is before
print(json.dumps([replay.same, len(replay.differences), by_content(project, replay.tree.root)]))
"""


def test_a_fresh_process_makes_the_same_tree_of_shuffled_rows(
    project: pn.Project, frame: pd.DataFrame, tmp_path: Path
) -> None:
    explore(project)
    project.save_clustering()
    expected = by_content(project, project.tree.root)
    project.compute_clusters(2)  # the working tree is another by then
    project.close()
    shutil.copytree(tmp_path / "project", tmp_path / "copy")
    frame.sample(frac=1, random_state=3).to_parquet(tmp_path / "shuffled.parquet")
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(tmp_path), here],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [True, 0, expected]


def test_the_script_makes_the_same_tree(
    project: pn.Project, frame: pd.DataFrame, tmp_path: Path
) -> None:
    explore(project)
    project.save_clustering("Mine")
    saved, expected = project.df["Mine"].copy(), outline(project.tree.root)
    script = project.to_python("Mine")
    assert "project.merge(['Cluster 0/Cluster 0.0'" in script
    assert "# project.add_vectors('made', ...)" in script
    project.unlock("by hand")
    project.compute_clusters(3)
    project.close()
    space: dict[str, Any] = {"df": frame}
    exec(script, space)
    again = space["project"]
    assert outline(again.tree.root) == expected
    assert space["project"].clusterings == ["Mine", "Mine 2"]
    pd.testing.assert_series_equal(again.df["Mine 2"], saved, check_names=False)
    again.close()


def test_the_script_of_a_folder_opens_it(tmp_path: Path) -> None:
    write_images(tmp_path / "images", 6)
    with pn.open_project(tmp_path / "images") as project:
        project.add_vectors("made", blobs([3, 3]))
        project.compute_clusters(2)
        expected, script = outline(project.tree.root), project.to_python()
    space: dict[str, Any] = {}
    exec(script, space)
    assert outline(space["project"].tree.root) == expected
    space["project"].close()


def test_every_node_has_a_complete_record(project: pn.Project) -> None:
    explore(project)
    project.save_clustering()
    record = project.record()
    assert json.loads(json.dumps(record)) == record
    clusters = {entry["path"]: entry for entry in record["clusters"]}
    assert clusters.keys() == {node.path for node in project.tree.walk()} - {""}
    for path, entry in clusters.items():
        node = project.tree.node(path)
        assert entry["members"] == project.images.hash(node.members)
        assert entry["n_images"] == len(node.members)
    by_tags = next(e for e in clusters.values() if (e["made_by"] or {}).get("vec_type") == "words")
    made_by = by_tags["made_by"]
    assert made_by["tags"]["tags"]["column"] == "kind" and made_by["tags"]["tags"]["count"] == 5
    assert made_by["found"]["scale"]["low"] < made_by["found"]["scale"]["high"]
    assert made_by["model_hash"] == Words.model_hash and len(made_by["vectors"]) == 16
    assert made_by["versions"].keys() >= {"numpy", "panoptic_nb"}
    assert clusters["by hand"]["edits"][0]["kind"] == "made"
    assert project.record(None)["operations"] == record["operations"]


@pytest.mark.parametrize("cause", ["vectors", "tags", "images", "column", "function"])
def test_what_is_different_is_said(
    project: pn.Project, frame: pd.DataFrame, tmp_path: Path, cause: str
) -> None:
    project.cluster_by_tags("kind", vec_type="words", min_similarity=0.1)
    project.compute_clusters(2, node=project.tree.root.children[0], vec_type="made")
    project.save_clustering()
    record = project.record()
    assert project.replay(record).same
    replay = None
    if cause == "vectors":
        vectors = blobs(SIZES, seed=4, spread=0.5)
        project.add_vectors("made", np.vstack([vectors, vectors[:3]]))
    elif cause == "tags":
        project.df["kind"] = "warm"
    elif cause == "images":
        part = project.subset(np.arange(len(project.df)) > 5)
        replay = part.replay(record)
    elif cause == "column":
        project.df.loc["r8", "Clustering"] = None
        replay = project.replay("Clustering")
    else:
        record["operations"][1]["record"]["function"] = "gone"
        cause = "operation"
    replay = replay or project.replay(record)
    assert not replay.same
    assert cause in set(replay.differences["what"])
    for text in replay.differences["now"]:
        assert "\n" not in str(text)


def test_another_version_is_told_and_the_tree_may_be_the_same(project: pn.Project) -> None:
    project.compute_clusters(3)
    record = project.record(None)
    record["versions"] = {**record["versions"], "numpy": "0.1"}
    replay = project.replay(record)
    assert replay.same
    assert replay.differences["what"].tolist() == ["version"]


def test_a_replay_can_become_the_working_tree(project: pn.Project) -> None:
    explore(project)
    expected = outline(project.tree.root)
    record = project.record(None)
    project.unlock("by hand")
    project.compute_clusters(2)
    other = project.tree
    replay = project.replay(record, apply=True)
    assert replay.same and project.tree is replay.tree
    assert outline(project.tree.root) == expected
    project.undo()
    assert project.tree is other


def test_duplicates_are_found_with_what_was_decided_by_then(project: pn.Project) -> None:
    project.find_duplicates(0.99)
    project.save_clustering()
    project.not_duplicates("Cluster 0")
    assert project.replay().same
    assert project.replay(None).same if not project.tree.root.is_leaf else True
    project.find_duplicates(0.9)
    assert project.replay(None).same


def test_what_led_nowhere_is_forgotten(project: pn.Project) -> None:
    project.compute_clusters(3)
    for seed in range(3):
        project.compute_clusters(2, node="Cluster 0", seed=seed)
        project.rename("Cluster 0/Cluster 0.0", f"x{seed}")
    names = [operation.name for operation in project.tree.log]
    assert names == ["run", "run", "rename"]
    project.close_clusters("Cluster 0")
    assert [operation.name for operation in project.tree.log] == ["run"]
    project.close_clusters()
    assert project.tree.log == ()


def test_a_column_of_ones_own_is_opened_again(project: pn.Project) -> None:
    project.open_clustering("kind")
    project.compute_clusters(2, node="warm")
    name = project.save_clustering()
    assert project.replay(name).same
    assert "project.open_clustering('kind')" in project.to_python(name)
    project.df["kind"] = project.df["kind"].replace("warm", "hot")
    replay = project.replay(name)
    assert not replay.same and {"opened", "operation"} <= set(replay.differences["what"])


@pytest.mark.parametrize("record", [3, {}, {"clusters": []}, "nothing"])
def test_what_is_no_record_is_one_sentence(project: pn.Project, record: Any) -> None:
    for ask in (project.replay, project.to_python, project.describe):
        with pytest.raises(pn.ProjectError, match=r"A record is|There is no saved clustering"):
            ask(record)


def test_nothing_to_tell_of_no_clusters(project: pn.Project) -> None:
    with pytest.raises(pn.ProjectError, match="create clusters first"):
        project.to_python()
    old = Record("gone", {}, 0, None, None, "", 1, "")
    assert replace(Operation("run"), record=old).record == old
