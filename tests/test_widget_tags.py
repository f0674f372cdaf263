"""Tags as the browser asks for them: what is answered, told and refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tagged import cells, fixture_paths, fixture_project, same_frame, vectors  # noqa: F401
from test_explorer import Browser, wait_until

import panoptic_nb as pn
from panoptic_nb.widgets import Explorer


@pytest.fixture
def explorer(project: pn.Project) -> Explorer:
    return project.explore()


class Asking(Browser):
    """Waits for the answer, which may come from another thread."""

    def ask(self, op: str, **arguments: Any) -> dict[str, Any]:
        before = len(self.answers)
        self.number += 1
        self.server.receive({"id": f"q{self.number}", "op": op, **arguments})
        wait_until(lambda: len(self.answers) > before)
        return self.answers[-1][0]


@pytest.fixture
def browser(explorer: Explorer) -> Asking:
    return Asking(explorer)


def test_the_selection_a_cluster_and_a_row_are_stamped(
    project: pn.Project, explorer: Explorer, browser: Asking
) -> None:
    explorer.selected = ["f", "c"]
    assert browser.ask("stamp", column="mine", tags=["a/b"], mode="add")["ok"]
    assert cells(project, "mine") == [["a/b"], None, None, ["a/b"], None, None]
    message = explorer._message
    assert message is not None
    assert (message["key"], message["values"]["images"]) == ("stamp_add", 2)
    assert "Undo takes that back" in message["text"]

    project.add_vectors("made", vectors())
    node = project.compute_clusters(2).children[0]
    assert browser.ask("stamp", column="kind", tags=["n"], mode="set", node=node.id)["ok"]
    assert list(project.df.index[project.tagged("kind", "n")]) == list(node.index)

    explorer._message = None
    assert browser.ask("stamp", column="mine", tags=["c"], mode="toggle", row=5)["ok"]
    assert cells(project, "mine")[5] == ["c"]
    assert explorer._message is None, "its mark in the grid says it"
    browser.ask("undo")
    assert cells(project, "mine")[5] is None


@pytest.mark.parametrize(
    ("mode", "key"), [("remove", "stamp_remove"), ("erase", "stamp_erase"), ("set", "stamp_set")]
)
def test_what_was_done_is_told(
    project: pn.Project, explorer: Explorer, browser: Asking, mode: str, key: str
) -> None:
    explorer.selected = ["f", "e"]
    browser.ask("stamp", column="lists", tags=["y"], mode=mode)
    assert explorer._message is not None and explorer._message["key"] == key
    browser.ask("stamp", column="lists", tags=["y"], mode=mode)
    assert explorer._message["key"] == "stamp_nothing"


@pytest.mark.parametrize(
    ("asked", "fields", "key"),
    [
        ({"column": "mine", "tags": [], "mode": "add"}, ["tags"], "no_stamp"),
        ({"column": "mine", "tags": [" "], "mode": "add"}, ["tags"], "tag_empty"),
        ({"column": "kind", "tags": ["b", "c"], "mode": "set"}, ["tags"], "one_tag"),
        ({"column": "lists", "tags": ["gone"], "mode": "remove"}, ["tags"], "no_tag"),
        ({"column": "year", "tags": ["x"], "mode": "add"}, ["column"], "not_tags"),
        ({"column": "sha1", "tags": ["x"], "mode": "add"}, ["column"], "own_column"),
        ({"column": "gone", "tags": ["x"], "mode": "remove"}, ["column"], "no_column"),
        ({"column": "mine", "tags": ["x"], "mode": "add", "row": 99}, [], "nothing_selected"),
        ({"column": "mine", "tags": ["x"], "mode": "add", "node": 99}, [], "no_node"),
    ],
)
def test_a_bad_stamp_is_refused_on_its_field(
    project: pn.Project,
    explorer: Explorer,
    browser: Asking,
    asked: dict[str, Any],
    fields: list[str],
    key: str,
) -> None:
    before = project.df.copy()
    explorer.selected = ["f"]
    error = browser.ask("stamp", **asked)["error"]
    assert (list(error["fields"]), error["key"]) == (fields, key)
    same_frame(project.df, before)


def test_nothing_selected_is_said(explorer: Explorer, browser: Asking) -> None:
    explorer.selected = []
    error = browser.ask("stamp", column="lists", mode="erase")["error"]
    assert error["key"] == "nothing_selected"


def test_the_tags_of_a_column_are_found(project: pn.Project, browser: Asking) -> None:
    project.add_tags("many", [f"Animals/bird {n}" for n in range(300)])
    result = browser.ask("tags", column="many", text="BIRD 29", limit=5)["result"]
    assert [found["tag"] for found in result["tags"]] == [
        f"Animals/bird {n}" for n in (29, 290, 291, 292, 293)
    ]
    assert all(found["colour"].startswith("#") for found in result["tags"])
    assert (result["total"], result["single"]) == (301, False)
    assert set(result["columns"]) == {"kind", "text", "objects", "lists", "many"}
    assert browser.ask("tags", column="kind")["result"]["single"]
    new = browser.ask("tags", column="year")["result"]
    assert (new["tags"], new["total"]) == ([], 0)


def test_keys_reach_every_widget_and_mark_their_images(
    project: pn.Project, explorer: Explorer, browser: Asking
) -> None:
    grid = pn.ImageGrid(project)
    browser.ask("key", key=1, column="lists", tag="x")
    browser.ask("key", key=2, column="mine", tag="new")
    for widget in (explorer, grid):
        keys = widget._keys["keys"]
        assert [(k["key"], k["tag"]) for k in keys] == [("1", "x"), ("2", "new")]
        assert keys[0]["colour"] and keys[1]["colour"] is None
    assert browser.ask("marks", rows=[0, 1, 5, 99])["result"]["marks"] == {0: "1", 5: "1"}
    version = grid._keys["version"]
    browser.ask("stamp", column="mine", tags=["new"], mode="toggle", row=0)
    assert grid._keys["version"] > version, "marks are asked for again"
    assert grid._keys["keys"][1]["colour"]
    assert browser.ask("marks", rows=[0, 1])["result"]["marks"] == {0: "12"}

    browser.ask("key", key=3, column="lists", tag="x")  # another key for the same tag
    browser.ask("key", key=None, column="mine", tag="new")
    assert project.tag_keys == {3: ("lists", "x")}
    assert browser.ask("key", key=1, column="lists", tag="")["error"]["key"] == "tag_empty"


def test_a_key_on_a_pile_is_for_all_of_it(
    project: pn.Project, explorer: Explorer, browser: Asking
) -> None:
    copies = project.images.rows(project.images.image_of_row[[0]]).tolist()
    assert len(copies) == 2, "the table holds one image twice"
    explorer.piles = True
    browser.ask("stamp", column="mine", tags=["n"], mode="toggle", row=0)
    assert [row for row, has in enumerate(project.tagged("mine", "n")) if has] == copies
    explorer.piles = False
    browser.ask("stamp", column="mine", tags=["n"], mode="toggle", row=0)
    assert [row for row, has in enumerate(project.tagged("mine", "n")) if has] == copies[1:]


def test_a_part_stamps_its_own_rows(project: pn.Project) -> None:
    part = project.subset(project.df.index.isin(["d", "b"]))
    widget = part.explore()
    browser = Asking(widget)
    browser.ask("key", key=1, column="mine", tag="n")
    browser.ask("stamp", column="mine", tags=["n"], mode="toggle", row=1)
    assert list(project.df.index[project.tagged("mine", "n")]) == ["b"]
    assert browser.ask("marks", rows=[0, 1])["result"]["marks"] == {1: "1"}
    assert [key["tag"] for key in project.explore()._keys["keys"]] == ["n"]


values = st.none() | st.integers(-3, 12) | st.text("ab/ \ud800", max_size=4) | st.lists(st.text())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["tags", "marks", "stamp", "key"])},
        optional={
            "column": st.sampled_from(["lists", "kind", "year", "sha1", ""]) | values,
            "tags": st.lists(st.text("xy/ ", max_size=3), max_size=3) | values,
            "tag": st.text("xy/ ", max_size=3) | values,
            "mode": st.sampled_from(["add", "set", "remove", "erase", "toggle"]) | values,
            "row": st.integers(-2, 8) | values,
            "rows": st.lists(st.integers(-2, 8), max_size=3) | values,
            "key": st.integers(-1, 11) | values,
            "text": values,
            "limit": values,
        },
    )
)
def test_no_message_about_tags_can_hurt_the_kernel(
    project: pn.Project, explorer: Explorer, browser: Asking, message: dict[str, Any]
) -> None:
    before, steps = project.df.copy(), len(project.history)
    answer = browser.ask(message.pop("op"), **message)
    assert "ok" in answer
    if len(project.history) == steps:
        same_frame(project.df, before)
    else:
        assert answer["ok"]
        project.undo()


def test_a_cell_of_the_table_is_told_as_people_read_it(
    project: pn.Project, browser: Asking
) -> None:
    project.stamp(["f"], "mine", ["a/b", "<i>"])
    for row, shown in [(0, "a/b, <i>"), (1, "")]:
        properties = browser.ask("details", row=row)["result"]["properties"]
        assert {p["name"]: p["value"] for p in properties}["mine"] == shown


def test_the_browser_sets_the_height(explorer: Explorer) -> None:
    explorer.set_state({"height": "full"})
    assert explorer.height == "full"
    explorer.set_state({"height": 3})
    assert explorer.height == "full"
