"""Stamps and tag edits: what undo gives back, and what is on disk."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tagged import ROWS, cells, fixture_paths, fixture_project, same_frame, table, vectors  # noqa: F401

import panoptic_nb as pn
from panoptic_nb import tag_cells
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.journal import Journal

COLUMNS = ["kind", "text", "objects", "lists", "mine"]
STAMPS = st.tuples(
    st.sampled_from(COLUMNS),
    st.lists(st.sampled_from("abcdef"), unique=True),
    st.sampled_from(["a", "x", "new", "p/q", "p/r"]),
    st.sampled_from(
        ["add", "set", "remove", "erase", "rename", "merge", "move", "delete", "add_tags"]
    ),
)


def change(project: pn.Project, step: tuple[str, list[str], str, str]) -> None:
    column, labels, tag, what = step
    try:
        if what == "rename":
            project.rename_tag(column, tag, "renamed")
        elif what == "merge":
            project.merge_tags(column, [tag, next(iter(project.tags(column)))])
        elif what == "move":
            project.set_tag_parents(column, tag, list(project.tags(column))[:2])
        elif what == "delete":
            project.remove_tag(column, tag)
        elif what == "add_tags":
            project.add_tags(column, tag)
        else:
            project.stamp(labels, column, tag, what)  # type: ignore[arg-type]
    except (pn.TagError, pn.ProjectError):
        pass  # no such tag or column yet: nothing is changed, which the test then sees


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STAMPS, max_size=8))
def test_undo_and_redo_are_bit_for_bit_and_so_is_what_is_on_disk(
    paths: list[str], tmp_path: Path, steps: list[tuple[str, list[str], str, str]]
) -> None:
    folder = tmp_path / "random"
    shutil.rmtree(folder, ignore_errors=True)
    with pn.open_project(table(paths), folder, "file") as project:
        states = [(project.df.copy(), dict(project._table.tags))]
        for step in steps:
            done = len(project.history)
            change(project, step)
            state = (project.df.copy(), dict(project._table.tags))
            if len(project.history) > done:
                states.append(state)
            else:
                same_frame(project.df, states[-1][0])
        back = [(project.undo, state) for state in states[-2::-1]]
        for go, (frame, tags) in [*back, *((project.redo, state) for state in states[1:])]:
            assert go()
            same_frame(project.df, frame)
            assert project._table.tags == tags
        for _ in range(len(steps) // 2):
            project.undo()
        now, tags = project.df.copy(), dict(project._table.tags)
    with pn.open_project(table(paths), folder, "file") as again:
        assert sorted(again.df.columns) == sorted(now.columns)
        assert again._table.tags == tags
        for column in COLUMNS:
            if column in now:
                assert cells(again, column) == cells_of(now[column])
                forms = [tag_cells.form_of(frame[column]) for frame in (again.df, now)]
                assert forms[0] == forms[1], column


def cells_of(column: pd.Series) -> list[Any]:
    holder = type("Holder", (), {"df": pd.DataFrame({"c": column})})
    return cells(holder, "c")  # type: ignore[arg-type]


def test_undo_leaves_what_pandas_changed_in_other_rows(project: pn.Project) -> None:
    project.stamp(["f", "e"], "kind", "new")
    project.df.loc["a", "kind"] = "z"
    project.df["text"] = "mine now"
    project.undo()
    assert cells(project, "kind") == ["b", "a", "b", None, "a", "z"]
    assert project.df["kind"].cat.categories.tolist() == ["b", "a", "z"]
    assert set(project.df["text"]) == {"mine now"}
    project.redo()
    assert cells(project, "kind") == ["new", "new", "b", None, "a", "z"]


def test_undo_of_a_tag_that_pandas_gave_to_others_leaves_it_there(project: pn.Project) -> None:
    project.stamp(["f"], "kind", "new")
    project.df.loc["a", "kind"] = "new"
    project.undo()
    assert cells(project, "kind") == ["b", "a", "b", None, "a", "new"]


def test_a_column_that_others_filled_is_not_taken_away(project: pn.Project) -> None:
    project.stamp(["f"], "mine", "t", kind="tag")
    project.stamp(["e"], "mine", "u")
    values = project.df["mine"].astype(str).where(project.df["mine"].notna(), None)
    values["a"] = "by hand"
    project.df["mine"] = values
    project.undo()
    project.undo()
    assert cells(project, "mine") == [None] * 5 + ["by hand"]


def test_a_column_of_another_kind_is_not_overwritten_by_undo(project: pn.Project) -> None:
    project.stamp(["f"], "mine", "t")
    project.stamp(["e"], "mine", "t")
    project.df["mine"] = range(ROWS)
    with pytest.raises(pn.ProjectError, match=r"del project\.df"):
        project.undo()
    assert project.df["mine"].tolist() == list(range(ROWS))
    assert len(project.history) == 2
    del project.df["mine"]
    with pytest.warns(UserWarning, match=r"no longer in project\.df"):
        project.undo()
        project.undo()
    assert "mine" not in project.df
    project.redo()
    assert cells(project, "mine")[0] == ["t"]


def test_rows_changed_in_place_are_said(project: pn.Project) -> None:
    project.stamp(["f"], "mine", "t")
    project.df.index = [*project.df.index[:-1], "renamed"]
    for call in (project.undo, lambda: project.stamp("", "mine", "u")):
        with pytest.raises(pn.ProjectError, match="not those that were opened"):
            call()


def test_stamps_and_the_tree_share_one_history(project: pn.Project) -> None:
    project.add_vectors("made", vectors())
    project.compute_clusters(2)
    tree = project.tree
    project.stamp("Cluster 0", "mine", "t")
    project.rename("Cluster 0", "n")
    assert project.undo() == "rename" and project.tree is tree
    assert project.undo() == "stamp" and project.tree is tree and "mine" not in project.df
    assert project.undo() == "compute_clusters"
    project.redo()
    project.redo()
    assert project.tree is tree and project.tags("mine")


def test_stamps_are_there_after_a_kernel_died(paths: list[str], tmp_path: Path) -> None:
    project = pn.open_project(table(paths), tmp_path / "p", "file")
    project.df["by hand"] = pd.Series(["x", "y"] * 3, index=project.df.index)
    project.stamp(["f"], "mine", "Animals/birds")
    project.stamp(["e"], "by hand", "stamped")
    project.recolour_tag("mine", "birds", 7)
    project.set_property_type("year", "tag")
    project.stamp(["a"], "year", "later")
    project.flush()  # no file of the draft may come or go while the folder is copied
    shutil.copytree(tmp_path / "p", tmp_path / "copy")
    # Nothing was closed or saved; the rows stand in another order.
    order = list("abcdef")
    with pn.open_project(table(paths).loc[order], tmp_path / "copy", "file") as again:
        assert cells(again, "mine") == [None] * 5 + [["Animals/birds"]]
        assert cells(again, "by hand") == ["y", "x", "y", "x", "stamped", "x"]
        assert again.tags("mine").frame()["colour"]["Animals/birds"] == 7
        assert again.properties["year"] == "tag"
        assert cells(again, "year") == ["later", "5", "4", "3", "2", "1"]
        again.stamp(["f"], "mine", "more")
    with pn.open_project(table(paths), tmp_path / "copy", "file") as again:
        assert cells(again, "mine")[0] == ["Animals/birds", "more"]
        again.save()
        assert not (tmp_path / "copy" / "project.journal").exists()
    with pn.open_project(table(paths), tmp_path / "copy", "file") as again:
        assert cells(again, "mine")[0] == ["Animals/birds", "more"]
        assert again.tags("mine").frame()["colour"]["Animals/birds"] == 7
    project.close()


def test_a_journal_cut_anywhere_holds_the_state_before_or_after(
    paths: list[str], tmp_path: Path
) -> None:
    project = pn.open_project(table(paths), tmp_path / "p", "file")
    states: list[Any] = [None]
    lengths = [0]
    journal = tmp_path / "p" / "project.journal"
    for labels, tags in [("f", "a"), ("e", "p/q"), ("fe", "b")]:
        project.stamp(list(labels), "mine", tags)
        states.append(cells(project, "mine"))
        lengths.append(journal.stat().st_size)
    project.close()
    content = journal.read_bytes()
    files = ProjectFolder(tmp_path / "p")
    for cut in range(0, len(content) + 1, 7):
        journal.write_bytes(content[:cut])
        saved = files.read_table()
        whole = sum(cut >= length for length in lengths) - 1
        column = saved.columns.get("mine")
        assert (None if column is None else cells_of(column)) == states[whole]
    # What was cut off is written over, not left in the way of what comes after it.
    journal.write_bytes(content[:-5])
    with pn.open_project(table(paths), tmp_path / "p", "file") as project:
        project.stamp(["a"], "mine", "after")
    with pn.open_project(table(paths), tmp_path / "p", "file") as project:
        assert cells(project, "mine") == [["a"], ["p/q"], None, None, None, ["after"]]


def test_a_full_disk_changes_nothing(project: pn.Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.stamp(["f"], "mine", "t")
    before = project.df.copy()

    def full(*_args: object) -> None:
        raise pn.ProjectError("The disk is full.")

    monkeypatch.setattr(Journal, "append", full)
    for call in (lambda: project.stamp(["e"], "mine", "u"), project.undo):
        with pytest.raises(pn.ProjectError, match="full"):
            call()
        same_frame(project.df, before)
        assert list(project.tags("mine")) == ["t"]
        assert list(project.history) == ["stamp"]
