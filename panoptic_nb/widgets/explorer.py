"""The Explorer: the cluster tree and the image grid of a project, side by side."""

from __future__ import annotations

import itertools
import logging
import os
import threading
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import pandas as pd
import traitlets
from IPython import get_ipython

from panoptic_nb.errors import PanopticError
from panoptic_nb.functions import registry
from panoptic_nb.progress import Notice
from panoptic_nb.project import Project
from panoptic_nb.tree import ROOT
from panoptic_nb.widgets import packing
from panoptic_nb.widgets.handlers import Handlers
from panoptic_nb.widgets.protocol import Server

logger = logging.getLogger(__name__)

STATIC = Path(__file__).parent.parent / "static"
#: Rows whose thumbnails are sent along with the widget, before it can ask.
FIRST_SCREEN = 80


@cache
def _asset(name: str) -> str | Path:
    """Return the text of a bundled file; its path while developing, to be followed as it changes.

    Text, because anywidget keeps every widget made from a path alive for ever.
    """
    path = STATIC / name
    return path if os.environ.get("ANYWIDGET_HMR") == "1" else path.read_text(encoding="utf-8")


def _to_bytes(value: Any, _widget: object) -> bytes:
    """Return what the browser wrote as the trait wants it: buffers arrive as memory views."""
    return bytes(value)


class Explorer(anywidget.AnyWidget):
    """The widget of a project; ``project.explore()`` returns it.

    Attributes
    ----------
    selected : list
        Index labels of the selected rows. Set it to select rows from Python.
    thumb_size : int
        Longest side of the thumbnails, 30 to 500 pixels.
    project : Project
    """

    _esm = _asset("widget.js")
    _css = _asset("widget.css")

    selected = traitlets.Any([])
    thumb_size = traitlets.Int(112, min=30, max=500).tag(sync=True)

    _nodes: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _order = traitlets.Bytes().tag(sync=True)
    _similarity = traitlets.Bytes().tag(sync=True)
    _info = traitlets.Dict().tag(sync=True)
    _functions: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _defaults = traitlets.Dict().tag(sync=True)
    _job = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    _message = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    _preview = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    _history = traitlets.Dict().tag(sync=True)
    _language = traitlets.Enum(["auto", "en", "fr"], default_value="auto").tag(sync=True)
    _selected = traitlets.Bytes().tag(sync=True, from_json=_to_bytes)
    _active = traitlets.Int(ROOT).tag(sync=True)

    def __init__(self, project: Project, **kwargs: Any) -> None:
        self.project = project
        self._updating = threading.RLock()
        self._message_ids = itertools.count(1)
        self._columns: list[Any] = []
        packed = packing.pack_tree(project)
        super().__init__(
            _nodes=packed.nodes,
            _order=packed.order.tobytes(),
            _similarity=packed.similarity.tobytes(),
            _info=packing.pack_info(project),
            _functions=packing.pack_functions(project),
            _defaults=packing.pack_defaults(project),
            _job=packing.pack_job(project.jobs.current),
            _preview=packing.pack_preview(project.preview),
            _history=self._pack_history(),
            **kwargs,
        )
        self._keep_route_to_subshell()
        self._handlers = Handlers(project, self._show_message)
        server = Server(self._handlers, self._reply)
        self.on_msg(lambda _widget, content, _buffers: server.receive(content))
        self._listen()

    # ------------------------------------------------------------------ kernel to browser

    def _listen(self) -> None:
        events = self.project.events
        events.tree.connect(self._show_tree)
        events.columns.connect(self._show_info)
        events.vectors.connect(self._show_vectors)
        events.settings.connect(self._show_settings)
        events.message.connect(self._show_message)
        events.preview.connect(self._show_preview)
        self.project.jobs.changed.connect(self._show_job)
        registry.changed.connect(self._show_functions)
        shell = get_ipython()
        if shell is not None:
            shell.events.register("post_run_cell", self._after_cell)
        events.closed.connect(self._stop_listening)

    def _stop_listening(self) -> None:
        """Let go of what outlives the project."""
        registry.changed.disconnect(self._show_functions)
        shell = get_ipython()
        if shell is not None:
            shell.events.unregister("post_run_cell", self._after_cell)

    def _set(self, **traits: Any) -> None:
        """Change related traits in one message, from whichever thread."""
        with self._updating, self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)

    def _show_tree(self) -> None:
        packed = packing.pack_tree(self.project)
        alive = self._active in self.project.tree.states
        self._set(
            _message=None,  # it was about what is no longer there
            _nodes=packed.nodes,
            _order=packed.order.tobytes(),
            _similarity=packed.similarity.tobytes(),
            _history=self._pack_history(),
            _active=self._active if alive else ROOT,
        )

    def _show_info(self) -> None:
        self._set(_info=packing.pack_info(self.project))

    def _show_functions(self) -> None:
        self._set(_functions=packing.pack_functions(self.project))

    def _show_vectors(self) -> None:
        self._show_info()
        self._show_functions()

    def _show_settings(self) -> None:
        self._set(_defaults=packing.pack_defaults(self.project))

    def _show_job(self) -> None:
        job = packing.pack_job(self.project.jobs.current)
        starts = job is not None and (self._job is None or self._job["id"] != job["id"])
        self._set(_job=job, _message=None if starts else self._message)

    def _show_preview(self) -> None:
        self._set(_preview=packing.pack_preview(self.project.preview))

    def _show_message(self, event: PanopticError | Notice | None) -> None:
        packed = event and packing.pack_message(next(self._message_ids), event)
        self._set(_message=packed)

    def _pack_history(self) -> dict[str, str | None]:
        history = self.project.history
        return {"undo": history.undo_name, "redo": history.redo_name}

    def _after_cell(self, _result: object = None) -> None:
        """Offer the tag columns that a cell made."""
        columns = list(self.project.df.dtypes.items())
        if columns != self._columns:
            self._columns = columns
            self._show_functions()

    def _keep_route_to_subshell(self) -> None:
        """Let messages of the browser be read while a cell runs.

        ipykernel 7.4 sends the next message of the browser to the thread that wrote last; after a
        cell has set a trait that is the busy main thread (ipykernel's ``_reply_subshell_for``,
        private, so guarded).
        """
        comm = self.comm
        if comm is not None and hasattr(comm, "_reply_subshell_for"):
            comm._reply_subshell_for = lambda _data, default: default

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        self._send_first_screen()
        return bundle

    def __repr__(self) -> str:
        return f"<Explorer of {self.project!r}. Run this cell to see it.>"

    # ------------------------------------------------------------------ selection

    @traitlets.observe("selected")
    def _selected_in_python(self, change: Any) -> None:
        rows = self._positions(change.new)
        if not np.array_equal(np.sort(rows), np.sort(packing.unpack_rows(self._selected))):
            self._set(_selected=packing.pack_rows(rows))

    @traitlets.validate("selected")
    def _check_selected(self, proposal: Any) -> list[Any]:
        value = proposal["value"]
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise traitlets.TraitError(f"selected is a list of index labels. Got {value!r}.")
        labels = list(dict.fromkeys(value))
        if len(labels) and (self._positions(labels) < 0).any():
            unknown = [x for x in labels if (self._positions([x]) < 0).any()][:3]
            raise traitlets.TraitError(
                f"selected holds labels that are not in the index of project.df: {unknown}."
            )
        return labels

    @traitlets.observe("_selected")
    def _selected_in_browser(self, change: Any) -> None:
        rows = packing.unpack_rows(change.new)
        rows = rows[rows < self.project.images.n_rows]
        labels = self.project.images.frame_index[rows].tolist()
        if labels != self.selected:
            self.selected = labels

    def _positions(self, labels: Sequence[Any]) -> Any:
        return self.project.images.frame_index.get_indexer_for(pd.Index(list(labels)))

    # ------------------------------------------------------------------ browser to kernel

    def _send_first_screen(self) -> None:
        """Send what is seen first, without being asked.

        A question of the browser may have to wait for the cells behind this one. It is a message
        and no trait, so that no picture is saved with the notebook.
        """
        if self.project.closed:
            return
        node = next((n for n in self._nodes if n["id"] == self._active), self._nodes[0])
        order = packing.unpack_rows(self._order)[node["start"] : node["stop"]]
        rows = order[:FIRST_SCREEN].tolist()
        size = 128 if self.thumb_size <= 128 else 256
        result, buffers = self._handlers.thumbnails(rows, size)
        self._reply({"id": None, "op": "thumbnails", "size": size, **result}, buffers)

    def _reply(self, content: dict[str, Any], buffers: Sequence[bytes]) -> None:
        with self._updating:
            self.send(content, buffers=list(buffers))
