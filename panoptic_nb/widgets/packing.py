"""What the browser is sent of a project besides its tree: plain lists and dictionaries."""

from __future__ import annotations

import json
import os
import traceback
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import is_list_like

from panoptic_nb.errors import Cancelled, NoVectorsError, PanopticError
from panoptic_nb.functions import DEFAULT_FUNCTION, BrokenFunction, ClusteringFunction, registry
from panoptic_nb.history import History, HistoryEntry
from panoptic_nb.jobs import Job
from panoptic_nb.previews import Preview
from panoptic_nb.progress import Notice
from panoptic_nb.project import Project
from panoptic_nb.tag_cells import is_missing
from panoptic_nb.tag_colours import COLOURS
from panoptic_nb.tree import SEPARATOR

TAGS = ("tag", "multi_tags")
#: Characters of a sentence, or of a value in it.
LONGEST_TEXT = 1000
#: Steps of the history that the browser knows, labels of one step, characters of a label path.
MAX_STEPS, MAX_LABELS, MAX_PATH = 200, 3, 60
LOCALE = Path(__file__).parent.parent / "locale"


@cache
def texts() -> dict[str, Any]:
    """Return the words of the widget by language; they are no part of its script."""
    files = sorted(LOCALE.glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def pack_functions(project: Project) -> list[dict[str, Any]]:
    """Return the forms of all functions, with today's columns and vector sets to choose from."""
    choices = {
        "column": [name for name, kind in project.properties.items() if kind in TAGS],
        "vectors": list(project.vector_sets),
    }
    return [_function(function, choices, project.vec_type) for function in registry]


def _function(
    function: ClusteringFunction | BrokenFunction,
    choices: dict[str, list[str]],
    vec_type: str | None,
) -> dict[str, Any]:
    packed: dict[str, Any] = {
        "name": function.name,
        "title": function.name,
        "help": "",
        "experimental": False,
        "error": None,
        "fields": [],
    }
    if isinstance(function, BrokenFunction):
        return packed | {"error": function.error}
    fields = [
        {**field, "preview": field["name"] in function.previews} for field in function.form.fields
    ]
    if function.needs_vectors:
        fields.append(
            {
                "name": "vec_type",
                "type": "vectors",
                "default": vec_type,
                "label": "vectors",
                "help": "Which vectors to compare the images by.",
            }
        )
    for field in fields:
        if field["type"] in choices:
            values = choices[field["type"]]
            field["options"] = [{"value": value, "label": value} for value in values]
            field["default"] = field["default"] or next(iter(values), None)
    return packed | {
        "title": function.title,
        "help": function.help,
        "experimental": function.experimental,
        "fields": fields,
    }


def pack_defaults(project: Project, last: dict[str, Any]) -> dict[str, Any]:
    """Return the function and values that the user chose as defaults, and those used last."""
    settings = project.settings
    return {
        "function": settings.get("function", DEFAULT_FUNCTION),
        "params": settings.get("params", {}),
        "last": last,
    }


def pack_keys(project: Project, version: int) -> dict[str, Any]:
    """Return the number keys and what they stamp, and the column that was stamped last.

    Parameters
    ----------
    version
        Another number whenever tags may have changed, so that the browser asks for them again.
    """
    keys = []
    tags = {column: project.known_tags(column) for column, _ in set(project.tag_keys.values())}
    for number, (column, tag) in project.tag_keys.items():
        known = tags[column]
        colour = COLOURS[known.tags[known.find(tag)].colour] if tag in known else None
        keys.append({"key": str(number), "column": column, "tag": tag, "colour": colour})
    return {"version": version, "keys": keys, "column": project.settings.get("stamped")}


def pack_info(project: Project) -> dict[str, Any]:
    """Return what the toolbar and the empty states say of a project."""
    from panoptic_nb.embeddings import encoder_choices

    vec_type = project.vec_type
    encoder = project.vector_sets[vec_type].encoder if vec_type else ""
    images, texts = project.searches
    return {
        "name": project.name,
        # Tells it from others on the page: what is dragged in one of its widgets fits the others.
        "key": f"{os.getpid():x}-{id(project):x}",
        "rows": project.images.n_rows,
        "part_of": project.whole.images.n_rows if project.whole else None,
        "images": len(project.images),
        "skipped": len(project.skipped),
        "vector_sets": list(project.vector_sets),
        "encoders": [vars(choice) for choice in encoder_choices()],
        "columns": project.clusterings,
        "sort_columns": list(dict.fromkeys(map(str, project.df.columns))),
        "autosave": True,
        # Counted soon, and told then: the first screen must not wait for it.
        "without_vector": project.count_without_vector() if project.vectors_are_counted else 0,
        "has_vectors": vec_type is not None,
        "vec_type": vec_type,
        "vec_encoder": encoder or None,
        # With what these vectors can be searched, besides images of the project.
        "searches": {"image": images, "text": texts},
    }


def opened(project: Project) -> str | None:
    """Return the saved clustering that the tree was opened from, which a save can update."""
    name = project.opened_from
    return name if name in project.clusterings else None


def pack_preview(preview: Preview | None) -> dict[str, Any] | None:
    """Return what each value of a parameter would give, ascending, in parallel lists."""
    if preview is None:
        return None
    counted = preview.thresholds
    return {
        "function": preview.function,
        "parameter": preview.parameter,
        "node": preview.node,
        "vec_type": preview.vec_type,
        "thresholds": counted.min_similarity.tolist(),
        "pairs": counted.pairs.tolist(),
        "groups": counted.groups.tolist(),
        "images": counted.images.tolist(),
    }


def pack_job(job: Job | None) -> dict[str, Any] | None:
    """Return the running job."""
    if job is None:
        return None
    return {
        "id": job.id,
        "kind": job.kind,
        "title": job.title,
        "node": job.node,
        "done": job.done,
        "total": job.total,
        "rate": job.rate,
        "text": job.text,
        "cancelling": job.cancelled,
    }


def pack_status(project: Project) -> dict[str, Any]:
    """Return what a project does now, for people."""
    job = project.jobs.current
    if project.closed or job is None:
        return {"state": "closed" if project.closed else "idle"}
    return {"state": "running", "title": job.title, "done": job.done, "total": job.total}


def pack_history(history: History) -> dict[str, Any]:
    """Return what undo and redo would do, and the steps around the present one."""
    steps, present = history.steps, len(history)
    end = min(len(steps), max(present + MAX_STEPS // 2, MAX_STEPS))
    return {
        "undo": history.undo_name,
        "redo": history.redo_name,
        "position": present,
        "steps": [_step(step) for step in steps[max(0, end - MAX_STEPS) : end]],
    }


def _step(step: HistoryEntry) -> dict[str, Any]:
    """Return a step of the history as one line of a list shows it."""
    values = step.values
    labels = list(values.get("labels", ())) or [values.get("column", "")]
    about = ", ".join(_shortened(label) for label in labels[:MAX_LABELS])
    if len(labels) > MAX_LABELS:
        about += f" +{len(labels) - MAX_LABELS}"
    to = values.get("label") or values.get("to")
    return {
        "position": step.position,
        "name": step.name,
        "about": f"{about} → {_shortened(to)}".strip() if to else about,
        "images": values.get("images", values.get("rows")),
    }


def _shortened(path: str) -> str:
    """Return the end of a label path, which says more than its beginning, as people read it."""
    path = path.replace(SEPARATOR, " \u203a ")
    return path if len(path) <= MAX_PATH else f"…{path[-MAX_PATH:]}"


def pack_message(number: int, event: PanopticError | Notice) -> dict[str, Any]:
    """Return an error or a notice as the message line shows it."""
    failed = isinstance(event, PanopticError) and not isinstance(event, Cancelled)
    return {
        "id": number,
        "level": "error" if failed else "info",
        "text": cut(event.message),
        "key": event.key,
        "values": {name: plain(value) for name, value in event.values.items()},
        "detail": _detail(event) if isinstance(event, PanopticError) else None,
        "action": "embed" if isinstance(event, NoVectorsError) else None,
    }


def _detail(error: PanopticError) -> str | None:
    cause = error.__cause__
    return "".join(traceback.format_exception(cause)) if cause else None


def shown(value: Any) -> str:
    """Return a cell of the table as people read it: lists without brackets, nothing for NA."""
    if is_list_like(value):
        return ", ".join(str(item) for item in value if not is_missing(item))
    return "" if is_missing(value) else str(value)


def plain(value: Any) -> Any:
    """Return a value that JSON can hold."""
    return value if isinstance(value, (int, float, bool, type(None))) else cut(str(value))


def cut(text: str) -> str:
    """Return a text as it fits on the screen, whatever a message of the browser held."""
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def pack_ranked(project: Project, found: pd.DataFrame) -> dict[str, Any]:
    """Return images in an order, as `Project.similar` and its like give them."""
    return {
        "rows": project.images.frame_index.get_indexer_for(found.index).tolist(),
        "similarity": found["similarity"].tolist(),
        "percentile": found["percentile"].tolist(),
    }
