"""Actions of the widget that are written in Python alone: listed, asked for, done, answered."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from tagged import fixture_paths, fixture_project, vectors  # noqa: F401
from test_explorer import wait_until
from test_widget_tags import Asking

import panoptic_nb as pn
from panoptic_nb.widgets import Explorer
from panoptic_nb.widgets.commands import COMMANDS
from panoptic_nb.widgets.packing import texts
from panoptic_nb.widgets.words import Words


@pytest.fixture
def explorer(project: pn.Project) -> Explorer:
    project.add_vectors("made", vectors())
    project.compute_clusters(2)
    return project.explore()


@pytest.fixture
def browser(explorer: Explorer) -> Asking:
    return Asking(explorer)


def do(browser: Asking, name: str, params: Any = None, **more: Any) -> Any:
    answer = browser.ask("command", name=name, params=params, **more)
    assert answer["ok"], answer
    return answer["result"]


def text_of(cell: dict[str, Any]) -> str:
    return str(cell["text"])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_action_has_its_words_in_both_languages(language: str) -> None:
    words, known = Words(language), texts()[language]["commands"]
    for name, command in COMMANDS.items():
        assert {"title", "help"} <= known[name].keys(), name
        for field in command.form.fields if command.form else []:
            assert words.find(f"commands.{name}.{field['name']}.label"), (name, field["name"])
    assert known.keys() - {"reasons", "working_tree"} == COMMANDS.keys()


def test_actions_are_listed_for_the_project_and_for_a_cluster_and_say_why_they_cannot(
    project: pn.Project, browser: Asking
) -> None:
    listed = {one["name"]: one for one in browser.ask("commands")["result"]["commands"]}
    assert listed["to_python"]["error"] is None
    assert listed["open_clustering"]["error"] == "Nothing was saved yet."
    assert listed["open_clustering"]["title"] == "Open a clustering…"
    project.save_clustering()
    again = browser.ask("commands", language="fr")["result"]["commands"]
    assert {one["name"]: one["error"] for one in again}["open_clustering"] is None
    leaf = project.tree.leaves()[0].id
    below = browser.ask("commands", place="node", node=leaf, language="fr")["result"]["commands"]
    assert {one["name"]: one["error"] for one in below}["stability"] == (
        "Il ne contient pas de clusters."
    )
    refused = browser.ask("command", name="stability", node=leaf)
    assert not refused["ok"] and "no clusters in it" in refused["error"]["text"]


def test_an_action_without_fields_answers_at_once_and_others_ask_first(
    project: pn.Project, browser: Asking
) -> None:
    assert "pn.open_project" in do(browser, "to_python")["text"]
    form = do(browser, "describe", language="fr")["form"]
    assert [field["name"] for field in form["fields"]] == ["clustering", "language"]
    options = form["fields"][0]["options"]
    assert options == [{"value": "working tree", "label": "Arbre de travail"}]
    params = {"clustering": "working tree", "language": "fr"}
    assert "images" in do(browser, "describe", params)["text"]
    refused = browser.ask("command", name="describe", params={"language": "xx"})
    assert set(refused["error"]["fields"]) == {"language"}


def test_a_number_of_a_table_selects_its_images(
    project: pn.Project, explorer: Explorer, browser: Asking
) -> None:
    project.save_clustering()
    made = do(browser, "compare", {"first": "Clustering", "second": "working tree"})
    assert "Adjusted Rand index 1" in made["note"]
    shares = [cell for row in made["rows"] for cell in row if "pick" in cell]
    assert sorted(map(text_of, shares)) == ["2", "4"]
    for cell in shares:
        assert browser.ask("pick", result=made["id"], at=cell["pick"])["ok"]
        assert len(explorer.selected) == int(cell["text"])

    table = do(browser, "crosstab", {"clustering": "Clustering", "column": "kind"})
    missing = table["head"].index("\u2013")
    picked = [row[missing] for row in table["rows"] if "pick" in row[missing]]
    browser.ask("pick", result=table["id"], at=picked[0]["pick"])
    assert explorer.selected == ["c"], "the row without a kind"
    gone = browser.ask("pick", result=table["id"], at=999)
    assert gone["error"]["key"] == "table_gone"


def test_badges_stand_beside_scores_until_the_images_are_others(
    project: pn.Project, explorer: Explorer, browser: Asking
) -> None:
    made = do(browser, "stability", {"runs": 3})
    assert [text_of(cell) for cell in made["rows"][0]][1:3] == ["1.00", "1.00"]
    one, other = (node.id for node in project.tree.leaves())
    assert text_of(made["rows"][0][3]) == "3", "a number of runs is whole"
    assert explorer._badges[str(one)] == ["≈ 1", "Stability 1"]
    project.rename(one, "renamed")
    assert set(explorer._badges) == {str(one), str(other)}, "a name is no image"
    project.move([project.tree.node(one).index[0]], other)
    assert explorer._badges == {}
    percentiles = do(browser, "calibrated_scores", {"draws": 20})
    assert len(percentiles["rows"]) == 2 and len(explorer._badges) == 2
    do(browser, "hide_badges")
    assert explorer._badges == {}


def test_what_refining_would_do_is_told_before_it_is_one_step(
    project: pn.Project, browser: Asking
) -> None:
    params = {"max_score": 0, "max_size": 3}
    told = browser.ask("would", name="refine", params=params)["result"]["text"]
    assert told == "1 cluster would be split: 0 by score, 1 by size."
    assert do(browser, "refine")["form"]["would"] is True
    before, steps = project.tree, len(project.history)
    do(browser, "refine", params)
    assert len(project.history) == steps + 1
    project.undo()
    assert project.tree == before
    assert not browser.ask("would", name="to_python")["ok"]


def test_proposed_names_are_taken_in_one_step_those_that_stay_ticked(
    project: pn.Project, browser: Asking
) -> None:
    top = project.tree.root.id
    fields = do(browser, "propose_names", node=top)["form"]["fields"]
    assert fields and all(field["type"] == "bool" for field in fields)
    first, *others = fields
    ticks = {first["name"]: True, **{field["name"]: False for field in others}}
    do(browser, "propose_names", ticks, node=top)
    name = project.tree.node(int(first["name"])).label
    assert first["label"].endswith(f"→ {name}")
    assert project.undo() == "rename_all"


def test_names_that_are_taken_get_a_number(project: pn.Project, explorer: Explorer) -> None:
    one, other = project.tree.leaves()
    project.rename_all({one.id: "same", other.id: "same"})
    assert [leaf.label for leaf in project.tree.leaves()] == ["same", "same 2"]
    record = project.record(None)
    assert project.replay(record).same


def test_a_cluster_is_completed_by_what_is_recommended(
    project: pn.Project, explorer: Explorer, browser: Asking
) -> None:
    one, other = project.tree.leaves()
    project.move([other.index[0]], one)
    group = project.tree.node(one.id)
    found = do(browser, "recommend", {"count": 5}, node=one.id)
    assert len(found["images"]["rows"]) == len(project.df) - len(group.rows)
    assert [action["name"] for action in found["actions"]] == [
        "take_recommended",
        "refuse_recommended",
    ]
    take, refuse = found["actions"]
    nothing = browser.ask("command", name=take["name"], params=take["params"], node=one.id)
    assert nothing["error"]["key"] == "nothing_recommended"
    first, *rest = project.df.index[found["images"]["rows"]]
    explorer.selected = [first]
    left = do(browser, take["name"], take["params"], node=one.id)
    assert first in project.tree.node(one.id).index and explorer.selected == []
    assert len(left["images"]["rows"]) == len(rest)
    explorer.selected = rest[:1]
    left = do(browser, refuse["name"], refuse["params"], node=one.id)
    assert len(left["images"]["rows"]) == len(rest) - 1
    assert "Refused so far: 1" in left["note"]


def test_one_field_takes_words_and_images_to_search_with(
    project: pn.Project, browser: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = browser.ask("command", name="search", params={"query": "cats"})
    assert "know neither words" in refused["error"]["text"]
    asked = []

    def search(project: pn.Project, query: str, **more: Any) -> Any:
        asked.append((query, more["kind"], more["node"]))
        return project.similar([project.df.index[0]], count=more["n"])

    monkeypatch.setattr(pn.Project, "searches", (True, True))
    monkeypatch.setattr(pn.Project, "search", search)
    leaf = project.tree.leaves()[0].id
    for query in (" red cats ", "cat.JPG", "https://example.org/cat"):
        found = do(browser, "search", {"query": query, "count": 2}, node=leaf)
        assert len(found["images"]["rows"]) == 2
    assert asked == [
        ("red cats", "text", leaf),
        ("cat.JPG", "image", leaf),
        ("https://example.org/cat", "image", leaf),
    ]


def test_images_are_grouped_by_columns(project: pn.Project, browser: Asking) -> None:
    form = do(browser, "group_by")["form"]
    assert form["fields"][1]["options"][0] == {"value": "", "label": "\u2013"}
    do(browser, "group_by", {"first": "kind", "second": "text"})
    assert project.history.steps[-1].name == "group_by"
    assert {leaf.path for leaf in project.tree.leaves()} >= {"a/x", "a/y", "b/x"}


def test_files_are_written_and_named(project: pn.Project, browser: Asking, tmp_path: Path) -> None:
    made = do(browser, "to_html", {"path": str(tmp_path / "page.html")})
    assert made["rows"][0][0]["text"].endswith("page.html")
    assert (tmp_path / "page.html").stat().st_size > 1000
    refused = browser.ask("command", name="export", params={"path": str(tmp_path / "x.doc")})
    assert "x.doc" in refused["error"]["text"]


def test_tags_are_listed_and_edited(
    project: pn.Project, explorer: Explorer, browser: Asking
) -> None:
    made = do(browser, "edit_tag", {"column": "kind", "tag": "b", "name": "bee"})
    names = [row[0]["text"] for row in made["rows"]]
    assert "bee" in names and "b" not in names
    bee = made["rows"][names.index("bee")]
    assert bee[1]["text"] == "2" and bee[0]["colour"].startswith("#")
    browser.ask("pick", result=made["id"], at=bee[0]["pick"])
    assert explorer.selected == ["f", "d"]
    bee_tag = {"column": "kind", "tag": "bee"}
    do(browser, "edit_tag", {**bee_tag, "action": "merge", "others": "a, z"})
    assert list(project.tags("kind")) == ["bee"]
    form = do(browser, "edit_tag")["form"]
    assert "bee" in form["fields"][1]["suggest"]
    do(browser, "edit_tag", {**bee_tag, "action": "colour", "colour": 3})
    assert project.tags("kind").frame()["colour"].tolist() == [3]
    project.add_tags("kind", "insects")
    do(browser, "edit_tag", {**bee_tag, "action": "parents", "parents": "insects"})
    assert set(project.tags("kind")) == {"insects", "insects/bee"}
    do(browser, "edit_tag", {**bee_tag, "action": "remove"})
    assert list(project.tags("kind")) == ["insects"]
    params = {**bee_tag, "action": "remove"}
    unknown = browser.ask("command", name="edit_tag", params=params)
    assert unknown["error"]["key"] == "no_tag"


def test_what_takes_long_is_cancelled_like_any_job(
    project: pn.Project, browser: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def endless(job: Any) -> None:
        begun.set()
        while True:
            job(1, 2)  # raises when it is cancelled

    monkeypatch.setattr(
        pn.Project,
        "scores_by_k",
        lambda self, *_, **__: self.jobs.run("function", "scores_by_k", None, endless),
    )
    threading.Thread(target=lambda: begun.wait(10) and project.jobs.cancel()).start()
    answer = browser.ask("command", name="scores_by_k", params={"sample": 500})
    assert answer["error"]["key"] == "cancelled"
    assert project.jobs.current is None


def test_while_something_runs_nothing_else_is_done(
    project: pn.Project, explorer: Explorer, browser: Asking
) -> None:
    started, ended = threading.Event(), threading.Event()

    def wait(_job: Any) -> None:
        started.set()
        ended.wait(10)

    project.jobs.start("function", "waiting", None, wait, lambda error: None)
    started.wait(10)
    refused = browser.ask("command", name="to_python")
    ended.set()
    assert refused["error"]["key"] == "busy"


def test_a_question_that_is_sent_twice_is_done_once(
    project: pn.Project, explorer: Explorer, browser: Asking
) -> None:
    question = {"id": "twice", "op": "command", "name": "refine"}
    params = {"max_score": 0, "max_size": 3}
    steps = len(project.history)
    for _ in range(2):
        before = len(browser.answers)
        browser.server.receive({**question, "params": params})
        wait_until(lambda count=before: len(browser.answers) > count)
    assert len(project.history) == steps + 1
    assert browser.answers[-1][0] == browser.answers[-2][0]
