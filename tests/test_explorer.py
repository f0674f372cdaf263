"""The kernel side of the widget: what it sends, and that no message can hurt it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import traitlets
from fixtures import blob_project, outline, write_images
from hypothesis import given
from hypothesis import strategies as st
from pictures import Browser, Picture, check_packed, wait_until, wait_until_idle

import panoptic_nb as pn
from panoptic_nb.functions import registry
from panoptic_nb.widgets import Explorer
from panoptic_nb.widgets.selection import BITS, ROWS, pack_selection, unpack_selection

SIZES = (12, 9, 6, 3)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pn.Project]:
    yield from blob_project(tmp_path_factory.mktemp("corpus"), SIZES)


@pytest.fixture
def explorer(project: pn.Project) -> Explorer:
    project.close_clusters()
    return project.explore()


@pytest.fixture
def browser(explorer: Explorer) -> Browser:
    return Browser(explorer)


def packed_node(explorer: Explorer, key: int) -> dict[str, Any]:
    return dict(explorer.session.packed.entries[key])


def test_the_browser_sees_every_edit(project: pn.Project, explorer: Explorer) -> None:
    picture = Picture(explorer)
    project.compute_clusters(3)
    picture.check(project)
    project.find_duplicates(0.9, node="Cluster 0")
    picture.check(project)
    check_packed(explorer)
    project.rename("Cluster 1", "x")
    project.undo()
    project.undo()
    picture.check(project)
    check_packed(explorer)
    assert explorer._history["redo"] == "find_duplicates"


def test_what_did_not_change_is_not_sent_again(project: pn.Project, explorer: Explorer) -> None:
    project.compute_clusters(4)
    patches: list[Any] = []
    explorer.session.tree.connect(patches.append)
    node = project.tree.leaves()[0]
    project.compute_clusters(2, node=node)
    [patch] = patches
    changed = {entry["id"] for entry in patch.content["nodes"]}
    children = {child.id for child in project.tree.node(node.id).children}
    assert changed == {node.id, *children}
    assert {key for key, _ in patch.content["leaves"]} == children
    assert len(patch.buffers[0]) == 4 * len(node.rows)


def test_images_of_a_cluster_stand_by_falling_similarity(
    project: pn.Project, explorer: Explorer
) -> None:
    project.find_duplicates(0.8)
    picture = Picture(explorer)
    seen = 0
    for node in project.tree.leaves():
        shown = picture.similarity[node.id]
        if node.similarities is None:
            assert np.isnan(shown).all()
            continue
        assert shown.tolist() == sorted(node.similarities.tolist(), reverse=True)
        similarity = {}
        for image, value in zip(node.members, node.similarities, strict=True):
            similarity |= dict.fromkeys(project.images.rows(np.array([image])).tolist(), value)
        assert [similarity[row] for row in picture.rows[node.id].tolist()] == shown.tolist()
        seen += len(shown)
    assert seen > 10


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
    line = packed_node(explorer, 0)["split"]
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
    assert packed_node(explorer, node.id)["refusable"]
    assert packed_node(explorer, node.id)["min_similarity"] == node.min_similarity
    try:
        assert browser.ask("not_duplicates", node=node.id)["ok"]
        check_packed(explorer)
        assert node.id not in explorer.session.packed.entries
        assert explorer._message["key"] == "not_duplicates"
        assert explorer._history["undo"] == "not_duplicates"
        refused = browser.ask("not_duplicates", node=node.id)
        assert refused["error"]["key"] == "no_node"
        assert browser.ask("undo")["ok"]
        assert project.decisions.empty
        project.compute_clusters(2)
        assert not any(packed["refusable"] for packed in explorer.session.packed.entries.values())
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
        wait_until(lambda: explorer._message is not None)
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
    chosen = {"function": "find_duplicates", "params": {"find_duplicates": params}}
    assert explorer._defaults == {**chosen, "last": explorer._defaults["last"]}
    assert pn.ClusterTree(project)._defaults["last"]["params"]["find_duplicates"] == params
    browser.ask("run", node=0, function="compute_clusters", params={"nb_clusters": 2})
    wait_until_idle(project)
    assert explorer._defaults["function"] == "find_duplicates", "used, but no default"
    assert explorer._defaults["last"]["function"] == "compute_clusters"
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


def test_details_list_the_rows_that_show_the_same_image(tmp_path: Path) -> None:
    write_images(tmp_path / "corpus", 3)
    paths = [str(tmp_path / "corpus" / f"{n:04d}.png") for n in (2, 0, 2, 1, 2)]
    frame = pd.DataFrame({"path": paths}, index=list("abcde"))
    with pn.open_project(frame, folder=tmp_path / "project") as project:
        browser = Browser(project.explore())
        copies = browser.ask("details", row=2)["result"]["copies"]
        assert copies == [{"row": n, "label": "abcde"[n]} for n in (0, 2, 4)]
        assert [c["row"] for c in browser.ask("details", row=3)["result"]["copies"]] == [3]


def test_images_can_be_sorted_by_a_column_that_a_cell_has_made(tmp_path: Path) -> None:
    write_images(tmp_path / "corpus", 3)
    with pn.open_project(tmp_path / "corpus") as project:
        explorer = project.explore()
        assert "year" not in explorer._info["sort_columns"]
        project.df["year"] = [1900, 1901, 1902]
        explorer.session._after_cell()
        assert explorer._info["sort_columns"] == list(project.df.columns)


def browser_selects(explorer: Explorer, rows: list[int]) -> None:
    packed = pack_selection(np.array(rows, np.int64), 10**9)
    explorer.set_state({"_selected": memoryview(packed)})


def browser_sees(explorer: Explorer) -> list[int]:
    return unpack_selection(explorer._selected, explorer.project.images.n_rows).tolist()


def test_selection_goes_both_ways(explorer: Explorer) -> None:
    browser_selects(explorer, [5, 2])
    assert explorer.selected == [2, 5]
    explorer.selected = explorer.project.df.index[[7]]
    assert browser_sees(explorer) == [7]
    for wrong in ([7, 12345], "7", 7):
        with pytest.raises(traitlets.TraitError, match="index"):
            explorer.selected = wrong
    assert explorer.selected == [7]
    browser_selects(explorer, [1, 4_000_000])
    assert explorer.selected == [1], "rows that do not exist are left out"


@given(st.integers(1, 400), st.data())
def test_a_selection_survives_the_way(n_rows: int, data: Any) -> None:
    rows = data.draw(st.sets(st.integers(0, n_rows - 1)))
    packed = pack_selection(np.array(sorted(rows), np.int64), n_rows)
    assert unpack_selection(packed, n_rows).tolist() == sorted(rows)
    assert len(packed) <= 4 + min(4 * len(rows), (n_rows + 7) // 8)


def test_widgets_of_one_project_stay_in_step(project: pn.Project, explorer: Explorer) -> None:
    grid, tree = pn.ImageGrid(project), pn.ClusterTree(project)
    project.compute_clusters(3)
    tree.active_node = "Cluster 1"
    node = project.tree.node("Cluster 1")
    assert explorer.active_node == grid.active_node == grid._active == node.id
    grid.selected = [3, 1]
    assert set(explorer.selected) == {1, 3} and browser_sees(tree) == [1, 3]
    assert explorer.tree is grid.tree is project.tree
    explorer.set_state({"_active": node.children[0].id if node.children else 0})
    assert tree.active_node == 0
    late = pn.ImageGrid(project)
    assert set(late.selected) == {1, 3}
    check_packed(late)


def test_what_is_looked_at_moves_up_when_it_goes(project: pn.Project, explorer: Explorer) -> None:
    project.compute_clusters(3)
    project.compute_clusters(2, node="Cluster 1")
    explorer.active_node = "Cluster 1/Cluster 1.0"
    project.close_clusters("Cluster 1")
    assert explorer.active_node == project.tree.node("Cluster 1").id
    project.undo()
    project.undo()
    project.undo()
    assert explorer.active_node == 0


def test_images_are_sorted_in_all_widgets(
    project: pn.Project, explorer: Explorer, browser: Browser
) -> None:
    project.compute_clusters(2)
    picture, grid = Picture(explorer), pn.ImageGrid(project)
    project.df["year"] = [2000 - row for row in range(len(project.df))]
    grid.sort = "year"
    assert explorer.sort == {"by": "column", "column": "year", "descending": False}
    for leaf in project.tree.leaves():
        assert picture.rows[leaf.id].tolist() == sorted(leaf.rows.tolist(), reverse=True)
    picture.check(project)
    assert browser.ask("sort", sort={"by": "typical"}, piles=False)["ok"]
    wait_until(lambda: grid.sort["by"] == "typical")
    picture.check(project)
    strip = browser.ask("strip", nodes=[leaf.id for leaf in project.tree.leaves()] + [99999])
    for leaf in project.tree.leaves():
        shown = strip["result"]["strips"][leaf.id]
        assert picture.rows[leaf.id][0] == shown[0] and picture.rows[leaf.id][-1] == shown[1]
    refused = browser.ask("sort", sort={"by": "column", "column": "nowhere"}, piles=False)
    assert refused["error"]["key"] == "no_sort"
    with pytest.raises(traitlets.TraitError, match="typical"):
        grid.sort = "nowhere"
    grid.sort = "year"
    del project.df["year"]
    project.save_clustering()
    assert explorer.sort["by"] == "auto", "what is sorted by is gone"
    grid.sort = "auto"


def test_the_most_similar_images_are_told_by_row(project: pn.Project, browser: Browser) -> None:
    answer = browser.ask("similar", row=0, count=5)["result"]
    assert 0 not in answer["rows"] and len(answer["rows"]) == 5
    assert answer["similarity"] == sorted(answer["similarity"], reverse=True)
    assert not browser.ask("similar", row=10_000)["ok"]
    assert not browser.ask("similar", node=10_000)["ok"]


def test_identical_images_lie_on_piles(tmp_path: Path) -> None:
    paths = write_images(tmp_path, 4)
    frame = pd.DataFrame({"path": [paths[i] for i in (0, 1, 0, 2, 0, 3)], "n": [0, 1, 2, 3, 4, 5]})
    with pn.open_project(frame, tmp_path / "project") as project:
        explorer = project.explore()
        explorer.sort = "n"
        assert explorer.get_state()["_piles"] == b""
        explorer.piles = True
        state = explorer.get_state()
        assert np.frombuffer(state["_order"], "<u4").tolist() == [0, 2, 4, 1, 3, 5]
        assert list(state["_piles"]) == [0, 1, 1, 0, 0, 0]


def test_a_tree_of_before_can_be_put_back(project: pn.Project, explorer: Explorer) -> None:
    project.compute_clusters(3)
    before = explorer.tree
    project.close_clusters()
    explorer.tree = before
    assert project.tree is before and project.history.undo_name == "restore"
    project.undo()
    assert project.tree.root.is_leaf and explorer.tree is project.tree
    for wrong in (None, pn.Project):
        with pytest.raises(traitlets.TraitError, match="working tree of this project"):
            explorer.tree = wrong
    with pytest.raises(traitlets.TraitError):
        explorer.active_node = "nowhere"
    with pytest.raises(traitlets.TraitError):
        explorer.status = {}
    assert explorer.status == {"state": "idle"}


def test_functions_are_called_when_something_happens(
    project: pn.Project, explorer: Explorer
) -> None:
    told: list[Any] = []
    stops = [project.on(event, told.append) for event in ("clustered", "saved", "selection")]
    node = project.compute_clusters(2)
    assert told.pop() == node
    column = project.save_clustering()
    assert told.pop() == column
    browser_selects(explorer, [4])
    assert told.pop() == [4]
    explorer.selected = [4]
    assert not told, "nothing changed"

    def broken(_labels: list[int]) -> None:
        raise RuntimeError("boom")

    stops.append(project.on("selection", broken))
    explorer.selected = []
    assert told == [[]] and explorer._message["key"] == "callback_failed"
    for stop in stops:
        stop()
        stop()
    explorer.selected = [2]
    assert told == [[]]
    with pytest.raises(pn.ProjectError, match="clustered"):
        project.on("click", print)


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


@pytest.mark.parametrize("rows", [[0, 1, 2], [5], [*range(30)], []])
@pytest.mark.parametrize("form", [ROWS, BITS])
def test_a_selection_is_not_sent_back_to_the_page_that_made_it(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch, rows: list[int], form: bytes
) -> None:
    """It would arrive late, and take away what was selected meanwhile."""
    explorer.session.select(np.array([7]))
    mask = np.zeros(max(rows, default=0) + 1, bool)
    mask[rows] = True
    bits = np.packbits(mask, bitorder="little")
    written = form + (bits.tobytes() if form == BITS else np.array(rows, "<u4").tobytes())
    sent: list[Any] = []
    monkeypatch.setattr(explorer, "_send", lambda content, buffers=None: sent.append(content))
    update = {"method": "update", "state": {}, "buffer_paths": [["_selected"]]}
    explorer._handle_msg({"content": {"data": update}, "buffers": [memoryview(written)]})
    assert explorer.session.selection.tolist() == rows
    assert explorer.selected == rows
    own = [content for content in sent if content["method"] == "update"]
    assert not any(["_selected"] in content["buffer_paths"] for content in own)
