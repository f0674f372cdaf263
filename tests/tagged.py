"""A small table with columns of tags of every form, shared by the tests of stamps."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from fixtures import blobs, write_images

import panoptic_nb as pn
from panoptic_nb import tag_cells

ROWS = 6
LIST = pd.ArrowDtype(pa.list_(pa.string()))


def table(paths: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "file": paths,
            "kind": pd.Categorical(["b", "a", "b", None, "a", "a"], categories=["b", "a", "z"]),
            "text": ["x", "y", None, "x", "x", "y"],
            "objects": np.array(["x", np.nan, None, "x", "y", "y"], dtype=object),
            "lists": [["x", "y"], ("y",), {"z"}, None, [], ["x", None]],
            "year": [1, 2, 3, 4, 5, 6],
        },
        index=list("fedcba"),
    )


def vectors() -> np.ndarray:
    """Return a vector a row in two tight groups; the last row is a copy of the first."""
    made = blobs([3, 2])
    return np.vstack([made, made[:1]])


def cells(project: pn.Project, column: str) -> list[Any]:
    return [
        sorted(item for item in value if item is not None) or None
        if pd.api.types.is_list_like(value)
        else None
        if pd.isna(value)
        else value
        for value in project.df[column].tolist()
    ]


def same_frame(a: pd.DataFrame, b: pd.DataFrame) -> None:
    """Assert that two frames are one bit for bit: order, dtypes, categories, kinds of missing."""
    assert list(a.columns) == list(b.columns)
    assert a.index.equals(b.index)
    for name in a.columns:
        assert tag_cells.same(a[name], b[name]), name
        if a[name].dtype == object:
            assert [type(v) for v in a[name]] == [type(v) for v in b[name]], name


@pytest.fixture(scope="module", name="paths")
def fixture_paths(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("images")
    written = write_images(folder, ROWS - 1)
    shutil.copy(written[0], folder / "copy.png")
    return [str(path) for path in sorted(folder.iterdir())]


@pytest.fixture(name="project")
def fixture_project(paths: list[str], tmp_path: Path) -> Iterator[pn.Project]:
    with pn.open_project(table(paths), tmp_path / "project", "file") as project:
        yield project
