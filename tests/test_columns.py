from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_nb.collection import Collection
from panoptic_nb.columns import free_name, levels, to_column
from panoptic_nb.errors import ProjectError
from panoptic_nb.tree import ScoredGroup, Tree


def group(*members: int, label: str | None = None) -> ScoredGroup:
    return ScoredGroup(np.array(members, dtype=np.int64), label)


def column(tree: Tree, node: str = "", leaves_only: bool = False) -> pd.Series:
    return to_column(tree, tree.node(node), tree.images, leaves_only)  # type: ignore[arg-type]


@pytest.fixture
def tree() -> Tree:
    """Six rows of five images: rows 0 and 5 show the same one."""
    tree = Tree.of(Collection(["a", "b", "c", "d", "e", "a"], pd.RangeIndex(6)))
    tree = tree.with_groups("", [group(0, 1, 2), group(3)])
    return tree.with_groups("Cluster 0", [group(0), group(1)])


def test_a_row_gets_the_path_of_its_cluster(tree: Tree) -> None:
    saved = column(tree)
    deep = "Cluster 0/Cluster 0.0"
    # c was left unassigned inside Cluster 0, so it keeps that cluster; e is in no cluster.
    expected = [deep, "Cluster 0/Cluster 0.1", "Cluster 0", "Cluster 1", None, deep]
    assert [None if pd.isna(v) else v for v in saved] == expected
    assert saved.cat.categories.tolist() == [
        "Cluster 0",
        "Cluster 0/Cluster 0.0",
        "Cluster 0/Cluster 0.1",
        "Cluster 1",
    ]


def test_any_node_can_be_the_root(tree: Tree) -> None:
    saved = column(tree, "Cluster 0")
    assert saved.tolist()[:2] == ["Cluster 0.0", "Cluster 0.1"]
    assert saved.isna().tolist() == [False, False, True, True, True, False]


def test_leaves_only_writes_the_last_name_and_tells_equal_names_apart(tree: Tree) -> None:
    assert column(tree, leaves_only=True).tolist()[1:4] == ["Cluster 0.1", "Cluster 0", "Cluster 1"]
    same = tree.renamed("Cluster 0/Cluster 0.0", "x").renamed("Cluster 1", "x")
    assert column(same, leaves_only=True).tolist()[0] == "x (0.0)"
    assert column(same, leaves_only=True).tolist()[3] == "x (1)"


def test_overlapping_clusters_make_lists() -> None:
    tree = Tree.of(Collection(["a", "b", "c"], pd.RangeIndex(3)))
    tree = tree.with_groups("", [group(0, 1, label="x"), group(1, label="y")])
    saved = column(tree)
    assert saved.dtype == "list<item: string>[pyarrow]"
    assert list(saved[1]) == ["x", "y"] and saved.isna().tolist() == [False, False, True]


def test_a_tree_without_clusters_is_not_saved() -> None:
    with pytest.raises(ProjectError, match="create clusters first"):
        column(Tree.of(Collection(["a"], pd.RangeIndex(1))))


def test_levels_give_one_column_per_depth(tree: Tree) -> None:
    table = levels(column(tree), "Clustering")
    assert table.columns.tolist() == ["Clustering 1", "Clustering 2"]
    assert table["Clustering 1"].tolist()[:4] == ["Cluster 0"] * 3 + ["Cluster 1"]
    assert table["Clustering 2"].isna().tolist() == [False, False, True, True, True, False]


@given(st.lists(st.sampled_from(["C", "C 2", "C 3", "D"]), unique=True))
def test_a_free_name_is_free(taken: list[str]) -> None:
    name = free_name("C", taken)
    assert name not in taken
    assert name == "C" or "C" in taken
