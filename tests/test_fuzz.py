"""Whatever comes from the browser: nothing is raised, nothing is half done, one reply each."""

from __future__ import annotations

import json
import logging
import tracemalloc
import types
import typing
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fixtures import blob_project, blobs, write_images
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import Browser, Picture, check_packed, wait_until_idle

import panoptic_nb as pn
from panoptic_nb.errors import EncoderError
from panoptic_nb.widgets import Explorer, protocol

SIZES = (8, 6, 4)
QUESTIONS = {
    typing.get_args(question.model_fields["op"].annotation)[0]: question
    for question in typing.get_args(protocol.Question)
}
#: Refusals are sentences, however long what is refused is.
LONGEST_REPLY = 20_000
MESSAGES = settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)

AWKWARD = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\u202etfel ot thgir \u202c",
    "\u05e9\u05dc\u05d5\u05dd",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1eb\U0001f1f7",
    "a\u0301\u0301\u0301 & &amp; \"quoted\" 'text' `${x}` \\",
    "nul\x00 and \x1b[31m",
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pn.Project]:
    yield from blob_project(tmp_path_factory.mktemp("corpus"), SIZES)


@pytest.fixture
def explorer(project: pn.Project, monkeypatch: pytest.MonkeyPatch) -> Explorer:
    def no_weights(*_args: object) -> str:
        raise EncoderError("Nothing is downloaded in a test.")

    monkeypatch.setattr(project._sets, "embed", no_weights)
    for node in [*project.tree.walk(0)]:
        if node.locked:
            project.unlock(node)
    project.compute_clusters(3)
    project.compute_clusters(2, node=project.tree.leaves()[0])
    return project.explore()


# ---------------------------------------------------------------- what a browser may say

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
integers = (
    st.integers(-3, 40)
    | st.integers(10**6, 10**6 + 200)  # an index of a node that is there, or was
    | st.sampled_from([2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**100])
)
names = ["made", "compute_clusters", "find_duplicates", "min_similarity", "Cluster 0", "path", ""]
actions = ["to_python", "refine", "compare", "edit_tag", "propose_names"]
texts = st.sampled_from([*names, *actions]) | st.sampled_from([*AWKWARD, "x\ud800"])
objects = st.fixed_dictionaries(
    {},
    optional={
        "nb_clusters": st.integers(-3, 6) | anything,
        "min_similarity": st.floats() | anything,
        "vec_type": texts,
        "by": st.sampled_from(["auto", "hash", "typical", "column", "name", "size"]) | anything,
        "column": texts,
        "descending": st.booleans(),
    },
)


def plausible(annotation: Any) -> st.SearchStrategy[Any]:
    """Return values of the type of a field, sensible ones among them."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return plausible(arguments[0])
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(map(plausible, arguments))
    if origin is list:
        return st.lists(plausible(arguments[0]), max_size=6)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        int: integers,
        float: st.floats(),
        str: texts,
        bool: st.booleans(),
        types.NoneType: st.none(),
    }
    return simple.get(annotation, objects)


def messages_of(op: str) -> st.SearchStrategy[dict[str, Any]]:
    fields = {
        name: plausible(field.annotation)
        for name, field in QUESTIONS[op].model_fields.items()
        if name not in ("id", "op")
    }
    some = {name: values | anything for name, values in fields.items()}
    right = st.fixed_dictionaries({"op": st.just(op), **fields})
    return right | st.fixed_dictionaries({"op": st.just(op)}, optional={**some, "more": anything})


right_or_wrong = st.one_of(map(messages_of, QUESTIONS))
wild = st.fixed_dictionaries({"op": st.text(max_size=5) | anything}) | anything


def of_today(message: Any, project: pn.Project) -> Any:
    """Put ids of nodes, there or gone, in the place of indices from a million on."""
    if isinstance(message, dict):
        return {key: of_today(value, project) for key, value in message.items()}
    if isinstance(message, list):
        return [of_today(value, project) for value in message]
    if isinstance(message, int) and 10**6 <= message < 10**6 + 200:
        ids = list(project.tree.states)
        index = message - 10**6
        return ids[index % len(ids)] if index % 3 else project.tree.ids.last - index
    return message


# ---------------------------------------------------------------- what must not be half done


def state_of(project: pn.Project) -> tuple[Any, ...]:
    session = project.explore().session
    return (
        project.tree,
        project._edits.decided,
        [(step.position, step.name, step.done) for step in project.history.steps],
        session.selection.tolist(),
        session.active,
        session.sort,
        session.piled,
        project.settings,
        list(project.df.columns),
    )


def check_whole(explorer: Explorer) -> None:
    """Assert that what there is makes sense, and that the browser would see it."""
    project = explorer.project
    assert len(project.tree.root.index) == sum(SIZES)
    assert explorer._active == explorer.session.active in project.tree.states
    assert 30 <= explorer.thumb_size <= 500
    check_packed(explorer)
    json.dumps(project.settings)


def receive(browser: Browser, explorer: Explorer, message: Any) -> list[dict[str, Any]]:
    """Send a message; return the answers. One that was refused has changed nothing."""
    project = explorer.project
    before, count = state_of(project), len(browser.answers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer clusters than asked for, and the like
        browser.receive(message)
        wait_until_idle(project)
        browser.finish()
    answers = [answer for answer, _ in browser.answers[count:]]
    for answer in answers:
        assert answer["ok"] or answer["error"]["text"]
        assert answer["ok"] or len(json.dumps(answer)) < LONGEST_REPLY
        json.dumps(answer)
    if not any(answer["ok"] for answer in answers):
        assert state_of(project) == before
    check_whole(explorer)
    return answers


@MESSAGES
@given(right_or_wrong | wild)
def test_no_message_can_hurt_the_kernel(explorer: Explorer, message: Any) -> None:
    browser = Browser(explorer)
    if isinstance(message, dict):
        message = {**of_today(message, explorer.project), "id": "q"}
    answers = receive(browser, explorer, message)
    assert [answer["id"] for answer in answers] == (["q"] if isinstance(message, dict) else [])


@MESSAGES
@given(st.lists(right_or_wrong, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_what_comes_twice_or_late_is_carried_out_once(
    explorer: Explorer, messages: list[Any], chance: Any
) -> None:
    browser, project = Browser(explorer), explorer.project
    sent = [
        {**of_today(message, project), "id": f"q{number}"}
        for number, message in enumerate(messages)
    ]
    answered: dict[str, Any] = {}
    for message in [*sent, *chance.sample(sent, len(sent) // 2)]:
        again = message["id"] in answered
        if again and chance.random() < 0.5:
            message = {**chance.choice(sent), "id": message["id"]}  # of the same id, another one
        before = state_of(project)
        [answer] = receive(browser, explorer, message)
        if again and not is_reading(message, sent):
            assert answer == answered[answer["id"]] and state_of(project) == before
        answered.setdefault(answer["id"], answer)


def is_reading(message: dict[str, Any], sent: list[dict[str, Any]]) -> bool:
    """Tell whether the question of this id was one that changes nothing: it is read again."""
    [first] = [one for one in sent if one["id"] == message["id"]]
    reading = [question.__name__ for question in typing.get_args(protocol.READING)]
    return QUESTIONS[first["op"]].__name__ in reading


# ---------------------------------------------------------------- huge


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


HUGE = {
    "rows": list(range(10**6)),
    "text": "x" * 10**6,
    "deep list": nested(1000),
    "object": {str(number): number for number in range(10**5)},
    "deep object": {"nb_clusters": nested(1000), "by": nested(1000)},
    "number": 10**1000,
    "many numbers": [10**30] * 1000,
}


@pytest.mark.parametrize("what", HUGE)
@pytest.mark.parametrize("op", QUESTIONS)
def test_what_is_huge_is_refused_in_a_sentence(explorer: Explorer, op: str, what: str) -> None:
    usual = {"nodes": [0], "rows": [0], "size": 64, "node": 0, "row": 0, "piles": False}
    usual |= {"function": "compute_clusters", "params": {}, "label": "x", "sort": {"by": "auto"}}
    usual |= {"parameter": "min_similarity"}
    browser = Browser(explorer)
    names = [name for name in QUESTIONS[op].model_fields if name not in ("id", "op")]
    for number, name in enumerate(names):
        fields = {key: usual[key] for key in names if key in usual}
        message = {"id": f"q{number}", "op": op, **fields, name: HUGE[what]}
        [answer] = receive(browser, explorer, message)
        assert answer["id"] == f"q{number}"
    assert len(receive(browser, explorer, {"id": "more", "op": op, "more": HUGE[what]})) == 1
    assert len(receive(browser, explorer, {"id": "what", "op": HUGE[what]})) == 1
    assert receive(browser, explorer, {"id": HUGE[what], "op": op}) == []


# ---------------------------------------------------------------- below the questions

STATE = ["_selected", "_active", "thumb_size", "_tree", "_order", "_job", "tree", "sort", "piles"]


@MESSAGES
@given(
    st.dictionaries(
        st.sampled_from(STATE),
        st.binary(max_size=9) | st.integers() | st.none() | st.text(max_size=4) | anything,
    )
)
def test_no_state_of_the_browser_can_hurt_the_kernel(
    explorer: Explorer, state: dict[str, Any]
) -> None:
    before = explorer.project.tree
    explorer._handle_msg({"content": {"data": {"method": "update", "state": state}}, "buffers": []})
    assert explorer.project.tree is before and explorer._job is None
    assert explorer.sort["by"] == "auto" and not explorer.piles
    check_whole(explorer)


def test_a_number_for_a_selection_takes_no_memory(explorer: Explorer) -> None:
    tracemalloc.start()
    update = {"method": "update", "state": {"_selected": 10**8}}
    explorer._handle_msg({"content": {"data": update}, "buffers": []})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**7
    check_whole(explorer)


paths = st.lists(st.lists(st.sampled_from(STATE) | st.integers() | anything, max_size=3))
envelopes = st.fixed_dictionaries(
    {"method": st.sampled_from(["update", "request_state", "request_states", "custom", "x"])},
    optional={
        "state": st.dictionaries(st.sampled_from(STATE), anything) | anything,
        "buffer_paths": paths | anything,
        "content": anything,
    },
)


@MESSAGES
@given(envelopes | anything, st.lists(st.binary(max_size=20), max_size=3) | anything, st.booleans())
def test_no_envelope_can_hurt_the_kernel(
    explorer: Explorer, caplog: pytest.LogCaptureFixture, data: Any, buffers: Any, has_any: bool
) -> None:
    caplog.clear()
    message = {"content": {"data": data}, **({"buffers": buffers} if has_any else {})}
    before = state_of(explorer.project)
    explorer._handle_msg(message)
    after = state_of(explorer.project)
    assert after[:3] == before[:3] and after[5:] == before[5:], "all but what it may write"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "Exception in widget method" not in caplog.text
    check_whole(explorer)


@pytest.mark.parametrize("message", [None, {}, {"content": 3}, {"content": {"data": {}}}])
def test_what_is_no_message_is_left_alone(explorer: Explorer, message: Any) -> None:
    explorer._handle_msg(message)


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_names_travel_as_the_text_they_are(tmp_path: Path, name: str) -> None:
    file = name.replace("/", "-").replace("\x00", "")
    for path in write_images(tmp_path / "images", 6):
        path.rename(path.with_name(f"{path.stem} {file}.png"))
    with pn.open_project(tmp_path / "images") as project:
        project.add_vectors(name, blobs([3, 3]))
        explorer = project.explore()
        browser, picture = Browser(explorer), Picture(explorer)
        label = name.replace("/", "-")
        node = project.compute_clusters(2).children[0]
        assert browser.ask("rename", node=node.id, label=label)["ok"]
        shown = picture.nodes[node.id]["label"]
        assert shown == " ".join(label.split()) == project.tree.node(node.id).label
        assert name in explorer._info["vector_sets"]
        project.stamp(node.id, name, label)
        assert browser.ask("save", node=0)["ok"]
        row = int(node.rows[0])
        told = browser.ask("details", row=row)["result"]
        values = {entry["name"]: entry["value"] for entry in told["properties"]}
        assert file in values["path"]
        assert list(project.tags(name).paths.values()) == [label.strip()]
        assert values["Clustering"] == shown
        project.flush()
    with pn.open_project(tmp_path / "images") as again:
        assert shown in [leaf.label for leaf in again.tree.leaves()]
        assert shown in set(again.df["Clustering"])


def test_half_a_character_is_refused(explorer: Explorer) -> None:
    node = explorer.project.tree.leaves()[0]
    assert not Browser(explorer).ask("rename", node=node.id, label="x\ud800")["ok"]
    with pytest.raises(pn.LabelError, match="half a character"):
        explorer.project.rename(node, "x\ud800")


@pytest.fixture(autouse=True)
def nothing_left_behind(project: pn.Project) -> Iterator[None]:
    yield
    wait_until_idle(project)
    widget = project.explore()
    widget.sort, widget.piles, widget.selected = "auto", False, []
    for column in project.clusterings:
        del project.df[column]
    for node in list(project.tree.walk()):
        if node.locked:
            project.unlock(node.id)
    project.close_clusters()
