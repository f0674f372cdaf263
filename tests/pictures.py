"""What a browser would send to a widget, and the picture that it would have of the project."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
from comm.base_comm import BaseComm

import panoptic_nb as pn
from panoptic_nb.widgets.base import ProjectWidget
from panoptic_nb.widgets.packed_tree import Patch
from panoptic_nb.widgets.packing import pack_history
from panoptic_nb.widgets.selection import unpack_selection
from panoptic_nb.widgets.server import Server


class Browser:
    """Sends messages as the browser does, and keeps the answers."""

    def __init__(self, widget: ProjectWidget) -> None:
        self.answers: list[tuple[dict[str, Any], list[bytes]]] = []
        self.server = Server(widget._handlers, lambda c, b: self.answers.append((c, list(b))))
        self.number = 0

    def ask(self, op: str, **arguments: Any) -> dict[str, Any]:
        self.number += 1
        self.receive({"id": f"q{self.number}", "op": op, **arguments})
        return self.answers[-1][0]

    def receive(self, message: Any) -> None:
        self.server.receive(message)
        wait_until(lambda: not self.server._begun)

    def finish(self) -> None:
        """Wait until what was begun beside the questions is done."""
        wait_until(lambda: all(thread.name != "sorting" for thread in threading.enumerate()))


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def wait_until_idle(project: pn.Project) -> None:
    wait_until(lambda: project.jobs.current is None)


class Picture:
    """The tree as a browser holds it: the first state, then every patch."""

    def __init__(self, widget: ProjectWidget) -> None:
        state = widget.get_state()
        self.version = state["_tree"]["version"]
        self.nodes = {node["id"]: node for node in state["_tree"]["nodes"]}
        self.rows: dict[int, Any] = {}
        self.similarity: dict[int, Any] = {}
        leaves = [[n["id"], n["rows"]] for n in self.nodes.values() if not n["children"]]
        self._take(leaves, state["_order"], state["_similarity"])
        widget.session.tree.connect(self.patch)

    def _take(self, leaves: list[list[int]], order: bytes, similarity: bytes) -> None:
        rows, values = np.frombuffer(order, "<u4"), np.frombuffer(similarity, "<f4")
        start = 0
        for key, count in leaves:
            self.rows[key] = rows[start : start + count].astype(int)
            self.similarity[key] = values[start : start + count] if len(values) else None
            start += count
        assert start == len(rows) and len(values) in (0, start)

    def patch(self, patch: Any) -> None:
        content = patch.content
        assert content["base"] == self.version
        self.version = content["version"]
        for key in content["removed"]:
            del self.nodes[key]
        self.nodes |= {node["id"]: node for node in content["nodes"]}
        self._take(content["leaves"], *patch.buffers[:2])

    def under(self, key: int) -> list[int]:
        rows: list[int] = []
        waiting = [key]
        while waiting:
            node = waiting.pop()
            children = self.nodes[node]["children"]
            waiting.extend(reversed(children))
            rows += [] if children else self.rows[node].tolist()
        return rows

    def check(self, project: pn.Project) -> None:
        """Assert that the picture is that of the project."""
        assert self.nodes.keys() == project.tree.states.keys()
        for node in project.tree.walk():
            packed = self.nodes[node.id]
            assert packed["children"] == [child.id for child in node.children]
            assert (packed["label"], packed["kind"]) == (node.label, node.kind)
            rows = self.under(node.id)
            assert sorted(set(rows)) == node.rows.tolist()
            assert packed["rows"] == len(node.rows)
            if packed["split"]:
                line = packed["split"]
                total = line["clusters"] + line["unassigned"] + line["without_vector"]
                assert total == line["rows"] == packed["rows"]


def check_packed(widget: ProjectWidget) -> None:
    """Assert that a page opened now would see the tree of the project."""
    Picture(widget).check(widget.project)


class Comm(BaseComm):
    """The line to a page, as ipywidgets opens it where there is no kernel."""

    pages: ClassVar[dict[str, Page]] = {}

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any
    ) -> None:
        self.pages.setdefault(self.comm_id, Page()).receive(data or {}, buffers or [])


class Page(Picture):
    """All that a page knows of a widget: by what was sent to it, in that order."""

    def __init__(self) -> None:
        self.traits: dict[str, Any] = {}
        self.answers: list[dict[str, Any]] = []
        self.piles: dict[int, Any] = {}

    @classmethod
    def of(cls, widget: ProjectWidget) -> Page:
        return Comm.pages[widget.comm.comm_id]

    def receive(self, data: dict[str, Any], buffers: list[Any]) -> None:
        # As on its way through JSON: what the kernel changes later does not change here.
        content = json.loads(json.dumps({k: data[k] for k in ("state", "content") if k in data}))
        parts = [bytes(buffer) for buffer in buffers]
        if "state" in content:
            for path, part in zip(data.get("buffer_paths", ()), parts, strict=True):
                content["state"][path[0]] = part
            self.traits |= content["state"]
            if "method" not in data and "_tree" in content["state"]:  # else a layout
                self.begin(content["state"])
        elif "content" in content:
            self.hear(content["content"], parts)

    def hear(self, content: dict[str, Any], parts: list[bytes]) -> None:
        if content["id"] is not None:
            self.answers.append(content)
        elif content["op"] == "tree":
            self.patch(Patch(content, parts))
            for key, piles in self._cut(content["leaves"], parts[2]):
                self.piles[key] = piles

    def begin(self, state: dict[str, Any]) -> None:
        self.version = state["_tree"]["version"]
        self.nodes = {node["id"]: node for node in state["_tree"]["nodes"]}
        self.rows, self.similarity = {}, {}
        leaves = [[n["id"], n["rows"]] for n in self.nodes.values() if not n["children"]]
        self._take(leaves, state["_order"], state["_similarity"])
        self.piles = dict(self._cut(leaves, state["_piles"]))

    @staticmethod
    def _cut(leaves: list[list[int]], flags: bytes) -> Iterator[tuple[int, list[int]]]:
        start = 0
        for key, count in leaves:
            yield key, list(flags[start : start + count])
            start += count

    def check(self, project: pn.Project) -> None:
        super().check(project)
        session, traits = project.session, self.traits
        for node in project.tree.leaves():
            leaf = session.packed.leaves[node.id]
            assert self.rows[node.id].tolist() == leaf.rows.tolist()
            assert self.piles[node.id] == ([] if leaf.piles is None else leaf.piles.tolist())
        selected = unpack_selection(traits["_selected"], project.images.n_rows)
        assert selected.tolist() == np.sort(session.selection).tolist()
        assert traits["_active"] == session.active in project.tree.states
        assert traits["_history"] == pack_history(project.history)
        assert traits["sort"] == session.sort.to_dict() and traits["piles"] == session.piled
        assert traits["_job"] is None
        assert traits["_info"]["columns"] == project.clusterings
