"""Several widgets of a project, and cells: whatever is done where, all show the same."""

from __future__ import annotations

import contextlib
import itertools
import random
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import comm
import numpy as np
import pandas as pd
import pytest
import traitlets
from fixtures import blobs, write_images
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import Comm, Page, wait_until, wait_until_idle

import panoptic_nb as pn
from panoptic_nb.widgets.base import ProjectWidget
from panoptic_nb.widgets.selection import pack_selection

#: Fewer clusters than asked for, a column that is gone: any thread may say so.
pytestmark = pytest.mark.filterwarnings("ignore")

SIZES = (8, 6, 4)
COPIES = 4
SORTS = ("auto", "hash", "typical", "outliers", "similarity", "year")
NUMBERS = st.integers(0, 10**6)

corpus: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    written = write_images(tmp_path_factory.mktemp("images"), sum(SIZES))
    corpus[:] = map(str, [*written, *written[:COPIES]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comm, "create_comm", Comm)
        yield
    corpus.clear()


class Room:
    """A project with three widgets and the pages that show them."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        count = len(corpus)
        frame = pd.DataFrame({"path": corpus, "year": [2000 - row % 7 for row in range(count)]})
        self.project = pn.open_project(frame, self.folder / "project")
        vectors = blobs(SIZES, spread=0.5)
        self.project.add_vectors("made", np.vstack([vectors, vectors[:COPIES]]))
        self.project.compute_clusters(3)
        self.widgets: list[ProjectWidget] = [
            self.project.explore(),
            pn.ImageGrid(self.project),
            pn.ClusterTree(self.project),
        ]
        self.ids = itertools.count()

    def close(self) -> None:
        self.project.close()
        for widget in self.widgets:
            Comm.pages.pop(widget.comm.comm_id)
        shutil.rmtree(self.folder)

    def do(self, what: str, a: int, b: int) -> None:
        """Do something somewhere, which may be refused."""
        with contextlib.suppress(pn.PanopticError, traitlets.TraitError):
            ACTIONS[what](self, a, b)

    def settle(self) -> None:
        wait_until(lambda: all(thread.name != "sorting" for thread in threading.enumerate()))
        wait_until_idle(self.project)
        wait_until(lambda: all(Page.of(widget).traits["_job"] is None for widget in self.widgets))

    def check_pages(self) -> None:
        for widget in self.widgets:
            Page.of(widget).check(self.project)

    def check(self) -> None:
        self.check_pages()
        session = self.project.session
        for widget in self.widgets:
            assert set(widget.selected) == set(self.project.df.index[session.selection])
            assert widget.active_node == session.active and widget.tree is self.project.tree
            assert widget.sort == session.sort.to_dict() and widget.piles == session.piled

    # ------------------------------------------------------------------ where things are done

    def widget(self, number: int) -> ProjectWidget:
        return self.widgets[number % len(self.widgets)]

    def node(self, number: int) -> int:
        ids = list(self.project.tree.states)
        return ids[number % len(ids)]

    def rows(self, number: int) -> list[int]:
        chance = random.Random(number)
        return sorted(chance.sample(range(len(corpus)), chance.choice([0, 1, 3, len(corpus)])))

    def ask(self, number: int, op: str, **fields: Any) -> None:
        content = {"id": f"q{next(self.ids)}", "op": op, **fields}
        message = {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
        self.widget(number)._handle_msg(message)

    def write(self, number: int, name: str, value: Any) -> None:
        """Set a trait as a page does: there first, then it is told."""
        widget = self.widget(number)
        Page.of(widget).traits[name] = value
        state, paths, buffers = {name: value}, [], []
        if isinstance(value, bytes):
            state, paths, buffers = {}, [[name]], [memoryview(value)]
        data = {"method": "update", "state": state, "buffer_paths": paths}
        widget._handle_msg({"content": {"data": data}, "buffers": buffers})


def select(room: Room, a: int, b: int) -> None:
    packed = pack_selection(np.array(room.rows(b), np.int64), len(corpus))
    room.write(a, "_selected", packed)


def select_in_python(room: Room, a: int, b: int) -> None:
    room.widget(a).selected = room.project.df.index[room.rows(b)]


def activate_in_python(room: Room, a: int, b: int) -> None:
    room.widget(a).active_node = room.node(b)


def sort_in_python(room: Room, a: int, b: int) -> None:
    room.widget(a).sort = SORTS[b % len(SORTS)]


def pile_in_python(room: Room, a: int, b: int) -> None:
    room.widget(a).piles = b % 2 == 0


def sort_in_page(room: Room, a: int, b: int) -> None:
    by = SORTS[b % len(SORTS)]
    sort = {"by": "column", "column": "year"} if by == "year" else {"by": by}
    room.ask(a, "sort", sort=sort, piles=b % 2 == 0)


def run_in_page(room: Room, a: int, b: int) -> None:
    params = {"nb_clusters": 1 + b % 3}
    room.ask(a, "run", node=room.node(b), function="compute_clusters", params=params)


def change_a_column(room: Room, _a: int, b: int) -> None:
    room.project.df["year"] = np.arange(len(corpus)) * b % 7


ACTIONS: dict[str, Callable[[Room, int, int], Any]] = {
    "select": select,
    "select in Python": select_in_python,
    "activate": lambda room, a, b: room.write(a, "_active", room.node(b)),
    "activate what is gone": lambda room, a, b: room.write(a, "_active", 10**6 + b),
    "activate in Python": activate_in_python,
    "sort": sort_in_page,
    "sort in Python": sort_in_python,
    "piles": pile_in_python,
    "run": run_in_page,
    "run in Python": lambda room, a, b: room.project.compute_clusters(1 + b % 3, node=room.node(a)),
    "duplicates": lambda room, a, b: room.project.find_duplicates(0.8, node=room.node(a)),
    "close": lambda room, a, b: room.ask(a, "close", node=room.node(b)),
    "close in Python": lambda room, a, b: room.project.close_clusters(room.node(a)),
    "rename": lambda room, a, b: room.ask(a, "rename", node=room.node(b), label=f"name {b % 5}"),
    "merge": lambda room, a, b: room.project.merge([room.node(a), room.node(b)]),
    "move": lambda room, a, b: room.project.move(room.rows(a), room.node(b)),
    "new": lambda room, a, b: room.project.move_to_new(room.rows(a), room.node(b)),
    "lock": lambda room, a, b: (room.project.lock, room.project.unlock)[b % 2](room.node(a)),
    "order": lambda room, a, b: room.project.sort_clusters(room.node(a), "size", b % 2 == 0),
    "undo": lambda room, a, b: room.ask(a, "undo"),
    "redo": lambda room, a, b: room.ask(a, "redo"),
    "undo in Python": lambda room, a, b: room.project.undo(),
    "go to": lambda room, a, b: room.project.go_to(b % (len(room.project.history.steps) + 1)),
    "save": lambda room, a, b: room.ask(a, "save", node=room.node(b)),
    "stamp": lambda room, a, b: room.project.stamp(room.rows(a), "mine", f"tag {b % 3}"),
    "column": lambda room, a, b: room.project.df.__setitem__(
        "year", np.arange(len(corpus)) * b % 7
    ),
}
#: What two threads can do in one moment.
QUICK = [name for name in ACTIONS if name.startswith(("select", "activate", "rename", "undo"))]
STEPS = st.tuples(st.sampled_from(sorted(ACTIONS)), NUMBERS, NUMBERS)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=1, max_size=25))
def test_all_show_the_same_after_every_step(steps: list[tuple[str, int, int]]) -> None:
    room = Room()
    try:
        room.check()
        for step in steps:
            room.do(*step)
            room.settle()
            room.check()
    finally:
        room.close()


@pytest.fixture
def turns() -> Iterator[None]:
    """Let threads take turns so often that what can go wrong between them does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("what", [sorted(ACTIONS), QUICK])
def test_all_show_the_same_after_two_threads(turns: None, seed: int, what: list[str]) -> None:
    room, failed = Room(), []

    def work(number: int) -> None:
        chance = random.Random(f"{seed} {number}")
        for _ in range(40):
            room.do(
                chance.choice(sorted(ACTIONS)), chance.randrange(10**6), chance.randrange(10**6)
            )

    try:
        for turn in range(5):
            threads = [
                threading.Thread(target=work, args=(2 * turn + i,), daemon=True) for i in range(2)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
                assert not thread.is_alive(), "they wait for each other"
            room.settle()
            assert not failed
            room.check_pages()
    finally:
        room.close()
