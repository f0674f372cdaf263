"""The working tree on disk: what was written comes back, whole, whenever the process ends."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fixtures import blobs, outline, write_images
from hypothesis import given
from hypothesis import strategies as st

import panoptic_nb as pn
from panoptic_nb import draft
from panoptic_nb.collection import Collection
from panoptic_nb.draft_writer import DraftWriter
from panoptic_nb.errors import ProjectError
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.record import Record
from panoptic_nb.tree import ScoredGroup, Tree

SIZES = (6, 4, 3)


def sha1_of(numbers: range | list[int]) -> list[str]:
    return [hashlib.sha1(str(number).encode()).hexdigest() for number in numbers]


def collection(numbers: range | list[int]) -> Collection:
    return Collection(sha1_of(numbers), pd.RangeIndex(len(numbers)))


def record(function: str = "by_hand") -> Record:
    return Record(function, {"k": 2}, 0, None, None, "", 6, "")


def group(*members: int, scores: list[float] | None = None) -> ScoredGroup:
    similarities = None if scores is None else np.array(scores, np.float32)
    return ScoredGroup(np.array(members, np.int64), similarities=similarities, score=1.0)


def small_tree(images: Collection) -> Tree:
    tree = Tree.of(images)
    tree = tree.with_groups(0, [group(0, 1, 2), group(2, 3, scores=[0.5, 0.75])], None, record())
    return tree.with_groups("Cluster 0", [group(0), group(1)], np.array([2]), record("again"))


def contents(tree: Tree) -> list[object]:
    """Everything that is stored of a tree."""
    sha1 = tree.images.sha1  # type: ignore[attr-defined]
    return [
        (
            *(node.id, node.number, node.path, node.kind, node.score, node.min_similarity),
            node.made_by,
            [sha1[member] for member in node.members],
            None if node.similarities is None else node.similarities.tolist(),
        )
        for node in tree.walk()
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_images(tmp_path / "images", sum(SIZES))
    return tmp_path / "images"


def open_with_vectors(folder: Path) -> pn.Project:
    project = pn.open_project(folder)
    if not project.vector_sets:
        project.add_vectors("made", blobs(SIZES))
    return project


@pytest.fixture
def project(folder: Path) -> Iterator[pn.Project]:
    with open_with_vectors(folder) as project:
        yield project


def on_disk(project: pn.Project) -> list[object]:
    """The tree that an opening in another process would find."""
    tree = ProjectFolder(project.folder).read_draft(project.images)
    return [] if tree is None else contents(tree)


# ---------------------------------------------------------------------- the format


def test_a_draft_gives_back_the_tree(tmp_path: Path) -> None:
    images = collection(range(6))
    files = ProjectFolder(tmp_path)
    files.write_draft(small_tree(images), images)
    read = files.read_draft(images)
    assert read is not None and contents(read) == contents(small_tree(images))
    assert next(read.ids) > max(read.states), "an id was used again"


@given(st.lists(st.integers(0, 9), unique=True, min_size=1))
def test_a_draft_fits_the_images_of_today(today: list[int]) -> None:
    before, now = collection(range(6)), collection(today)
    read = draft.from_table(*draft.to_table(small_tree(before), before), now)
    assert sorted(read.root.members) == list(range(len(now)))
    left = set(now.sha1)
    for node in small_tree(before).walk():
        images = {before.sha1[member] for member in node.members}
        if node.kind == "group" and images & left:
            assert {now.sha1[m] for m in read.node(node.id).members} == images & left


def test_a_draft_of_version_1_is_read(tmp_path: Path) -> None:
    """Its sha1 are text, and each node holds its record."""
    images = collection(range(6))
    tree = small_tree(images)
    table, metadata = draft.to_table(tree, images)
    texts = [digest.hex() for digest in table["sha1"].to_pylist()]
    table = table.set_column(1, "sha1", pa.array(texts, pa.string()))
    records = metadata.pop("records")
    for node in metadata["nodes"]:
        node["made_by"] = None if node["made_by"] is None else records[node["made_by"]]
    ours = json.dumps(metadata | {"version": 1}).encode()
    old = table.replace_schema_metadata({b"panoptic_nb": ours})
    pq.write_table(old, tmp_path / "draft.parquet")
    read = ProjectFolder(tmp_path).read_draft(images)
    assert read is not None and contents(read) == contents(tree)


def test_a_draft_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    images = collection(range(6))
    files = ProjectFolder(tmp_path)
    files.write_draft(small_tree(images), images)
    path = tmp_path / "draft.parquet"
    table = pq.read_table(path)
    newer = table.schema.metadata[b"panoptic_nb"].replace(b'"version": 2', b'"version": 3')
    pq.write_table(table.replace_schema_metadata({b"panoptic_nb": newer}), path)
    with pytest.raises(ProjectError, match="newer panoptic_nb"):
        files.read_draft(images)


# ---------------------------------------------------------------------- in the background


def test_every_edit_is_on_disk_after_a_flush(project: pn.Project) -> None:
    edits: list[Callable[[], object]] = [
        lambda: project.compute_clusters(3),
        lambda: project.rename("Cluster 0", "first"),
        lambda: project.compute_clusters(2, node="first"),
        project.undo,
        project.redo,
        lambda: project.close_clusters("first"),
    ]
    for edit in edits:
        edit()
        project.flush()
        assert on_disk(project) == contents(project.tree)


def test_closing_and_opening_again_keep_the_last_edit(folder: Path) -> None:
    with open_with_vectors(folder) as project:
        project.compute_clusters(3)
        first = outline(project.tree.root)
    again = open_with_vectors(folder)
    assert outline(again.tree.root) == first
    again.rename("Cluster 0", "renamed")
    with open_with_vectors(folder) as once_more:  # closes the one of before
        assert once_more.tree.node("renamed")


class Disk:
    """A disk on which a write ends only when it is told to."""

    def __init__(self) -> None:
        self.written: list[object] = []
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self._in_use = threading.Lock()

    def write(self, tree: Tree) -> None:
        assert self._in_use.acquire(blocking=False), "two writes at once"
        self.begun.release()
        assert self.may_end.acquire(timeout=60)
        self.written.append(tree)
        self._in_use.release()


def test_an_edit_never_waits_and_only_the_newest_tree_is_written() -> None:
    disk, errors = Disk(), []
    writer = DraftWriter(disk.write, errors.append)
    trees = [Tree.of(collection(range(2))) for _ in range(5)]
    writer.put(trees[0])
    assert disk.begun.acquire(timeout=60)
    for tree in trees[1:]:  # while the first is being written
        writer.put(tree)
    disk.may_end.release(5)
    writer.flush()
    assert disk.written == [trees[0], trees[-1]] and not errors


def test_what_is_saved_now_is_not_replaced_by_what_waited() -> None:
    disk = Disk()
    writer = DraftWriter(disk.write, lambda error: None)
    first, waiting, newest = (Tree.of(collection(range(2))) for _ in range(3))
    writer.put(first)
    assert disk.begun.acquire(timeout=60)
    writer.put(waiting)
    disk.may_end.release(3)
    writer.write_now(newest)
    writer.flush()
    assert disk.written[-1] is newest


@pytest.mark.parametrize("error", [ProjectError("disk full"), MemoryError("no room")])
def test_a_failed_write_is_told_and_the_next_one_is_made(error: Exception) -> None:
    written, told = [], []

    def write(tree: Tree) -> None:
        if not told:
            raise error
        written.append(tree)

    def failed(found: ProjectError) -> None:
        told.append(str(found))
        raise RuntimeError("a listener that fails")

    writer = DraftWriter(write, failed)
    tree = Tree.of(collection(range(2)))
    for _ in range(2):
        writer.put(tree)
        writer.flush()
    assert len(told) == 1 and str(error) in told[0] and written == [tree]


def test_a_full_disk_is_told_and_the_edit_stands(
    project: pn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.compute_clusters(3)
    project.flush()
    before, told = on_disk(project), []
    project.events.message.connect(told.append)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    project.rename("Cluster 0", "renamed")
    project.flush()
    assert project.tree.node("renamed") and on_disk(project) == before
    assert [error.key for error in told] == ["not_written"]
    with pytest.raises(ProjectError, match="No space left"):
        project._edits.save()
    monkeypatch.undo()
    project.save()
    assert on_disk(project) == contents(project.tree)


# ---------------------------------------------------------------------- the end of a process

PROGRAM = """
import os, sys
import panoptic_nb as pn
project = pn.open_project(sys.argv[1])
project.rename("Cluster 0", "renamed")
"""
DIES_BEFORE_THE_RENAME = """
from pathlib import Path
Path.replace = lambda self, target: os._exit(9)
project.rename("Cluster 1", "lost")
project.flush()
"""


def run(program: str, folder: Path) -> int:
    here = Path(pn.__file__).parent.parent
    environment = os.environ | {"PYTHONPATH": str(here)}
    return subprocess.run([sys.executable, "-c", program, str(folder)], env=environment).returncode


def labels(folder: Path) -> list[str]:
    with pn.open_project(folder) as project:
        return [child.label for child in project.tree.root.children]


def test_the_last_edit_of_a_script_that_ends_is_kept(folder: Path) -> None:
    with open_with_vectors(folder) as project:
        project.compute_clusters(3)
    assert run(PROGRAM, folder) == 0
    assert labels(folder) == ["renamed", "Cluster 1", "Cluster 2"]


def test_a_process_that_dies_before_the_rename_leaves_the_draft_of_before(folder: Path) -> None:
    with open_with_vectors(folder) as project:
        project.compute_clusters(3)
    assert run(PROGRAM + "project.flush()\n" + DIES_BEFORE_THE_RENAME, folder) == 9
    assert labels(folder) == ["renamed", "Cluster 1", "Cluster 2"]


def test_records_of_one_split_are_written_once() -> None:
    images = collection(range(6))
    tree = Tree.of(images).with_groups(0, [group(i) for i in range(6)], None, record())
    tree = tree.with_groups("Cluster 1", [group(1)], None, replace(record(), date="later"))
    table, metadata = draft.to_table(tree, images)
    assert len(metadata["records"]) == 2
    assert contents(draft.from_table(table, metadata, images)) == contents(tree)
