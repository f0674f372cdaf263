"""Tags as one triages: toggled, found by a part of their name, and stamped by number keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tagged import cells, fixture_paths, fixture_project, same_frame  # noqa: F401

import panoptic_nb as pn
from panoptic_nb.tag_search import search
from panoptic_nb.tagset import TagSet


@pytest.mark.parametrize("column", ["lists", "kind", "mine"])
def test_toggling_adds_until_all_have_it_then_takes_it_away(
    project: pn.Project, column: str
) -> None:
    rows, before = ["f", "e"], project.df.copy()
    project.stamp(["f"], column, "n", "toggle")
    assert list(project.tagged(column, "n"))[:2] == [True, False]
    project.stamp(rows, column, "n", "toggle")
    assert list(project.tagged(column, "n"))[:2] == [True, True]
    project.stamp(rows, column, "n", "toggle")
    assert not project.tagged(column, "n").any()
    for _ in range(3):
        project.undo()
    same_frame(project.df, before)


def test_toggling_several_tags_counts_them_all(project: pn.Project) -> None:
    done = project.stamp_rows(np.array([0]), "lists", ["x", "n"], "toggle")
    assert (done.mode, done.rows, cells(project, "lists")[0]) == ("add", 1, ["n", "x", "y"])
    done = project.stamp_rows(np.array([0]), "lists", ["x", "n"], "toggle")
    assert (done.mode, cells(project, "lists")[0]) == ("remove", ["y"])


def test_keys_are_kept_with_the_project_and_follow_a_new_name(project: pn.Project) -> None:
    project.set_tag_keys({2: ("mine", " Animals / birds "), 1: ("kind", "a")})
    assert project.tag_keys == {1: ("kind", "a"), 2: ("mine", "Animals/birds")}
    assert "mine" not in project.df, "a key makes nothing until it is pressed"
    project.stamp(["f"], *project.tag_keys[2], "toggle")
    project.rename_tag("mine", "Animals", "Beasts")
    assert project.tag_keys[2] == ("mine", "Beasts/birds")
    project.undo()
    assert project.tag_keys[2] == ("mine", "Animals/birds")
    project.rename_tag("kind", "a", "c")  # a tag that the cells alone knew until now
    assert project.tag_keys[1] == ("kind", "c")
    project.close()
    with pn.open_project(project.df, project.folder, "file") as again:
        assert again.tag_keys == {1: ("kind", "c"), 2: ("mine", "Animals/birds")}


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ({0: ("mine", "a")}, "one of 1 to 9"),
        ({True: ("mine", "a")}, "one of 1 to 9"),
        ({1: ("mine", "  ")}, "visible character"),
        ({1: ("year", "a")}, "holds number values"),
        ({1: ("sha1", "a")}, "which images these are"),
    ],
)
def test_a_bad_key_changes_nothing(project: pn.Project, keys: Any, error: str) -> None:
    project.set_tag_keys({3: ("mine", "kept")})
    with pytest.raises(pn.PanopticError, match=error):
        project.set_tag_keys(keys)
    assert project.tag_keys == {3: ("mine", "kept")}


@pytest.mark.parametrize("saved", [None, 3, [], {"1": None, "x": ["a", "b", 1], "2": ["a", 1, []]}])
def test_settings_that_hold_no_keys_are_read_as_none(project: pn.Project, saved: Any) -> None:
    project.remember(keys=saved)
    assert project.tag_keys == {}


def test_tags_are_found_by_name_first_whatever_case_and_accents() -> None:
    tags = TagSet.of(["Abbaye", "Lieux/Église", "Lieux/Vieille église", "eglantine"])
    assert search(tags, "EGL", 9) == ["Lieux/Église", "eglantine", "Lieux/Vieille église"]
    assert search(tags, "lieux/v", 9) == ["Lieux/Vieille église"]
    assert search(tags, "", 2) == ["Abbaye", "Lieux"]
    assert search(tags, "zz", 9) == []


@given(st.lists(st.text("abÉ/ ", min_size=1, max_size=6), max_size=12), st.text("abé/", max_size=3))
def test_a_search_gives_each_tag_once_and_nothing_else(names: list[str], text: str) -> None:
    tags = TagSet.of(name for name in names if name.strip(" /"))
    found = search(tags, text, 100)
    assert len(set(found)) == len(found)
    assert set(found) <= set(tags)
    assert search(tags, text, 3) == found[:3]
    if not text:
        assert found == list(tags)
