from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from test_tree import group, splits

from panoptic_nb import counts
from panoptic_nb.collection import Collection
from panoptic_nb.counts import NodeCounts, node_counts
from panoptic_nb.tree import Node, Tree


def tree_of(image_of_row: list[int]) -> Tree:
    sha1 = [f"{image:040x}" for image in image_of_row]
    return Tree.of(Collection(sha1, pd.RangeIndex(len(sha1))))


def naive(node: Node) -> NodeCounts:
    def rows(kind: str) -> int:
        return len({row for child in node.children if child.kind == kind for row in child.rows})

    groups = [child for child in node.children if child.kind == "group"]
    return NodeCounts(
        len(node.rows), rows("group"), len(groups), rows("unassigned"), rows("without_vector")
    )


@given(st.data())
def test_the_counts_are_those_of_the_rows_after_every_edit(data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=12))
    trees = [tree_of(rows)]
    for _ in range(6):
        tree = data.draw(st.sampled_from(trees))  # an undo is a tree of before
        node = data.draw(st.sampled_from(list(tree.walk())))
        if data.draw(st.booleans()):
            tree = tree.with_groups(node, *data.draw(splits(node.members.tolist())))
        else:
            tree = tree.closed(node)
        trees.append(tree)
        found = node_counts(tree)
        assert found == {node.id: naive(node) for node in tree.walk()}
        assert list(found) == [node.id for node in tree.walk()]


def test_only_what_changed_is_counted_again() -> None:
    tree = tree_of([0, 0, 1, 2, 3, 4]).with_groups(0, [group(0, 1), group(1, 2, 3)])
    tree = tree.with_groups("Cluster 1", [group(1), group(2)])
    node_counts(tree)
    before = dict(counts._last[tree.images])
    after = tree.with_groups("Cluster 0", [group(0)])
    node_counts(after)
    now = counts._last[tree.images]
    changed = {tree.root.id, tree.node("Cluster 0").id}
    assert {key for key in before if now.get(key) is not before[key]} == changed


def test_the_counts_of_one_project_are_not_those_of_another() -> None:
    first, second = tree_of([0, 1]), tree_of([0, 1, 1, 1])
    assert node_counts(first)[0].rows == 2
    assert node_counts(second)[0].rows == 4


def test_members_far_apart_are_joined_in_order() -> None:
    """Few images of many are joined in another way than many."""
    tree = tree_of(list(range(1000)))
    tree = tree.with_groups(0, [group(3, 7, 900), group(5, 6)])
    tree = tree.with_groups("Cluster 0", [group(7, 900), group(3, 7)])
    assert tree.node("Cluster 0").members.tolist() == [3, 7, 900]
    np.testing.assert_array_equal(tree.root.members, np.arange(1000))
