"""A disk that is full at any byte of a write: one sentence, nothing lost, and it can be done again.

The limit of the size of a file stands for the disk: the system refuses to write beyond it, in the
middle of a write as a full disk does.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, outline, write_images
from tagged import same_frame

import panoptic_nb as pn

resource = pytest.importorskip("resource")

SIZES = (7, 5)
ROOMS = (0, 1, 40, 700, 3000)


@contextmanager
def room(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, in bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def opened(folder: Path) -> pn.Project:
    paths = sorted(map(str, (folder / "images").iterdir()))
    return pn.open_project(pd.DataFrame({"file": paths}), folder / "project", "file")


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Iterator[pn.Project]:
    write_images(tmp_path / "images", sum(SIZES))
    with opened(tmp_path) as project:
        project.add_vectors("made", blobs(SIZES))
        project.compute_clusters(2)
        project.df["mine"] = pd.Categorical(["a", "b", "c"] * (sum(SIZES) // 3))
        project.save_clustering("before")
        yield project


def encode(images: list[Any]) -> np.ndarray:
    return np.ones((len(images), 64), np.float32) + np.arange(64)


def drop(project: pn.Project) -> None:
    if "before" in project.clusterings:
        project.undo()


ACTIONS: dict[str, Callable[[pn.Project], object]] = {
    "save_clustering": lambda project: project.save_clustering("after"),
    "save": lambda project: project.save(),
    "stamp": lambda project: project.stamp([0, 1], "mine", "x" * 50),
    "undo a save": drop,
    "not_duplicates": lambda project: project.not_duplicates([0, 1, 2]),
    "refuse": lambda project: project.refuse([11], [0, 1, 2]),
    "rename_tag": lambda project: project.rename_tag("mine", "a", "long " * 9),
    "settings": lambda project: project.remember(function="agglomerative"),
    "add_vectors": lambda project: project.add_vectors("more", blobs(SIZES, seed=1)),
    "embed": lambda project: project.embed(encode),
    "export": lambda project: project.export(project.folder / "table.csv"),
}


def state(project: pn.Project) -> tuple[Any, ...]:
    records = {name: project.record(name) for name in project.clusterings}
    kept = list(project._edits.decided.all), list(project._edits.decided.refusals)
    return outline(project.tree.root), records, kept, list(project.history), project.settings


@pytest.mark.parametrize("name", ACTIONS)
def test_what_does_not_fit_changes_nothing_and_can_be_done_again(
    project: pn.Project, tmp_path: Path, name: str
) -> None:
    act, refused = ACTIONS[name], 0
    for size in ROOMS:
        project.flush()
        frame, before = project.df.copy(), state(project)
        with warnings.catch_warnings(), room(size):
            warnings.simplefilter("ignore")
            try:
                act(project)
            except pn.PanopticError as error:
                refused += 1
                assert "\n" not in str(error) and str(error).endswith(".")
                assert state(project) == before
                same_frame(project.df, frame)
                assert not list(project.folder.glob(".*.tmp"))
                continue
        break
    else:
        act(project)
    assert refused, "it fitted into nothing"
    project.flush()
    frame, tree = project.df.copy(), outline(project.tree.root)
    project.close()
    with opened(tmp_path) as again:
        assert outline(again.tree.root) == tree
        assert set(again.df.columns) == set(frame.columns)
        for column in again.df:
            assert again.df[column].astype(object).equals(frame[column].astype(object)), column


def test_a_tree_that_is_not_kept_is_said_and_kept_with_the_next_edit(
    project: pn.Project, tmp_path: Path
) -> None:
    project.flush()
    said: list[Any] = []
    project.events.message.connect(said.append)
    with room(0):
        project.rename("Cluster 0", "first")
        project.flush()
    [error] = said
    assert isinstance(error, pn.ProjectError) and "could not be written" in str(error)
    assert project.tree.node("first"), "the edit stands"
    project.rename("Cluster 1", "second")
    project.flush()
    tree = outline(project.tree.root)
    project.close()
    with opened(tmp_path) as again:
        assert outline(again.tree.root) == tree


@pytest.mark.skipif(sys.platform == "darwin", reason="SQLite writes through a map there")
def test_a_project_that_does_not_fit_is_opened_when_there_is_room(tmp_path: Path) -> None:
    write_images(tmp_path / "images", 5)
    for size in ROOMS:
        with room(size), pytest.raises(pn.PanopticError):
            opened(tmp_path)
    with opened(tmp_path) as project:
        assert len(project.df) == 5 and project.skipped.empty
