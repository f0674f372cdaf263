"""Whatever is done to the clusters by hand, in whatever order, no image is lost."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import blobs, check_split, outline, write_images
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import panoptic_nb as pn
from panoptic_nb import draft
from panoptic_nb.functions import registry
from panoptic_nb.history import STEPS
from panoptic_nb.tree import Node, Tree

SIZES = (7, 5, 4, 2)
#: Images without a vector.
BLIND = (3, 11)
#: What is left over of a split stands behind the clusters.
RUNS = ("compute_clusters", "in_several")
RANK = {"group": 0, "without_vector": 1, "unassigned": 2}

anywhere = st.integers(0, 10**6)


def in_several(images: pn.Images) -> list[pn.Group]:
    """Groups that share images, and leave some out."""
    n = len(images)
    similarities = np.linspace(1, 0.5, len(range(0, n, 3)))
    return [
        pn.Group(range(0, n, 2), label="even"),
        pn.Group(range(0, n, 3), label="third", similarities=similarities),
        pn.Group(range(n // 2), label="half"),
    ][: 2 if n < 2 else 3]


@pytest.fixture(scope="module", autouse=True)
def own_function() -> object:
    pn.clustering_function(in_several)
    yield None
    registry.remove("in_several")


class Edits(RuleBasedStateMachine):
    """Edits in any order, beside a plain list of the trees there were."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        paths = write_images(self.folder / "images", sum(SIZES))
        frame = pd.DataFrame({"path": [str(path) for path in (*paths, paths[0], paths[5])]})
        self.project = pn.open_project(frame, self.folder / "project")
        vectors = blobs(SIZES, spread=0.6)
        vectors[list(BLIND)] = np.nan
        self.project.add_vectors("made", np.vstack([vectors, vectors[[0, 5]]]))
        by_row = self.project.vectors()
        self.vectors = by_row[self.project.images.first_rows]
        self.trees = [self.project.tree]
        self.at = 0
        self.ids = {0}
        self.events = 0
        self.project.events.tree.connect(self._count)

    def _count(self) -> None:
        self.events += 1

    def teardown(self) -> None:
        self._comes_back_from_disk()
        self._can_be_made_again()
        self.project.go_to(0)
        assert self.project.tree is self.trees[0]
        self.project.go_to(len(self.trees) - 1)
        assert self.project.tree is self.trees[-1]
        self.project.close()
        shutil.rmtree(self.folder)

    def _comes_back_from_disk(self) -> None:
        tree, images = self.project.tree, self.project.images
        again = draft.from_table(*draft.to_table(tree, images), images)
        assert outline(again.root) == outline(tree.root)
        for node in tree.walk():
            same = again.node(node.id)
            assert (same.locked, same.edits, same.number) == (node.locked, node.edits, node.number)

    def _can_be_made_again(self) -> None:
        tree = self.project.tree
        if tree.root.is_leaf:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fewer clusters than asked for
            replay = self.project.replay(None)
        assert replay.same, f"{replay.differences.to_dict('records')} {self.project.to_python()}"
        assert self.project.tree is tree
        assert outline(replay.tree.root) == outline(tree.root)
        for node in tree.walk():
            again = replay.tree.node(node.path)
            mine = [(edit.kind, edit.images) for edit in node.edits]
            assert [(edit.kind, edit.images) for edit in again.edits] == mine
            assert (again.locked, again.number) == (node.locked, node.number)

    # ------------------------------------------------------------------ helpers

    def node(self, index: int) -> Node:
        nodes = list(self.project.tree.walk())
        return nodes[index % len(nodes)]

    def edit(self, action: Callable[[], object], unlocks: bool = False) -> None:
        """Do something that may be refused; check what any edit must keep."""
        before, events, steps = self.project.tree, self.events, self.project.history.steps
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # fewer clusters than asked for
                action()
        except pn.PanopticError as error:
            assert str(error).endswith(".") and "\n" not in str(error)
            assert self.project.tree is before and self.project.history.steps == steps
            assert self.events == events
            return
        after = self.project.tree
        if after is before:
            assert self.project.history.steps == steps and self.events == events
            return
        assert self.events == events + 1
        self.trees = [*self.trees[: self.at + 1], after]
        self.at += 1
        new = after.states.keys() - before.states.keys()
        assert not new & self.ids, "an id was used again"
        self.ids |= new
        if not unlocks:
            self._locked_are_the_same(before, after)

    def _locked_are_the_same(self, before: Tree, after: Tree) -> None:
        for node in before.walk():
            if before.is_locked(node.id):
                same = after.node(node.id)
                assert same.members.tolist() == node.members.tolist()
                assert (same.score, same.edits) == (node.score, node.edits)
                assert {child.id for child in same.children} == {c.id for c in node.children}

    # ------------------------------------------------------------------ what one can do

    @initialize(deep=st.booleans())
    def begin_with_clusters_that_share_images(self, deep: bool) -> None:
        self.split_into_overlapping(0)
        for child in self.project.tree.root.children if deep else ():
            self.edit(lambda child=child: self.project.run("in_several", node=child))

    @rule(where=anywhere, k=st.integers(1, 4))
    def split(self, where: int, k: int) -> None:
        self.edit(lambda: self.project.compute_clusters(k, node=self.node(where)))

    @rule(where=anywhere)
    def split_into_overlapping(self, where: int) -> None:
        self.edit(lambda: self.project.run("in_several", node=self.node(where)))

    @rule(where=anywhere)
    def close(self, where: int) -> None:
        self.edit(lambda: self.project.close_clusters(self.node(where)))

    @rule(where=st.lists(anywhere, max_size=4), label=st.sampled_from([None, "a", "b", "a/b"]))
    def merge(self, where: list[int], label: str | None) -> None:
        self.edit(lambda: self.project.merge([self.node(i) for i in where], label))

    @rule(
        rows=st.sets(st.integers(0, sum(SIZES) + 1), max_size=8),
        where=anywhere,
        source=st.none() | anywhere,
    )
    def move(self, rows: set[int], where: int, source: int | None) -> None:
        labels = self.project.df.index[sorted(rows)]
        start = None if source is None else self.node(source)
        if start is not None:  # images that stand there, so that this is seldom refused
            labels = start.index[[row % len(start.index) for row in rows]]
        self.edit(lambda: self.project.move(labels, self.node(where), start))

    @rule(which=anywhere, where=anywhere, only_there=st.booleans())
    def move_all(self, which: int, where: int, only_there: bool) -> None:
        node = self.node(which)
        source = node if only_there else None
        self.edit(lambda: self.project.move(node.index, self.node(where), source))

    @rule(which=anywhere, where=anywhere)
    def move_cluster(self, which: int, where: int) -> None:
        self.edit(lambda: self.project.move(self.node(which), self.node(where)))

    @rule(
        rows=st.sets(st.integers(0, sum(SIZES) + 1), max_size=8),
        where=anywhere,
        label=st.sampled_from([None, "a", "b", "Unassigned"]),
    )
    def move_to_new(self, rows: set[int], where: int, label: str | None) -> None:
        labels = self.project.df.index[sorted(rows)]
        self.edit(lambda: self.project.move_to_new(labels, self.node(where), label))

    @rule(where=anywhere)
    def lock(self, where: int) -> None:
        self.edit(lambda: self.project.lock(self.node(where)))

    @rule(where=anywhere)
    def unlock(self, where: int) -> None:
        self.edit(lambda: self.project.unlock(self.node(where)), unlocks=True)

    @rule(where=anywhere, label=st.sampled_from(["a", "b", "Cluster 0", "Cluster 1", ""]))
    def rename(self, where: int, label: str) -> None:
        self.edit(lambda: self.project.rename(self.node(where), label))

    @rule(where=anywhere, by=st.sampled_from(["score", "size", "name", "x"]), back=st.booleans())
    def sort(self, where: int, by: str, back: bool) -> None:
        self.edit(lambda: self.project.sort_clusters(self.node(where), by, back))

    @rule(where=anywhere, random=st.randoms(use_true_random=False))
    def sort_by_hand(self, where: int, random: object) -> None:
        ids = [child.id for child in self.node(where).children if child.kind == "group"]
        random.shuffle(ids)  # type: ignore[attr-defined]
        node = self.node(where)
        self.edit(lambda: self.project.sort_clusters(node, ids))
        assert [c.id for c in self.project.tree.node(node.id).children][: len(ids)] == ids

    @rule()
    def undo(self) -> None:
        self.project.undo()
        self.at = max(self.at - 1, 0)

    @rule()
    def redo(self) -> None:
        self.project.redo()
        self.at = min(self.at + 1, len(self.trees) - 1)

    @precondition(lambda self: len(self.trees) > 1)
    @rule(position=anywhere)
    def go_to(self, position: int) -> None:
        events, was = self.events, self.at
        self.at = position % len(self.trees)
        self.project.go_to(self.at)
        assert self.events == events + (self.at != was)

    # ------------------------------------------------------------------ what always holds

    @invariant()
    def the_history_leads_here(self) -> None:
        assert self.project.tree is self.trees[self.at]
        steps = self.project.history.steps
        assert [step.position for step in steps] == list(range(1, len(self.trees)))
        assert sum(step.done for step in steps) == self.at
        assert all(step.name in (*STEPS, *RUNS) for step in steps)

    @invariant()
    def no_image_is_lost(self) -> None:
        tree = self.project.tree
        held = np.concatenate([leaf.members for leaf in tree.leaves()])
        assert np.unique(held).tolist() == list(range(sum(SIZES)))
        for node in tree.walk():
            assert len(node.members)
            if not node.is_leaf:
                check_split(node)

    @invariant()
    def the_tree_is_one(self) -> None:
        tree = self.project.tree
        assert {node.id for node in tree.walk()} == tree.states.keys()
        for node in tree.walk():
            assert tree.node(node.path) == node
            assert all(child.parent == node for child in node.children)
            kinds = [RANK[child.kind] for child in node.children]
            assert kinds == sorted(kinds) and kinds.count(1) <= 1 and kinds.count(2) <= 1
            assert node.is_leaf == (tree.states[node.id].members is not None)
            values = node.similarities
            assert values is None or len(values) == len(node.members)

    @invariant()
    def scores_are_those_of_the_images(self) -> None:
        for node in self.project.tree.walk():
            vectors = self.vectors[node.members].astype(np.float64)
            vectors = vectors[~np.isnan(vectors[:, 0])]
            if node.kind != "group" or not len(vectors):
                assert node.score is None
                continue
            expected = 100 * ((vectors - vectors.mean(0)) ** 2).sum(1).mean()
            assert node.score == pytest.approx(expected, rel=1e-4, abs=1e-4)


Edits.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestEdits = Edits.TestCase
