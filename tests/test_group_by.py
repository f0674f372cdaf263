"""Grouping by columns: nested, recorded, undone, and clusters inside of the groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, check_split, outline, write_images
from hypothesis import given
from hypothesis import strategies as st

import panoptic_nb as pn
from panoptic_nb.grouping import RowPaths, nested

ROWS = 8


def table(paths: list[Path]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "file": [str(path) for path in [*paths, paths[0]]],
            "kind": ["b/d", "a", "b", None, "b/c", "a", "b/d", "b/c"],
            "year": [1901, 1900, 1900, 1900, np.nan, 1901, 1901, 1899],
            "seen": pd.to_datetime(
                ["1899-12-31", "1900-01-01", None, "1905-03-01", *["1911-11-11"] * 4]
            ),
            "url": ["https://x/1", *[None] * 6, "https://x/2"],
            "ok": [True, False] * 4,
        },
        [f"row {number}" for number in range(ROWS)],
    )


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Iterator[pn.Project]:
    frame = table(write_images(tmp_path / "images", ROWS - 1))
    with pn.open_project(frame, tmp_path / "project", "file") as project:
        vectors = blobs((4, 3))
        project.add_vectors("made", np.vstack([vectors, vectors[:1]]))
        yield project


def groups(node: pn.Node) -> dict[str, list[str]]:
    return {
        below.path: [label.removeprefix("row ") for label in below.index]
        for below in node.tree.walk(node.id)
        if below.id != node.id
    }


def test_tags_stand_below_their_parents(project: pn.Project) -> None:
    node = project.group_by("kind")
    check_split(node)
    assert groups(node) == {
        "a": ["1", "5"],
        "b": ["0", "2", "4", "6", "7"],
        "b/c": ["0", "4", "7"],  # rows 0 and 7 show one image
        "b/d": ["0", "6", "7"],
        "b/Unassigned": ["2"],
        "Unassigned": ["3"],
    }
    assert all(child.score is not None for child in node.children if child.kind == "group")
    assert str(project.history.steps[-1]) == "1. group_by: all images kind"
    project.undo()
    assert project.tree.root.is_leaf
    project.redo()
    assert outline(project.tree.root) == outline(node)


def test_a_tag_with_several_parents_stands_below_each(project: pn.Project) -> None:
    project.set_tag_parents("kind", "b/c", ["b", "a"])
    found = groups(project.group_by("kind"))
    assert found["a/c"] == found["b/c"] == ["0", "4", "7"]
    assert found["a"] == ["0", "1", "4", "5", "7"]


def test_the_second_column_groups_inside_of_the_first(project: pn.Project) -> None:
    node = project.group_by(["kind", "year"])
    assert groups(node) == {
        "a": ["1", "5"],
        "a/1900": ["1"],
        "a/1901": ["5"],
        "b": ["0", "2", "4", "6", "7"],
        "b/c": ["0", "4", "7"],
        "b/c/1899": ["0", "7"],
        "b/c/Unassigned": ["4"],
        "b/d": ["0", "6", "7"],
        "b/d/1901": ["0", "6", "7"],
        "b/Unassigned": ["2"],
        "Unassigned": ["3"],
    }
    for below in node.tree.walk():
        if not below.is_leaf:
            check_split(below)


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ("decade", ["1890-1899", "1900-1909", "1910-1919"]),
        ("year", ["1899", "1900", "1905", "1911"]),
        ("month", ["1899-12", "1900-01", "1905-03", "1911-11"]),
        ("day", ["1899-12-31", "1900-01-01", "1905-03-01", "1911-11-11"]),
    ],
)
def test_dates_are_grouped_by_a_step(project: pn.Project, dates: str, expected: list[str]) -> None:
    node = project.group_by("seen", dates=dates)  # type: ignore[arg-type] # one of them
    assert [child.label for child in node.children] == [*expected, "Unassigned"]


def test_any_value_names_a_group(project: pn.Project) -> None:
    project.df["odd"] = ["x/y", " x ", "", None, "\u200b", "Unassigned", "é\nb", "x/y"]
    project.set_property_type("odd", "text")
    labels = [child.label for child in project.group_by("odd").children]
    assert labels == ["x", "Unassigned (2)", "x\u2215y", "é b", "Unassigned"]
    assert set(groups(project.group_by("ok"))) == {"True", "False"}
    assert set(groups(project.group_by("url"))) >= {"https:\u2215\u2215x\u22151"}


def test_clusters_inside_a_group_are_recorded_and_made_again(project: pn.Project) -> None:
    project.group_by("ok")
    project.compute_clusters(2, node="True")
    project.group_by("year", node="False")
    column = project.save_clustering()
    tree = outline(project.tree.root)
    names = [one["name"] for one in project.record(column)["operations"]]
    assert names == ["group_by", "run", "group_by"]
    replay = project.replay(column)
    assert replay.same and replay.differences.empty
    text = project.describe(column)
    assert "All images were grouped by the values of the column “ok”." in text
    assert "One cluster (“False”) was then divided by the values of the column “year”." in text
    assert "valeurs de la colonne «\u202fok\u202f»" in project.describe(column, "fr")
    script = project.to_python(column)
    exec(
        "project.close_clusters" + script.partition("project.close_clusters")[2],
        globals() | locals(),
    )
    assert outline(project.tree.root) == tree
    calls = [line for line in script.splitlines() if "project.group_by" in line]
    assert calls == [
        "project.group_by(['ok'], dates='year')",
        "project.group_by(['year'], node='False', dates='year')",
    ]
    project.close_clusters()
    project.open_clustering(column)
    assert outline(project.tree.root) == tree
    project.df["ok"] = [False, True] * 4
    again = project.replay(column)
    assert set(again.differences["what"]) >= {"grouped"}


def test_grouping_again_leaves_what_is_locked(project: pn.Project) -> None:
    project.group_by("kind")
    project.lock("a")
    node = project.group_by("ok")
    assert node.children[0].label == "a" and node.children[0].locked
    check_split(node)
    assert not set(groups(node)["True"]) & {"1", "5"}


def test_a_part_groups_its_own_rows(project: pn.Project) -> None:
    part = project.subset(project.df["year"] < 1901)
    node = part.group_by("kind")
    assert groups(node)["b"] == ["2", "7"] and groups(node)["b/c"] == ["7"]


def test_what_cannot_be_grouped_is_said(project: pn.Project) -> None:
    project.df["none"] = pd.Series([None] * ROWS, project.df.index, object)
    for columns, message in (
        ("nope", "There is no column 'nope'. Columns: 'file'"),
        (["kind", "nope"], "There is no column 'nope'"),
        ([], "at least one column"),
        ("none", "No image has a value"),
    ):
        with pytest.raises(pn.ProjectError, match=message):
            project.group_by(columns)
    with pytest.raises(pn.ProjectError, match="dates is one of 'decade', 'year'"):
        project.group_by("seen", dates="week")  # type: ignore[arg-type] # what is tested
    assert not len(project.history)


few = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=8)


@given(few, few)
def test_a_row_stands_inside_of_what_it_stood_in(
    outer: list[tuple[int, int]], inner: list[tuple[int, int]]
) -> None:
    first = row_paths(outer, [("a",), ("b",), ("b", "c")])
    second = row_paths(inner, [("x",), ("y",), ("z",)])
    both = nested(first, second)
    found = {(row, both.names[at]) for row, at in zip(both.rows, both.paths, strict=True)}
    expected = set()
    for row, at in outer:
        ends = [second.names[b] for r, b in set(inner) if r == row] if at != 1 else []
        expected |= {(row, first.names[at] + end) for end in ends or [()]}
    assert found == expected


def row_paths(pairs: list[tuple[int, int]], names: list[tuple[str, ...]]) -> RowPaths:
    distinct = sorted(set(pairs))
    rows, paths = (np.array([pair[at] for pair in distinct], np.int64) for at in (0, 1))
    return RowPaths(rows, paths, names)
