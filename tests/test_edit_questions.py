"""Edits by hand as the browser asks for them: moved, merged, locked, sorted, gone back to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fixtures import blob_project, check_split
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_explorer import Browser, check_packed

import panoptic_nb as pn
from panoptic_nb.widgets import Explorer
from panoptic_nb.widgets.packing import MAX_STEPS

SIZES = (12, 9, 6, 3)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pn.Project]:
    yield from blob_project(tmp_path_factory.mktemp("corpus"), SIZES)


@pytest.fixture
def explorer(project: pn.Project) -> Explorer:
    """Give a widget of four clusters, the first of them split in two."""
    project.go_to(0)
    project.compute_clusters(4)
    project.compute_clusters(2, node="Cluster 0")
    explorer = project.explore()
    explorer.session.activate(0)
    explorer.session.select(np.empty(0, np.int64))
    return explorer


@pytest.fixture
def browser(explorer: Explorer) -> Browser:
    return Browser(explorer)


def at(project: pn.Project, path: str) -> pn.tree.Node:
    return project.tree.node(path)


def test_the_selection_is_moved_without_being_sent(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    rows = at(project, "Cluster 1").rows[:2]
    explorer.session.select(rows)
    assert browser.ask("move", to=at(project, "Cluster 2").id, count=2)["ok"]
    assert set(rows) <= set(at(project, "Cluster 2").rows)
    assert not set(rows) & set(at(project, "Cluster 1").rows)
    check_packed(explorer)
    assert explorer._history["undo"] == "move"


def test_a_selection_that_is_not_here_yet_moves_nothing(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    explorer.session.select(at(project, "Cluster 1").rows[:1])
    before = project.tree
    answer = browser.ask("move", to=at(project, "Cluster 2").id, count=2)
    assert answer["error"]["key"] == "selection_late"
    assert answer["error"]["values"] == {"count": 2, "known": 1}
    assert project.tree is before


def test_a_single_row_and_clusters_are_moved_as_one_step(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    row = int(at(project, "Cluster 1").rows[0])
    assert browser.ask("move", to=at(project, "Cluster 2").id, rows=[row])["ok"]
    assert row in at(project, "Cluster 2").rows
    steps = len(project.history)
    both = [at(project, "Cluster 1").id, at(project, "Cluster 2").id]
    assert browser.ask("move", to=at(project, "Cluster 3").id, nodes=both)["ok"]
    assert [at(project, "Cluster 3").children[i].id for i in (0, 1)] == both
    assert len(project.history) == steps + 1
    check_packed(explorer)


def test_images_in_several_clusters_leave_only_the_one_that_is_looked_at(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    def overlapping(images: pn.Images) -> list[pn.Group]:
        everything = list(range(len(images)))
        return [pn.Group(everything, label="a"), pn.Group(everything[:5], label="b")]

    pn.clustering_function(overlapping)
    project.go_to(0)
    project.run("overlapping")
    rows = at(project, "b").rows[:1]
    explorer.session.select(rows)
    explorer.session.activate(at(project, "b").id)
    target = project.move_to_new(at(project, "a").index[-2:])
    assert browser.ask("move", to=target.id, count=1)["ok"]
    assert rows[0] not in at(project, "b").rows
    assert rows[0] in at(project, "a").rows
    pn.functions.registry.remove("overlapping")


def test_a_new_cluster_stands_in_what_is_looked_at(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    rows = at(project, "Cluster 0").rows[:2]
    explorer.session.select(rows)
    explorer.session.activate(at(project, "Cluster 0").id)
    made = browser.ask("move_new", count=2, label="Birds")["result"]["node"]
    assert project.tree.node(made).path == "Cluster 0/Birds"
    explorer.session.activate(at(project, "Cluster 1").id)
    row = int(at(project, "Cluster 1").rows[0])
    made = browser.ask("move_new", rows=[row])["result"]["node"]
    assert project.tree.node(made).parent == project.tree.root  # beside a leaf, not in it
    refused = browser.ask("move_new", rows=[row], label="a/b")
    assert refused["error"]["key"] == "label_slash"


def test_clusters_are_merged_and_the_first_stays(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    nodes = [at(project, f"Cluster {i}").id for i in (2, 1)]
    rows = sorted(row for node in nodes for row in project.tree.node(node).rows)
    assert browser.ask("merge", nodes=nodes)["result"]["node"] == nodes[0]
    assert project.tree.node(nodes[0]).rows.tolist() == rows
    assert browser.ask("merge", nodes=nodes[:1])["error"]["key"] == "merge_few"
    check_packed(explorer)


def test_what_is_locked_is_said_and_refused(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    node = at(project, "Cluster 1").id
    assert browser.ask("lock", node=node, locked=True)["ok"]
    assert explorer.session.packed.entries[node]["locked"] is True
    row = int(at(project, "Cluster 1").rows[0])
    for op, asked in (
        ("move", {"to": at(project, "Cluster 2").id, "rows": [row]}),
        ("merge", {"nodes": [node, at(project, "Cluster 2").id]}),
        ("run", {"node": node, "function": "compute_clusters"}),
    ):
        assert browser.ask(op, **asked)["error"]["key"] == "locked", op
    assert browser.ask("lock", node=node, locked=False)["ok"]
    assert explorer.session.packed.entries[node]["locked"] is False


def test_sorting_again_by_the_same_turns_the_order_round(
    project: pn.Project, browser: Browser
) -> None:
    def sizes() -> list[int]:
        return [len(node.rows) for node in project.tree.root.children]

    assert browser.ask("sort_clusters", node=0, by="size")["ok"]
    assert sizes() == sorted(SIZES, reverse=True)
    assert browser.ask("sort_clusters", node=0, by="size")["ok"]
    assert sizes() == sorted(SIZES)
    order = [node.id for node in project.tree.root.children][::-1]
    assert browser.ask("sort_clusters", node=0, by=order)["ok"]
    assert [node.id for node in project.tree.root.children] == order
    assert browser.ask("sort_clusters", node=0, by=order[:2])["error"]["key"] == "bad_order"


def test_the_history_lists_what_was_done_and_leads_anywhere(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    browser.ask("rename", node=at(project, "Cluster 0/Cluster 0.1").id, label="Cats")
    history = explorer._history
    assert [step["name"] for step in history["steps"][-3:]] == [
        "compute_clusters",
        "compute_clusters",
        "rename",
    ]
    assert history["steps"][-1]["about"] == "Cluster 0 \u203a Cluster 0.1 → Cats"
    assert history["position"] == len(project.history)
    first = project.tree
    assert browser.ask("go_to", position=1)["ok"]
    assert explorer._history["position"] == 1
    assert len(explorer._history["steps"]) == len(history["steps"])
    check_packed(explorer)
    assert browser.ask("go_to", position=history["position"])["ok"]
    assert project.tree is first
    assert browser.ask("go_to", position=99)["error"]["key"] == "no_step"


def test_a_long_history_sends_the_steps_around_the_present_one(
    project: pn.Project, explorer: Explorer
) -> None:
    node = at(project, "Cluster 1")
    for number in range(MAX_STEPS + 20):
        project.rename(node, f"{'long ' * 40}{number}")
    assert len(explorer._history["steps"]) == MAX_STEPS
    assert explorer._history["steps"][-1]["position"] == len(project.history)
    assert len(str(explorer._history)) < 60_000
    project.go_to(3)
    positions = [step["position"] for step in explorer._history["steps"]]
    assert positions == list(range(1, MAX_STEPS + 1))


ids = st.integers(0, 12)
rows = st.lists(st.integers(0, sum(SIZES) + 1), max_size=3)
edits = st.one_of(
    st.fixed_dictionaries(
        {"op": st.just("move"), "to": ids},
        optional={"nodes": st.lists(ids, max_size=2), "rows": rows},
    ),
    st.fixed_dictionaries({"op": st.just("move_new"), "rows": rows}),
    st.fixed_dictionaries({"op": st.just("merge"), "nodes": st.lists(ids, max_size=3)}),
    st.fixed_dictionaries({"op": st.just("lock"), "node": ids, "locked": st.booleans()}),
    st.fixed_dictionaries(
        {
            "op": st.just("sort_clusters"),
            "node": ids,
            "by": st.sampled_from(["score", "size", "name", "x"]) | st.lists(ids, max_size=4),
        }
    ),
    st.fixed_dictionaries({"op": st.just("go_to"), "position": st.integers(-1, 8)}),
    st.fixed_dictionaries({"op": st.sampled_from(["undo", "redo"])}),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(edits, max_size=8), st.booleans())
def test_any_edits_keep_every_image_and_what_is_refused_changes_nothing(
    explorer: Explorer, asked: list[dict[str, Any]], select: bool
) -> None:
    project = explorer.project
    project.go_to(0)
    project.compute_clusters(4)
    browser = Browser(explorer)
    explorer.session.select(np.arange(3) if select else np.empty(0, np.int64))
    known = [node.id for node in project.tree.walk()]
    for question in asked:
        before = project.tree
        named = {
            key: _named(value, known) if key in ("to", "node", "nodes", "by") else value
            for key, value in question.items()
        }
        answer = browser.ask(**named)
        assert answer["ok"] or answer["error"]["text"]
        assert answer["ok"] or project.tree is before
        check_packed(explorer)
        for node in project.tree.walk():
            if node.children:
                check_split(node)


def _named(value: Any, known: list[int]) -> Any:
    """Return places in a list of nodes as their ids: ids are never given twice."""
    if isinstance(value, list):
        return [_named(one, known) for one in value]
    return known[value % len(known)] if isinstance(value, int) else value
