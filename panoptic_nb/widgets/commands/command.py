"""Actions of the widget that need Python alone: a function, its form from its signature."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from panoptic_nb.forms import Form, read_form
from panoptic_nb.project import Project
from panoptic_nb.project_understanding import WORKING_TREE
from panoptic_nb.tree import Node
from panoptic_nb.widgets.commands.result import Result
from panoptic_nb.widgets.session import Session
from panoptic_nb.widgets.words import Words

#: Where an action is offered: for the project, for a cluster, or with what another one answered.
Place = Literal["project", "node", "both", "answer"]
#: A field that chooses one of these of the project.
Clustering = Annotated[str, Field(json_schema_extra={"column": "clusterings"})]
Saved = Annotated[str, Field(json_schema_extra={"column": "saved"})]
Column = Annotated[str, Field(json_schema_extra={"column": "columns"})]
OptionalColumn = Annotated[str, Field(json_schema_extra={"column": "optional"})]
TagColumn = Annotated[str, Field(json_schema_extra={"column": "tags"})]

TAGS = ("tag", "multi_tags")
#: Tags that a field proposes.
MAX_SUGGESTED = 500


@dataclass(frozen=True)
class At:
    """Where an action was asked for.

    Attributes
    ----------
    session
        What all widgets of the project share.
    node
        The cluster that it is about; the root where it is about none.
    said
        The words of the reader's language.
    """

    session: Session
    node: Node
    said: Words

    @property
    def project(self) -> Project:
        """The project of the session."""
        return self.session.project

    def now(self) -> At:
        """Return the same place in the tree as it stands after an edit."""
        return replace(self, node=self.project.tree.node(self.node.id))


#: Why an action cannot be used here: a key of the locale files; None = it can.
Reason = Callable[[At], str | None]


@dataclass(frozen=True)
class Command:
    """An action.

    Attributes
    ----------
    name
        Its words are ``commands.<name>`` of the locale files: title, help, fields.
    function
        Called with `At` and the values of its form.
    form
        From its keyword-only parameters.
    ask
        Returns the fields where they depend on what is there; the values are not checked then.
    preview
        Returns a sentence: what would be done.
    writes
        It writes the table: done between cells, as no cell may see it half written.
    begins
        A menu draws a line above it.
    """

    name: str
    place: Place
    function: Callable[..., Result]
    form: Form | None
    reason: Reason
    ask: Callable[[At], list[dict[str, Any]]] | None = None
    preview: Callable[..., str] | None = None
    writes: bool = False
    begins: bool = False

    def about(self, at: At) -> dict[str, Any]:
        """Return what a menu says of it."""
        reason = self.reason(at)
        return {
            "name": self.name,
            "title": at.said(f"commands.{self.name}.title"),
            "help": at.said(
                f"commands.{self.name}.help", name=at.node.label or at.said("kinds.root")
            ),
            "error": reason and at.said(f"commands.reasons.{reason}"),
            "begins": self.begins,
        }

    def fields(self, at: At) -> list[dict[str, Any]]:
        """Return its form with today's columns to choose from, in the reader's language."""
        if self.ask:
            return self.ask(at)
        return [self._field(field, at) for field in self.form.fields] if self.form else []

    def check(self, params: Mapping[str, Any]) -> Callable[[At], Result]:
        """Return the action with these values, or raise `ParameterError`."""
        if self.form is None:
            return lambda at: self.function(at, params)
        values = self.form.check(self.name, params)
        return lambda at: self.function(at, **values)

    def _field(self, field: Mapping[str, Any], at: At) -> dict[str, Any]:
        words = f"commands.{self.name}.{field['name']}"
        packed = {
            **field,
            "label": at.said.find(f"{words}.label") or field["label"],
            "help": at.said.find(f"{words}.help") or "",
        }
        if field["name"] == "language":
            packed["default"] = at.said.language
        if "suggest" in field:
            packed["suggest"] = _known_tags(at)
        if field["type"] == "column":
            options = _choices(at)[field["of"]]
            packed["options"] = options
            values = [option["value"] for option in options]
            if packed.get("default") not in values:
                packed["default"] = next(iter(values), None)
        elif field["type"] == "enum":
            packed["options"] = [
                {**option, "label": at.said(f"{words}.options.{option['value']}")}
                for option in field["options"]
            ]
        return packed


def _choices(at: At) -> dict[str, list[dict[str, Any]]]:
    project = at.project
    kinds = project.properties
    names = {
        "saved": list(project.clusterings),
        "columns": list(kinds),
        "tags": [name for name, kind in kinds.items() if kind in TAGS],
    }
    named = {key: [{"value": n, "label": n} for n in values] for key, values in names.items()}
    named["optional"] = [{"value": "", "label": "\u2013"}, *named["columns"]]
    working = {"value": WORKING_TREE, "label": at.said("commands.working_tree")}
    return named | {"clusterings": [*named["saved"], working]}


def _known_tags(at: At) -> list[str]:
    """Return some tags of all columns, to be found by typing."""
    columns = [option["value"] for option in _choices(at)["tags"]]
    known = itertools.chain.from_iterable(at.project.tags(column) for column in columns)
    return list(dict.fromkeys(itertools.islice(known, MAX_SUGGESTED)))


COMMANDS: dict[str, Command] = {}


def always(_at: At) -> None:
    """Refuse nothing."""


F = TypeVar("F", bound=Callable[..., Result])


def command(place: Place, reason: Reason = always, **more: Any) -> Callable[[F], F]:
    """Register a function as an action; what is not its first parameter is its form."""

    def register(function: F) -> F:
        name = function.__name__
        form = None if "ask" in more else read_form(partial(function, None), name)
        COMMANDS[name] = Command(name, place, function, form, reason, **more)
        return function

    return register


def has_clusters(at: At) -> str | None:
    """Refuse where there are no clusters."""
    return "no_clusters" if at.project.tree.root.is_leaf else None


def is_split(at: At) -> str | None:
    """Refuse a node that has no clusters below it."""
    return "not_split" if at.node.is_leaf else None


def has_saved(at: At) -> str | None:
    """Refuse where nothing was saved."""
    return None if at.project.clusterings else "nothing_saved"


def has_columns(at: At) -> str | None:
    """Refuse where the table has no columns to group by."""
    return None if at.project.properties else "no_columns"


def has_vectors(at: At) -> str | None:
    """Refuse where there are no vectors."""
    return None if at.project.vec_type else "no_vectors"


def has_tags(at: At) -> str | None:
    """Refuse where no column holds tags."""
    return None if _choices(at)["tags"] else "no_tags"
