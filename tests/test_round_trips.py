"""Column -> tree -> column, through every file on the way, for any tree: twelve levels, overlap."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, outline, write_images
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import panoptic_nb as pn
from panoptic_nb import tag_cells
from panoptic_nb.tree import ScoredGroup, Tree

PICTURES, DEPTH = 9, 12
#: What is awkward for one of the formats on the way: numbers, nothing, lists, separators, scripts.
AWKWARD = ["10", "9", "1.0", "NA", "nan", "null", "None", "True", "[x]", '["a"]', "a", ";,", "=1+1"]
AWKWARD += [
    '"',
    "'",
    "\\",
    "a > a",
    "%2F",
    "#",
    "é",
    "é",
    "مرحبا",
    "\u202ea",
    "🐶",
    "a/",
    "2020-01-01",
]
LABELS = st.one_of(
    st.sampled_from([label for label in AWKWARD if "/" not in label]),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=6),
).filter(lambda label: "/" not in label and any(c.isalnum() or c in ';",=[' for c in label))


@dataclass(frozen=True)
class Place:
    """A corpus with its project, opened once; the folders that files go into have numbers."""

    folder: Path
    project: pn.Project
    numbers: Iterator[int]


@pytest.fixture(scope="module", name="place")
def fixture_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("corpus")
    paths = write_images(folder / "images", PICTURES)
    frame = pd.DataFrame({"file": [str(path) for path in [*paths, *paths[:2]]]})
    with pn.open_project(frame, folder / "project", "file") as project:
        vectors = blobs((5, 4))
        project.add_vectors("made", np.vstack([vectors, vectors[:2]]))
        yield Place(folder, project, itertools.count())


@st.composite
def shapes(draw: st.DrawFn) -> list[tuple[int, list[tuple[list[int], str]]]]:
    """Which node is split into what: the numbers of images, modulo how many there are."""
    overlap = draw(st.booleans())
    count = st.lists(st.integers(0, PICTURES), min_size=1, max_size=5, unique=not overlap)
    group = st.tuples(count, LABELS)
    steps = st.tuples(st.integers(0, 3), st.lists(group, min_size=1, max_size=3))
    return draw(st.lists(steps, min_size=1, max_size=16))


def grown(tree: Tree, steps: list[tuple[int, list[tuple[list[int], str]]]], one: bool) -> Tree:
    """Return a tree that goes down as deep as it may, with an image in several clusters or not."""
    at = 0
    for turn, groups in steps:
        members = tree.members(at).tolist()
        taken: set[int] = set()
        made = []
        for numbers, label in groups:
            chosen = {members[number % len(members)] for number in numbers} - taken
            taken |= chosen if one else set()
            if chosen:
                made.append(ScoredGroup(np.array(sorted(chosen)), label))
        tree = tree.with_groups(at, made)
        below = [c for c in tree.states[at].children if tree.states[c].kind == "group"]
        at = below[turn % len(below)]
        if tree.path(at).count("/") == DEPTH - 1:
            at = 0
            break
    return tree


def check_same(again: pn.Project, project: pn.Project, tree: list[object]) -> None:
    assert tag_cells.same(again.df["saved"], project.df["saved"])
    assert again.record("saved") == project.record("saved")
    again.open_clustering("saved")
    assert outline(again.tree.root) == tree
    assert again.save_clustering("second") == "second"
    assert tag_cells.same(again.df["second"], project.df["saved"])


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=shapes(), one=st.booleans())
def test_a_clustering_is_the_same_wherever_it_went(
    place: Place, steps: list[tuple[int, list[tuple[list[int], str]]]], one: bool
) -> None:
    project, folder = place.project, place.folder / str(next(place.numbers))
    project.close_clusters()
    project.restore(project._runs.rescored(grown(project.tree, steps, one), project.vec_type))
    project.save_clustering("saved", replace=True)
    tree = outline(project.tree.root)
    folder.mkdir()

    column = project.df["saved"].copy()
    project.open_clustering("saved")
    assert outline(project.tree.root) == tree
    project.save_clustering("saved", replace=True)
    assert tag_cells.same(project.df["saved"], column)

    project.flush()
    shutil.copytree(project.folder, folder / "reopened")
    source = project.df[["file"]]
    with pn.open_project(source, folder / "reopened", "file") as again:
        assert outline(again.tree.root) == tree
        check_same(again, project, tree)

    for ending in ("csv", "parquet"):
        file = project.export(folder / f"table.{ending}")
        with pn.open_project(file, folder / ending, "file") as again:
            again.add_vectors("made", project.vectors("made"))
            assert again.clusterings == ["saved"]
            check_same(again, project, tree)
    shutil.rmtree(folder)


def test_a_table_of_before_and_one_without_a_record_open_as_they_are(
    place: Place, tmp_path: Path
) -> None:
    project = place.project
    project.close_clusters()
    project.compute_clusters(2)
    project.save_clustering("saved", replace=True)
    file = project.export(tmp_path / "table.csv")
    beside = tmp_path / "table.record.json"
    for content in ("", "[]", "{}", '{"clusterings": 3}', '{"clusterings": {"saved": {}}}'):
        beside.write_text(content)
        with pn.open_project(file, tmp_path / f"p{len(content)}", "file") as again:
            assert again.clusterings == []
            again.open_clustering("saved")
            assert [child.label for child in again.tree.root.children] == ["Cluster 0", "Cluster 1"]
    content = (file.read_text("utf-8-sig")).replace("Cluster 1", "new/name")
    project.export(file)
    file.write_text(content)
    with pn.open_project(file, tmp_path / "edited", "file") as again:
        again.open_clustering("saved")
        assert again.tree.node("new/name").made_by is None
        assert again.tree.node("Cluster 0").made_by is not None
