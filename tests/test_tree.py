from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fixtures import check_split
from hypothesis import given
from hypothesis import strategies as st

from panoptic_nb.collection import Collection
from panoptic_nb.errors import LabelError, TreeError
from panoptic_nb.tree import ScoredGroup, Tree


def tree_of(n_images: int) -> Tree:
    sha1 = [f"{number:040x}" for number in range(n_images)]
    return Tree.of(Collection(sha1, pd.RangeIndex(n_images)))


def group(*members: int, label: str | None = None) -> ScoredGroup:
    return ScoredGroup(np.array(members, dtype=np.int64), label)


@st.composite
def splits(draw: st.DrawFn, members: list[int]) -> tuple[list[ScoredGroup], np.ndarray]:
    """Groups that may overlap, and images without a vector that are in none of them."""
    without = draw(st.sets(st.sampled_from(members)))
    others = [m for m in members if m not in without]
    some = st.lists(st.sets(st.sampled_from(others), min_size=1), max_size=4)
    groups = draw(some) if others else []
    return [group(*sorted(g)) for g in groups], np.array(sorted(without), dtype=np.int64)


@given(st.data())
def test_nothing_disappears_however_often_one_splits_and_closes(data: st.DataObject) -> None:
    tree = tree_of(12)
    seen_ids = {0}
    for _ in range(6):
        node = data.draw(st.sampled_from(list(tree.walk())))
        before = tree
        if data.draw(st.booleans()):
            tree = tree.with_groups(node, *data.draw(splits(node.members.tolist())))
            check_split(tree.node(node.id))
            new = {child.id for child in tree.node(node.id).children}
            assert not new & seen_ids, "an id was used again"
            seen_ids |= new
        else:
            tree = tree.closed(node)
        assert tree.node(node.id).members.tolist() == node.members.tolist()
        assert tree.root.members.tolist() == list(range(12))
        # An edit leaves the tree of before as it was: undo needs no copy.
        assert [n.id for n in before.walk(node.id)] == [n.id for n in node.tree.walk(node.id)]
    paths = [n.path for n in tree.walk()]
    assert len(set(paths)) == len(paths)
    for n in tree.walk():
        assert tree.node(n.path) == n


def test_a_split_keeps_the_ids_and_labels_of_other_nodes() -> None:
    tree = tree_of(6).with_groups(0, [group(0, 1, 2), group(3, 4)])
    first, second, rest = tree.root.children
    after = tree.with_groups(second, [group(3), group(4)])
    assert [c.id for c in after.root.children] == [first.id, second.id, rest.id]
    assert [c.path for c in after.node(second.id).children] == [
        "Cluster 1/Cluster 1.0",
        "Cluster 1/Cluster 1.1",
    ]


def test_what_no_group_took_comes_last() -> None:
    tree = tree_of(5).with_groups(0, [group(2)], np.array([0]))
    assert [(c.label, c.members.tolist()) for c in tree.root.children] == [
        ("Cluster 0", [2]),
        ("Without vector", [0]),
        ("Unassigned", [1, 3, 4]),
    ]
    again = tree.with_groups("Unassigned", [group(1), group(3)])
    labels = [leaf.path for leaf in again.leaves()]
    assert "Unassigned/Cluster 2.0" in labels and "Unassigned/Unassigned" in labels


def test_equal_names_are_told_apart() -> None:
    groups = [group(0, label="a"), group(1, label="a"), group(2, label="b")]
    tree = tree_of(4).with_groups(0, groups)
    labels = [c.label for c in tree.root.children]
    assert labels == ["a", "a (2)", "b", "Unassigned"]


def test_a_function_may_name_a_group_as_what_is_left_over_is_named() -> None:
    tree = tree_of(5).with_groups("", [group(0, 1, label="Unassigned"), group(2)])
    assert [child.label for child in tree.root.children] == [
        "Unassigned (2)",
        "Cluster 1",
        "Unassigned",
    ]


def test_rename_keeps_id_and_changes_the_path_of_what_is_below() -> None:
    tree = tree_of(4).with_groups(0, [group(0, 1), group(2, 3)])
    tree = tree.with_groups("Cluster 0", [group(0), group(1)])
    renamed = tree.renamed("Cluster 0", "  birds ")
    assert renamed.node("birds/Cluster 0.1").id == tree.node("Cluster 0/Cluster 0.1").id


@pytest.mark.parametrize("label", ["a/b", "", "   ", "\u200b", "Cluster 1", " Unassigned"])
def test_labels_that_cannot_be_used_are_refused(label: str) -> None:
    tree = tree_of(4).with_groups(0, [group(0, 1), group(2, 3)])
    with pytest.raises(LabelError):
        tree.renamed("Cluster 0", label)


@pytest.mark.parametrize("key", [99, "nothing", "Cluster 0/deeper", True])
def test_an_unknown_node_is_named(key: object) -> None:
    tree = tree_of(2).with_groups(0, [group(0), group(1)])
    with pytest.raises(TreeError, match="There is no cluster"):
        tree.find(key)  # type: ignore[arg-type]


def test_the_root_and_the_leftovers_keep_their_names() -> None:
    tree = tree_of(3).with_groups(0, [group(0)])
    for key in ("", "Unassigned"):
        with pytest.raises(LabelError, match="keeps its name"):
            tree.renamed(key, "other")
