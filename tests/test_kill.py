"""Kernels that die in the middle of it, and two that want the same project.

``PANOPTIC_NB_KILLS`` says how many kernels are killed, 12 unless it is set.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import killed
import numpy as np
import pytest
from killed import COUNT, DIM, number_of, opened, tree_of

import panoptic_nb as pn

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")

KILLS = int(os.environ.get("PANOPTIC_NB_KILLS", "12"))
#: Seconds that a kernel lives at most once its project is open.
LONGEST = 0.15

# Processes that are forked where everything is imported are there at once.
processes: Any = multiprocessing.get_context("forkserver") if os.name != "nt" else None
if processes:
    processes.set_forkserver_preload(["killed", "pandas", "panoptic_nb.opening", "sklearn"])


@pytest.fixture(name="source")
def fixture_source(tmp_path: Path) -> Path:
    killed.write_images(tmp_path / "images")
    return tmp_path / "images"


@contextmanager
def process(target: Callable[..., None], *arguments: object) -> Iterator[tuple[Any, Connection]]:
    """Run something in a process that is killed at the end; give it and what it says."""
    hears, says = processes.Pipe(duplex=False)
    running: BaseProcess = processes.Process(target=target, args=(*arguments, says))
    running.start()
    says.close()
    try:
        yield running, hears
    finally:
        running.kill()
        running.join()


def numbers_before_kill(source: Path, kind: str, start: int, chance: random.Random) -> int:
    """Let a kernel work and kill it; return the last number that it reached, -1 = none."""
    with process(killed.work, str(source), kind, start) as (kernel, hears):
        if chance.random() < 0.9:  # else it may die while the project is opened
            assert hears.poll(60)
        time.sleep(chance.uniform(0, LONGEST))  # no wait: this is what kills it anywhere
    assert kernel.exitcode == -signal.SIGKILL, "it failed by itself"
    said: list[Any] = ["open"]
    try:
        while True:
            said.append(hears.recv())
    except EOFError:
        return -1 if said[-1] == "open" else int(said[-1])


def check_save(project: pn.Project) -> int:
    number = number_of(project.df["saved"])
    assert set(project.df["number"]) == {number}
    check_saved(project, number)
    return number


def check_saved(project: pn.Project, number: int) -> None:
    column, tree = project.df["saved"], tree_of(project, number)
    for node in tree.leaves():
        cells = column[node.index]
        assert cells.isna().all() if node.kind == "unassigned" else set(cells) == {node.label}
    labels = [entry["path"] for entry in project.record("saved")["clusters"]]
    assert labels == [node.path for node in tree.walk() if node.path]


def check_undo(project: pn.Project) -> int:
    """Return 0 after a save and 1 after it was taken back."""
    if "saved" not in project.df:
        assert project.clusterings == []
        return 1
    check_saved(project, number_of(project.df["saved"]))
    return 0


def check_autosave(project: pn.Project) -> int:
    labels = [node.label for node in project.tree.leaves()]
    number = int(labels[0].split()[1])
    expected = tree_of(project, number)
    assert labels == [node.label for node in expected.leaves()]
    for found, wanted in zip(project.tree.leaves(), expected.leaves(), strict=True):
        assert found.members.tolist() == wanted.members.tolist()
    return number


def check_stamp(project: pn.Project) -> int:
    assert project.df["mine"].notna().all()
    number = number_of(project.df["mine"])
    assert f"tags/{number}" in project.tags("mine")
    return number


def check_value(project: pn.Project) -> int:
    [number] = set(project.df["number"])
    # The journal follows the table: what is killed between them is missing, or there for all rows.
    added = project.annotations().query("action == 'added'").groupby("value").size()
    assert set(added) == {COUNT} and max(map(int, added.index)) <= number
    return int(number)


def check_embed(project: pn.Project) -> int:
    """Assert that each vector there is that of its image, and that embedding goes on."""
    if "encode" in project.vector_sets:
        vectors = project.vectors("encode")
        there = ~np.isnan(vectors[:, 0])
        wanted = expected_vectors(project)
        assert np.allclose(vectors[there], wanted[there], atol=1e-6)
    project.embed(killed.encode, batch_size=3)
    assert np.allclose(project.vectors("encode"), expected_vectors(project), atol=1e-6)
    return 0


def expected_vectors(project: pn.Project) -> np.ndarray:
    made = np.column_stack([project.df["width"], *(np.full(COUNT, i) for i in range(1, DIM))])
    made = made.astype(np.float32)
    unit: np.ndarray = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


#: What is found, and which numbers it may have when the last one said was so high.
CHECKS: dict[str, tuple[Callable[[pn.Project], int], Callable[[int], tuple[int, ...]]]] = {
    "save": (check_save, lambda last: (last, last + 1)),
    "undo": (check_undo, lambda last: (0, 1)),
    # The newest tree is written behind the back of the edits, every fourth at once.
    "autosave": (check_autosave, lambda last: tuple(range(last - last % 4, last + 2))),
    "stamp": (check_stamp, lambda last: (last, last + 1)),
    "value": (check_value, lambda last: (last, last + 1)),
    "embed": (check_embed, lambda last: (0,)),
}


@pytest.mark.parametrize("kind", CHECKS)
def test_a_killed_kernel_leaves_the_state_before_or_after(source: Path, kind: str) -> None:
    chance = random.Random(kind)
    check, allowed = CHECKS[kind]
    with opened(source) as project:
        killed.DO[kind](project, 0)
        project.flush()
    last, folder = 0, source.with_name("project")
    for _ in range(-(-KILLS // len(CHECKS))):
        last = max(last, numbers_before_kill(source, kind, last + 1, chance))
        with opened(source) as project:  # a damaged file would be told by a warning, which fails
            assert len(project.df) == COUNT and project.skipped.empty
            found = check(project)
            assert found in allowed(last)
            last = max(last, found)
            assert not list(folder.glob(".*.tmp")) and not list(folder.glob("*.broken"))
            if kind == "undo":  # its history is gone: take away what is saved
                if "saved" in project.df:
                    del project.df["saved"]
                project.save()
                last = 2 * (last // 2) + 1


def test_a_project_that_is_opened_the_first_time_by_a_kernel_that_is_killed(tmp_path: Path) -> None:
    chance = random.Random("open")
    for number in range(max(1, KILLS // 10)):
        folder = tmp_path / str(number)
        folder.mkdir()
        killed.write_images(folder / "images")
        with process(killed.work, str(folder / "images"), "save", 0):
            time.sleep(chance.uniform(0, LONGEST))
        with opened(folder / "images") as project:
            assert len(project.df) == COUNT and project.skipped.empty


def test_two_kernels_cannot_write_into_one_project(source: Path) -> None:
    with opened(source) as project:
        project.df["before"] = 1
        project.save()
    with process(killed.work, str(source), "stamp", 1) as (other, hears):
        assert hears.recv() == "open"
        with pytest.raises(pn.ProjectError, match=rf"another kernel \(process {other.pid} on"):
            opened(source)
        last = next(n for n in (hears.recv() for _ in itertools.count()) if n > 3)
        elsewhere = pn.open_project(source, source.with_name("elsewhere"))
        elsewhere.close()
    with opened(source) as project:
        assert number_of(project.df["mine"]) >= last and set(project.df["before"]) == {1}
        with opened(source) as again:
            assert project.closed, "one kernel may open it as often as it likes"
            again.stamp([0], "mine", "x")
        assert opened(source).df["mine"].iloc[0] == "x"


def test_what_a_kernel_forked_does_not_hold_the_project(source: Path) -> None:
    with process(killed.hold, str(source)) as (_, hears):
        child = hears.recv()
    try:
        opened(source).close()
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_copy_of_the_folder_does_not_let_others_in(source: Path) -> None:
    """With POSIX's own locks, to read the file would be to let go of it."""
    with opened(source) as project:
        (project.folder / "project.lock").read_bytes()
        with process(killed.work, str(source), "stamp", 1) as (other, hears):
            with pytest.raises(EOFError):
                hears.recv()
            other.join()
            assert other.exitcode == 1
    assert "mine" not in opened(source).df
