"""Values of columns that are no tags: checked, set, erased, undone, kept for the next opening."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import write_images
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tagged import same_frame

import panoptic_nb as pn

ROWS = 6


def table(folder: Path) -> pd.DataFrame:
    paths = sorted(map(str, (folder / "images").iterdir()))
    return pd.DataFrame(
        {
            "file": [*paths, paths[0]],
            "whole": np.arange(ROWS),
            "decimal": [0.5, None, 1.5, 2.5, 3.5, 4.5],
            "nullable": pd.array([1, None, 3, 4, 5, 6], "Int64"),
            "small": np.arange(ROWS, dtype="uint8"),
            "seen": [True, False] * 3,
            "day": pd.to_datetime(["1905-03-12"] * ROWS),
            "moment": pd.to_datetime(["1905-03-12"] * ROWS).tz_localize("Europe/Paris"),
            "note": [f"some text {number}" * (number + 1) for number in range(ROWS)],
            "link": [f"https://x/{number}" for number in range(ROWS)],
            "ink": ["#000000", "#ffffff", None, "#12aB34", "#000000", "#000000"],
            "kind": pd.Categorical(["a", "b"] * 3),
        },
        list("fedcba"),
    )


@pytest.fixture(name="folder", scope="module")
def fixture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_images(folder / "images", ROWS - 1)
    return folder


@pytest.fixture(name="project")
def fixture_project(folder: Path, tmp_path: Path) -> Iterator[pn.Project]:
    source = table(folder)
    source.loc["c", "note"] = None
    with pn.open_project(source, tmp_path / "project", "file") as project:
        project.set_property_type("note", "text")
        yield project


GOOD: list[tuple[str, Any, Any]] = [
    ("whole", 7, 7),
    ("whole", 7.5, 7.5),
    ("whole", "8", 8),
    ("whole", 1e300, 1e300),
    ("nullable", 2**60, 2.0**60),
    ("whole", "8,25", 8.25),
    ("small", 300, 300),
    ("small", -1, -1),
    ("nullable", 9, 9),
    ("nullable", 9.5, 9.5),
    ("decimal", np.float32(2), 2),
    ("seen", np.False_, False),
    ("day", "1899-12-31", pd.Timestamp("1899-12-31")),
    ("day", datetime.date(1789, 7, 14), pd.Timestamp("1789-07-14")),
    ("moment", "1899-12-31", pd.Timestamp("1899-12-31", tz="Europe/Paris")),
    ("note", "é\n☃", "é\n☃"),
    ("link", "http://y", "http://y"),
    ("ink", "#Abcdef", "#Abcdef"),
]


@pytest.mark.parametrize(("column", "value", "expected"), GOOD)
def test_a_value_is_set_erased_and_taken_back(
    project: pn.Project, folder: Path, column: str, value: Any, expected: Any
) -> None:
    before = project.df.copy()
    others = [label for label in before.index if label not in ("f", "d")]
    assert project.set_value(["f", "d"], column, value) == 2
    assert project.df[column][["f", "d"]].tolist() == [expected] * 2
    assert project.df[column][others].isna().equals(before[column][others].isna())
    assert (project.df[column][others].dropna() == before[column][others].dropna()).all()
    assert project.set_value(["f", "d"], column, value) == 0, "nothing to change"
    after = project.df.copy()
    assert project.set_value(["f"], column, None) == 1
    assert pd.isna(project.df[column]["f"]) and project.df[column]["d"] == expected
    erased = project.df.copy()
    for go, frame in (
        (project.undo, after),
        (project.undo, before),
        (project.redo, after),
        (project.redo, erased),
    ):
        assert go() == "set_value"
        same_frame(project.df, frame)
    project.flush()
    copy = project.folder.with_name("copy")
    shutil.copytree(project.folder, copy)
    with pn.open_project(table(folder), copy, "file") as again:
        assert again.df[column].dtype == erased[column].dtype
        assert again.df[column].astype(object).equals(erased[column].astype(object))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("whole", "seven", "of the type number: its values are a number. Got 'seven'"),
        ("whole", True, "a number"),
        ("decimal", float("inf"), "a number"),
        ("seen", "yes", "True or False"),
        ("day", "the other day", "a date"),
        ("day", 1905, "a date"),
        ("link", "x", "begins with http"),
        ("ink", "red", "a colour"),
        ("note", 3, "a text"),
        ("note", "\ud800", "a text"),
        ("kind", "a", "holds tags. Give them with project.stamp"),
        ("sha1", "a", "says which images these are"),
        ("file", "a", "says which images these are"),
        (" ", "a", "needs a name"),
    ],
)
def test_what_does_not_fit_is_said_and_changes_nothing(
    project: pn.Project, column: str, value: Any, message: str
) -> None:
    before = project.df.copy()
    with pytest.raises(pn.ProjectError, match=message):
        project.set_value(["f"], column, value)
    same_frame(project.df, before)
    assert not len(project.history)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1.5, "number"),
        (3, "number"),
        (True, "checkbox"),
        (pd.Timestamp("1905-01-01"), "date"),
        ("https://x", "url"),
        ("#000000", "color"),
        ("a remark", "text"),
    ],
)
def test_a_column_is_made_for_a_value(project: pn.Project, value: Any, kind: str) -> None:
    before = project.df.copy()
    mask = project.df["whole"] > 3
    assert project.set_value(mask, "new", value) == 2
    assert project.properties["new"] == kind
    assert value != 3 or str(project.df["new"].dtype) == "Int64"
    assert project.df["new"].notna().tolist() == mask.tolist()
    assert project.set_value(["f"], "new", value) == 1, "it is still of that type"
    project.undo()
    project.undo()
    same_frame(project.df, before)
    assert project.redo() == "set_value" and project.df["new"].iloc[4] == value


def test_what_pandas_did_meanwhile_stays(project: pn.Project) -> None:
    project.set_value(["f"], "whole", 70)
    project.df.loc["a", "whole"] = 50
    project.undo()
    assert project.df["whole"].tolist() == [0, 1, 2, 3, 4, 50]
    project.redo()
    assert project.df["whole"].tolist() == [70, 1, 2, 3, 4, 50]
    project.df["whole"] = pd.to_datetime(["1905-03-12"] * ROWS)
    with pytest.raises(pn.ProjectError, match=r"changed to datetime64\[\w+\] values meanwhile"):
        project.undo()
    del project.df["whole"]
    with pytest.warns(UserWarning, match="stays in project.df as it is"):
        project.undo()
    assert "whole" not in project.df


def test_clusters_and_parts_are_given_values(project: pn.Project) -> None:
    project.move_to_new(["f", "e"], label="mine")
    assert project.set_value("mine", "whole", 9) == 3, "row a shows the image of row f"
    part = project.subset(project.df["seen"])
    assert part.set_value(np.array([False, False, True]), "whole", 3) == 1
    assert project.df["whole"].tolist() == [9, 9, 2, 3, 3, 9]
    project.save_clustering("saved")
    with pytest.raises(pn.ProjectError, match="holds tags"):
        project.set_value(["f"], "saved", "x")


VALUES = st.none() | st.integers(-5, 300) | st.floats(-2, 2).map(lambda value: round(value, 1))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["whole", "decimal", "nullable", "small"]),
    st.lists(st.tuples(st.sets(st.sampled_from("fedcba"), min_size=1), VALUES), max_size=5),
)
def test_any_numbers_are_taken_back_bit_for_bit(
    project: pn.Project, column: str, steps: list[tuple[set[str], Any]]
) -> None:
    start = len(project.history)
    before, expected = project.df.copy(), project.df[column].astype(object)
    for labels, value in steps:
        project.set_value(sorted(labels), column, value)
        expected[sorted(labels)] = value
        found = [None if pd.isna(cell) else float(cell) for cell in project.df[column]]
        assert found == [None if pd.isna(cell) else float(cell) for cell in expected]
    project.go_to(start)
    same_frame(project.df, before)
