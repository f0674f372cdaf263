"""Clusters in clusters in clusters: nothing counts on the tree being shallow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fixtures import blobs, write_images
from pictures import Browser, Picture, check_packed

import panoptic_nb as pn
from panoptic_nb import draft
from panoptic_nb.tree import ROOT, ScoredGroup, Tree

#: Deeper than Python's calls may be nested, at two calls a level.
DEPTH = 520
#: As deep as a browser nests the boxes of a page.
PAGE = 200


def deep(tree: Tree, depth: int) -> Tree:
    """Return the tree in which every level splits off one image."""
    node, members = ROOT, tree.members(ROOT)
    for _ in range(depth):
        one, rest = members[:1], members[1:]
        tree = tree.with_groups(node, [ScoredGroup(one, score=0.0), ScoredGroup(rest, score=1.0)])
        node, members = tree.states[node].children[1], rest
    return tree


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pn.Project]:
    folder = tmp_path_factory.mktemp("deep")
    write_images(folder, DEPTH + 5)
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs([DEPTH + 5], dim=4))
        yield project


def test_a_deep_tree_is_sent_edited_and_kept(project: pn.Project) -> None:
    widget = project.explore()
    picture, browser = Picture(widget), Browser(widget)
    project.restore(deep(project.tree, DEPTH))
    picture.check(project)
    check_packed(widget)
    lowest = project.tree.leaves()[-1]
    assert len(lowest.path.split("/")) == DEPTH
    widget.active_node = lowest.path
    assert browser.ask("details", row=int(lowest.rows[0]))["result"]["nodes"] == [lowest.path]
    assert browser.ask("strip", nodes=[0, lowest.parent.id])["ok"]
    project.compute_clusters(2, node=lowest)
    project.move(list(lowest.index[:1]), project.tree.root.children[0])
    project.merge([project.tree.leaves()[-1], project.tree.leaves()[0]])
    project.lock(lowest.parent)
    picture.check(project)
    table, metadata = draft.to_table(project.tree, project.images)
    again = draft.from_table(table, metadata, project.images)
    assert [node.path for node in again.leaves()] == [node.path for node in project.tree.leaves()]
    project.unlock(lowest.parent)
    project.close_clusters()
    assert widget.active_node == ROOT
    project.go_to(1)
    picture.check(project)


def test_a_deep_tree_becomes_a_column_and_a_page(project: pn.Project, tmp_path: Path) -> None:
    project.restore(deep(project.tree.closed(ROOT), PAGE))
    column = project.save_clustering()
    assert max(path.count("/") for path in project.df[column]) == PAGE - 1
    assert project.levels(column).shape[1] == PAGE
    assert project.to_html(tmp_path / "deep.html", column, thumb_size=16).stat().st_size > 0
    assert project.export_panoptic(tmp_path / "deep", [column])
    labels, names = project.labels()
    assert len(np.unique(labels)) == len(names) == PAGE + 1
    project.undo()
    assert column not in project.df
