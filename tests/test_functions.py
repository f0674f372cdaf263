from __future__ import annotations

import enum
import functools
import importlib.metadata
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from pydantic import Field

import panoptic_nb as pn
from panoptic_nb.errors import FunctionError, ParameterError
from panoptic_nb.forms import read_form
from panoptic_nb.functions import ENTRY_POINTS, Registry, registry


def example(
    vectors: pn.Vectors,
    images: pn.Images,
    progress: pn.Progress,
    seed: int,
    *,
    tags: pn.Tags,
    count: Annotated[int, Field(ge=1, le=9, description="from the Field")] = 3,
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5,
    way: Literal["near", "far"] = "near",
    deep: bool = False,
    word: str = "",
) -> list[int]:
    """Group things in a way.

    Parameters
    ----------
    share
        How much
        of it.
    """
    return [0] * len(vectors)


def test_the_signature_is_the_form() -> None:
    form = read_form(example, "example")
    assert form.given == {
        "vectors": "vectors",
        "images": "images",
        "progress": "progress",
        "seed": "seed",
    }
    fields = {field["name"]: field for field in form.fields}
    assert [(f["name"], f["type"], f["default"]) for f in form.fields] == [
        ("tags", "column", None),
        ("count", "int", 3),
        ("share", "float", 0.5),
        ("way", "enum", "near"),
        ("deep", "bool", False),
        ("word", "str", ""),
    ]
    assert (fields["count"]["minimum"], fields["count"]["maximum"]) == (1, 9)
    assert (fields["share"]["exclusive_minimum"], fields["share"]["exclusive_maximum"]) == (0, 1)
    assert fields["count"]["help"] == "from the Field"
    assert fields["share"]["help"] == "How much of it."
    assert [o["value"] for o in fields["way"]["options"]] == ["near", "far"]
    assert form.columns == ["tags"]


def test_defaults_are_filled_in_and_numpy_numbers_understood() -> None:
    checked = read_form(example, "example").check("example", {"tags": "t", "count": np.int64(4)})
    assert checked == {
        "tags": "t",
        "count": 4,
        "share": 0.5,
        "way": "near",
        "deep": False,
        "word": "",
    }


def test_every_wrong_parameter_gets_its_message() -> None:
    form = read_form(example, "example")
    with pytest.raises(ParameterError) as caught:
        form.check("example", {"count": 0, "share": 2, "way": "up", "other": 1})
    errors = caught.value.errors
    assert set(errors) == {"tags", "count", "share", "way", "other"}
    assert errors["count"] == "count must be greater than or equal to 1. Got 0."
    assert "'near' or 'far'" in errors["way"]
    assert errors["tags"] == "tags is needed."
    assert "There is no parameter 'other'" in errors["other"]


class Way(enum.Enum):
    NEAR = "near"
    FAR = 2


def chosen(
    images: pn.Images,
    way: Way = Way.NEAR,
    share: float = np.float64(0.5),  # type: ignore[assignment]
    count: int = np.int64(3),  # type: ignore[assignment]
    file: Path = Path("a/b"),
) -> Any: ...


@pytest.mark.parametrize(
    ("params", "recorded"),
    [
        ({}, {}),
        ({"way": 2, "count": np.int8(7)}, {"way": 2, "count": 7}),
        ({"way": Way.FAR, "share": np.float32(0.25)}, {"way": 2, "share": 0.25}),
        ({"file": Path("c")}, {"file": "c"}),
    ],
)
def test_the_function_gets_its_types_and_the_record_plain_json(
    params: dict[str, Any], recorded: dict[str, Any]
) -> None:
    form = read_form(chosen, "chosen")
    checked = form.check("chosen", params)
    assert isinstance(checked["way"], Way) and isinstance(checked["file"], Path)
    plain = form.plain(checked)
    expected = {"way": "near", "share": 0.5, "count": 3, "file": "a/b"} | recorded
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain == expected
    assert [type(value) for value in plain.values()] == [type(value) for value in expected.values()]
    assert form.check("chosen", plain) == checked, "a record can be run again"
    json.dumps(form.fields, allow_nan=False)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("-inf")])
def test_numbers_that_json_cannot_hold_are_refused(value: float) -> None:
    with pytest.raises(ParameterError, match="share must be a finite number"):
        read_form(chosen, "chosen").check("chosen", {"share": value})


def test_a_refused_value_is_shown_on_one_short_line() -> None:
    with pytest.raises(ParameterError) as caught:
        read_form(chosen, "chosen").check("chosen", {"count": np.zeros((99, 9))})
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


class Pair(enum.Enum):
    ONE = (1, 2)


def default_refused(images: pn.Images, k: Annotated[int, Field(ge=1)] = 0) -> Any: ...
def default_infinite(images: pn.Images, k: float = float("inf")) -> Any: ...
def underscore(images: pn.Images, _k: int = 3) -> Any: ...
def pairs(images: pn.Images, pair: Pair = Pair.ONE) -> Any: ...
def bad_text(images: pn.Images, k: pn.Nowhere = 3) -> Any: ...  # type: ignore[name-defined]
def no_type(vectors: pn.Vectors, k=3) -> Any: ...  # type: ignore[no-untyped-def]
def any_number(vectors: pn.Vectors, **options: int) -> Any: ...
def no_field(vectors: pn.Vectors, where: dict[str, int]) -> Any: ...
def unknown_class(vectors: pn.Vectors, array: np.ndarray) -> Any: ...
def reserved(vectors: pn.Vectors, node: int = 0) -> Any: ...
def by_position(vectors: pn.Vectors, /) -> Any: ...


@pytest.mark.parametrize(
    "function",
    [
        *(no_type, any_number, no_field, unknown_class, reserved, by_position, bad_text),
        *(default_refused, default_infinite, underscore, pairs),
    ],
)
def test_what_cannot_be_a_form_is_refused_at_registration(function: Any) -> None:
    with pytest.raises(FunctionError, match=f"'{function.__name__}'") as caught:
        pn.clustering_function(function)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")
    assert function.__name__ not in [f.name for f in registry]


@pytest.fixture
def registered() -> Iterator[list[str]]:
    names: list[str] = []
    yield names
    for name in names:
        registry.remove(name)


def test_a_cell_that_runs_again_replaces_its_function(registered: list[str]) -> None:
    registered.append("mine")
    for default in (1, 2):

        def mine(images: pn.Images, k: int = default) -> Any: ...

        pn.clustering_function(mine)
    assert registry.get("mine").form.fields[0]["default"] == 2


def test_a_built_in_is_not_replaced_by_accident() -> None:
    registry.get("compute_clusters")

    def compute_clusters(images: pn.Images) -> Any: ...

    with pytest.raises(FunctionError, match="There is already a function"):
        pn.clustering_function(compute_clusters)


def test_a_built_in_is_not_replaced_before_anything_is_loaded() -> None:
    code = """
import panoptic_nb as pn
def find_duplicates(images: pn.Images): ...
try:
    pn.clustering_function(find_duplicates)
except pn.FunctionError as error:
    print(error)
print([f.name for f in pn.functions.registry])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    refused, names = done.stdout.splitlines()
    assert "There is already a function 'find_duplicates'" in refused
    assert names.startswith("['compute_clusters', 'find_duplicates', 'cluster_by_tags'")


def test_a_second_thread_waits_until_the_plugins_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Broken(importlib.metadata.EntryPoint):
        def load(self) -> Any:
            begun.set()
            go_on.wait(10)
            raise ImportError("no module.\nReally.\n")

    plugins = [Broken("slow", "nowhere", ENTRY_POINTS)]
    monkeypatch.setattr("panoptic_nb.functions.entry_points", lambda group: plugins)
    fresh = Registry()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lambda: [one.name for one in fresh])
        assert begun.wait(10)
        second = pool.submit(lambda: [one.name for one in fresh])
        with pytest.raises(TimeoutError):
            second.result(0.1)
        go_on.set()
        assert first.result(10) == second.result(10) == ["slow"]
    with pytest.raises(FunctionError, match=r"could not be loaded: ImportError: no module\.$"):
        fresh.get("slow")


class Halves:
    """Not the help."""

    def __call__(self, images: pn.Images, share: float = 0.5) -> list[int]:
        """Split in two."""
        return [0 if at < share * len(images) else 1 for at in range(len(images))]


def test_objects_and_partial_functions_need_a_name(registered: list[str]) -> None:
    registered += ["halves", "part"]
    for nameless in (Halves(), functools.partial(example, count=2)):
        with pytest.raises(FunctionError, match=r"needs a name.*name='...'"):
            pn.clustering_function(nameless)
    pn.clustering_function(Halves(), name="halves")
    pn.clustering_function(functools.partial(example, count=2), name="part")
    halves, part = registry.get("halves"), registry.get("part")
    assert (halves.form.given, halves.help) == ({"images": "images"}, "Split in two.")
    assert part.form.check("part", {"tags": "t"})["count"] == 2
    assert part.help == "Group things in a way."


@pytest.mark.parametrize("thing", [object(), "compute_clusters", 3])
def test_what_cannot_be_called_is_no_function(thing: Any) -> None:
    with pytest.raises(FunctionError, match="cannot be called"):
        pn.clustering_function(thing, name="thing")
    with pytest.raises(FunctionError, match="needs a name"):
        pn.clustering_function(name=thing if thing == 3 else "  ")(example)
    with pytest.raises(FunctionError, match="chosen by its name"):
        registry.get([thing])  # type: ignore[arg-type]


def test_a_preview_belongs_to_a_field_and_has_none_itself() -> None:
    def count(images: pn.Images) -> Any: ...

    def ask(images: pn.Images, more: int = 1) -> Any: ...

    for previews in ({"nothing": count}, {"share": ask}):
        with pytest.raises(FunctionError, match="cannot be offered"):
            pn.clustering_function(Halves(), name="halves", previews=previews)
    assert "halves" not in [one.name for one in registry]


def test_the_built_in_functions_have_panoptics_parameters_and_defaults() -> None:
    forms = {f.name: f.form.fields for f in registry}  # type: ignore[union-attr]
    defaults = {name: {f["name"]: f["default"] for f in fields} for name, fields in forms.items()}
    assert defaults["compute_clusters"]["nb_clusters"] == 10
    assert defaults["find_duplicates"] == {"min_similarity": 0.95}
    assert defaults["cluster_by_tags"] == {
        "tags": None,
        "min_similarity": 0.5,
        "parent_tags": "use",
        "multiple": False,
        "prefix": "",
    }
    assert all(field["help"] for fields in forms.values() for field in fields)
