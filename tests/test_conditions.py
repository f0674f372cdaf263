"""Fields that are shown only for certain values of others."""

from __future__ import annotations

import enum
import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

import panoptic_nb as pn
from panoptic_nb.forms import read_form


class Way(enum.Enum):
    NEAR = "near"
    FAR = 2


def dependent(
    images: pn.Images,
    *,
    count: Annotated[int, Field(ge=-1)] = 10,
    way: Way = Way.NEAR,
    fine: Annotated[float, Field(gt=0), pn.ShownWhen(count=-1)] = 1.0,
    deep: Annotated[bool, pn.ShownWhen(count=(-1, 0), way=Way.FAR)] = False,
    levels: Annotated[int, pn.ShownWhen(deep=True)] = 2,
) -> Any: ...


def test_conditions_travel_as_plain_values_in_the_fields_json() -> None:
    fields = json.loads(json.dumps(read_form(dependent, "dependent").fields))
    when = {field["name"]: field.get("when") for field in fields}
    assert when == {
        "count": None,
        "way": None,
        "fine": {"count": [-1]},
        "deep": {"count": [-1, 0], "way": [2]},
        "levels": {"deep": [True]},
    }


def test_a_hidden_parameter_has_its_default_whatever_python_gives() -> None:
    form = read_form(dependent, "dependent")
    assert form.check("dependent", {"count": 3})["fine"] == 1.0
    assert form.check("dependent", {"count": 3, "fine": 2.0})["fine"] == 1.0
    with pytest.raises(pn.ParameterError, match="fine must"):
        form.check("dependent", {"fine": -1})


@pytest.mark.parametrize(
    ("params", "recorded"),
    [
        ({"count": 3, "fine": 2.0, "levels": 5}, {"count": 3, "way": "near"}),
        ({"count": -1, "fine": 2.0}, {"count": -1, "way": "near", "fine": 2.0}),
        ({"count": 0, "way": 2}, {"count": 0, "way": 2, "deep": False}),
        ({"count": 0, "way": 2, "deep": True}, {"count": 0, "way": 2, "deep": True, "levels": 2}),
        ({"count": 1, "way": 2, "deep": True}, {"count": 1, "way": 2}),
    ],
)
def test_a_record_holds_what_applied(params: dict[str, Any], recorded: dict[str, Any]) -> None:
    form = read_form(dependent, "dependent")
    assert form.plain(form.check("dependent", params)) == recorded


def unknown(images: pn.Images, k: int = 1, x: Annotated[int, pn.ShownWhen(q=1)] = 1) -> Any: ...
def given(images: pn.Images, x: Annotated[int, pn.ShownWhen(images=1)] = 1) -> Any: ...
def itself(images: pn.Images, x: Annotated[int, pn.ShownWhen(x=1)] = 1) -> Any: ...
def later(images: pn.Images, x: Annotated[int, pn.ShownWhen(k=1)] = 1, k: int = 1) -> Any: ...
def needed(images: pn.Images, *, k: int = 1, x: Annotated[int, pn.ShownWhen(k=1)]) -> Any: ...
def out_of_bounds(
    images: pn.Images,
    k: Annotated[int, Field(ge=1)] = 1,
    x: Annotated[int, pn.ShownWhen(k=(1, 0))] = 1,
) -> Any: ...
def no_choice(
    images: pn.Images,
    way: Literal["near", "far"] = "near",
    x: Annotated[int, pn.ShownWhen(way="fra")] = 1,
) -> Any: ...


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (unknown, "'q', which is no field before it. Fields before it: k"),
        (given, "'images', which is no field before it"),
        (itself, "'x', which is no field before it. Fields before it: none"),
        (later, "'k', which is no field before it"),
        (needed, "needs a default"),
        (out_of_bounds, "'k' is 0, a value that 'k' cannot have"),
        (no_choice, "'way' is 'fra', a value that 'way' cannot have"),
    ],
)
def test_a_condition_that_cannot_hold_is_refused_at_registration(
    function: Any, reason: str
) -> None:
    with pytest.raises(pn.FunctionError, match=f"'{function.__name__}'") as caught:
        pn.clustering_function(function)
    assert reason in str(caught.value)
