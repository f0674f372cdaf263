"""From the signature of a function to a form: fields, bounds, help, and one message per field."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import docstring_parser
import numpy as np
from pydantic import BaseModel, Field, ValidationError, create_model

from panoptic_nb.conditions import applicable, read_conditions
from panoptic_nb.error_text import first_line, short
from panoptic_nb.errors import FunctionError, ParameterError
from panoptic_nb.inputs import Decisions, Given, Images, Tags, TextEncoder
from panoptic_nb.progress import Progress

#: Parameters that are given and recognised by their class rather than by an annotation.
GIVEN_CLASSES: dict[Any, str] = {
    Images: "images",
    TextEncoder: "text",
    Decisions: "decisions",
    Progress: "progress",
}
#: Given by name: every run has a seed.
SEED = "seed"
#: Names that `Project.run` keeps for itself.
RESERVED = ("function", "node", "vec_type")

TYPES = {"integer": "int", "number": "float", "boolean": "bool", "string": "str"}
BOUNDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
}


@dataclass(frozen=True)
class Form:
    """What a function is given, and what its user fills in.

    Attributes
    ----------
    given
        Kind of each parameter that the project fills in: "vectors", "images", "text",
        "decisions", "progress" or "seed".
    model
        Pydantic model of the parameters that the user fills in.
    fields
        The same as plain JSON, for the widget.
    """

    given: Mapping[str, str]
    model: type[BaseModel]
    fields: list[dict[str, Any]]

    @property
    def columns(self) -> list[str]:
        """Names of the parameters that pick a tag column."""
        return [field["name"] for field in self.fields if field["type"] == "column"]

    def check(self, function: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the function gets, or raise `ParameterError`.

        What is not given, or does not matter with the other values, has its default.
        """
        try:
            checked = self.model.model_validate(_without_numpy(params))
        except ValidationError as error:
            raise _parameter_error(function, error, list(self.model.model_fields)) from error
        values = {name: getattr(checked, name) for name in self.model.model_fields}
        hidden = values.keys() - self.plain(values).keys()
        defaults = self.model.model_validate(
            {name: value for name, value in values.items() if name not in hidden}
        )
        return values | {name: getattr(defaults, name) for name in hidden}

    def plain(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of checked parameters that matter as plain JSON values, for a record."""
        values = self.model.model_construct(**params).model_dump(mode="json")
        return applicable(self.fields, values)


def read_form(function: Callable[..., Any], name: str) -> Form:
    """Read the form of a clustering function from its signature and docstring.

    Raises
    ------
    FunctionError
        A parameter has no type, or a type that cannot be a field.
    """
    written = _written(function)
    try:
        hints = get_type_hints(written, include_extras=True)
        signature = inspect.signature(function)
    except Exception as error:  # annotations are evaluated, and builtins have no signature
        raise FunctionError(
            f"The types of the function {name!r} cannot be read: {first_line(error)}."
        ) from error
    help_texts = _parameter_help(written)
    given: dict[str, str] = {}
    definitions: dict[str, Any] = {}
    for parameter in signature.parameters.values():
        _check_parameter(parameter, hints, name)
        hint = hints[parameter.name]
        what = SEED if parameter.name == SEED else _given(hint)
        if what:
            given[parameter.name] = what
        else:
            default = _without_numpy({"default": parameter.default})["default"]
            definitions[parameter.name] = _definition(hint, default, help_texts.get(parameter.name))
    model = _make_model(name, definitions)
    _check_defaults(model, name)
    return Form(given, model, _fields(model, name))


def summary(function: Callable[..., Any]) -> str:
    """Return the first sentence of a function's docstring."""
    return docstring_parser.parse(_written(function).__doc__ or "").short_description or ""


def _written(function: Any) -> Any:
    """Return the function whose source has the types and the help."""
    while isinstance(function, partial):
        function = function.func
    is_object = not isinstance(function, type) and not inspect.isroutine(function)
    return type(function).__call__ if is_object else function


def _without_numpy(params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in params.items()
    }


def _parameter_help(function: Callable[..., Any]) -> dict[str, str]:
    parsed = docstring_parser.parse(function.__doc__ or "")
    return {p.arg_name: " ".join((p.description or "").split()) for p in parsed.params}


def _check_parameter(parameter: inspect.Parameter, hints: Mapping[str, Any], name: str) -> None:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        problem = "takes any number of parameters, so no form can be made of it"
    elif parameter.kind is parameter.POSITIONAL_ONLY:
        problem = f"takes {parameter.name!r} by position only; remove the '/'"
    elif parameter.name not in hints:
        problem = f"has a parameter {parameter.name!r} without a type; write for example "
        problem += f"'{parameter.name}: int = 3'"
    elif parameter.name.startswith("_"):
        problem = f"has a parameter {parameter.name!r}; a field cannot begin with '_', rename it"
    elif parameter.name in RESERVED:
        problem = f"has a parameter {parameter.name!r}, a name that every run uses; rename it"
    else:
        return
    raise FunctionError(f"The function {name!r} {problem}.")


def _given(hint: Any) -> str | None:
    if get_origin(hint) is Annotated:
        for extra in get_args(hint)[1:]:
            if isinstance(extra, Given):
                return extra.what
        hint = get_args(hint)[0]
    return GIVEN_CLASSES.get(hint) if isinstance(hint, type) else None


def _definition(hint: Any, default: Any, description: str | None) -> tuple[Any, Any]:
    if hint is Tags:
        hint = Annotated[str, Field(json_schema_extra={"column": True})]
    if description:
        # Put inside, so that a description given by the author's own Field wins.
        hint = Annotated[hint, Field(description=description)] if not _described(hint) else hint
    return hint, ... if default is inspect.Parameter.empty else default


def _described(hint: Any) -> bool:
    return any(getattr(extra, "description", None) for extra in getattr(hint, "__metadata__", ()))


def _make_model(name: str, definitions: dict[str, Any]) -> type[BaseModel]:
    config = {
        "extra": "forbid",
        "protected_namespaces": (),
        "validate_default": True,
        "allow_inf_nan": False,  # JSON has neither
    }
    try:
        return create_model(name, __config__=config, **definitions)  # type: ignore[call-overload, no-any-return]
    except Exception as error:  # pydantic's own family, and names that it keeps for itself
        raise FunctionError(
            f"The function {name!r} has a parameter whose name or type cannot be a field of a "
            f"form: {first_line(error)}."
        ) from error


def _check_defaults(model: type[BaseModel], name: str) -> None:
    try:
        model.model_validate({})
    except ValidationError as error:
        wrong = [_message(item, []) for item in error.errors() if item["type"] != "missing"]
        if wrong:
            raise FunctionError(
                f"The function {name!r} has a default that its own form refuses: {wrong[0]}"
            ) from error


def _fields(model: type[BaseModel], name: str) -> list[dict[str, Any]]:
    try:
        schema = model.model_json_schema()
    except Exception as error:  # what JSON cannot express
        raise FunctionError(
            f"The function {name!r} has a parameter that cannot be a field of a form: "
            f"{first_line(error)}."
        ) from error
    conditions = read_conditions(model, name)
    return [
        _field(parameter, prop, schema.get("$defs", {}), name) | conditions[parameter]
        for parameter, prop in schema.get("properties", {}).items()
    ]


def _field(
    parameter: str, prop: dict[str, Any], definitions: dict[str, Any], function: str
) -> dict[str, Any]:
    if "$ref" in prop:  # an Enum class
        prop = {**definitions[prop["$ref"].rsplit("/", 1)[1]], **prop}
    field: dict[str, Any] = {
        "name": parameter,
        "default": prop.get("default"),
        "help": prop.get("description", ""),
        "label": parameter.replace("_", " "),
    }
    if "suggest" in prop:
        field["suggest"] = prop["suggest"]
    if prop.get("column"):
        field |= {"type": "column", "of": prop["column"]}
    elif values := _choices(prop):
        field |= {"type": "enum", "options": [{"value": v, "label": str(v)} for v in values]}
    elif prop.get("type") in TYPES:
        field["type"] = TYPES[prop["type"]]
        field |= {ours: prop[theirs] for theirs, ours in BOUNDS.items() if theirs in prop}
    else:
        raise FunctionError(
            f"The parameter {parameter!r} of the function {function!r} cannot be a field of a "
            "form: use int, float, bool, str, a Literal or an Enum of texts or numbers, or "
            "panoptic_nb.Tags."
        )
    return field


def _choices(prop: dict[str, Any]) -> list[Any]:
    """Return the values of a Literal or Enum that a browser can send back as they are."""
    values = prop.get("enum", [prop["const"]] if "const" in prop else [])
    plain = all(isinstance(value, (str, int, float, bool)) for value in values)
    return values if plain else []


def _parameter_error(function: str, error: ValidationError, known: list[str]) -> ParameterError:
    messages = {}
    for item in error.errors():
        messages[_parameter(item) or function] = _message(item, known)
    return ParameterError(f"{function}: " + " ".join(messages.values()), messages)


def _parameter(item: Any) -> str:
    return str(item["loc"][0]) if item["loc"] else ""


def _message(item: Any, known: list[str]) -> str:
    name = _parameter(item)
    if item["type"] == "extra_forbidden":
        return f"There is no parameter {name!r}. Parameters: {', '.join(known) or 'none'}."
    if item["type"] == "missing":
        return f"{name} is needed."
    text = " ".join(item["msg"].split()).rstrip(".")
    text = text.removeprefix("Value error, ").removeprefix("Input should ")
    text = text if text.startswith(("be ", "have ")) else f"be right: {text}"
    return f"{name} must {text}. Got {short(item['input'])}."
