from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from pydantic import Field

import panoptic_nb as pn
from panoptic_nb.errors import FunctionError, ParameterError
from panoptic_nb.forms import read_form
from panoptic_nb.functions import registry


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


def no_type(vectors: pn.Vectors, k=3) -> Any: ...  # type: ignore[no-untyped-def]
def any_number(vectors: pn.Vectors, **options: int) -> Any: ...
def no_field(vectors: pn.Vectors, where: dict[str, int]) -> Any: ...
def unknown_class(vectors: pn.Vectors, array: np.ndarray) -> Any: ...
def reserved(vectors: pn.Vectors, node: int = 0) -> Any: ...
def by_position(vectors: pn.Vectors, /) -> Any: ...


@pytest.mark.parametrize(
    "function", [no_type, any_number, no_field, unknown_class, reserved, by_position]
)
def test_what_cannot_be_a_form_is_refused_at_registration(function: Any) -> None:
    with pytest.raises(FunctionError, match=f"'{function.__name__}'"):
        pn.clustering_function(function)
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
