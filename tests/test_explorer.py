"""The kernel side of the widget: what it sends, and that no message can hurt it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets
from fixtures import blobs, outline, write_images
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import panoptic_nb as pn
from panoptic_nb.functions import registry
from panoptic_nb.widgets import Explorer, packing
from panoptic_nb.widgets.protocol import Server

SIZES = (12, 9, 6, 3)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pn.Project]:
    folder = tmp_path_factory.mktemp("corpus")
    write_images(folder, sum(SIZES))
    with pn.open_project(folder) as project:
        project.add_vectors("made", blobs(SIZES))
        yield project


@pytest.fixture
def explorer(project: pn.Project) -> Explorer:
    project.close_clusters()
    return project.explore()


class Browser:
    """Sends messages as the browser does, and keeps the answers."""

    def __init__(self, explorer: Explorer) -> None:
        self.answers: list[tuple[dict[str, Any], list[bytes]]] = []
        self.server = Server(explorer._handlers, lambda c, b: self.answers.append((c, list(b))))
        self.number = 0

    def ask(self, op: str, **arguments: Any) -> dict[str, Any]:
        self.number += 1
        self.server.receive({"id": f"q{self.number}", "op": op, **arguments})
        return self.answers[-1][0]


@pytest.fixture
def browser(explorer: Explorer) -> Browser:
    return Browser(explorer)


def wait_until_idle(project: pn.Project) -> None:
    end = time.monotonic() + 20
    while project.jobs.current is not None:
        assert time.monotonic() < end
        time.sleep(0.005)


def check_packed(explorer: Explorer) -> None:
    """Assert that the browser's picture of the tree is that of the project."""
    project = explorer.project
    order = packing.unpack_rows(explorer._order)
    for packed, node in zip(explorer._nodes, project.tree.walk(), strict=True):
        rows = order[packed["start"] : packed["stop"]]
        assert sorted(set(rows.tolist())) == node.rows.tolist()
        assert packed["rows"] == len(node.rows)
        if packed["split"]:
            line = packed["split"]
            total = line["clusters"] + line["unassigned"] + line["without_vector"]
            assert total == line["rows"] == packed["rows"]


def test_the_browser_sees_every_edit(project: pn.Project, explorer: Explorer) -> None:
    check_packed(explorer)
    project.compute_clusters(3)
    check_packed(explorer)
    project.find_duplicates(0.9, node="Cluster 0")
    check_packed(explorer)
    assert len(explorer._similarity) == len(explorer._order)
    project.undo()
    check_packed(explorer)
    assert explorer._history["redo"] == "find_duplicates"


def test_images_of_a_cluster_stand_by_falling_similarity(
    project: pn.Project, explorer: Explorer
) -> None:
    project.find_duplicates(0.8)
    similarity = {}
    values = np.frombuffer(explorer._similarity, "<f4")
    for packed, node in zip(explorer._nodes, project.tree.walk(), strict=True):
        shown = values[packed["start"] : packed["stop"]]
        if node.similarities is None:
            assert not node.is_leaf or np.isnan(shown).all()
            continue
        assert shown.tolist() == sorted(node.similarities.tolist(), reverse=True)
        rows = packing.unpack_rows(explorer._order)[packed["start"] : packed["stop"]]
        for image, value in zip(node.members, node.similarities, strict=True):
            similarity |= dict.fromkeys(project.images.rows(np.array([image])).tolist(), value)
        assert [similarity[row] for row in rows.tolist()] == shown.tolist()
    assert len(similarity) > 10


def test_button_and_python_give_the_same_tree(project: pn.Project, browser: Browser) -> None:
    answer = browser.ask("run", node=0, function="compute_clusters", params={"nb_clusters": 4})
    assert answer["ok"]
    wait_until_idle(project)
    by_button = outline(project.tree.root)
    record = project.tree.root.children[0].made_by.to_dict()
    project.close_clusters()
    node = project.compute_clusters(nb_clusters=4)
    assert outline(project.tree.root) == by_button
    again = node.children[0].made_by.to_dict()
    assert {**record, "date": ""} == {**again, "date": ""}


def test_the_counts_of_every_threshold_are_state_and_no_edit(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    subject = {"node": 0, "function": "find_duplicates", "parameter": "min_similarity"}
    assert browser.ask("preview", **subject, vec_type="made")["ok"]
    wait_until_idle(project)
    assert project.tree.root.is_leaf
    packed = explorer._preview
    assert {key: packed[key] for key in subject} == subject and packed["vec_type"] == "made"
    assert len({len(packed[key]) for key in ("thresholds", "pairs", "groups", "images")}) == 1
    project.find_duplicates(0.9)
    at = packed["thresholds"].index(0.9)
    line = explorer._nodes[0]["split"]
    assert (packed["groups"][at], packed["images"][at]) == (line["groups"], line["clusters"])
    assert explorer._preview == packed
    project.not_duplicates("Cluster 0")
    assert explorer._preview is None
    project.forget_decisions()
    for wrong in ({"parameter": "nothing"}, {"node": 99}, {"function": "compute_clusters"}):
        assert not browser.ask("preview", **(subject | wrong))["ok"]


def test_not_duplicates_takes_a_cluster_away_and_says_so(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    node = project.find_duplicates(0.9).children[0]
    assert explorer._nodes[1]["refusable"]
    assert explorer._nodes[1]["min_similarity"] == node.min_similarity
    try:
        assert browser.ask("not_duplicates", node=node.id)["ok"]
        check_packed(explorer)
        assert node.id not in {packed["id"] for packed in explorer._nodes}
        assert explorer._message["key"] == "not_duplicates"
        assert explorer._history["undo"] == "not_duplicates"
        refused = browser.ask("not_duplicates", node=node.id)
        assert refused["error"]["key"] == "no_node"
        assert browser.ask("undo")["ok"]
        assert project.decisions.empty
        project.compute_clusters(2)
        assert not any(packed["refusable"] for packed in explorer._nodes)
    finally:
        project.forget_decisions()


def test_a_wrong_value_is_refused_on_its_field(project: pn.Project, browser: Browser) -> None:
    for value in (0, -7, "x", None):
        params = {"nb_clusters": value, "vec_type": "made"}
        answer = browser.ask("run", node=0, function="compute_clusters", params=params)
        assert not answer["ok"]
        assert list(answer["error"]["fields"]) == ["nb_clusters"]
    assert project.jobs.current is None and project.tree.root.is_leaf


def test_a_failing_function_is_told_with_its_traceback_on_demand(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    @pn.clustering_function
    def broken(images: pn.Images) -> list[int]:
        raise RuntimeError("boom")

    try:
        assert "broken" in [f["name"] for f in explorer._functions]
        browser.ask("run", node=0, function="broken", params={})
        wait_until_idle(project)
    finally:
        registry.remove("broken")
    assert explorer._message["level"] == "error"
    assert "boom" in explorer._message["text"] and "Traceback" not in explorer._message["text"]
    assert "Traceback" in explorer._message["detail"]
    assert project.tree.root.is_leaf


def test_defaults_are_remembered_with_the_project(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    params = {"min_similarity": 0.8}
    browser.ask("run", node=0, function="find_duplicates", params=params, remember=True)
    wait_until_idle(project)
    assert explorer._defaults == {
        "function": "find_duplicates",
        "params": {"find_duplicates": params},
    }
    project.remember(function="compute_clusters", params={})


def test_a_question_sent_twice_is_carried_out_once(project: pn.Project, browser: Browser) -> None:
    project.compute_clusters(2)
    project.rename("Cluster 0", "one")
    question = {"id": "same", "op": "undo"}
    browser.server.receive(question)
    browser.server.receive(question)
    assert browser.answers[0] == browser.answers[1]
    assert project.history.redo_name == "rename" and project.history.undo_name != "rename"


def test_thumbnails_come_in_one_buffer(browser: Browser) -> None:
    answer = browser.ask("thumbnails", rows=[3, 0, 999], size=128)
    [picture] = browser.answers[-1][1]
    assert answer["result"]["rows"] == [3, 0]
    assert sum(answer["result"]["lengths"]) == len(picture) and picture.startswith(b"\xff\xd8")


def test_details_show_properties_and_clusters(project: pn.Project, browser: Browser) -> None:
    project.compute_clusters(2)
    result = browser.ask("details", row=4)["result"]
    assert (result["width"], result["height"], result["label"]) == (32, 32, "4")
    assert {p["name"] for p in result["properties"]} >= {"path", "sha1"}
    assert result["nodes"] == [leaf.path for leaf in project.tree.leaves() if 4 in leaf.index]


def test_selection_goes_both_ways(explorer: Explorer) -> None:
    explorer._selected = packing.pack_rows([5, 2])
    assert explorer.selected == [5, 2]
    explorer.selected = explorer.project.df.index[[7]]
    assert packing.unpack_rows(explorer._selected).tolist() == [7]
    for wrong in ([7, 12345], "7", 7):
        with pytest.raises(traitlets.TraitError, match="index"):
            explorer.selected = wrong
    assert explorer.selected == [7]
    explorer._selected = packing.pack_rows([1, 4_000_000])
    assert explorer.selected == [1], "rows that do not exist are left out"


def test_the_large_view_never_shows_the_data_of_another_row(tmp_path: Path) -> None:
    write_images(tmp_path, 3)
    with pn.open_project(tmp_path) as project:
        browser = Browser(project.explore())
        Path(project.df.loc[1, "path"]).unlink()
        result = browser.ask("details", row=1)["result"]
        assert result["missing"] and result["properties"] and browser.answers[-1][1] == [b""]
        project.df.index = project.df.index[::-1]
        assert browser.ask("details", row=0)["error"]["key"] == "rows_changed"


def test_a_message_goes_with_the_next_action(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    project.compute_clusters(2)
    for action in (
        lambda: project.rename("Cluster 0", "x"),
        lambda: project.compute_clusters(3),
        lambda: browser.ask("dismiss"),
    ):
        browser.ask("save", node=0)
        assert explorer._message["key"] == "saved"
        action()
        assert explorer._message is None


def test_what_is_saved_is_what_stood_there_at_the_click(
    project: pn.Project, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.compute_clusters(2)
    later: list[Callable[[], object]] = []

    def after_the_cell(action: Callable[[], object]) -> bool:
        later.append(action)
        return False

    monkeypatch.setattr("panoptic_nb.widgets.handlers.on_main_thread", after_the_cell)
    columns = set(project.df.columns)
    assert browser.ask("save", node=0)["result"] == {"pending": True}
    project.close_clusters()
    later[0]()
    [column] = set(project.df.columns) - columns
    assert project.df[column].nunique() == 2


def test_saving_says_where(project: pn.Project, explorer: Explorer, browser: Browser) -> None:
    project.compute_clusters(2)
    assert browser.ask("save", node=0)["ok"]
    assert explorer._message["key"] == "saved"
    assert explorer._message["values"]["column"] in project.df


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
OPS = ["thumbnails", "details", "run", "embed", "close", "rename", "undo", "redo", "save", "cancel"]
messages = st.fixed_dictionaries(
    {"op": st.sampled_from(OPS[:2] + OPS[4:6]) | st.text(max_size=5)},
    optional={
        "node": st.integers(-3, 40) | values,
        "row": st.integers(-3, 40) | values,
        "rows": st.lists(st.integers(-3, 40), max_size=5) | values,
        "size": st.integers(0, 2000) | values,
        "label": st.text(max_size=30) | values,
        "function": values,
        "params": values,
    },
)


@settings(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(messages | values)
def test_no_message_can_hurt_the_kernel(explorer: Explorer, message: Any) -> None:
    browser = Browser(explorer)
    if isinstance(message, dict):
        message = {**message, "id": "q"}
    before = len(explorer.project.tree.root.index)
    browser.server.receive(message)
    assert len(browser.answers) == (1 if isinstance(message, dict) else 0)
    for answer, _ in browser.answers:
        assert answer["ok"] or answer["error"]["text"]
    assert len(explorer.project.tree.root.index) == before
    check_packed(explorer)


def test_a_closed_project_says_so(tmp_path: Path) -> None:
    write_images(tmp_path, 3)
    project = pn.open_project(tmp_path)
    browser = Browser(project.explore())
    project.close()
    assert browser.ask("close", node=0)["error"]["key"] == "closed"
    pn.clustering_function(everything)  # a widget of yesterday must not stop today's cell
    registry.remove("everything")


def everything(images: pn.Images) -> list[int]:
    return [0] * len(images)


def test_packed_rows_survive_the_way() -> None:
    rows = np.array([0, 1, 2**32 - 1])
    assert packing.unpack_rows(packing.pack_rows(rows)).tolist() == rows.tolist()
