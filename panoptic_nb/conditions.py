"""When the fields of a form are shown, and that this can be: see `panoptic_nb.ShownWhen`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from panoptic_nb.error_text import short
from panoptic_nb.errors import FunctionError
from panoptic_nb.inputs import ShownWhen


def read_conditions(model: type[BaseModel], function: str) -> dict[str, dict[str, Any]]:
    """Return what is added to the JSON of each field: nothing, or "when" it is shown.

    Parameters
    ----------
    model
        The parameters of a form.
    function
        Name of the function, for the error.

    Raises
    ------
    FunctionError
        A condition is on no field that stands before, or can never hold, or its parameter has no
        default that could take the place of what is hidden.
    """
    before: dict[str, FieldInfo] = {}
    added: dict[str, dict[str, Any]] = {}
    for name, field in model.model_fields.items():
        marks = [mark for mark in field.metadata if isinstance(mark, ShownWhen)]
        if marks and field.is_required():
            raise FunctionError(
                f"The parameter {name!r} of the function {function!r} is not always shown, so it "
                "needs a default."
            )
        when: dict[str, list[Any]] = {}
        for other, values in (pair for mark in marks for pair in mark.conditions.items()):
            if other not in before:
                raise FunctionError(
                    f"The parameter {name!r} of the function {function!r} is shown for certain "
                    f"values of {other!r}, which is no field before it. Fields before it: "
                    f"{', '.join(before) or 'none'}."
                )
            when[other] = [_plain(value, other, before[other], function) for value in values]
        added[name] = {"when": when} if when else {}
        before[name] = field
    return added


def applicable(fields: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the fields that are shown with these values, all as plain JSON."""
    shown: dict[str, Any] = {}
    for field in fields:  # what a field depends on stands before it
        when = field.get("when", {})
        if all(other in shown and shown[other] in allowed for other, allowed in when.items()):
            shown[field["name"]] = values[field["name"]]
    return shown


def _plain(value: Any, parameter: str, field: FieldInfo, function: str) -> Any:
    """Return the JSON of a value that a parameter can have."""
    hint: Any = Annotated[field.annotation, field]
    adapter: TypeAdapter[Any] = TypeAdapter(hint)
    try:
        return adapter.dump_python(adapter.validate_python(value), mode="json")
    except ValidationError as error:
        raise FunctionError(
            f"The function {function!r} shows a parameter only when {parameter!r} is "
            f"{short(value)}, a value that {parameter!r} cannot have."
        ) from error
