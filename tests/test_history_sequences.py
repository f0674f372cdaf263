"""Edits of the tree, tags and saves in any order: the way back is exact, bit for bit."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, check_split, outline, write_images
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tagged import same_frame

import panoptic_nb as pn
from panoptic_nb import tag_cells
from panoptic_nb.tree import Tree

SIZES = (7, 5, 3)
COPIES = 3
#: Steps that the long history has at its end; many more are refused, or undone and replaced.
LONG = int(os.environ.get("PANOPTIC_NB_STEPS", "500"))

paths: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    written = write_images(tmp_path_factory.mktemp("images"), sum(SIZES))
    paths[:] = map(str, [*written, *written[:COPIES]])
    yield
    paths.clear()


def table() -> pd.DataFrame:
    count = len(paths)
    frame = pd.DataFrame({"file": paths, "year": range(1900, 1900 + count)})
    frame["kind"] = pd.Categorical((["b", "a", None] * count)[:count], categories=["b", "a", "z"])
    frame["text"] = (["x", None, "y", "x"] * count)[:count]
    frame["lists"] = ([["x", "y"], ("y",), None, []] * count)[:count]
    return frame.set_axis([f"row {number}" for number in range(count)])


def opened(folder: Path) -> pn.Project:
    return pn.open_project(table(), folder, "file")


@dataclass(frozen=True)
class State:
    """What undo must give back."""

    tree: Tree
    frame: pd.DataFrame
    tags: dict[str, Any]
    records: dict[str, Any]
    decisions: set[Any]

    @classmethod
    def of(cls, project: pn.Project) -> State:
        records = {name: project.record(name) for name in project.clusterings}
        decided = {*project._edits.decided.all, *project._edits.decided.refusals}
        frame, tags = project.df.copy(), dict(project._table.tags)
        return cls(project.tree, frame, tags, records, decided)

    def check(self, project: pn.Project) -> None:
        here = State.of(project)
        assert here.tree is self.tree
        assert here.tags == self.tags
        assert here.records == self.records
        assert here.decisions == self.decisions
        same_frame(here.frame, self.frame)


class Work:
    """A project, and all states that its history leads to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = opened(folder)
        vectors = blobs(SIZES, spread=0.4)
        self.project.add_vectors("made", np.vstack([vectors, vectors[:COPIES]]))
        self.states = [State.of(self.project)]
        self.at = 0
        self.ids = {0}

    def node(self, number: int) -> int:
        nodes = list(self.project.tree.walk())
        return nodes[number % len(nodes)].id

    def rows(self, number: int) -> list[str]:
        chosen = random.Random(number).sample(range(len(paths)), 1 + number % 4)
        return [str(label) for label in self.project.df.index[chosen]]

    def do(self, what: str, a: int, b: int) -> None:
        """Do something that may be refused, and check what holds after whatever was done."""
        steps = len(self.project.history)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # fewer clusters than asked for
                ACTIONS[what](self, a, b)
        except pn.PanopticError:
            assert len(self.project.history) == steps
        if what in WAYS:
            self.states[self.at].check(self.project)
        elif len(self.project.history) > steps:
            self.at += 1
            self.states[self.at :] = [State.of(self.project)]
            new = self.project.tree.states.keys() - self.states[self.at - 1].tree.states.keys()
            assert not new & self.ids, "an id was used again"
            self.ids |= new
        else:
            self.states[self.at].check(self.project)
        self.check()

    def check(self) -> None:
        project = self.project
        assert len(project.history) == self.at
        held = np.concatenate([leaf.members for leaf in project.tree.leaves()])
        assert np.unique(held).tolist() == list(range(sum(SIZES)))
        for node in project.tree.walk():
            if not node.is_leaf:
                check_split(node)
        assert set(project.clusterings) == {n for n in project.df if str(n).startswith("saved")}

    def go(self, position: int) -> None:
        self.project.go_to(position)
        self.at = position

    def there_and_back(self) -> None:
        """Undo to the start and redo to the end, one by one and at once."""
        last = len(self.states) - 1
        while self.at < last:
            self.step(self.project.redo, 1)
        while self.at > 0:
            self.step(self.project.undo, -1)
        for position in (last, 0):
            self.go(position)
            self.states[position].check(self.project)
        while self.at < last:
            self.step(self.project.redo, 1)

    def step(self, go: Callable[[], str | None], by: int) -> None:
        assert go() is not None
        self.at += by
        if by < 0 or self.at % 10 == 0 or self.at == len(self.states) - 1:
            self.states[self.at].check(self.project)

    def comes_back(self) -> None:
        """Open the project anew, without having closed it as it should be."""
        self.project.flush()
        copy = self.folder.with_name("copy")
        shutil.copytree(self.folder, copy)
        here = self.project
        with opened(copy) as again:
            assert sorted(again.df.columns) == sorted(here.df.columns)
            for name in again.df:
                a, b = again.df[name], here.df[name]
                # Lists of objects come back as lists, whatever they were.
                assert tag_cells.same(a, b) or cells(a) == cells(b), name
            assert again._table.tags == here._table.tags
            assert again._table._records == here._table._records
            assert outline(again.tree.root) == outline(here.tree.root)
            assert again._edits.decided == here._edits.decided
        shutil.rmtree(copy)


def cells(column: pd.Series) -> list[Any]:
    return [
        list(cell) if pd.api.types.is_list_like(cell) else None if pd.isna(cell) else cell
        for cell in column
    ]


def save(work: Work, a: int, b: int) -> None:
    column = f"saved {b % 3}"
    work.project.save_clustering(column, work.node(a), leaves_only=b % 2 == 0, replace=a % 2 == 0)


def cluster(work: Work, a: int, b: int) -> None:
    work.project.compute_clusters(1 + b % 4, node=work.node(a))


def duplicates(work: Work, a: int, b: int) -> None:
    work.project.find_duplicates((0.5, 0.8, 0.95)[b % 3], node=work.node(a))


def merge(work: Work, a: int, b: int) -> None:
    work.project.merge([work.node(a), work.node(b)])


def sort_clusters(work: Work, a: int, b: int) -> None:
    work.project.sort_clusters(work.node(a), ("score", "size", "name")[b % 3], b % 2 == 0)


def by_hand(work: Work, a: int, b: int) -> None:
    node = work.project.tree.node(work.node(a))
    clusters = [child.id for child in node.children if child.kind == "group"]
    random.Random(b).shuffle(clusters)
    work.project.sort_clusters(node, clusters)


def reopen(work: Work, a: int, b: int) -> None:
    names = work.project.clusterings
    work.project.open_clustering(names[a % len(names)] if names else "kind")


def replay(work: Work, a: int, b: int) -> None:
    names = work.project.clusterings
    work.project.replay(names[a % len(names)] if names else "kind", apply=True)


def lock(work: Work, a: int, b: int) -> None:
    (work.project.lock if b % 2 else work.project.unlock)(work.node(a))


def stamp(work: Work, a: int, b: int) -> None:
    column, tag = ("kind", "text", "lists", "mine", "saved 0")[a % 5], ("a", "x", "p/q")[b % 3]
    mode: Any = ("add", "set", "remove", "erase")[b % 4]
    if column == "saved 0" and column not in work.project.clusterings:
        column = "mine"
    work.project.stamp(work.rows(a + b), column, tag, mode)


def edit_tag(work: Work, a: int, b: int) -> None:
    column = ("kind", "text", "lists", "mine")[a % 4]
    tags = list(work.project.tags(column))
    if not tags:
        work.project.add_tags(column, "p/new")
        return
    tag, other = tags[b % len(tags)], tags[a % len(tags)]
    (
        lambda: work.project.rename_tag(column, tag, f"name {b % 5}"),
        lambda: work.project.merge_tags(column, [tag, other]),
        lambda: work.project.set_tag_parents(column, tag, [other]),
        lambda: work.project.recolour_tag(column, tag, b % 12),
        lambda: work.project.remove_tag(column, tag),
    )[b % 5]()


def group(work: Work, a: int, b: int) -> None:
    columns = ("kind", "text", "lists", "year")
    work.project.group_by([columns[a % 4], columns[b % 4]][: 1 + b % 2], work.node(a))


def refuse(work: Work, a: int, b: int) -> None:
    if a % 5 == 0:
        work.project.forget_refusals(work.node(b))
    else:
        work.project.refuse(work.rows(a), work.node(b))


def set_value(work: Work, a: int, b: int) -> None:
    column, value = (("year", (7, 7.5, None)[b % 3]), ("note", ("x", None)[b % 2]))[a % 2]
    work.project.set_value(work.rows(a + b), column, value)


def go_to(work: Work, a: int, b: int) -> None:
    """Go a few steps back from the end, to stay there; or anywhere, and to the end again."""
    last = len(work.states) - 1
    if a % 3:
        work.go(max(0, last - b % 4))
    else:
        work.go(b % len(work.states))
        work.states[work.at].check(work.project)
        work.go(last)


def undo(work: Work, _a: int, _b: int) -> None:
    work.at -= work.project.undo() is not None


def redo(work: Work, _a: int, _b: int) -> None:
    work.at += work.project.redo() is not None


ACTIONS: dict[str, Callable[[Work, int, int], Any]] = {
    "save": save,
    "cluster": cluster,
    "duplicates": duplicates,
    "merge": merge,
    "sort": sort_clusters,
    "lock": lock,
    "stamp": stamp,
    "tag": edit_tag,
    "rename": lambda work, a, b: work.project.rename(work.node(a), f"name {b % 7}"),
    "close": lambda work, a, b: work.project.close_clusters(work.node(a)),
    "move": lambda work, a, b: work.project.move(work.rows(a), work.node(b)),
    "new": lambda work, a, b: work.project.move_to_new(work.rows(a), work.node(b)),
    "refuse": lambda work, a, b: work.project.not_duplicates(work.node(a)),
    "forget": lambda work, a, b: work.project.forget_decisions(),
    "by hand": by_hand,
    "value": set_value,
    "group": group,
    "refine": lambda work, a, b: work.project.refine(20 + b % 60, 2 + a % 5, nb_clusters=2),
    "reopen": reopen,
    "replay": replay,
    "not of it": refuse,
    "undo": undo,
    "redo": redo,
    "go_to": go_to,
}
WAYS = ("undo", "redo", "go_to")
#: What takes much away comes seldom.
SELDOM = ("close", "forget", "reopen", "replay", *WAYS)
OFTEN = [name for name in ACTIONS if name not in SELDOM] * 3 + ["save", "stamp"] * 3 + [*SELDOM]


def carry_out(steps: Iterable[tuple[str, int, int]], until: int | None = None) -> list[str]:
    """Do all of it, or until the history is so long; return the names of its steps."""
    memory = Path("/dev/shm")  # thousands of writes: on a disk they would take most of the time
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    work = Work(folder / "project")
    try:
        for step in steps:
            work.do(*step)
            if len(work.project.history) == until:
                break
        work.comes_back()
        names = list(work.project.history)
        work.there_and_back()
        work.comes_back()
        return names
    finally:
        work.project.close()
        shutil.rmtree(folder)


@pytest.mark.parametrize("seed", range(max(1, LONG // 500)))
def test_a_long_history_leads_back_to_the_start(seed: int) -> None:
    chance = random.Random(seed)
    steps = (
        (chance.choice(OFTEN), chance.randrange(10**6), chance.randrange(10**6))
        for _ in itertools.count()
    )
    names = carry_out(steps, min(LONG, 500))
    assert {"save", "stamp", "compute_clusters", "group_by", "refuse"} <= set(names)


NUMBERS = st.integers(0, 10**6)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(OFTEN), NUMBERS, NUMBERS), max_size=20))
def test_every_history_leads_back_to_the_start(steps: list[tuple[str, int, int]]) -> None:
    carry_out([("cluster", 0, 2), *steps])


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Iterator[pn.Project]:
    with opened(tmp_path / "project") as project:
        vectors = blobs(SIZES)
        project.add_vectors("made", np.vstack([vectors, vectors[:COPIES]]))
        project.compute_clusters(3)
        yield project


def test_undo_takes_a_save_away_and_redo_brings_it_back(project: pn.Project) -> None:
    told: list[object] = []
    project.events.columns.connect(lambda: told.append(project.clusterings))
    before = project.df.copy()
    column = project.save_clustering()
    after, record = project.df.copy(), project.record(column)
    assert str(project.history.steps[-1]) == "2. save: all images Clustering"
    assert project.undo() == "save"
    same_frame(project.df, before)
    with pytest.raises(pn.ProjectError, match="no saved clustering"):
        project.record(column)
    assert project.redo() == "save"
    same_frame(project.df, after)
    assert project.record(column) == record
    assert told == [[column], [], [column]]


def test_undo_puts_back_what_a_save_replaced(project: pn.Project, tmp_path: Path) -> None:
    project.save_clustering()
    before, record = project.df.copy(), project.record()
    project.compute_clusters(2, node="Cluster 0")
    project.save_clustering(replace=True)
    assert project.record() != record
    project.undo()
    same_frame(project.df, before)
    assert project.record() == record
    project.flush()
    shutil.copytree(project.folder, tmp_path / "copy")
    with opened(tmp_path / "copy") as again:
        assert again.df["Clustering"].equals(before["Clustering"])
        assert again.record() == record


def test_a_saved_column_that_pandas_changed_is_the_users_own(project: pn.Project) -> None:
    project.save_clustering()
    values = project.df["Clustering"].astype(object)
    values.iloc[0] = "mine"
    project.df["Clustering"] = values
    for go in (project.undo, project.redo, project.undo):
        with pytest.warns(UserWarning, match="stays in project.df as it is"):
            assert go() == "save"
        assert project.df["Clustering"].equals(values)
    del project.df["Clustering"]
    project.redo()
    assert project.df["Clustering"].nunique() == 3, "nothing of the user's stands there"


def test_undo_of_a_save_is_no_edit_of_the_column(project: pn.Project) -> None:
    project.save_clustering()
    project.open_clustering()
    project.rename("Cluster 0", "renamed")
    project.save_clustering(replace=True)
    for go in (project.undo, project.redo, project.undo):
        go()
        assert project.refresh() == []
        assert project.tree.node("renamed")
    assert project.history.redo_name == "save"


def test_a_split_into_nothing_has_nothing_to_save(project: pn.Project) -> None:
    project.close_clusters()
    node = project.move_to_new(["row 9", "row 10"])
    with pytest.warns(UserWarning, match="no group"):
        project.find_duplicates(1.0, node=node)
    with pytest.raises(pn.ProjectError, match="create clusters first"):
        project.save_clustering(node="Cluster 0")


def test_a_full_disk_leaves_the_save_done_or_undone(
    project: pn.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise pn.ProjectError("The disk is full.")

    states = []
    for go in (project.save_clustering, project.undo, project.redo):
        states.append((project.df.copy(), list(project.history)))
        with monkeypatch.context() as context:
            context.setattr("panoptic_nb.folder.write_file", full)
            context.setattr("panoptic_nb.journal.Journal.append", full)
            with pytest.raises(pn.ProjectError, match="full"):
                go()
        same_frame(project.df, states[-1][0])
        assert list(project.history) == states[-1][1]
        go()
    assert [len(history) for _, history in states] == [1, 2, 1]


def test_a_part_undoes_its_own_saves(project: pn.Project) -> None:
    part = project.subset(project.df["year"] > 1905)
    part.compute_clusters(2)
    column = part.save_clustering()
    assert project.clusterings == [column]
    assert list(project.history) == ["compute_clusters"]
    part.undo()
    assert project.clusterings == [] and column not in project.df
    for name, go in itertools.product(("Clustering", "Other"), (part.undo, part.redo)):
        part.save_clustering(name)
        go()
