"""Files of newer versions, and more tags than anybody has."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from fixtures import blobs, write_images

import panoptic_nb as pn

MANY = 50_000


def opened(folder: Path) -> pn.Project:
    paths = sorted(map(str, (folder / "images").iterdir()))
    return pn.open_project(pd.DataFrame({"file": paths}), folder / "project", "file")


def decide(project: pn.Project) -> None:
    project.refuse([0], [1, 2])


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("project.parquet", pn.Project.save),
        ("decisions.parquet", decide),
        ("draft.parquet", pn.Project.compute_clusters),
    ],
)
def test_files_of_a_newer_version_are_left_as_they_are(
    tmp_path: Path, name: str, make: Callable[[pn.Project], object]
) -> None:
    write_images(tmp_path / "images", 12)
    with opened(tmp_path) as project:
        project.add_vectors("made", blobs([12]))
        make(project)
    file = tmp_path / "project" / name
    table = pq.read_table(file)
    about = json.loads(table.schema.metadata[b"panoptic_nb"])
    newer = json.dumps({**about, "version": about["version"] + 1}).encode()
    pq.write_table(table.replace_schema_metadata({b"panoptic_nb": newer}), file)
    content = {one: one.read_bytes() for one in (tmp_path / "project").glob("*.parquet")}
    with pytest.raises(pn.ProjectError, match=rf"{name}.*newer panoptic_nb"):
        opened(tmp_path)
    assert {one: one.read_bytes() for one in content} == content


def test_fifty_thousand_tags(tmp_path: Path) -> None:
    [path] = write_images(tmp_path / "images", 1)
    tags = [f"top {number // 500}/tag {number}" for number in range(MANY)]
    frame = pd.DataFrame({"file": [str(path)] * MANY, "tags": pd.Categorical(tags)})
    with pn.open_project(frame, tmp_path / "project", "file") as project:
        assert len(project.tags("tags")) == MANY + MANY // 500
        assert project.stamp([0, 1], "tags", "top 3/new") == 2
        assert project.df["tags"].iloc[0] == "top 3/new"
        node = project.group_by("tags")
        assert len(node.children) == MANY // 500
        while project.undo():
            pass
        assert project.df["tags"].equals(frame["tags"])
        assert np.array_equal(project.df["tags"].cat.codes, frame["tags"].cat.codes)
