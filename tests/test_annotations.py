"""The journal: who annotated what, when, and from which cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import write_images

import panoptic_nb as pn
from panoptic_nb.annotation_log import AnnotationLog


def opened(folder: Path) -> pn.Project:
    paths = sorted(map(str, (folder / "images").iterdir()))
    frame = pd.DataFrame({"file": paths, "year": range(4), "kind": pd.Categorical(list("abab"))})
    return pn.open_project(frame.set_axis([10, 20, 30, 40]), folder / "project", "file")


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Iterator[pn.Project]:
    write_images(tmp_path / "images", 4)
    with opened(tmp_path) as project:
        project.annotator = "Anne"
        yield project


def lines(project: pn.Project) -> list[tuple[Any, ...]]:
    columns = ["who", "row", "column", "value", "action", "cluster", "undone"]
    return list(project.annotations()[columns].itertuples(index=False, name=None))


def test_the_journal_tells_who_gave_what_from_which_cluster(
    project: pn.Project, tmp_path: Path
) -> None:
    assert project.annotations().empty
    project.move_to_new([10, 20], label="mine")
    project.stamp("mine", "kind", "x/y", "set")
    project.annotator = "Bert"
    project.set_value([30], "year", 1905)
    project.undo()
    expected = [
        ("Anne", 10, "kind", "x/y", "added", "mine", False),
        ("Anne", 10, "kind", "a", "removed", "mine", False),
        ("Anne", 20, "kind", "x/y", "added", "mine", False),
        ("Anne", 20, "kind", "b", "removed", "mine", False),
        ("Bert", 30, "year", "1905", "added", "Unassigned", False),
        ("Bert", 30, "year", "2", "removed", "Unassigned", False),
        ("Bert", 30, "year", "2", "added", "Unassigned", True),
        ("Bert", 30, "year", "1905", "removed", "Unassigned", True),
    ]
    assert lines(project) == expected
    dates = project.annotations()["date"]
    assert dates.is_monotonic_increasing and str(dates.dt.tz) == "UTC"
    project.rename_tag("kind", "x/y", "z")
    assert lines(project) == expected, "a tag that has another name was given to nobody"
    project.close()
    with opened(tmp_path) as again:
        assert lines(again) == expected and again.annotator == "Bert"
        again.stamp([40], "many", ["p", "q"])
        assert lines(again)[8:] == [
            ("Bert", 40, "many", tag, "added", "Unassigned", False) for tag in "pq"
        ]


def test_a_part_writes_into_the_journal_of_the_project(project: pn.Project) -> None:
    part = project.subset(np.array([False, False, True, True]))
    part.move_to_new([40], label="late")
    part.stamp([30, 40], "kind", "x", "set")
    added = [line for line in lines(project) if line[4] == "added"]
    assert [(line[1], line[5]) for line in added] == [(30, "Unassigned"), (40, "late")]


def test_a_line_that_was_cut_off_is_no_entry(project: pn.Project) -> None:
    project.stamp([10], "kind", "x", "set")
    file = project.folder / "annotations.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 2] + b"\xff")
    project.stamp([20], "kind", "x", "set")
    assert [line[1] for line in lines(project) if line[3] == "x"] == [10, 20]
    file.write_text("[]\n{}\nnonsense\n")
    assert lines(project) == []


def test_an_annotation_stands_when_the_journal_cannot_be_written(
    project: pn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: AnnotationLog, entry: object) -> None:
        raise pn.ProjectError("The disk is full.")

    said: list[Any] = []
    project.events.message.connect(said.append)
    monkeypatch.setattr(AnnotationLog, "append", full)
    assert project.stamp([10], "kind", "x", "set") == 1
    assert project.df["kind"].iloc[0] == "x" and str(said[-1]) == "The disk is full."


def test_without_a_name_it_is_that_of_the_account(
    project: pn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "someone")
    project.annotator = " "
    assert project.annotator == "someone"
    with pytest.raises(pn.ProjectError, match="is a text"):
        project.annotator = 3  # type: ignore[assignment] # what is tested
