"""What the user said are not duplicates is remembered, honoured, and taken back by undo."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, check_split, outline, write_images
from hypothesis import given
from hypothesis import strategies as st

import panoptic_nb as pn
from panoptic_nb import decisions
from panoptic_nb.decisions import Decided, Decision
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.functions import registry

SIZES = (6, 4, 3)
Pairs = set[tuple[str, str]]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """13 images in three tight groups; the first stands there twice."""
    paths = write_images(tmp_path / "corpus", sum(SIZES))
    shutil.copy(paths[0], paths[0].with_name("copy.png"))
    return tmp_path / "corpus"


def open_corpus(corpus: Path) -> pn.Project:
    project = pn.open_project(corpus)
    if not project.vector_sets:
        by_name = {f"{at:04d}.png": vector for at, vector in enumerate(blobs(SIZES))}
        by_name["copy.png"] = by_name["0000.png"]
        project.add_vectors("made", [by_name[name] for name in names(project)])
    return project


def names(project: pn.Project) -> list[str]:
    return [Path(path).name for path in project.df["path"]]


def labels_of(project: pn.Project, *files: str) -> pd.Index:
    return project.df.index[[name in files for name in names(project)]]


@pytest.fixture
def project(corpus: Path) -> Iterator[pn.Project]:
    with open_corpus(corpus) as project:
        yield project


def pairs_of(decided: Decided) -> Pairs:
    return {pair for one in decided for pair in itertools.combinations(one.sha1, 2)}


def pairs_in_effect(decided: Decided) -> Pairs:
    held = decided.among("abcdefg")
    return {("abcdefg"[i], "abcdefg"[j]) for i, j in zip(held.first, held.second, strict=True)}


sets_of_images = st.lists(st.sets(st.sampled_from("abcdef"), min_size=2), max_size=4)


def decided_of(sets: list[set[str]]) -> Decided:
    return Decided(tuple(Decision(tuple(sorted(images)), "2026-01-01") for images in sets))


@given(sets_of_images, st.sets(st.sampled_from("abcdefg")))
def test_forgetting_leaves_every_other_pair(sets: list[set[str]], forgotten: set[str]) -> None:
    decided = decided_of(sets)
    left = decided.forgetting(sorted(forgotten))
    assert pairs_in_effect(left) == {p for p in pairs_of(decided) if not set(p) <= forgotten}


@given(sets_of_images, st.lists(st.sampled_from("abcdefg"), unique=True))
def test_functions_get_the_pairs_of_their_own_images(
    sets: list[set[str]], shown: list[str]
) -> None:
    shown.sort()
    given_pairs = decided_of(sets).among(shown)
    wanted = {p for p in pairs_of(decided_of(sets)) if set(p) <= set(shown)}
    got = zip(given_pairs.first.tolist(), given_pairs.second.tolist(), strict=True)
    assert sorted(wanted) == [(shown[i], shown[j]) for i, j in got]
    first, second = np.triu_indices(len(shown), 1)
    held = given_pairs.hold(first, second)
    assert wanted == {(shown[i], shown[j]) for i, j in zip(first[held], second[held], strict=True)}


@given(sets_of_images)
def test_the_file_gives_back_what_was_written(sets: list[set[str]]) -> None:
    decided = decided_of(sets)
    assert Decided.from_table(decided.to_table()) == decided


def test_a_refused_cluster_stays_apart_in_every_later_run_and_session(corpus: Path) -> None:
    with open_corpus(corpus) as project:
        node = project.find_duplicates(0.9)
        assert [len(c.members) for c in node.children] == [6, 4, 3]
        assert node.children[0].made_by.decisions["pairs"] == 0
        refused = node.children[1]
        images = set(refused.members.tolist())
        project.not_duplicates(refused)
        after = project.tree.root
        check_split(after)
        assert [c.label for c in after.children] == ["Cluster 0", "Cluster 2", "Unassigned"]
        assert set(after.children[-1].members.tolist()) == images
    with open_corpus(corpus) as project:
        assert outline(project.tree.root) == outline(after)
        for threshold in (0.0, 0.5, 0.9):
            node = project.find_duplicates(threshold)
            check_split(node)
            for child in node.children:
                assert child.kind != "group" or len(images & set(child.members.tolist())) < 2
            assert node.children[0].made_by.decisions["pairs"] == 6
        table = project.duplicate_thresholds()
        found = project.find_duplicates(0.9)
        row = table[table["min_similarity"] == 0.9].iloc[0]
        groups = [c for c in found.children if c.kind == "group"]
        assert (row["groups"], row["images"]) == (len(groups), sum(len(g.rows) for g in groups))


def test_undo_takes_the_decision_back_and_redo_makes_it_again(project: pn.Project) -> None:
    before = project.find_duplicates(0.9)
    labels = list(project.df.index[before.children[2].rows][:2])
    project.not_duplicates(labels)
    project.not_duplicates("Cluster 0")
    assert len(project.decisions) == 1 + 15
    assert project.undo() == "not_duplicates"
    assert outline(project.tree.root) == outline(before)
    assert len(project.decisions) == 1, "what was said meanwhile stays"
    assert project.redo() == "not_duplicates"
    assert len(project.decisions) == 1 + 15
    assert [c.label for c in project.tree.root.children][-1] == "Unassigned"


def test_decisions_hold_for_all_rows_of_a_file(project: pn.Project) -> None:
    twice = labels_of(project, "0000.png", "copy.png")
    other = labels_of(project, "0001.png")
    project.not_duplicates([twice[1], other[0]])
    node = project.find_duplicates(0.9)
    for child in node.children:
        rows = set(child.index)
        assert child.kind != "group" or not (set(twice) <= rows and set(other) <= rows)
    assert project.decisions[["first", "second"]].stack().tolist().count(twice[0]) == 1


def test_decisions_are_listed_by_label_and_forgotten(project: pn.Project) -> None:
    a, b, c, d = project.df.index[:4]
    assert project.decisions.empty
    assert list(project.decisions.columns) == ["first", "second", "date"]
    project.not_duplicates([a, b, c])
    project.not_duplicates(pd.Index([c, d]))
    listed = project.decisions
    assert {frozenset(p) for p in listed[["first", "second"]].itertuples(index=False)} == {
        frozenset(p) for p in [(a, b), (a, c), (b, c), (c, d)]
    }
    assert (pd.Timestamp.now("UTC") - listed["date"]).max() < pd.Timedelta("1h")
    project.forget_decisions([a, b])
    assert len(project.decisions) == 3
    project.forget_decisions()
    assert project.decisions.empty


def test_a_cluster_that_is_no_duplicate_is_remembered_but_stays(project: pn.Project) -> None:
    project.compute_clusters(3)
    before = project.tree
    project.not_duplicates("Cluster 0")
    assert project.tree is before
    assert len(project.decisions) > 0
    assert project.undo() == "not_duplicates"
    assert project.decisions.empty and project.tree is before


def test_what_was_forgotten_is_back_after_undo_and_after_reopening(corpus: Path) -> None:
    with open_corpus(corpus) as project:
        a, b, c = project.df.index[:3]
        project.not_duplicates([a, b, c])
        project.forget_decisions([a, b])
        assert len(project.decisions) == 2
        assert project.undo() == "forget_decisions"
        assert len(project.decisions) == 3
        project.redo()
    with open_corpus(corpus) as project:
        assert len(project.decisions) == 2
        project.not_duplicates([a, b])
        assert len(project.decisions) == 3, "said again after it was forgotten"


def test_taking_away_a_cluster_fills_what_is_unassigned_however_deep(project: pn.Project) -> None:
    project.find_duplicates(0.9)
    project.not_duplicates("Cluster 2")
    project.compute_clusters(2, node="Unassigned")
    project.not_duplicates("Cluster 1")
    unassigned = project.tree.node("Unassigned")
    assert [c.kind for c in unassigned.children] == ["group", "group", "unassigned"]
    check_split(unassigned)
    project.not_duplicates("Cluster 0")
    assert [c.kind for c in project.tree.root.children] == ["unassigned"]
    check_split(project.tree.root)
    numbers = [node.number for node in project.tree.walk()]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(
    ("images", "problem"),
    [
        ("Cluster 9", "There is no cluster"),
        (["nobody"], "'nobody'"),
        ([], "two different images"),
        (None, "list of index labels"),
        (3.5, "list of index labels"),
        (True, "no cluster"),
        ([True, False], "mask"),
    ],
)
def test_what_is_no_image_is_refused(project: pn.Project, images: Any, problem: str) -> None:
    with pytest.raises(pn.PanopticError, match=problem):
        project.not_duplicates(images)
    assert project.decisions.empty


def test_copies_of_one_file_are_duplicates_in_any_case(project: pn.Project) -> None:
    twice = labels_of(project, "0000.png", "copy.png")
    with pytest.raises(pn.PanopticError, match="copies of one file"):
        project.not_duplicates(list(twice))


def test_more_pairs_than_can_be_kept_are_refused(
    project: pn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "MAX_PAIRS", 5)
    with pytest.raises(pn.PanopticError, match="Choose fewer"):
        project.not_duplicates(project.df.index)


def test_a_full_disk_changes_nothing(project: pn.Project, monkeypatch: pytest.MonkeyPatch) -> None:
    node = project.find_duplicates(0.9)
    monkeypatch.setattr(ProjectFolder, "write_decisions", _full)
    with pytest.raises(pn.ProjectError, match="full"):
        project.not_duplicates("Cluster 0")
    assert project.tree is node.tree
    assert project.decisions.empty


def _full(*_args: object) -> None:
    raise pn.ProjectError("The disk is full.")


def test_a_preview_is_dropped_when_it_is_about_something_else(project: pn.Project) -> None:
    def explore(node: str | None = None) -> bool:
        project.duplicate_thresholds(node)
        return project.preview is not None

    assert explore()
    project.find_duplicates(0.9)
    project.rename("Cluster 0", "twins")
    assert project.preview is not None, "the images of the root are the same"
    assert explore("twins")
    project.not_duplicates(project.df.index[:2])
    assert project.preview is None
    assert explore("twins")
    project.close_clusters()
    assert project.preview is None
    assert explore()
    project.add_vectors("other", np.ones((len(project.df), 2)))
    assert project.preview is None


def test_a_function_of_ones_own_is_given_the_decisions(project: pn.Project) -> None:
    seen = []

    @pn.clustering_function
    def own(images: pn.Images, decisions: pn.Decisions) -> list[int]:
        pairs = zip(decisions.first, decisions.second, strict=True)
        seen.append([(images.sha1[i], images.sha1[j]) for i, j in pairs])
        return [0] * len(images)

    project.not_duplicates(project.df.index[:2])
    try:
        node = project.run("own").children[0]
    finally:
        registry.remove("own")
    assert seen == [[tuple(sorted(project.df["sha1"].iloc[:2]))]]
    assert node.made_by.decisions["pairs"] == 1
    assert project.compute_clusters(2).children[0].made_by.decisions is None


def test_the_least_similar_pair_of_a_group_is_kept_with_it(corpus: Path) -> None:
    with open_corpus(corpus) as project:
        project.find_duplicates(0.9)
        project.save_clustering()
        lowest = [c.min_similarity for c in project.tree.root.children]
        similarities = project.vectors() @ project.vectors().T
        for child in project.tree.root.children:
            block = similarities[np.ix_(child.rows, child.rows)]
            assert child.min_similarity == pytest.approx(block.min(), abs=1e-5)
        record = project.record("Clustering")["clusters"]
        assert [entry["min_similarity"] for entry in record] == lowest
        project.compute_clusters(2, node="Cluster 0")
        assert project.tree.node("Cluster 0/Cluster 0.0").min_similarity is None
    with open_corpus(corpus) as project:
        assert [c.min_similarity for c in project.tree.root.children] == lowest


def test_an_edit_during_a_run_makes_its_result_void(project: pn.Project) -> None:
    project.find_duplicates(0.9)
    project.not_duplicates("Cluster 0")
    project.not_duplicates("Cluster 1")
    unassigned = project.tree.root.children[-1]
    begun, may_end = threading.Event(), threading.Event()

    def waits(images: pn.Images) -> list[int]:
        begun.set()
        may_end.wait(10)
        return [0] * len(images)

    pn.clustering_function(waits)
    said: list[object] = []
    project.events.message.connect(said.append)
    try:
        job = project.start(project.prepare("waits", unassigned, None, None, {}))
        assert begun.wait(10)
        project.undo()
        may_end.set()
        assert job.thread is not None
        job.thread.join(10)
    finally:
        registry.remove("waits")
    check_split(project.tree.root)
    assert [getattr(one, "key", None) for one in said] == ["images_changed"]
