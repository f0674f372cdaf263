"""What every widget of a project has: traits, and answers to the browser."""

from __future__ import annotations

import itertools
import logging
import os
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import traitlets
from IPython import get_ipython

from panoptic_nb.errors import PanopticError
from panoptic_nb.functions import registry
from panoptic_nb.progress import Notice
from panoptic_nb.project import Project
from panoptic_nb.tree import ROOT
from panoptic_nb.widgets import packing
from panoptic_nb.widgets.handlers import Handlers
from panoptic_nb.widgets.packed_tree import Patch
from panoptic_nb.widgets.public_traits import PublicTraits
from panoptic_nb.widgets.selection import pack_selection, says, unpack_selection
from panoptic_nb.widgets.server import Server
from panoptic_nb.widgets.session import Session
from panoptic_nb.widgets.written_traits import WrittenTraits

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
    """Return what the browser wrote as the trait wants it: buffers arrive as memory views.

    Of nothing else: bytes(10**10) would be ten gigabytes of zeros.
    """
    return bytes(memoryview(value))


def _tree_json(_value: object, widget: ProjectWidget) -> dict[str, Any]:
    session = widget.session
    return {"version": session.version, "nodes": session.packed.content()}


class ProjectWidget(PublicTraits, WrittenTraits):
    """Base of the widgets of a project; they stay in step through its session.

    Parameters
    ----------
    project
        What to show.
    mask
        Show this part of it alone; see `Project.subset`.

    See `PublicTraits` for what can be read and set in Python.
    """

    _esm = _asset("widget.js")
    _css = _asset("widget.css")
    #: Which parts are shown: "explorer", "grid" or "tree".
    kind: ClassVar[str]

    # Written out when somebody asks for the whole state; otherwise patches are sent.
    _tree = traitlets.Any().tag(sync=True, to_json=_tree_json)
    _order = traitlets.Any().tag(sync=True, to_json=lambda _, w: w.session.packed.order())
    _similarity = traitlets.Any().tag(sync=True, to_json=lambda _, w: w.session.packed.similarity())
    _piles = traitlets.Any().tag(sync=True, to_json=lambda _, w: w.session.packed.piles())
    _kind = traitlets.Unicode().tag(sync=True)
    _texts = traitlets.Dict().tag(sync=True)
    _info = traitlets.Dict().tag(sync=True)
    _functions: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _defaults = traitlets.Dict().tag(sync=True)
    _keys = traitlets.Dict().tag(sync=True)
    #: Number of the cell that showed the widget last, to be run again when the kernel is gone.
    _cell = traitlets.Int(None, allow_none=True).tag(sync=True)
    _job = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    _message = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    _preview = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    _history = traitlets.Dict().tag(sync=True)
    #: The saved clustering that the tree was opened from.
    _opened = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    _badges = traitlets.Dict().tag(sync=True)
    _selected = traitlets.Bytes().tag(sync=True, from_json=_to_bytes)
    _active = traitlets.Int(ROOT).tag(sync=True)

    def __init__(self, project: Project, mask: Any = None, **kwargs: Any) -> None:
        project.check_open()
        if mask is not None:
            project = project.subset(mask)
        self.project = project
        self.session = Session.of(project)
        self._updating = threading.RLock()
        self._message_ids = itertools.count(1)
        self._shown_tree = project.tree
        with self.session.lock:  # no tree may be packed between the first state and listening
            super().__init__(
                _kind=self.kind,
                _texts=packing.texts(),
                _info=packing.pack_info(project),
                _functions=packing.pack_functions(project),
                _defaults=packing.pack_defaults(project, self.session.last),
                _keys=packing.pack_keys(project, 1),
                _job=packing.pack_job(project.jobs.current),
                _preview=packing.pack_preview(project.preview),
                _history=packing.pack_history(project.history),
                _opened=packing.opened(project),
                _badges=self._packed_badges(),
                _selected=self._packed_selection(),
                _active=self.session.active,
                active_node=self.session.active,
                selected=self._labels(),
                tree=self._shown_tree,
                sort=self.session.sort.to_dict(),
                piles=self.session.piled,
                **kwargs,
            )
            self._listen()
        self._show_status()
        self.session.warm_up()
        self._keep_route_to_subshell()
        self._handlers = Handlers(self.session, self._show_message)
        server = Server(self._handlers, self._reply)
        self.on_msg(lambda _widget, content, _buffers: server.receive(content))

    # ------------------------------------------------------------------ kernel to browser

    def _listen(self) -> None:
        events, session = self.project.events, self.session
        session.tree.connect(self._show_tree)
        session.selected.connect(self._show_selection)
        session.activated.connect(self._show_active)
        session.sorted.connect(self._show_sort)
        session.columns.connect(self._show_functions)
        session.columns.connect(self._show_info)
        session.counted.connect(self._show_info)
        session.used.connect(self._show_settings)
        session.badged.connect(self._show_badges)
        events.columns.connect(self._show_columns)
        events.vectors.connect(self._show_vectors)
        events.settings.connect(self._show_settings)
        events.message.connect(self._show_message)
        events.preview.connect(self._show_preview)
        events.closed.connect(self._closed)
        self.project.jobs.changed.connect(self._show_job)
        registry.changed.connect(self._show_functions)

    def _closed(self) -> None:
        """Let go of what outlives the project."""
        registry.changed.disconnect(self._show_functions)
        self._show_status()

    def _show_tree(self, patch: Patch) -> None:
        self._reply({"id": None, "op": "tree", **patch.content}, patch.buffers)
        self._shown_tree = self.project.tree
        self._set(
            _message=None,  # it was about what is no longer there
            _history=packing.pack_history(self.project.history),
            _opened=packing.opened(self.project),
            tree=self._shown_tree,
        )

    def _show_info(self) -> None:
        self._set(_info=packing.pack_info(self.project))
        self.session.warm_up()

    def _show_functions(self) -> None:
        self._set(_functions=packing.pack_functions(self.project))

    def _show_keys(self) -> None:
        self._set(_keys=packing.pack_keys(self.project, self._keys["version"] + 1))

    def _show_columns(self) -> None:
        self._show_info()
        self._show_functions()
        self._show_keys()

    def _show_vectors(self) -> None:
        self._show_info()
        self._show_functions()

    def _show_settings(self) -> None:
        self._set(_defaults=packing.pack_defaults(self.project, self.session.last))
        self._show_keys()

    def _show_job(self) -> None:
        job = packing.pack_job(self.project.jobs.current)
        starts = job is not None and (self._job is None or self._job["id"] != job["id"])
        self._set(_job=job, _message=None if starts else self._message)
        self._show_status()

    def _show_status(self) -> None:
        self.set_trait("status", packing.pack_status(self.project))

    def _show_preview(self) -> None:
        self._set(_preview=packing.pack_preview(self.project.preview))

    def _show_message(self, event: PanopticError | Notice | None) -> None:
        packed = event and packing.pack_message(next(self._message_ids), event)
        self._set(_message=packed)

    def _show_selection(self) -> None:
        self._set(_selected=self._packed_selection(), selected=self._labels())

    def _show_active(self) -> None:
        self._set(_active=self.session.active, active_node=self.session.active)

    def _show_sort(self) -> None:
        self._set(sort=self.session.sort.to_dict(), piles=self.session.piled)
        # A cell that sets the same at this moment may have made it no change.
        self.send_state(["sort", "piles"])

    def _show_badges(self) -> None:
        self._set(_badges=self._packed_badges())

    def _packed_badges(self) -> dict[str, list[str]]:
        return {str(key): text for key, (_, text) in self.session.badges.items()}

    def _packed_selection(self) -> bytes:
        rows, n_rows = self.session.selection, self.project.images.n_rows
        # What the browser wrote stays as it wrote it: the same in the other form would be sent
        # back, and would take away what was selected meanwhile.
        if says(self._selected, rows, n_rows):
            return self._selected
        return pack_selection(rows, n_rows)

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
        shell = get_ipython()
        # IPython counts the cell before it runs, or after: its prompt knows.
        self._cell = None if shell is None else shell.displayhook.prompt_count
        self._send_first_screen()
        return bundle

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.project!r}. Run this cell to see it.>"

    # ------------------------------------------------------------------ browser to kernel

    @traitlets.observe("_selected")
    def _selected_in_browser(self, change: Any) -> None:
        self.session.select(unpack_selection(change.new, self.project.images.n_rows))

    @traitlets.observe("_active")
    def _activated_in_browser(self, change: Any) -> None:
        self.session.activate(change.new)
        if self.session.active != change.new:  # gone in the meantime
            self._show_active()

    def _send_first_screen(self) -> None:
        """Send what is seen first, without being asked.

        A question of the browser may have to wait for the cells behind this one. It is a message
        and no trait, so that no picture is saved with the notebook.
        """
        if self.project.closed:
            return
        rows = self.session.first_rows(FIRST_SCREEN)
        size = 128 if self.thumb_size <= 128 else 256
        result, buffers = self._handlers.thumbnails(rows, size)
        self._reply({"id": None, "op": "thumbnails", "size": size, **result}, buffers)

    def _reply(self, content: dict[str, Any], buffers: Sequence[bytes]) -> None:
        with self._updating:
            self.send(content, buffers=list(buffers))
