"""Stamps and tag edits: what the cells hold afterwards, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tagged import LIST, ROWS, cells, fixture_paths, fixture_project, same_frame, vectors  # noqa: F401

import panoptic_nb as pn
from panoptic_nb import tag_cells
from panoptic_nb.folder import ProjectFolder


def test_a_stamp_makes_the_column_and_the_tags(project: pn.Project) -> None:
    seen: list[str] = []
    project.events.columns.connect(lambda: seen.append("columns"))
    assert project.stamp(["f", "c"], "mine", "Animals/birds") == 2
    assert project.df["mine"].dtype == LIST
    assert cells(project, "mine") == [["Animals/birds"], None, None, ["Animals/birds"], None, None]
    assert list(project.tags("mine")) == ["Animals", "Animals/birds"]
    assert project.properties["mine"] == "multi_tags"
    assert seen == ["columns"]
    assert project.stamp(["f"], "mine", ["birds", "big"]) == 1, "the name alone is enough"
    assert cells(project, "mine")[0] == ["Animals/birds", "big"]
    assert project.stamp(["f"], "mine", "birds") == 0
    assert list(project.history) == ["stamp", "stamp"]


@pytest.mark.parametrize(
    ("mode", "tags", "expected"),
    [
        ("add", "y", [["x", "y"], ["y"], ["y", "z"], ["y"], None, ["x"]]),
        ("set", ["n", "y"], [["n", "y"], ["n", "y"], ["n", "y"], ["n", "y"], None, ["x"]]),
        ("remove", "y", [["x"], None, ["z"], None, None, ["x"]]),
        ("erase", (), [None, None, None, None, None, ["x"]]),
    ],
)
def test_a_column_of_lists_is_stamped(
    project: pn.Project, mode: Any, tags: Any, expected: list[Any]
) -> None:
    before = cells(project, "lists")[:4]
    changed = project.stamp(list("fedc"), "lists", tags, mode)
    assert cells(project, "lists") == expected
    assert changed == sum(
        set(a or ()) != set(b or ()) for a, b in zip(before, expected[:4], strict=True)
    )


@pytest.mark.parametrize("column", ["kind", "text", "objects"])
def test_a_column_of_single_tags_keeps_its_dtype(project: pn.Project, column: str) -> None:
    dtype = project.df[column].dtype
    assert project.stamp(["f", "e"], column, "new") == 2
    assert cells(project, column)[:2] == ["new", "new"]
    assert project.df[column].dtype.name == dtype.name
    assert project.stamp(["e", "d"], column, "new", "remove") == 1
    assert cells(project, column)[1] is None
    with pytest.raises(pn.TagError, match="holds one tag"):
        project.stamp(["f"], column, ["new", "other"])


def test_images_are_a_cluster_labels_or_a_mask(project: pn.Project) -> None:
    project.add_vectors("made", vectors())
    project.compute_clusters(2)
    node = project.tree.root.children[0]
    for images, rows in [
        (node, node.index),
        (node.path, node.index),
        (pd.Index(["b", "a"]), ["b", "a"]),
        (project.df["year"] > 4, ["b", "a"]),
        ((project.df["year"] > 4).to_numpy(), ["b", "a"]),
        ((project.df["year"] > 4).astype("boolean").mask(project.df["year"] > 5), ["b"]),
        ("", list("fedcba")),
        ([], []),
    ]:
        assert project.stamp(images, "mine", "t", "set") == len(rows)
        assert project.df.index[project.tagged("mine", "t")].tolist() == sorted(rows, reverse=True)
        if len(rows):
            project.stamp("", "mine", (), "erase")
        else:
            assert cells(project, "mine") == [None] * ROWS


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda p: p.stamp(["q"], "mine", "t"), "not in the index"),
        (lambda p: p.stamp(["f"], "year", "t"), "holds number values, not tags"),
        (lambda p: p.stamp(["f"], "file", "t"), "says which images these are"),
        (lambda p: p.stamp(["f"], "sha1", "t"), "says which images these are"),
        (lambda p: p.stamp(["f"], " ", "t"), "needs a name"),
        (lambda p: p.stamp(["f"], "mine", " "), "visible character"),
        (lambda p: p.stamp(["f"], "mine", []), "needs a tag"),
        (lambda p: p.stamp(["f"], "mine", "t", "paint"), "mode of a stamp"),
        (lambda p: p.stamp(["f"], "mine", "t", "remove"), "no column 'mine'"),
        (lambda p: p.stamp(["f"], "kind", "nobody", "remove"), "no tag 'nobody'"),
        (lambda p: p.stamp(["f"], "mine", "t", kind="number"), "tag or multi_tags"),
        (lambda p: p.stamp(np.array([True]), "mine", "t"), "one value for each"),
        (lambda p: p.stamp(pd.Series([True] * ROWS), "mine", "t"), "another index"),
        (lambda p: p.tags("mine"), "no column 'mine'"),
        (lambda p: p.set_property_type("kind", "colour"), "one of tag"),
        (lambda p: p.set_property_type("mine", "tag"), "no column 'mine'"),
        (lambda p: p.set_property_type("lists", "number"), "lists of tags"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    project: pn.Project, call: Callable[[pn.Project], Any], problem: str
) -> None:
    before = project.df.copy()
    with pytest.raises(pn.PanopticError, match=problem):
        call(project)
    same_frame(project.df, before)
    assert not len(project.history)


def test_tag_edits_reach_the_cells(project: pn.Project) -> None:
    project.stamp(["f"], "mine", ["Animals/birds", "Flying"])
    project.stamp(["e"], "mine", "birds")
    assert project.rename_tag("mine", "Animals", "Fauna") == "Fauna"
    assert cells(project, "mine")[:2] == [["Fauna/birds", "Flying"], ["Fauna/birds"]]
    assert project.set_tag_parents("mine", "birds", ["Flying", "Fauna"]) == "Flying/birds"
    assert cells(project, "mine")[:2] == [["Flying", "Flying/birds"], ["Flying/birds"]]
    assert project.tagged("mine", "Fauna").tolist() == [True, True] + [False] * 4
    assert project.merge_tags("mine", ["Flying", "birds"]) == "Fauna/Flying"
    assert cells(project, "mine")[:2] == [["Fauna/Flying"], ["Fauna/Flying"]]
    project.remove_tag("mine", "Flying")
    assert cells(project, "mine")[:2] == [None, None]
    assert list(project.tags("mine")) == ["Fauna"]
    while project.undo():
        pass
    assert "mine" not in project.df


def test_a_merge_of_categories_leaves_no_empty_one(project: pn.Project) -> None:
    project.merge_tags("kind", ["a", "b"])
    assert cells(project, "kind") == ["a", "a", "a", None, "a", "a"]
    assert project.df["kind"].cat.categories.tolist() == ["a", "z"]
    assert list(project.tags("kind")) == ["a", "z"]


def test_a_column_called_multi_tags_gets_lists(project: pn.Project) -> None:
    before = project.df["text"].copy()
    project.set_property_type("text", "multi_tags")
    assert project.properties["text"] == "multi_tags"
    project.stamp(["f"], "text", "second")
    assert cells(project, "text")[:3] == [["second", "x"], ["y"], None]
    project.undo()
    assert tag_cells.same(project.df["text"], before)
    on_disk = ProjectFolder(project.folder).read_table()
    assert on_disk is not None and on_disk.columns["text"].tolist()[0] == "x"
    project.set_property_type("text", None)
    assert project.properties["text"] == "tag"
